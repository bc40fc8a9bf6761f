// What engines have counted, also those that have ended or do not answer now: a sum that went down would look like a
// restart, and what is counted again like a burst.
import type { FamilyValues } from '../observe/series.js';
import { summed } from './sums.js';

/** What one engine answers; `member` is another object after each of its starts. */
export interface Answer {
  readonly engine: number;
  readonly member: object;
  readonly answer: readonly FamilyValues[];
}

export class Counted {
  /** By engine: what it said last. */
  readonly #last = new Map<number, Answer>();
  /** The counts of those that ended, as they said them last. */
  #ended: readonly FamilyValues[] = [];

  /** The families of all, one list for each engine; gauges of those alone that have answered. */
  with(answers: readonly Answer[]): (readonly FamilyValues[])[] {
    const current = new Set(answers.map(({ engine }) => engine));
    for (const each of answers) {
      const last = this.#last.get(each.engine);
      if (last !== undefined && last.member !== each.member) this.#ended = added(this.#ended, counts(last.answer));
      this.#last.set(each.engine, each);
    }
    const all = [...this.#last.values()].map(({ engine, answer }) => (current.has(engine) ? answer : counts(answer)));
    return [...all, this.#ended];
  }
}

function counts(families: readonly FamilyValues[]): FamilyValues[] {
  return families.filter(({ type }) => type !== 'gauge');
}

function added(a: readonly FamilyValues[], b: readonly FamilyValues[]): FamilyValues[] {
  return summed([a, b]).map((one) => one.get());
}
