// The proxy core under sequences of events that a seed draws. SEQUENCES=100000 plays more of them; SEED=7 plays one and
// prints its ladder.
import { expect, test } from 'vitest';
import { runs } from '../world/runs.js';
import { newFaults } from './known-faults.js';
import { played } from './run.js';

const { SEED, SEQUENCES } = process.env;
const COUNT = Number(SEQUENCES ?? runs(500, 1500));
const FIRST = Number(SEED ?? 1);

test(`§16, RULES.md section 4: ${SEED === undefined ? `${COUNT} sequences` : `seed ${SEED}`}`, async () => {
  const failing: number[] = [];
  let report = '';
  for (let seed = FIRST; seed < FIRST + (SEED === undefined ? COUNT : 1); seed++) {
    const sequence = await played(seed);
    if (SEED !== undefined) console.log(sequence.report);
    if (newFaults(sequence).length === 0) continue;
    if (failing.push(seed) === 1) report = sequence.report;
  }
  const text = `seeds ${failing.slice(0, 20).join(', ')} fail; the first of them:\n\n${report}`;
  expect(failing.length, text).toBe(0);
}, 3_600_000);
