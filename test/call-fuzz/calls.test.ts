// Whole calls between strict user agents, through proxies and bridges, as a seed draws them. CALLS=100000 plays more of
// the first kind, BRIDGES=10000 of the second; CALL=7 and BRIDGE=7 play one and print its ladder.
import { expect, test } from 'vitest';
import { runs } from '../world/runs.js';
import { played } from './call.js';
import { newFaults } from './known-faults.js';
import type { Style } from './plan.js';

const { CALL, CALLS, BRIDGE, BRIDGES } = process.env;

async function playedAll(style: Style, one: string | undefined, count: number): Promise<void> {
  const failing: number[] = [];
  let report = '';
  const first = Number(one ?? 1);
  for (let seed = first; seed < first + (one === undefined ? count : 1); seed++) {
    const call = await played(seed, style);
    if (one !== undefined) console.log(call.report);
    if (newFaults(call.faults).length === 0) continue;
    if (failing.push(seed) === 1) report = call.report;
  }
  expect(failing.length, `seeds ${failing.slice(0, 20).join(', ')} fail; the first of them:\n\n${report}`).toBe(0);
}

test('§16, §12 calls through one, two and three applications', async () => {
  await playedAll('proxied', CALL, Number(CALLS ?? runs(150, 1500)));
}, 7_200_000);

test('§12, §13, RFC 3264 calls over a bridge', async () => {
  await playedAll('bridged', BRIDGE, Number(BRIDGES ?? runs(150, 2000)));
}, 7_200_000);
