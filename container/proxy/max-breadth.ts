// Max-Breadth (RFC 5393 §5): how many branches of a request may be under way at once, here and downstream, shared out
// among ours.
import type { Request } from '../message/index.js';

/** RFC 5393 §5.3.3.2 recommends it. */
const RECOMMENDED = 60;
const LARGEST = 0xffff_ffff;
/** Reserved for branches that an application adds while others are pending (C-18). */
const RESERVE = 8;

export class MaxBreadth {
  #free: number;
  readonly #reserve: number;

  constructor(request: Request) {
    const received = request.integer('max-breadth', LARGEST);
    if (received === undefined) {
      // The bound begins here: the reserve is ours to add.
      this.#reserve = RESERVE;
      this.#free = RECOMMENDED + RESERVE;
    } else {
      this.#free = Math.min(received, RECOMMENDED);
      this.#reserve = Math.min(RESERVE, Math.floor(this.#free / 4));
    }
  }

  /** How many branches may start now. */
  get free(): number {
    return this.#free;
  }

  /**
   * Takes the share of the next of `count` branches that start together: an equal share of the breadth that is not
   * reserved, at least 1. `count` is at most `free`.
   */
  take(count: number): number {
    const share = Math.max(1, Math.ceil((this.#free - this.#reserve) / count));
    this.#free -= share;
    return share;
  }

  /** A branch has ended: its share is free for another (RFC 5393 §5.3.3.1). */
  give(share: number): void {
    this.#free += share;
  }
}
