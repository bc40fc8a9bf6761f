// HalfSipHash-2-4 with 64 bits of output: a keyed hash of strings that is fast in 32-bit arithmetic. It serves branches
// and checks, not secrets.

/** Two words of 32 bits. */
export type HashKey = readonly [number, number];

/** The two base-36 digits of each number below 1296: looking them up takes a fifth of the time of `toString`. */
const PAIRS: readonly string[] = Array.from({ length: 1296 }, (_, i) => i.toString(36).padStart(2, '0'));
const DIGITS: readonly string[] = Array.from({ length: 36 }, (_, i) => i.toString(36));

function pair(number: number): string {
  return PAIRS[number] as string;
}

function digit(number: number): string {
  return DIGITS[number] as string;
}

/** A 32-bit word as seven base-36 digits. */
function written(word: number): string {
  const upper = Math.floor(word / 46_656);
  const lower = word % 46_656;
  return pair(Math.floor(upper / 1296)) + pair(upper % 1296) + digit(Math.floor(lower / 1296)) + pair(lower % 1296);
}

/** Hashes a sequence of strings; the boundaries between them are part of the hash. */
export class KeyedHash {
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;
  readonly #key: HashKey;

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** Starts a new hash. */
  begin(): this {
    const [k0, k1] = this.#key;
    this.#v0 = k0;
    this.#v1 = k1 ^ 0xee;
    this.#v2 = 0x6c796765 ^ k0;
    this.#v3 = 0x74656462 ^ k1;
    return this;
  }

  /** Adds a wire string, which has one octet in each char. An absent string differs from an empty one. */
  add(text: string | undefined): this {
    if (text === undefined) {
      this.#word(-1);
      return this;
    }
    const { length } = text;
    const whole = length & ~3;
    let i = 0;
    for (; i < whole; i += 4) {
      this.#word(
        text.charCodeAt(i) |
          (text.charCodeAt(i + 1) << 8) |
          (text.charCodeAt(i + 2) << 16) |
          (text.charCodeAt(i + 3) << 24),
      );
    }
    let last = length << 24;
    for (let shift = 0; i < length; i++, shift += 8) last |= text.charCodeAt(i) << shift;
    this.#word(last);
    return this;
  }

  /** The hash of what was added, in lower-case letters and digits. */
  end(): string {
    this.#v2 ^= 0xee;
    this.#rounds(4);
    const high = (this.#v1 ^ this.#v3) >>> 0;
    this.#v1 ^= 0xdd;
    this.#rounds(4);
    const low = (this.#v1 ^ this.#v3) >>> 0;
    return written(high) + written(low);
  }

  #word(word: number): void {
    this.#v3 ^= word;
    this.#rounds(2);
    this.#v0 ^= word;
  }

  #rounds(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
