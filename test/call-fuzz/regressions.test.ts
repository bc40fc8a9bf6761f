// Seeds that found a fault of the container, which has been mended. What a seed draws changes with plan.ts: a line that
// no longer meets its story may go.
import { describe, expect, test } from 'vitest';
import { played } from './call.js';
import type { Style } from './plan.js';

const SEEDS: readonly (readonly [style: Style, seed: number, story: string])[] = [
  ['proxied', 17, 'E-04 terminate() sent BYE to the first Contact, and with a number that had gone before'],
  ['bridged', 4, 'E-08 two dialogs of the callee had one To tag at the caller'],
  ['bridged', 12, 'E-17 a NOTIFY told of the REFER with the number of the other leg'],
  ['proxied', 288, 'the session of an inner application did not see the BYE in a dialog of a late 2xx'],
  ['bridged', 180, 'E-04 the BYE to a fork that answered late had the number of its PRACK'],
  ['bridged', 293, 'E-04 a copy of the 200 to a re-INVITE behind the BYE made a dialog, without its route set'],
];

describe('calls', () => {
  test('plays a seed the same way again, octet for octet', async () => {
    for (const style of ['proxied', 'bridged'] as const)
      expect((await played(5, style)).report).toBe((await played(5, style)).report);
  });

  for (const [style, seed, story] of SEEDS) {
    test(`seed ${seed}, ${style}, which once failed: ${story}`, async () => {
      const call = await played(seed, style);
      expect(call.faults, call.report).toEqual([]);
    });
  }
});
