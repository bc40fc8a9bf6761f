// Calls that are with another engine than their Call-ID says: by the session key of an application (C-42), by the dialog that they replace, or since theirs was away.

/** Of one generation; there are two. */
const MOST = 250_000;
/** Longer Call-IDs are remembered by nobody. */
const LONGEST = 1024;
/** Milliseconds: a call that nobody has asked for in so long is forgotten, at the latest after twice as long. */
const GENERATION = 1_800_000;

export class Moved {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
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

  add(callId: string, engine: number): void {
    if (this.#young.size >= this.#most || this.#now() - this.#since >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#since = this.#now();
    }
    // A copy: what is cut out of a message keeps the message.
    if (callId.length <= LONGEST) this.#young.set(Buffer.from(callId, 'latin1').toString('latin1'), engine);
  }

  get(callId: string): number | undefined {
    if (this.#young.size === 0 && this.#old.size === 0) return undefined;
    const engine = this.#young.get(callId);
    if (engine !== undefined) return engine;
    const older = this.#old.get(callId);
    if (older !== undefined) this.add(callId, older);
    return older;
  }
}
