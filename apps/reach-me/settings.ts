// apps.reach-me of siplet.yaml: who is rung for whom.
import { SipUri, TelUri, type Uri } from '@siplet/sdk';
import { z } from 'zod';

const address = z.string().refine(isSipAddress, { error: 'is no SIP URI' });
const addresses = z.union([address.transform((one) => [one]), z.array(address).min(1)], {
  error: 'must be a SIP URI or a list of them',
});

const targets = z.union([z.literal('onward'), addresses], { error: 'must be a SIP URI or a list of them, or onward' });

const schema = z.strictObject(
  {
    parallel: z.boolean().default(false),
    timeout: z.number().positive().default(20),
    voicemail: z
      .union([z.literal(false), address], { error: 'must be a SIP URI or false' })
      .default('sip:127.0.0.1:5080'),
    targets: z.record(z.string(), targets).default({ '*': ['sip:127.0.0.1:5070'] }),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be a map of keys and values' : undefined) },
);

/** The whole of it, every key with its value. */
export class Settings {
  /** All targets at once, or one after another. */
  readonly parallel: boolean;
  /** Seconds: of each target in turn, or of all at once. */
  readonly timeout: number;
  readonly #voicemail: string | undefined;
  readonly #targets: ReadonlyMap<string, readonly string[] | 'onward'>;

  /** Throws an Error that names every fault of the section. */
  constructor(section: unknown) {
    const parsed = schema.safeParse(section ?? {});
    if (!parsed.success) {
      const faults = parsed.error.issues.map(
        ({ path, message }) => `${['apps.reach-me', ...path].join('.')}: ${message}`,
      );
      throw new Error(faults.join('; '));
    }
    const { parallel, timeout, voicemail, targets } = parsed.data;
    this.parallel = parallel;
    this.timeout = timeout;
    this.#voicemail = voicemail === false ? undefined : voicemail;
    this.#targets = new Map(Object.entries(targets));
  }

  /**
   * Who is rung when `dialled` is called: that user's own targets, else those of the longest
   * beginning. Empty when there are none.
   */
  targetsOf(dialled: Uri): SipUri[] {
    const user = userOf(dialled);
    const targets = this.#entryOf(user);
    return targets === undefined || targets === 'onward' ? [] : targets.map((each) => completed(each, user));
  }

  /** Whether calls to it are none of ours: the next application has them as they are. */
  isOnward(dialled: Uri): boolean {
    return this.#entryOf(userOf(dialled)) === 'onward';
  }

  #entryOf(user = ''): readonly string[] | 'onward' | undefined {
    let entry = this.#targets.get(user);
    for (let length = user.length; entry === undefined && length >= 0; length--)
      entry = this.#targets.get(`${user.slice(0, length)}*`);
    return entry;
  }

  /** The mailbox of `dialled`, if there is voicemail. */
  voicemailOf(dialled: Uri): SipUri | undefined {
    return this.#voicemail === undefined ? undefined : completed(this.#voicemail, userOf(dialled));
  }
}

function isSipAddress(text: string): boolean {
  try {
    SipUri.parse(text);
    return true;
  } catch {
    return false;
  }
}

function userOf(dialled: Uri): string | undefined {
  if (dialled instanceof SipUri) return dialled.user;
  return dialled instanceof TelUri ? dialled.number : undefined;
}

/** A target without a user part takes the one that was dialled. */
function completed(target: string, user: string | undefined): SipUri {
  const uri = SipUri.parse(target);
  if (uri.user === undefined && user !== undefined) uri.user = user;
  return uri;
}
