// A function that an application runs in the turn of one of its sessions (`applicationSession.run`).
import { SessionInvalidError } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Awaited } from './awaited.js';
import type { Job } from './mailbox.js';
import type { SessionOwner } from './owner.js';

export class Task<T> implements Job {
  readonly isWaitedFor = false;
  readonly #session: SessionOwner;
  readonly #task: () => T | Promise<T>;
  readonly #awaited: Awaited<T>;
  #result: { readonly value: T } | undefined;

  constructor(session: SessionOwner, task: () => T | Promise<T>, awaited: Awaited<T>) {
    this.#session = session;
    this.#task = task;
    this.#awaited = awaited;
  }

  post(): void {
    this.#session.mailbox.post(this);
  }

  /** The function takes the place of a method of the application's first siplet. */
  handler(): Handler | undefined {
    const siplet = this.#session.application.siplets[0];
    if (siplet === undefined || !this.#session.isValid) return undefined;
    return {
      siplet,
      method: 'run',
      label: `${siplet.className}: applicationSession.run`,
      invoke: () => this.#invoke(),
    };
  }

  argument(): undefined {
    return undefined;
  }

  settled(error: unknown): void {
    if (this.#result !== undefined && error === undefined) this.#awaited.give(this.#result.value);
    else
      this.#awaited.fail(
        error ?? new SessionInvalidError(`run: the application session ${this.#session.id} has been invalidated`),
      );
  }

  #invoke(): unknown {
    const value = this.#task();
    if (!(value instanceof Promise)) {
      this.#result = { value };
      return undefined;
    }
    return value.then((settled) => {
      this.#result = { value: settled };
    });
  }
}
