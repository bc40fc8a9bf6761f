// Chance with a seed: the same seed gives the same numbers on every machine. Xorshift with 128 bits of state (Marsaglia
// 2003).
import { present } from '../../container/base/present.js';

/** 2^32 divided by the golden ratio, made odd. */
const GOLDEN = 0x9e3779b9;

export class Random {
  #x: number;
  #y: number;
  #z: number;
  #w: number;

  constructor(readonly seed: number) {
    this.#x = mixed(seed);
    this.#y = mixed(this.#x);
    this.#z = mixed(this.#y);
    this.#w = mixed(this.#z) | 1; // never all zero
  }

  /** A stream of its own for one purpose, so that a draw more in one place changes nothing elsewhere. */
  fork(purpose: string): Random {
    let seed = mixed(this.seed);
    for (let i = 0; i < purpose.length; i++) seed = mixed(seed ^ purpose.charCodeAt(i));
    return new Random(seed);
  }

  /** From 0 up to and without 1. */
  fraction(): number {
    const t = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8);
    return (this.#w >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  /** True in `probability` of the cases. Draws nothing for 0 and 1. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return present(items[this.between(0, items.length - 1)]);
  }
}

/** Spreads neighbouring seeds over all 32 bits: two rounds of shift and multiplication by the golden ratio. */
function mixed(seed: number): number {
  let bits = (seed + GOLDEN) | 0;
  for (let round = 0; round < 2; round++) bits = Math.imul(bits ^ (bits >>> 15), GOLDEN);
  return bits ^ (bits >>> 16);
}
