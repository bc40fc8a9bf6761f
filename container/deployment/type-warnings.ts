// Type errors of what is in service already: looked for after the deployment, so that it is not delayed,
// one application's once at a time.
import { statSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Deployable } from './deployable.js';
import { typeCheck } from './type-check.js';

interface Check {
  readonly deployable: Deployable;
  /** Whether anybody still wants to know. */
  isCurrent(): boolean;
}

export class TypeWarnings {
  readonly #log: Logger;
  readonly #running = new Set<string>();
  /** Of which it was said that their types are not checked. */
  readonly #told = new Set<string>();
  /** By name: what was deployed while the one before was being checked. */
  readonly #next = new Map<string, Check>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** What it finds is logged. Never throws. */
  async check(deployable: Deployable, isCurrent: () => boolean): Promise<void> {
    const { name, entry } = deployable;
    // What is found later in other sources is not said of these.
    const written = writtenAt(entry);
    this.#next.set(name, { deployable, isCurrent: () => isCurrent() && writtenAt(entry) === written });
    if (this.#running.has(name)) return;
    this.#running.add(name);
    for (let each = this.#take(name); each !== undefined; each = this.#take(name)) {
      if (each.isCurrent()) await this.#check(each);
    }
    this.#running.delete(name);
  }

  #take(name: string): Check | undefined {
    const check = this.#next.get(name);
    this.#next.delete(name);
    return check;
  }

  async #check({ deployable, isCurrent }: Check): Promise<void> {
    const { name, version } = deployable;
    const { faults, unchecked } = await typeCheck(deployable, true);
    if (unchecked !== undefined) this.#tellOnce(name, unchecked);
    else if (faults.length > 0 && isCurrent())
      this.#log.warn(
        { app: name, version, faults },
        `${name} ${version} has type errors, and is deployed all the same`,
      );
  }

  /** It will be the same with the next version. */
  #tellOnce(app: string, unchecked: string): void {
    if (this.#told.has(app)) return;
    this.#told.add(app);
    this.#log.warn({ app }, `types of ${app} are not checked: ${unchecked}`);
  }
}

function writtenAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
