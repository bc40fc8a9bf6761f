// Watches the directory that was deployed: what is new or has changed is deployed when it has been quiet for a moment,
// what is gone is undeployed (D-1, D-4). The unit is an entry of the directory with everything in it except its
// node_modules, or the directory itself where it is one application.
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Logger } from 'pino';
import { deployablesIn, hasManifest, isApplication, isDeployable } from './deployables.js';
import type { Deployments } from './deployments.js';

interface WatchOptions {
  /** Milliseconds without any change after which a deployable counts as written. */
  readonly quiet?: number;
  /** The same for something that has gone: editors and copying tools put things back. */
  readonly gone?: number;
}

const QUIET = 150;
const GONE = 500;
/** What changes for ever is deployed all the same after so long, ms. */
const PATIENCE = 5000;

/** Dependencies, what starts with a dot, and what editors, databases and logs leave beside the sources. */
const IGNORED =
  /^\.|^node_modules$|~$|^#.*#$|^4913$|\.(?:sw[a-z]|tmp|temp|part|log|lock|pid|tsbuildinfo|db|sqlite3?)(?:-\w+)?$/i;

/** A deployable, or what may become one. */
class Entry {
  timer: NodeJS.Timeout | undefined;
  /** Counts changes. */
  changes = 0;
  /** When the first change came that nothing has been done about yet. */
  since = 0;
  isBusy = false;
  constructor(readonly path: string) {}
}

export class Watch {
  /** By path. */
  readonly #entries = new Map<string, Entry>();
  readonly #directory: string;
  readonly #deployments: Deployments;
  readonly #log: Logger;
  readonly #quiet: number;
  readonly #gone: number;
  #watcher: FSWatcher | undefined;
  /** Whether the directory is itself an application. */
  #isOne = false;
  /** It was said already. */
  #isBlind = false;

  constructor(directory: string, deployments: Deployments, log: Logger, options: WatchOptions = {}) {
    this.#directory = resolve(directory);
    this.#deployments = deployments;
    this.#log = log;
    this.#quiet = options.quiet ?? QUIET;
    this.#gone = options.gone ?? GONE;
  }

  /** Resolves when it sees every change from then on; a directory that takes very long is not waited for. */
  async start(): Promise<void> {
    const root = this.#directory;
    this.#isOne = isApplication(root) !== false;
    const watcher = watch(root, {
      ignoreInitial: true,
      ignored: (path) => path.length > root.length && IGNORED.test(basename(path)),
    });
    this.#watcher = watcher;
    watcher.on('all', (_event, path) => this.#changed(path));
    watcher.on('error', (error) => {
      const level = this.#isBlind ? 'debug' : 'warn';
      this.#isBlind = true;
      this.#log[level]({ err: error }, 'not every change in the directory can be seen');
    });
    await new Promise<void>((done) => {
      const late = setTimeout(done, PATIENCE);
      watcher.once('ready', () => {
        clearTimeout(late);
        done();
      });
    });
  }

  async close(): Promise<void> {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
    const watcher = this.#watcher;
    this.#watcher = undefined;
    await watcher?.close();
  }

  #changed(path: string): void {
    const root = this.#directory;
    const [name] = relative(root, resolve(root, path)).split(sep);
    if (name === undefined || name === '' || name === '..' || this.#watcher === undefined) return;
    // A package.json that cannot be read, as while it is being written, decides nothing.
    const isOne = name === 'package.json' ? (isApplication(root) ?? this.#isOne) : this.#isOne;
    if (isOne !== this.#isOne) {
      this.#isOne = isOne;
      for (const each of this.#all()) this.#touch(each);
    }
    this.#touch(isOne ? root : join(root, name));
  }

  /** The deployables of the directory, and those that were. */
  #all(): Set<string> {
    const known = this.#deployments.records().map(({ path }) => path);
    const root = this.#directory;
    const there = existsSync(root) ? deployablesIn(root) : [];
    return new Set([root, ...there, ...known.filter((path) => dirname(path) === root)]);
  }

  #touch(path: string): void {
    const entry = this.#entries.get(path) ?? new Entry(path);
    this.#entries.set(path, entry);
    if (entry.changes++ === 0) entry.since = performance.now();
    this.#wait(entry);
  }

  #isThere(path: string): boolean {
    if (this.#isOne || path === this.#directory) return this.#isOne && path === this.#directory && hasManifest(path);
    // What is in service is not taken out of it by a change of its sources.
    return isDeployable(path) || (this.#deployments.knows(path) && hasManifest(path));
  }

  /** Nothing is done before it has been quiet, one thing at a time. */
  #wait(entry: Entry): void {
    clearTimeout(entry.timer);
    const isThere = this.#isThere(entry.path);
    const isLate = isThere && performance.now() - entry.since > PATIENCE;
    const delay = isLate ? 0 : isThere ? this.#quiet : this.#gone;
    entry.timer = setTimeout(() => {
      if (!entry.isBusy) void this.#act(entry);
    }, delay);
  }

  async #act(entry: Entry): Promise<void> {
    const { path, changes } = entry;
    entry.isBusy = true;
    const hasPatience = performance.now() - entry.since < PATIENCE;
    try {
      if (this.#isThere(path))
        await this.#deployments.deployUnless(path, () => hasPatience && entry.changes !== changes);
      // Without the directory itself somebody is moving things about, or a disk is gone: what is in service stays.
      else if (existsSync(this.#directory)) await this.#deployments.removed(path);
    } catch {
      // Logged and recorded.
    }
    entry.isBusy = false;
    if (entry.changes === changes) {
      this.#entries.delete(path);
      return;
    }
    if (!hasPatience) entry.since = performance.now();
    this.#wait(entry);
  }
}
