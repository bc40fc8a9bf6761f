// The Expires of an INVITE: the invitation is over when that time passes before its final response (§13.2.1, §13.3.1).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Request } from '../message/index.js';

/** Seconds. Other limits end an INVITE long before. */
const LONGEST = 86_400;

/** The Reason of a CANCEL to which that leads (RFC 3326). */
export const EXPIRED = 'SIP;cause=487;text="Expired"';

export class InvitationExpiry implements Timed {
  readonly #deadline: Deadline;

  private constructor(
    clock: Clock,
    seconds: number,
    private readonly over: () => void,
  ) {
    this.#deadline = clock.start(seconds * 1000, this, 'expires');
  }

  /** Undefined where the request has no limit. `over` ends the invitation, unless it has been answered. */
  static of(request: Request, clock: Clock, over: () => void): InvitationExpiry | undefined {
    if (request.method !== 'INVITE' || !request.has('expires')) return undefined;
    const seconds = request.integer('expires', LONGEST);
    return seconds === undefined ? undefined : new InvitationExpiry(clock, seconds, over);
  }

  expire(): void {
    this.over();
  }

  stop(): void {
    this.#deadline.stop();
  }
}
