// Identifiers that count instead of being drawn: b1, b2 … t1, t2 … so that a ladder reads the same in every run.
import type { Identifiers } from '../../container/base/identifiers.js';
import { Random } from './random.js';

export class CountingIdentifiers implements Identifiers {
  #branches = 0;
  #tags = 0;
  #ids = 0;

  constructor(private readonly random: Random = new Random(1)) {}

  branch(): string {
    return `b${++this.#branches}`;
  }

  tag(): string {
    return `t${++this.#tags}`;
  }

  id(): string {
    return `id${++this.#ids}`;
  }

  fraction(): number {
    return this.random.fraction();
  }
}
