// The timers of one version of an application: Node's own, counted, so that those which it
// leaves behind can be stopped (D-3).
import { setTimeout as promisedTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

type Callback = (...words: unknown[]) => unknown;
type Timer = NodeJS.Timeout | NodeJS.Immediate;
type PromisedOptions = { readonly signal?: AbortSignal; readonly ref?: boolean };

export class BelongingTimers {
  readonly #pending = new Set<Timer>();
  #disposed = false;
  /** In place of node:timers. */
  readonly plain: Readonly<Record<string, unknown>>;
  /** In place of node:timers/promises. */
  readonly promised: Readonly<Record<string, unknown>>;

  constructor() {
    const pause = (ms?: number, value?: unknown, options?: PromisedOptions) =>
      this.#promise((done) => this.#timeout(done, ms), value, options);
    const immediate = (value?: unknown, options?: PromisedOptions) =>
      this.#promise((done) => this.#immediate(done), value, options);
    async function* every(ms?: number, value?: unknown, options?: PromisedOptions) {
      for (;;) yield await pause(ms, value, options);
    }
    const clear = (timer: unknown): void => this.#clear(timer);
    const setTimeout = (callback: Callback, ms?: number, ...words: unknown[]) => this.#timeout(callback, ms, words);
    const setImmediate = (callback: Callback, ...words: unknown[]) => this.#immediate(callback, words);
    Object.defineProperty(setTimeout, promisify.custom, { value: pause });
    Object.defineProperty(setImmediate, promisify.custom, { value: immediate });
    this.plain = {
      setTimeout,
      setImmediate,
      setInterval: (callback: Callback, ms?: number, ...words: unknown[]) => this.#interval(callback, ms, words),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    };
    this.promised = {
      setTimeout: pause,
      setImmediate: immediate,
      setInterval: every,
      scheduler: { wait: (ms: number, options?: PromisedOptions) => pause(ms, undefined, options), yield: immediate },
    };
    this.plain = { ...this.plain, promises: this.promised };
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Stops them all. One that is set from now on never fires. */
  dispose(): void {
    this.#disposed = true;
    for (const timer of this.#pending) stop(timer);
    this.#pending.clear();
  }

  #timeout(callback: Callback, ms?: number, words: unknown[] = []): NodeJS.Timeout {
    if (typeof callback !== 'function') return setTimeout(callback, ms); // throws as Node does
    const belongings = this;
    return this.#add(
      setTimeout(function (this: NodeJS.Timeout) {
        if (belongings.#disposed) return;
        belongings.#pending.delete(this);
        callback.apply(this, words);
      }, ms),
    );
  }

  #interval(callback: Callback, ms?: number, words: unknown[] = []): NodeJS.Timeout {
    if (typeof callback !== 'function') return setInterval(callback, ms);
    return this.#add(
      setInterval(function (this: NodeJS.Timeout) {
        callback.apply(this, words);
      }, ms),
    );
  }

  #immediate(callback: Callback, words: unknown[] = []): NodeJS.Immediate {
    if (typeof callback !== 'function') return setImmediate(callback);
    const immediate: NodeJS.Immediate = setImmediate(() => {
      this.#pending.delete(immediate);
      callback(...words);
    });
    return this.#add(immediate);
  }

  #promise(start: (done: () => void) => Timer, value: unknown, options: PromisedOptions = {}): Promise<unknown> {
    const { signal, ref } = options;
    // Node's own error for a signal that was aborted before.
    if (signal?.aborted) return promisedTimeout(0, value, { signal });
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#clear(timer);
        reject(new DOMException('The operation was aborted', 'AbortError'));
      };
      const timer = start(() => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      });
      if (ref === false) timer.unref();
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  #add<T extends Timer>(timer: T): T {
    if (this.#disposed) stop(timer);
    else this.#pending.add(timer);
    return timer;
  }

  #clear(timer: unknown): void {
    this.#pending.delete(timer as Timer);
    stop(timer);
  }
}

/** Whatever kind it is. */
function stop(timer: unknown): void {
  clearTimeout(timer as NodeJS.Timeout);
  clearImmediate(timer as NodeJS.Immediate);
}
