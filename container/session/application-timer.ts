// A timer of an application session (JSR 289 §12): fires into the session's mailbox.
import type * as sdk from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Deadline, Timed } from '../base/clock.js';
import { assertJson } from './json-value.js';
import type { SessionOwner } from './owner.js';

export class ApplicationTimer implements sdk.Timer, Timed {
  #deadline: Deadline | undefined;
  /** Cancelled, or the session has ended: a firing that waits for its turn is not told any more. */
  #over = false;
  /** It has fired and the handler has not settled, or waits for its turn. */
  #firing = false;
  /** When it fires next, on the clock's scale: repetitions keep to the first one's rhythm. */
  #due: number;

  constructor(
    readonly applicationSession: SessionOwner,
    readonly name: string,
    delayMs: number,
    readonly repeatMs: number | undefined,
    readonly info: sdk.Json | undefined,
  ) {
    if (typeof name !== 'string') throw new TypeError(`the name of a timer is a string, not a ${typeof name}`);
    if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY))
      throw new RangeError(`the timer '${name}' needs a delay of 0 ms or more, not ${delayMs}`);
    if (repeatMs !== undefined && !(repeatMs >= 1 && repeatMs < Number.POSITIVE_INFINITY))
      throw new RangeError(`the timer '${name}' is repeated after 1 ms or more, not after ${repeatMs}`);
    if (info !== undefined) assertJson(info, `the info of the timer '${name}'`);
    this.#due = this.#clock.now() + delayMs;
    this.#deadline = this.#clock.start(delayMs, this, name);
  }

  get #clock() {
    return this.applicationSession.services.clock;
  }

  /** It will call its handler yet. */
  get isPending(): boolean {
    return !this.#over && (this.#deadline !== undefined || this.#firing);
  }

  expire(): void {
    this.#deadline = undefined;
    if (this.repeatMs !== undefined) this.#startNext(this.repeatMs);
    // While the former firing has not been dealt with, another would only queue up behind it.
    if (this.#firing) return;
    const { applicationSession } = this;
    applicationSession.touch();
    this.#firing = true;
    let isTold = false;
    applicationSession.mailbox.post({
      isWaitedFor: false,
      handler: (): Handler | undefined => {
        isTold = !this.#over;
        if (this.#deadline === undefined) this.#firing = false; // its last: from now on it is not among those that will fire
        return isTold ? applicationSession.application.table.timer(this.name) : undefined;
      },
      argument: () => this,
      settled: (error, handler) => {
        this.#firing = false;
        if (error !== undefined)
          applicationSession.services.invocation.failed(handler!.label, applicationSession.application, error);
        if (isTold && this.#deadline === undefined) applicationSession.timerEnded(this);
      },
    });
  }

  /** At the next time of its rhythm; those that have passed while the process was busy are left out. */
  #startNext(repeatMs: number): void {
    const now = this.#clock.now();
    this.#due += repeatMs * Math.max(1, Math.ceil((now - this.#due) / repeatMs));
    this.#deadline = this.#clock.start(Math.max(0, this.#due - now), this, this.name);
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline?.stop();
    this.#deadline = undefined;
    this.applicationSession.timerEnded(this);
  }
}
