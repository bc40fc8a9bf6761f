// What a handler can await from the container: a response, a bridge, the next request. The handler lends its turn
// meanwhile (C-43, C-41).
import type { Turn } from './mailbox.js';

interface Settle<T> {
  resolve(value: T | PromiseLike<T>): void;
  reject(error: unknown): void;
}

const nothing = (): void => {};

/**
 * A promise that knows whether it is awaited. Only `give` resolves it, and only once. In the turn of the handler that
 * asked for it the value is delivered when that turn has come again, not after the jobs that wait in the mailbox for a
 * turn of their own.
 */
export class Awaited<T> extends Promise<T> {
  /** It is awaited, or a callback was registered. */
  declare isTaken: boolean;
  declare private turn: Turn | undefined;
  declare private isGiven: boolean;
  declare private settle: Settle<T>;

  /** `turn` is the one in which it was asked for; undefined outside of all handlers. */
  static in<T>(turn: Turn | undefined): Awaited<T> {
    let settle: Settle<T> = { resolve: nothing, reject: nothing };
    const awaited = new Awaited<T>((resolve, reject) => {
      settle = { resolve, reject };
    });
    awaited.settle = settle;
    awaited.turn = turn;
    awaited.isTaken = false;
    awaited.isGiven = false;
    return awaited;
  }

  /** The result of the promise, in a form that a handler can await. */
  static of<T>(promise: Promise<T>, turn: Turn | undefined): Awaited<T> {
    const awaited = Awaited.in<T>(turn);
    promise.then(
      (value) => awaited.give(value),
      (error: unknown) => awaited.fail(error),
    );
    return awaited;
  }

  /** `then` and `catch` return an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** An `await` calls it: for a promise of another class than Promise, `then` is called. */
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!this.isTaken) {
      this.isTaken = true;
      if (!this.isGiven) this.turn?.suspend();
    }
    return super.then(fulfilled, rejected);
  }

  /** Delivers the value; a second one is ignored. */
  give(value: T): void {
    this.#deliver(() => this.settle.resolve(value));
  }

  fail(error: unknown): void {
    this.#deliver(() => {
      // If it is not awaited, its rejection must not count as an unhandled rejection of the process.
      if (!this.isTaken) super.then(undefined, () => {});
      this.settle.reject(error);
    });
  }

  #deliver(go: () => void): void {
    if (this.isGiven) return;
    this.isGiven = true;
    if (this.isTaken && this.turn !== undefined) this.turn.resume(go);
    else go();
  }

  /** Calls back when the handler that asked for it has settled; at once when there is none. */
  whenAskerSettled(then: () => void): void {
    if (this.turn === undefined) then();
    else this.turn.whenSettled(then);
  }
}
