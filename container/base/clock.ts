// Time as a value that is passed in: deadlines of the protocol layers, real or virtual. The real clock is in
// real-clock.ts.

/** A deadline that was set. Stopping one that has fired or was stopped does nothing. */
export interface Deadline {
  stop(): void;
  /** Whether it is still to come. */
  readonly pending: boolean;
}

/**
 * What a deadline calls. `which` is handed back, so that one object may own several deadlines without a closure each.
 */
export interface Timed {
  expire(which: string): void;
}

export interface Clock {
  /** Milliseconds on a monotonic scale. */
  now(): number;
  /** Milliseconds since 1970, for Date headers and logs. */
  wallTime(): number;
  /**
   * Calls `owner.expire(which)` once, `delay` ms from now (any length, also beyond 2^31-1 ms). Never calls
   * synchronously.
   */
  start(delay: number, owner: Timed, which: string): Deadline;
}
