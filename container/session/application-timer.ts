// A timer of an application session (JSR 289 §12): fires into the session's mailbox.
import type * as sdk from '@siplet/sdk';
import type { Deadline, Timed } from '../clock.js';
import type { ApplicationSession } from './application-session.js';
import { call } from './notices.js';

export class ApplicationTimer implements sdk.Timer, Timed {
  #deadline: Deadline | undefined;

  constructor(
    readonly applicationSession: ApplicationSession,
    readonly name: string,
    delayMs: number,
    readonly repeatMs: number | undefined,
    readonly info: sdk.Json | undefined,
  ) {
    if (!(delayMs >= 0) || (repeatMs !== undefined && !(repeatMs > 0))) {
      throw new RangeError(`the timer '${name}' needs a delay of 0 ms or more and a repetition of more than 0 ms`);
    }
    this.#start(delayMs);
  }

  #start(delay: number): void {
    this.#deadline = this.applicationSession.services.clock.start(delay, this, this.name);
  }

  expire(): void {
    const { applicationSession } = this;
    if (this.repeatMs !== undefined) this.#start(this.repeatMs);
    else this.#deadline = undefined;
    applicationSession.touch();
    call(applicationSession, applicationSession.application.table.timer(this.name), this, () => {
      if (this.#deadline === undefined) applicationSession.timerEnded(this);
    });
  }

  cancel(): void {
    this.#deadline?.stop();
    this.#deadline = undefined;
    this.applicationSession.timerEnded(this);
  }
}
