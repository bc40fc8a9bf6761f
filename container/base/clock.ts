// The port for time: deadlines of the protocol layers, real or virtual. `host/real-clock.ts` implements it.

/** A deadline that was set. Stopping one that has fired or was stopped does nothing. */
export interface Deadline {
  stop(): void;
  /** Whether it has neither fired nor been stopped. */
  readonly pending: boolean;
}

/** The owner of deadlines. `which` tells them apart, so that one object can own several without a closure for each. */
export interface Timed {
  expire(which: string): void;
}

export interface Clock {
  /** Milliseconds on a monotonic scale. */
  now(): number;
  /** Milliseconds since 1970, for Date headers and logs. */
  wallTime(): number;
  /** Calls `owner.expire(which)` once, after `delay` ms, which may exceed 2^31-1. Never calls synchronously. */
  start(delay: number, owner: Timed, which: string): Deadline;
}
