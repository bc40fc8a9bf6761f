// The one list of things to do next: what may not be done from the middle of a step is put here and done in order.

/** Jobs in order of arrival. `add` never runs a job itself while another is running. */
export class Agenda {
  #jobs: (() => void)[] = [];
  #scheduled = false;
  readonly #defer: (drain: () => void) => void;
  readonly #failed: (error: unknown) => void;

  /**
   * `defer` asks the host to call back soon (a microtask in the container, the scheduler in a test); `failed` is told
   * what a job threw.
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
    // A list that grows is walked to its end: jobs may add jobs.
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
