// Which uses of our nonces were seen: a count that is repeated, or is far below the highest one, is a replay (RFC 7616
// §3.4, nc; §5.4).
import type { Clock } from '../base/clock.js';

/** Counts this far below the highest are still accepted, once each: requests overtake each other on UDP. */
const WIDTH = 32;

interface Seen {
  highest: number;
  /** Bit i is set when the count highest - i was seen. */
  mask: number;
}

interface Generation {
  readonly seen: Map<string, Seen>;
  /** When the newest nonce in it was made. */
  newest: number;
}

/**
 * Entries live for at least one lifetime of a nonce, and at most two. When there are too many, the older generation is
 * dropped, and its nonces become stale.
 */
export class ReplayWindow {
  /** Nonces made at this time or earlier are unknown. */
  floor = -1;
  #current: Generation = { seen: new Map(), newest: -1 };
  #previous: Generation = { seen: new Map(), newest: -1 };
  #since: number;
  readonly #clock: Clock;
  readonly #lifetime: number;
  readonly #capacity: number;

  /** `lifetime` is in ms; at most twice `capacity` entries are kept. */
  constructor(clock: Clock, lifetime: number, capacity: number) {
    this.#clock = clock;
    this.#lifetime = lifetime;
    this.#capacity = capacity;
    this.#since = clock.now();
  }

  get size(): number {
    return this.#current.seen.size + this.#previous.seen.size;
  }

  /**
   * Records the use. Returns false when it was seen before, or cannot be distinguished from one that was. `key` is the
   * nonce with the name of the counter; the nonce was made at `issued`.
   */
  take(key: string, issued: number, count: number): boolean {
    this.#turn();
    if (issued <= this.floor) return false;
    const seen = this.#current.seen.get(key) ?? this.#previous.seen.get(key);
    if (seen !== undefined) return note(seen, count);
    if (this.#current.seen.size >= this.#capacity) {
      this.floor = Math.max(this.floor, this.#previous.newest);
      this.#renew();
      if (issued <= this.floor) return false;
    }
    this.#current.seen.set(key, { highest: count, mask: 1 });
    this.#current.newest = Math.max(this.#current.newest, issued);
    return true;
  }

  /** Entries that were in the older generation for a whole lifetime belong to expired nonces. */
  #turn(): void {
    const age = this.#clock.now() - this.#since;
    if (age <= this.#lifetime) return;
    this.#renew();
    if (age > 2 * this.#lifetime) this.#renew();
  }

  #renew(): void {
    this.#previous = this.#current;
    this.#current = { seen: new Map(), newest: -1 };
    this.#since = this.#clock.now();
  }
}

function note(seen: Seen, count: number): boolean {
  const ahead = count - seen.highest;
  if (ahead > 0) {
    seen.mask = ahead >= WIDTH ? 1 : (seen.mask << ahead) | 1;
    seen.highest = count;
    return true;
  }
  const bit = -ahead < WIDTH ? 1 << -ahead : 0;
  if (bit === 0 || (seen.mask & bit) !== 0) return false;
  seen.mask |= bit;
  return true;
}
