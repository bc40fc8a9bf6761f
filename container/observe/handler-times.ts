// How long handlers take, by application and method, and how often they fail. These are plain numbers, so that they add
// next to nothing to the cost of a handler call.

import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import { Distribution, MAX_SERIES, type Value } from './series.js';

interface Timed {
  readonly time: Distribution;
  failures: number;
}

export class HandlerTimes {
  /** By application, then by 'Class.method'. */
  readonly #all = new Map<string, Map<string, Timed>>();

  /** Calls the handler. Its time ends when it returns, or when its promise settles. */
  readonly call = (handler: Handler, argument: unknown, { name }: DeployedApplication): unknown => {
    const began = performance.now();
    let result: unknown;
    try {
      result = handler.invoke(argument);
    } catch (error) {
      this.#ended(name, handler.label, began);
      throw error;
    }
    if (typeof result === 'object' && result !== null && typeof (result as PromiseLike<unknown>).then === 'function') {
      const ended = () => this.#ended(name, handler.label, began);
      // The mailbox handles the result of the promise.
      (result as PromiseLike<unknown>).then(ended, ended);
    } else {
      this.#ended(name, handler.label, began);
    }
    return result;
  };

  readonly failed = (label: string, { name }: DeployedApplication): void => {
    this.#of(name, label).failures++;
  };

  /** Called when no version of the application is left. */
  remove(app: string): void {
    this.#all.delete(app);
  }

  times(metric: string): Value[] {
    return this.#each((app, handler, { time }) => time.values(metric, { app, handler }));
  }

  failures(): Value[] {
    return this.#each((app, handler, { failures }) => [{ labels: { app, handler }, value: failures }]);
  }

  #ended(app: string, label: string, began: number): void {
    this.#of(app, label).time.observe((performance.now() - began) / 1000);
  }

  #of(app: string, label: string): Timed {
    let own = this.#all.get(app);
    if (own === undefined) {
      own = new Map();
      this.#all.set(app, own);
    }
    let timed = own.get(label);
    if (timed === undefined) {
      // Many versions may name their methods differently: the oldest entry is dropped.
      const [oldest] = own.keys();
      if (own.size >= MAX_SERIES && oldest !== undefined) own.delete(oldest);
      timed = { time: new Distribution(), failures: 0 };
      own.set(label, timed);
    }
    return timed;
  }

  #each(values: (app: string, handler: string, timed: Timed) => Value[]): Value[] {
    return [...this.#all].flatMap(([app, own]) => [...own].flatMap(([label, timed]) => values(app, label, timed)));
  }
}
