// Versions of applications, as the crew knows them: how to start each, which of them take initial requests, and which
// engines may still have sessions of the others.
import type { StartOrder } from './messages.js';

export class Versions {
  /** By revision, as everywhere in this file. */
  readonly #orders = new Map<number, StartOrder>();
  /** The engines that may have sessions of a version that takes no new calls. */
  readonly #busy = new Map<number, Set<number>>();
  #active: readonly number[] = [];

  /** The revisions that take initial requests. */
  get active(): readonly number[] {
    return this.#active;
  }

  /** How to start the versions in service. */
  get orders(): StartOrder[] {
    return this.#active.flatMap((revision) => this.#orders.get(revision) ?? []);
  }

  add(order: StartOrder): void {
    this.#orders.set(order.revision, order);
  }

  remove(revision: number): void {
    this.#orders.delete(revision);
    this.#busy.delete(revision);
  }

  /** `havingStarted` returns the engines that may have sessions of a version. */
  activate(revisions: readonly number[], havingStarted: (revision: number) => Iterable<number>): void {
    const before = this.#active;
    this.#active = revisions;
    for (const revision of before)
      if (!revisions.includes(revision)) this.#busy.set(revision, new Set(havingStarted(revision)));
  }

  /** How many engines may have sessions of it; undefined while it is in service. */
  busyWith(revision: number): number | undefined {
    return this.#active.includes(revision) ? undefined : (this.#busy.get(revision)?.size ?? 0);
  }

  /** The engine has no session of it any more. Returns whether it was the last engine that had one. */
  idle(engine: number, revision: number): boolean {
    const busy = this.#busy.get(revision);
    return busy?.delete(engine) === true && busy.size === 0;
  }

  /** The engine has ended. Returns the revisions that have no session in any engine now. */
  gone(engine: number): number[] {
    return [...this.#busy.keys()].filter((revision) => this.idle(engine, revision));
  }
}
