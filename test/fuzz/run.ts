// Plays sequences and says what was wrong with them.
import { violations } from './invariants.js';
import { Sequence } from './sequence.js';

/** The sequence of a seed, played to its end; `faults` tells what was wrong. */
export async function played(seed: number): Promise<Sequence> {
  const sequence = await new Sequence(seed).run();
  sequence.faults.push(...violations(sequence));
  return sequence;
}

/** The first seed, from `from` on, whose sequence has a fault that matches; undefined when none of `count` has. */
export async function firstFault(text: RegExp, count: number, from = 1): Promise<number | undefined> {
  for (let seed = from; seed < from + count; seed++) {
    const { faults } = await played(seed);
    if (faults.some((fault) => text.test(fault))) return seed;
  }
  return undefined;
}
