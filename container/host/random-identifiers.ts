// Identifiers from the system's generator (§19.3, §8.1.1.7). They are drawn in blocks and cut from one string, because
// one call of the generator costs more than a message.
import { randomFillSync } from 'node:crypto';
import type { Identifiers } from '../base/identifiers.js';

/** Five bits a character. Only one case, because branches may be compared with or without regard to case (§7.3.1). */
const ALPHABET = Buffer.from('abcdefghijklmnopqrstuvwxyz234567', 'latin1');
const BLOCK = 8192;

export class RandomIdentifiers implements Identifiers {
  readonly #octets = Buffer.alloc(BLOCK);
  /** The current block. Each of its characters is used once. */
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
