// How long an INVITE of ours may stay unanswered after its last 1xx (§16.8 Timer C, as a user agent has it): then it is
// cancelled, and given up when that brings no final response either. Its Expires cancels it earlier (§13.2.1).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Request } from '../message/index.js';
import { EXPIRED, InvitationExpiry } from './invitation-expiry.js';

/** The INVITE. */
interface TimedInvite {
  /** No final response has come in time: it is cancelled. False: that was in vain, and it is given up. */
  isLate(): boolean;
  cancel(reason: string): void;
}

export class AnswerTime implements Timed {
  #limit: Deadline | undefined;
  readonly #expiry: InvitationExpiry | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly milliseconds: number,
    private readonly invite: TimedInvite,
    request: Request,
  ) {
    this.#expiry = InvitationExpiry.of(request, clock, () => invite.cancel(EXPIRED));
  }

  start(): void {
    this.#limit?.stop();
    this.#limit = this.clock.start(this.milliseconds, this, 'limit');
  }

  expire(): void {
    if (this.invite.isLate()) this.start();
  }

  stop(): void {
    this.#limit?.stop();
    this.#limit = undefined;
    this.#expiry?.stop();
  }
}
