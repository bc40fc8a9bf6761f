// Calls and transactions that are with another engine than they say: by the session key of an application (C-42), by
// the dialog that they replace, or since theirs was away.

/** Of one generation; there are two. */
const MOST = 250_000;
/** Characters of all that one generation remembers. */
const MOST_TEXT = 32 * 1_048_576;
/** Longer names are remembered by nobody. */
const LONGEST = 1024;
/** Milliseconds: a call that nobody has asked for in so long is forgotten, at the latest after twice as long. */
const GENERATION = 1_800_000;

export class Moved {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #text = 0;
  #since: number;
  readonly #now: () => number;
  readonly #most: number;

  /** `now` in milliseconds, monotonic. */
  constructor(now: () => number, most = MOST) {
    this.#now = now;
    this.#most = most;
    this.#since = now();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** `name` is a Call-ID, or what `transactionOf` makes of a message. */
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
    // A copy: what is cut out of a message keeps the message.
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
