// Versions that take no initial requests any more and still have calls: unloaded when the last one has ended, or
// after `deploy.drainTimeout` (D-2).
import type { DeployedApplication } from '../application/application.js';

/** The sessions of applications, which dispatch knows. */
export interface Sessions {
  /** How many application sessions that version has. */
  of(application: DeployedApplication): number;
  /** Invalidates them all. */
  end?(application: DeployedApplication): void;
}

/** Between the end of the last session and the end of the version, ms: its last handlers may still be running. */
const SETTLING = 1000;
/** The longest delay that the host's timers know. */
const LONGEST = 2 ** 31 - 1;

export class Draining {
  /** None: versions drain until somebody says `release`. */
  sessions: Sessions | undefined;
  readonly #timeout: number;
  readonly #deadlines = new Map<DeployedApplication, NodeJS.Timeout>();
  readonly #disposed: (application: DeployedApplication) => void;

  /** `timeout` in ms; `disposed` is told when a version is gone. */
  constructor(timeout: number, disposed: (application: DeployedApplication) => void) {
    this.#timeout = timeout;
    this.#disposed = disposed;
  }

  get applications(): DeployedApplication[] {
    return [...this.#deadlines.keys()];
  }

  add(application: DeployedApplication): void {
    this.#wait(application, this.#timeout, () => this.#expire(application));
    if (this.sessions?.of(application) === 0) void this.release(application);
  }

  /** Its last session has ended. */
  idle(application: DeployedApplication): void {
    if (!this.#deadlines.has(application)) return;
    this.#wait(application, Math.min(SETTLING, this.#timeout), () => {
      if (this.sessions?.of(application) === 0) void this.release(application);
      else this.#wait(application, this.#timeout, () => this.#expire(application));
    });
  }

  /** Disposes of it. */
  async release(application: DeployedApplication): Promise<void> {
    if (!this.#deadlines.has(application)) return;
    clearTimeout(this.#deadlines.get(application));
    this.#deadlines.delete(application);
    await disposeOf(application);
    this.#disposed(application);
  }

  async close(): Promise<void> {
    await Promise.all(this.applications.map((each) => this.release(each)));
  }

  #wait(application: DeployedApplication, ms: number, then: () => void): void {
    clearTimeout(this.#deadlines.get(application));
    this.#deadlines.set(application, setTimeout(then, Math.min(ms, LONGEST)).unref());
  }

  #expire(application: DeployedApplication): void {
    const { name, version, log } = application;
    const sessions = this.sessions?.of(application);
    log.warn({ sessions }, `${name} ${version} is unloaded after deploy.drainTimeout, with calls in progress`);
    this.sessions?.end?.(application);
    void this.release(application);
  }
}

/** Never throws. */
export async function disposeOf(application: DeployedApplication): Promise<void> {
  try {
    await application.dispose();
  } catch (error) {
    application.log.error({ err: error }, 'a @PreDestroy method failed');
  }
}
