// Identifiers from the system's generator (§19.3, §8.1.1.7): drawn in blocks, since one call costs more than a message does.
import { randomFillSync } from 'node:crypto';
import type { Identifiers } from './identifiers.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** Two letters for each ten bits. One case only: branches may be compared with and without case (§7.3.1). */
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, i) => ALPHABET[i >> 5]! + ALPHABET[i & 31]!);

export class RandomIdentifiers implements Identifiers {
  readonly #pool = new Uint16Array(4096);
  #next = this.#pool.length;

  /** 80 bits. */
  branch(): string {
    return this.#draw(8);
  }

  /** 50 bits. */
  tag(): string {
    return this.#draw(5);
  }

  /** 130 bits. */
  id(): string {
    return this.#draw(13);
  }

  fraction(): number {
    return (this.#sixteen() * 0x10000 + this.#sixteen()) / 0x100000000;
  }

  #draw(pairs: number): string {
    let text = '';
    for (let i = 0; i < pairs; i++) text += PAIRS[this.#sixteen() & 1023];
    return text;
  }

  #sixteen(): number {
    if (this.#next === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const value = this.#pool[this.#next]!;
    // What was given out cannot be read out of the pool again.
    this.#pool[this.#next++] = 0;
    return value;
  }
}
