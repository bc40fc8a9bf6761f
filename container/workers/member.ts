// One engine as the main thread has it: its thread, its ring, and the port to it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Beginning, EngineDuties, MainDuties } from './messages.js';
import { Port } from './port.js';
import { Ring } from './ring.js';

/** From the sources, as tests run, it is that of the build. */
const THREAD = [new URL('./thread.js', import.meta.url), new URL('../dist/workers/thread.js', import.meta.url)].find(
  (url) => existsSync(fileURLToPath(url)),
);

/** Megabytes: what an engine allocates dies young, and a larger young generation is collected less often. What was measured is in the README. */
const YOUNG = 96;

export class Member {
  readonly engine: number;
  readonly ring = new Ring();
  readonly port: Port<EngineDuties>;
  /** Settles when the thread has ended, by itself or not. */
  readonly ended: Promise<Error>;
  isThere = true;
  /** It has not answered in time: it is not waited for again until it has. */
  isHeldUp = false;
  readonly #worker: Worker;

  constructor(beginning: Omit<Beginning, 'ring'>, duties: MainDuties, failed: (error: unknown) => void) {
    this.engine = beginning.engine;
    this.#worker = new Worker(THREAD!, {
      workerData: { ...beginning, ring: this.ring.memory } satisfies Beginning,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
      name: `siplet engine ${this.engine + 1}`,
    });
    this.port = new Port<EngineDuties>(this.#worker, duties, failed);
    this.ended = new Promise((resolve) => {
      let fault: Error | undefined;
      this.#worker.once('error', (error) => {
        fault = error instanceof Error ? error : new Error(String(error));
      });
      this.#worker.once('exit', (status) => {
        this.isThere = false;
        const error = fault ?? new Error(`the thread ended with status ${status}`);
        this.port.end(error);
        resolve(error);
      });
    });
  }

  /** There is something in its ring. */
  readonly wake = (): void => this.#worker.postMessage(0);

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
