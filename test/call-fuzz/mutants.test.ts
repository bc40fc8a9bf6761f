// The call fuzz is put to the test: with one mended fault brought back at a time, it has to find a call that shows it.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Style } from './plan.js';

interface Mutant {
  /** The fault, and what is bent. */
  readonly name: string;
  readonly module: string;
  readonly bend: (actual: never) => object;
  readonly style: Style;
  /** What has to be found, and in how many calls. */
  readonly fault: RegExp;
  readonly within: number;
  /** The first call that has shown it. */
  readonly seed: number;
}

/** The module with this method of this class doing nothing. */
function without(name: string, method: string): Mutant['bend'] {
  return (actual: Record<string, { prototype: Record<string, unknown> }>) => {
    const bent = actual[name]?.prototype;
    if (bent?.[method] === undefined) throw new Error(`${name} has no ${method}`);
    bent[method] = () => {};
    return { ...actual };
  };
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'E-04 a proxied dialog does not follow target and numbers',
    module: '../../container/session/proxied-dialog.js',
    bend: without('ProxiedDialog', 'accepted'),
    style: 'proxied',
    fault: /BYE .*(the target is|with CSeq|for the second time)/,
    within: 400,
    seed: 17,
  },
  {
    name: 'E-04 a fork that answers late gets a number that has gone before',
    module: '../../container/agent/lingering-invite.js',
    bend: without('LingeringInvite', 'passed'),
    style: 'bridged',
    fault: /BYE .*(with CSeq|for the second time)/,
    within: 400,
    seed: 180,
  },
  {
    name: '§12.2.2 the dialog of a user agent keeps its first target',
    module: '../../container/agent/dialog.js',
    bend: without('Dialog', 'refresh'),
    style: 'bridged',
    fault: /the target is/,
    within: 100,
    seed: 1,
  },
];

describe('the calls find a fault that comes back', () => {
  afterEach(() => {
    vi.doUnmock(current);
    vi.resetModules();
  });
  let current = '';

  for (const { name, module, bend, style, fault, within, seed: shown } of MUTANTS) {
    test(name, async () => {
      current = module;
      vi.resetModules();
      vi.doMock(module, async (original) => bend((await original()) as never));
      const { played } = await import('./call.js');
      const shows = async (seed: number): Promise<boolean> =>
        (await played(seed, style)).faults.some((one) => fault.test(one));
      let seed = shown;
      if (!(await shows(seed))) for (seed = 1; seed <= within && !(await shows(seed)); ) seed++;
      expect(seed, `nothing found in ${within} calls`).toBeLessThanOrEqual(Math.max(within, shown));
    }, 120_000);
  }
});
