// A timer of an application session (JSR 289 §12): fires into the session's mailbox.
import type * as sdk from '@siplet/sdk';
import { milliseconds } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Deadline, Timed } from '../base/clock.js';
import { assertJson } from './json-value.js';
import type { SessionOwner } from './owner.js';

export class ApplicationTimer implements sdk.SipTimer, Timed {
  /** Milliseconds. */
  readonly repeat: number | undefined;
  readonly info: sdk.Json | undefined;
  #deadline: Deadline | undefined;
  /** Cancelled, or the session has ended: a firing that waits for its turn is dropped. */
  #over = false;
  /** It has fired and the handler has not settled, or waits for its turn. */
  #firing = false;
  /** When it fires next, on the clock's scale: repetitions keep to the first one's rhythm. */
  #due: number;

  constructor(
    readonly applicationSession: SessionOwner,
    readonly name: string,
    delay: sdk.Duration,
    { repeat, info }: sdk.TimerOptions,
  ) {
    if (typeof name !== 'string') throw new TypeError(`the name of a timer is a string, not a ${typeof name}`);
    const after = milliseconds(delay, `the delay of the timer '${name}'`);
    if (after === Number.POSITIVE_INFINITY)
      throw new RangeError(`the delay of the timer '${name}' is endless: it would never fire`);
    this.repeat = repeat === undefined ? undefined : milliseconds(repeat, `repeat of the timer '${name}'`);
    if (this.repeat !== undefined && !(this.repeat >= 1 && this.repeat < Number.POSITIVE_INFINITY))
      throw new RangeError(`repeat of the timer '${name}' is 1 ms or more, not ${repeat}`);
    if (info !== undefined) assertJson(info, `the info of the timer '${name}'`);
    this.info = info;
    this.#due = this.#clock.now() + after;
    this.#deadline = this.#clock.start(after, this, name);
  }

  get #clock() {
    return this.applicationSession.services.clock;
  }

  /** It will still call its handler. */
  get isPending(): boolean {
    return !this.#over && (this.#deadline !== undefined || this.#firing);
  }

  expire(): void {
    this.#deadline = undefined;
    if (this.repeat !== undefined) this.#startNext(this.repeat);
    // While the previous firing has not been dealt with, another one would only queue up behind it.
    if (this.#firing) return;
    const { applicationSession } = this;
    applicationSession.touch();
    this.#firing = true;
    let isTold = false;
    applicationSession.mailbox.post({
      isWaitedFor: false,
      handler: (): Handler | undefined => {
        isTold = !this.#over;
        // its last: from now on it is not among those that will fire
        if (this.#deadline === undefined) this.#firing = false;
        return isTold ? applicationSession.application.table.timer(this.name) : undefined;
      },
      argument: () => this,
      settled: (error, handler) => {
        this.#firing = false;
        const { application, services } = applicationSession;
        if (error !== undefined && handler !== undefined) services.invocation.failed(handler.label, application, error);
        if (isTold && this.#deadline === undefined) applicationSession.timerEnded(this);
      },
    });
  }

  /** Starts it for the next time of its rhythm. Times that passed while the process was busy are skipped. */
  #startNext(repeat: number): void {
    const now = this.#clock.now();
    this.#due += repeat * Math.max(1, Math.ceil((now - this.#due) / repeat));
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
