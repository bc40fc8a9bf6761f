// One engine, as the main thread sees it: its thread, its ring, and the port to it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Beginning, EngineDuties, MainDuties, StartOrder } from './messages.js';
import { type Link, Port } from './port.js';
import { Ring } from './ring.js';

/** When run from the sources, as in tests, the thread uses the built file. */
const BUILT = new URL('./thread.js', import.meta.url);
const THREAD = existsSync(fileURLToPath(BUILT)) ? BUILT : new URL('../dist/workers/thread.js', import.meta.url);

/**
 * Megabytes. Most objects of an engine die young, and a larger young generation is collected less often. The README has
 * the measurements.
 */
const YOUNG = 96;

/** The part of a Worker that is used here; tests replace it. */
export interface Thread extends Link {
  once(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'exit', listener: (status: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export function openThread(beginning: Beginning): Thread {
  return new Worker(THREAD, {
    workerData: beginning,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
    name: `siplet engine ${beginning.engine + 1}`,
  });
}

export class Member {
  readonly engine: number;
  readonly ring = new Ring();
  readonly port: Port<EngineDuties>;
  /** Settles when the thread has ended for any reason. */
  readonly ended: Promise<Error>;
  isThere = true;
  /** It has not answered in time; do not wait for it again until it has. */
  isHeldUp = false;
  /** It has its descriptors, or is about to get them. */
  isListening = false;
  readonly #thread: Thread;
  /** The answers to `start`, by revision. */
  readonly #starts = new Map<number, Promise<readonly string[]>>();
  readonly #started = new Set<number>();

  constructor(
    beginning: Omit<Beginning, 'ring'>,
    duties: MainDuties,
    failed: (error: unknown) => void,
    open: typeof openThread,
  ) {
    this.engine = beginning.engine;
    this.#thread = open({ ...beginning, ring: this.ring.memory });
    this.port = new Port<EngineDuties>(this.#thread, duties, failed);
    this.ended = new Promise((resolve) => {
      let fault: Error | undefined;
      this.#thread.once('error', (error) => {
        fault = error instanceof Error ? error : new Error(String(error));
      });
      this.#thread.once('exit', (status) => {
        this.isThere = false;
        const error = fault ?? new Error(`the thread ended with status ${status}`);
        this.port.end(error);
        resolve(error);
      });
    });
  }

  /** Wakes the thread, because there is something in its ring. */
  readonly wake = (): void => this.#thread.postMessage(0);

  /** Whether it has loaded and started that version. */
  has(revision: number): boolean {
    return this.#started.has(revision);
  }

  /** Starts a version once; further calls return the same promise. */
  start(order: StartOrder): Promise<readonly string[]> {
    const { revision } = order;
    const known = this.#starts.get(revision);
    if (known !== undefined) return known;
    const start = this.port.ask('start', order);
    this.#starts.set(revision, start);
    start.then(
      () => this.#starts.has(revision) && this.#started.add(revision),
      () => this.#starts.delete(revision),
    );
    return start;
  }

  forget(revision: number): void {
    this.#starts.delete(revision);
    this.#started.delete(revision);
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
  }
}
