// The system's clock, with one native timer for all deadlines. The deadlines of each duration form a list in order of
// time, so that starting and stopping one takes constant time.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Deadline, Timed } from '../base/clock.js';

/** The longest delay of a native timer; it fires at once for a longer one. */
const LONGEST = 2 ** 31 - 1;
/**
 * Deadlines of this duration or longer may be late by up to SLACK, so that many fire together: a native timer for each
 * would cost more than the work that it starts.
 */
const LONG = 1000;
const SLACK = 16;
/** Up to this many empty lists are kept for later use. */
const SPARE = 64;

class RealDeadline implements Deadline {
  previous: RealDeadline | undefined = undefined;
  next: RealDeadline | undefined = undefined;

  constructor(
    public line: Line | undefined,
    public due: number,
    public owner: Timed | undefined,
    public which: string,
  ) {}

  get pending(): boolean {
    return this.line !== undefined;
  }

  stop(): void {
    this.line?.remove(this);
  }
}

/** All deadlines of one duration, in order of time. */
class Line {
  first: RealDeadline | undefined = undefined;
  last: RealDeadline | undefined = undefined;
  /**
   * When to look at the list: never later than its first deadline, and earlier if a former first deadline was stopped.
   */
  due = 0;
  /** The list's index in the heap, or -1. */
  place = -1;

  constructor(
    readonly clock: RealClock,
    readonly duration: number,
  ) {}

  add(deadline: RealDeadline): void {
    deadline.previous = this.last;
    if (this.last === undefined) this.first = deadline;
    else this.last.next = deadline;
    this.last = deadline;
  }

  remove(deadline: RealDeadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    deadline.previous = deadline.next = deadline.line = deadline.owner = undefined;
    if (this.first === undefined) this.clock.emptied(this);
  }
}

export class RealClock implements Clock {
  readonly #lines = new Map<number, Line>();
  /** A binary heap of the lists that hold deadlines, ordered by `due`. */
  readonly #heap: Line[] = [];
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  /**
   * Runs code outside any async context. The native timer must not inherit the context of the handler that happened to
   * set it.
   */
  readonly #outside = AsyncLocalStorage.snapshot();
  #closed = false;

  /**
   * `failed` receives the error that an owner throws. By default the error is thrown from a microtask, so that the
   * other deadlines still fire.
   */
  constructor(failed: (error: unknown) => void = throwLater) {
    this.#failed = failed;
  }

  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  start(delay: number, owner: Timed, which: string): Deadline {
    const now = performance.now();
    // Whole milliseconds keep the number of lists small. NaN and negative numbers mean no delay.
    const duration = delay > 0 ? Math.ceil(delay) : 0;
    // V8 stores a whole number in the deadline itself; a fraction would need an object of its own.
    const due = duration < LONG ? Math.ceil(now + duration) : Math.ceil((now + duration) / SLACK) * SLACK;
    const deadline = new RealDeadline(undefined, due, owner, which);
    if (this.#closed || duration === Number.POSITIVE_INFINITY) return deadline;
    let line = this.#lines.get(duration);
    if (line === undefined) {
      line = new Line(this, duration);
      this.#lines.set(duration, line);
    }
    deadline.line = line;
    line.add(deadline);
    if (line.place < 0) {
      line.due = deadline.due;
      line.place = this.#heap.push(line) - 1;
      this.#up(line);
      if (line.due < this.#armedFor) this.#arm(now);
    }
    return deadline;
  }

  /** Stops all deadlines. Those started later never fire. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const line of this.#heap.slice()) while (line.first !== undefined) line.remove(line.first);
    this.#lines.clear();
  }

  /** For tests and metrics: how many lists there are, and how many of them hold deadlines. */
  get size(): { lines: number; used: number } {
    return { lines: this.#lines.size, used: this.#heap.length };
  }

  /**
   * Called when a list loses its last deadline. The native timer stays set: letting it fire for nothing costs less than
   * setting it again.
   */
  emptied(line: Line): void {
    this.#take(line);
    if (this.#lines.size > SPARE) this.#lines.delete(line.duration);
  }

  #fire = (): void => {
    const now = performance.now();
    this.#armedFor = Number.POSITIVE_INFINITY;
    for (let line = this.#heap[0]; line?.first !== undefined && line.due <= now; line = this.#heap[0]) {
      const deadline = line.first;
      if (deadline.due > line.due) {
        // The first deadline was stopped in the meantime: look again when the new first one is due.
        line.due = deadline.due;
        this.#down(line);
        continue;
      }
      const { owner, which } = deadline;
      line.remove(deadline);
      try {
        owner?.expire(which);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#arm(performance.now());
  };

  #arm(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#heap[0];
    this.#armedFor = next === undefined ? Number.POSITIVE_INFINITY : next.due;
    if (next === undefined) return;
    const delay = Math.min(LONGEST, Math.max(1, Math.ceil(next.due - now)));
    this.#timer = this.#outside(setTimeout, this.#fire, delay);
  }

  #take(line: Line): void {
    const place = line.place;
    const last = this.#heap.pop();
    line.place = -1;
    if (last === undefined || last === line) return;
    this.#heap[place] = last;
    last.place = place;
    this.#up(last);
    this.#down(last);
  }

  #up(line: Line): void {
    const heap = this.#heap;
    let place = line.place;
    while (place > 0) {
      const above = heap[(place - 1) >> 1];
      if (above === undefined || !comesBefore(line, above)) break;
      const free = above.place;
      heap[place] = above;
      above.place = place;
      place = free;
    }
    heap[place] = line;
    line.place = place;
  }

  #down(line: Line): void {
    const heap = this.#heap;
    let place = line.place;
    for (;;) {
      const left = 2 * place + 1;
      let below = left < heap.length ? heap[left] : undefined;
      const right = left + 1 < heap.length ? heap[left + 1] : undefined;
      if (below !== undefined && right !== undefined && comesBefore(right, below)) below = right;
      if (below === undefined || !comesBefore(below, line)) break;
      const free = below.place;
      heap[place] = below;
      below.place = place;
      place = free;
    }
    heap[place] = line;
    line.place = place;
  }
}

/** If two lists are due in the same millisecond, the shorter duration comes first. */
function comesBefore(one: Line, other: Line): boolean {
  return one.due < other.due || (one.due === other.due && one.duration < other.duration);
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
