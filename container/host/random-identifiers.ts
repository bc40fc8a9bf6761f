// Identifiers from the system's generator (§19.3, §8.1.1.7): drawn in blocks and cut out of one text, since a call of
// the generator costs more than a message.
import { randomFillSync } from 'node:crypto';
import type { Identifiers } from '../base/identifiers.js';

/** Five bits a character. One case only: branches may be compared with and without case (§7.3.1). */
const ALPHABET = Buffer.from('abcdefghijklmnopqrstuvwxyz234567', 'latin1');
const BLOCK = 8192;

export class RandomIdentifiers implements Identifiers {
  readonly #octets = Buffer.alloc(BLOCK);
  /** What is drawn from: nothing of it is given out twice. */
  #text = '';
  #next = 0;

  /** 80 bits. */
  branch(): string {
    return this.#draw(16);
  }

  /** 50 bits. */
  tag(): string {
    return this.#draw(10);
  }

  /** 130 bits. */
  id(): string {
    return this.#draw(26);
  }

  fraction(): number {
    return randomFillSync(Buffer.alloc(4)).readUInt32BE() / 0x100000000;
  }

  #draw(length: number): string {
    if (this.#next + length > this.#text.length) this.#refill();
    const start = this.#next;
    this.#next = start + length;
    return this.#text.slice(start, this.#next);
  }

  #refill(): void {
    const octets = this.#octets;
    randomFillSync(octets);
    for (let i = 0; i < BLOCK; i++) octets[i] = ALPHABET[(octets[i] ?? 0) & 31] ?? 0;
    this.#text = octets.toString('latin1');
    this.#next = 0;
  }
}
