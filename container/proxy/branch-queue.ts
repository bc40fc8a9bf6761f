// Which branches of a search are under way and which wait. They start all at once or one after another (C-22, C-23),
// within Max-Breadth (RFC 5393 §5.3.3).
import type { Request } from '../message/index.js';
import type { Branch } from './branch.js';
import { MaxBreadth } from './max-breadth.js';

const NO_BRANCHES: Branch[] = [];

export class BranchQueue {
  /** Branches that were started and have no final response. */
  pending = 0;
  #waiting = NO_BRANCHES;
  readonly #breadth: MaxBreadth;

  constructor(original: Request) {
    this.#breadth = new MaxBreadth(original);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  has(branch: Branch): boolean {
    return this.#waiting.includes(branch);
  }

  /** RFC 5393 §5.3.3: with a Max-Breadth of 0 nothing is forwarded. */
  get isClosed(): boolean {
    return this.pending === 0 && this.#breadth.free < 1;
  }

  /** Queues branches: behind those that wait already, or before them. */
  add(branches: readonly Branch[], first: boolean): void {
    this.#waiting = first ? [...branches, ...this.#waiting] : [...this.#waiting, ...branches];
  }

  /** Takes all waiting branches out of the queue. */
  clear(): readonly Branch[] {
    const waiting = this.#waiting;
    this.#waiting = NO_BRANCHES;
    return waiting;
  }

  /** Starts a branch when none is ahead of it. False: there is no room for it. */
  startAlone(branch: Branch): boolean {
    if (!this.isEmpty || this.#breadth.free < 1) return false;
    this.start(branch, 1);
    return true;
  }

  /**
   * C-22. A branch for which Max-Breadth leaves no room waits until another one has ended (RFC 5393 §5.3.3.1 allows
   * serial forking).
   */
  startAll(): void {
    const waiting = this.#waiting.filter((branch) => branch.state === 'waiting');
    let count = Math.min(waiting.length, this.#breadth.free);
    const starting = waiting.slice(0, count);
    this.#waiting = waiting.slice(count);
    for (const branch of starting) this.start(branch, count--);
  }

  /** C-23. False when none is left, or there is no room. */
  startNext(): boolean {
    while (this.#breadth.free > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return false;
      if (next.state !== 'waiting') continue;
      // Half of the free breadth: the next may start before this one has its final response (C-23).
      this.start(next, Math.min(2, this.#breadth.free));
      return true;
    }
    return false;
  }

  private start(branch: Branch, together: number): void {
    if (branch.state !== 'waiting') return;
    this.pending++;
    branch.breadth = this.#breadth.take(together);
    branch.start();
  }

  ended(branch: Branch): void {
    this.pending--;
    this.#breadth.give(branch.breadth);
  }
}
