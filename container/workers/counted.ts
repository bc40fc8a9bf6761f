// Keeps the counts of engines that have ended or do not answer: a sum that decreases would look like a restart, and
// counting it again like a burst.
import type { FamilyValues } from '../observe/series.js';
import { summed } from './sums.js';

/** The answer of one engine; `member` is a new object after each of its starts. */
export interface Answer {
  readonly engine: number;
  readonly member: object;
  readonly answer: readonly FamilyValues[];
}

export class Counted {
  /** The last answer, by engine. */
  readonly #last = new Map<number, Answer>();
  /** The last counts of the engines that have ended. */
  #ended: readonly FamilyValues[] = [];

  /** The families of all engines, one list for each. Gauges come only from engines that have answered. */
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
