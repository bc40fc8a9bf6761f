// Time that passes only when it is told to: a heap of deadlines, equal times in the order in which they were set.
import type { Clock, Deadline, Timed } from '../../container/base/clock.js';
import { present } from '../../container/base/present.js';

/** What wallTime() says at the beginning: a fixed date, so that Date headers are the same in every run. */
export const EPOCH = Date.UTC(2026, 0, 1);

/** The heap is rebuilt when it is so many times larger than what is to come, and no smaller than SMALL. */
const MOSTLY_STOPPED = 1.5;
const SMALL = 500;

class VirtualDeadline implements Deadline {
  constructor(
    readonly time: number,
    readonly order: number,
    /** Undefined once it has fired or was stopped: it stays in the heap until its time, but keeps nothing alive. */
    public owner: Timed | undefined,
    readonly which: string,
    private readonly clock: { stopped(): void },
  ) {}

  get pending(): boolean {
    return this.owner !== undefined;
  }

  stop(): void {
    if (!this.pending) return;
    this.owner = undefined;
    this.clock.stopped();
  }

  before(other: VirtualDeadline): boolean {
    return this.time < other.time || (this.time === other.time && this.order < other.order);
  }
}

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #pending = 0;
  readonly #heap: VirtualDeadline[] = [];

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return EPOCH + Math.floor(this.#now);
  }

  start(delay: number, owner: Timed, which: string): Deadline {
    if (!(delay >= 0 && delay < Number.POSITIVE_INFINITY)) throw new RangeError(`a deadline in ${delay} ms`);
    const deadline = new VirtualDeadline(this.#now + delay, this.#order++, owner, which, this);
    this.#pending++;
    this.#heap.push(deadline);
    this.#rise(this.#heap.length - 1);
    return deadline;
  }

  /** The same with a function: for scripts of tests. */
  after(delay: number, job: () => void): Deadline {
    return this.start(delay, { expire: job }, 'job');
  }

  /** How many deadlines are still to come. */
  get pending(): number {
    return this.#pending;
  }

  /** When the next deadline is; undefined when there is none. */
  get next(): number | undefined {
    while (this.#heap.length > 0 && !present(this.#heap[0]).pending) this.#takeFirst();
    return this.#heap[0]?.time;
  }

  /**
   * Fires the next deadline if it is due by `limit`, and says true; else moves the time to `limit`. What the deadline
   * throws is thrown here.
   */
  step(limit: number): boolean {
    const next = this.next;
    if (next === undefined || next > limit) {
      if (limit > this.#now) this.#now = limit;
      return false;
    }
    const due = this.#takeFirst();
    this.#now = due.time;
    const { owner } = due;
    due.owner = undefined;
    this.#pending--;
    owner?.expire(due.which);
    return true;
  }

  /** Fires everything up to and with `time`, without letting promises settle: for tests of synchronous machines. */
  runUntil(time: number): void {
    while (this.step(time));
  }

  advance(ms: number): void {
    this.runUntil(this.#now + ms);
  }

  /**
   * Fires everything that comes, as long as something comes, for at most `limit` ms. The time stays at the last thing
   * that happened.
   */
  runUntilIdle(limit = 3_600_000): void {
    const end = this.#now + limit;
    while ((this.next ?? Number.POSITIVE_INFINITY) <= end) this.step(end);
  }

  /** Told by a deadline: one less to come. It leaves the heap when its time comes, or when most of the heap is such. */
  stopped(): void {
    this.#pending--;
    const heap = this.#heap;
    if (heap.length < MOSTLY_STOPPED * this.#pending + SMALL) return;
    const pending = heap.filter((deadline) => deadline.pending).sort((a, b) => (a.before(b) ? -1 : 1));
    heap.splice(0, heap.length, ...pending);
  }

  #takeFirst(): VirtualDeadline {
    const first = present(this.#heap[0]);
    const last = present(this.#heap.pop());
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(index: number): void {
    const heap = this.#heap;
    const item = present(heap[index]);
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!item.before(present(heap[above]))) break;
      heap[index] = present(heap[above]);
      index = above;
    }
    heap[index] = item;
  }

  #sink(index: number): void {
    const heap = this.#heap;
    const item = present(heap[index]);
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && present(heap[below + 1]).before(present(heap[below]))) below++;
      if (!present(heap[below]).before(item)) break;
      heap[index] = present(heap[below]);
      index = below;
    }
    heap[index] = item;
  }
}
