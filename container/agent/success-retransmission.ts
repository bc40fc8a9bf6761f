// The 2xx to an INVITE that an application answered: retransmitted until its ACK arrives, over any transport
// (§13.3.1.4).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Response } from '../message/index.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { AgentSettings } from './services.js';

/** How long the ACK may take, in T1. */
const LIMIT_IN_T1 = 64;

export class SuccessRetransmission implements Timed {
  #interval: number;
  #again: Deadline;
  readonly #limit: Deadline;

  constructor(
    readonly clock: Clock,
    readonly settings: AgentSettings,
    readonly transaction: ServerTransaction,
    readonly response: Response,
    /** No ACK has come within 64*T1. */
    readonly unacknowledged: () => void,
  ) {
    this.#interval = settings.t1;
    this.#again = clock.start(this.#interval, this, 'again');
    this.#limit = clock.start(LIMIT_IN_T1 * settings.t1, this, 'limit');
  }

  get sequence(): number {
    return this.response.cseq.number;
  }

  expire(which: string): void {
    if (which === 'limit') {
      this.stop();
      this.unacknowledged();
      return;
    }
    this.transaction.respond(this.response);
    this.#interval = Math.min(2 * this.#interval, this.settings.t2);
    this.#again = this.clock.start(this.#interval, this, 'again');
  }

  stop(): void {
    this.#again.stop();
    this.#limit.stop();
  }
}
