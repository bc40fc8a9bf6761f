// A search for Bob: the phones where he can be found, and the look-up that tells an application of them.
import { vi } from 'vitest';
import { type ApplicationClass, type Stage, type StageOptions, stage } from '../world/stage.js';
import { directory } from './apps/bob.js';

const PHONES = {
  alice: '10.0.0.1',
  desk: '10.0.0.2',
  mobile: '10.0.0.3',
  assistant: '10.0.0.4',
  voicemail: '10.0.0.5',
} as const;

type PhoneName = keyof typeof PHONES;

export type Search = Stage<PhoneName> & {
  /** The look-up of the applications gives `found` after `ms`. */
  finds(found: string | undefined, ms: number): void;
};

export async function search(
  application: ApplicationClass,
  options: Omit<StageOptions<PhoneName>, 'phones'> = {},
): Promise<Search> {
  const on = await stage(application, { ...options, phones: PHONES });
  const finds: Search['finds'] = (found, ms) =>
    void vi.spyOn(directory, 'find').mockImplementation(() => on.after(ms).then(() => found));
  return { ...on, finds };
}
