// Calls and transactions that are with another engine than their identifiers say: because of the session key of an
// application (C-42), because they replace a dialog, or because their engine was away.

/** Entries in one generation; there are two. */
const MOST = 250_000;
/** Characters of all names in one generation. */
const MOST_TEXT = 32 * 1_048_576;
/** Longer names are not remembered. */
const LONGEST = 1024;
/** Milliseconds: a call that was not looked up for this long may be forgotten, and is after twice as long. */
const GENERATION = 1_800_000;

export class Moved {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #text = 0;
  #since: number;
  readonly #now: () => number;
  readonly #most: number;

  /** `now` returns milliseconds on a monotonic scale. */
  constructor(now: () => number, most = MOST) {
    this.#now = now;
    this.#most = most;
    this.#since = now();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** `name` is a Call-ID, or the result of `transactionOf`. */
  add(name: string, engine: number): void {
    const isFull = this.#young.size >= this.#most || this.#text >= MOST_TEXT;
    if (isFull || this.#now() - this.#since >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#text = 0;
      this.#since = this.#now();
    }
    if (name.length > LONGEST) return;
    const { size } = this.#young;
    // A copy, because a slice would keep the whole message alive.
    this.#young.set(Buffer.from(name, 'latin1').toString('latin1'), engine);
    if (this.#young.size > size) this.#text += name.length;
  }

  get(name: string): number | undefined {
    if (this.#young.size === 0 && this.#old.size === 0) return undefined;
    const engine = this.#young.get(name);
    if (engine !== undefined) return engine;
    const older = this.#old.get(name);
    if (older !== undefined) this.add(name, older);
    return older;
  }
}
