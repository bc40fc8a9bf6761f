// The one that lets time pass: an event, then every promise and agenda job that it caused, then the next event. Scripts
// wait here for what they want to see.
import type { VirtualClock } from './virtual-clock.js';

/** Somebody who waits: until `check` says that it has settled, or until the time has come. */
interface Wait {
  readonly until: number;
  check(): boolean;
  expire(): void;
  reject(error: unknown): void;
}

/** All promises settle before an immediate is run, however long their chains are. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Scheduler {
  readonly #waits = new Set<Wait>();
  #driving = false;
  #faults: unknown[] = [];

  /** `describe` puts what helps to understand a failure around its words: seed, time, ladder. */
  constructor(
    private readonly clock: VirtualClock,
    private readonly describe: (what: string, cause?: unknown) => Error,
  ) {}

  /** Lets `ms` pass. Rejects when something that was reported as a fault has happened. */
  run(ms: number): Promise<void> {
    return this.until(
      () => undefined,
      ms,
      () => undefined,
    );
  }

  /**
   * Lets time pass until `probe` returns something, at most `within` ms; then `late` gives the result or throws.
   * Several scripts may wait at once. A probe that throws ends the wait.
   */
  until<T>(probe: () => T | undefined, within: number, late: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const wait: Wait = {
        until: this.clock.now() + within,
        reject,
        check: () => {
          try {
            const found = probe();
            if (found === undefined) return false;
            resolve(found);
          } catch (error) {
            reject(error);
          }
          return true;
        },
        expire: () => {
          try {
            resolve(late());
          } catch (error) {
            reject(error);
          }
        },
      };
      this.#waits.add(wait);
      if (!this.#driving) void this.#drive();
    });
  }

  /** Something went wrong where nobody could be told: every wait fails with it. */
  fault(error: unknown): void {
    this.#faults.push(error);
  }

  async #drive(): Promise<void> {
    this.#driving = true;
    await settled();
    while (this.#waits.size > 0) {
      if (!this.#release()) this.#step();
      await settled();
    }
    this.#driving = false;
  }

  /** Releases each wait whose condition is met. */
  #release(): boolean {
    if (this.#faults.length > 0) {
      const [first] = this.#faults;
      this.#faults = [];
      const error = this.describe(first instanceof Error ? first.message : String(first), first);
      for (const wait of this.#waits) wait.reject(error);
      this.#waits.clear();
      return true;
    }
    let released = false;
    for (const wait of this.#waits) {
      if (!wait.check()) continue;
      this.#waits.delete(wait);
      released = true;
    }
    return released;
  }

  #step(): void {
    let limit = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits) limit = Math.min(limit, wait.until);
    try {
      if (this.clock.step(limit)) return;
    } catch (error) {
      this.fault(error);
      return;
    }
    for (const wait of this.#waits) {
      if (wait.until > limit) continue;
      this.#waits.delete(wait);
      wait.expire();
    }
  }
}
