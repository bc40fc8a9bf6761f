// What one version of an application has of the process: timers, listeners on `process`, file watchers. Its code is
// compiled so that it gets them from here, and what it leaves behind is released when it is unloaded: D-3.
import fs from 'node:fs';
import promisedFs from 'node:fs/promises';
import { BelongingTimers } from './belonging-timers.js';

/** The module that bundler.js lets the application's free names `setTimeout`, `process` and so on come from. */
const BELONGINGS = 'siplet:belongings';

const ADDING: ReadonlySet<PropertyKey> = new Set([
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
]);
const REMOVING: ReadonlySet<PropertyKey> = new Set(['off', 'removeListener']);

/** They would end the container, and every other application with it. */
const ENDING: ReadonlySet<PropertyKey> = new Set(['exit', 'abort', 'reallyExit']);

type Listener = (...words: unknown[]) => void;
type Registration = readonly [event: string, listener: Listener];

export class Belongings {
  readonly #timers = new BelongingTimers();
  #listeners: Registration[] = [];
  readonly #watchers = new Set<{ close(): void }>();
  readonly #ending = new AbortController();
  /** By the name that the application requires: its own view of some of Node's modules. */
  readonly #modules: ReadonlyMap<string, unknown>;

  constructor() {
    const view = this.#process();
    const files = { ...promisedFs, watch: this.#promisedWatch };
    const timers = { ...this.#timers.plain };
    this.#modules = new Map<string, unknown>([
      ...both('timers', timers),
      ...both('timers/promises', this.#timers.promised),
      ...both('process', view),
      ...both('fs', overlaid(fs, { watch: this.#watch, watchFile: this.#watchFile, promises: files })),
      ...both('fs/promises', files),
      [BELONGINGS, { ...timers, process: view }],
    ]);
  }

  /** The module of that name as this version is to see it, if it is one of those. */
  module(name: string): unknown {
    return this.#modules.get(name);
  }

  /** What would be left behind now. */
  get size(): { timers: number; listeners: number; watchers: number } {
    return { timers: this.#timers.size, listeners: this.#listeners.length, watchers: this.#watchers.size };
  }

  /** Releases everything. What is taken from now on is released at once. */
  dispose(): void {
    this.#timers.dispose();
    for (const [event, listener] of this.#listeners) process.off(event, listener);
    this.#listeners = [];
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers.clear();
    this.#ending.abort();
  }

  /** `process`, except for listeners: they are added to the real one and recorded. */
  #process(): NodeJS.Process {
    const add = (method: PropertyKey) => (event: string, listener: Listener) => {
      if (!this.#ending.signal.aborted) {
        // Several versions side by side do not leak: their listeners are recorded.
        const most = process.getMaxListeners();
        if (most > 0 && process.listenerCount(event) >= most) process.setMaxListeners(most + 1);
        (Reflect.get(process, method) as (...words: unknown[]) => void).call(process, event, listener);
        this.#listeners.push([event, listener]);
      }
      return view;
    };
    const remove = (event: string, listener: Listener) => {
      process.off(event, listener);
      this.#listeners = this.#listeners.filter((each) => each[0] !== event || each[1] !== listener);
      return view;
    };
    // The container's and other applications' listeners are not this application's to remove.
    const removeAll = (event?: string) => {
      for (const each of this.#listeners) if (event === undefined || each[0] === event) remove(...each);
      return view;
    };
    const view: NodeJS.Process = new Proxy(process, {
      get: (target, key) => {
        if (ADDING.has(key)) return add(key);
        if (REMOVING.has(key)) return remove;
        if (ENDING.has(key)) return refuse(key);
        return key === 'removeAllListeners' ? removeAll : Reflect.get(target, key);
      },
      set: (target, key, value) => Reflect.set(target, key, value),
    });
    return view;
  }

  readonly #watch = ((...words: Parameters<typeof fs.watch>) => {
    const watcher = fs.watch(...words);
    this.#keep(watcher);
    watcher.once('close', () => this.#watchers.delete(watcher));
    return watcher;
  }) as typeof fs.watch;

  readonly #watchFile = ((file: fs.PathLike, ...words: [fs.StatsListener]) => {
    const listener = words.at(-1);
    this.#keep({ close: () => fs.unwatchFile(file, listener) });
    return fs.watchFile(file, ...words);
  }) as typeof fs.watchFile;

  readonly #promisedWatch = ((path: string, options?: fs.WatchOptions | BufferEncoding) => {
    const given = typeof options === 'string' ? { encoding: options } : options;
    const signals = [this.#ending.signal, ...(given?.signal ? [given.signal] : [])];
    return promisedFs.watch(path, { ...given, signal: AbortSignal.any(signals) } as never);
  }) as typeof promisedFs.watch;

  #keep(watcher: { close(): void }): void {
    if (this.#ending.signal.aborted) watcher.close();
    else this.#watchers.add(watcher);
  }
}

function refuse(key: PropertyKey) {
  return (): never => {
    throw new Error(`process.${String(key)}() would end the container: throw an Error instead`);
  };
}

function both(name: string, module: unknown): [string, unknown][] {
  return [
    [name, module],
    [`node:${name}`, module],
  ];
}

/** A copy of a module in which some things are others. */
function overlaid(module: object, others: object): object {
  const copy = Object.create(Object.getPrototypeOf(module), Object.getOwnPropertyDescriptors(module)) as object;
  for (const [key, value] of Object.entries(others))
    Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true });
  return copy;
}
