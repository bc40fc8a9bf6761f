// The list of jobs to do next: code in the middle of a step adds a job here instead of doing it at once.

/** Runs jobs in order of arrival. `add` never runs a job itself. */
export class Agenda {
  #jobs: (() => void)[] = [];
  #scheduled = false;
  readonly #defer: (drain: () => void) => void;
  readonly #failed: (error: unknown) => void;

  /**
   * `defer` asks the host to call back soon (a microtask in the container, the scheduler in a test). `failed` receives
   * the error that a job throws.
   */
  constructor(defer: (drain: () => void) => void, failed: (error: unknown) => void) {
    this.#defer = defer;
    this.#failed = failed;
  }

  add(job: () => void): void {
    this.#jobs.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#defer(this.#drain);
  }

  #drain = (): void => {
    // Jobs may add jobs: the loop also visits those.
    for (const job of this.#jobs) {
      try {
        job();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#jobs = [];
    this.#scheduled = false;
  };
}
