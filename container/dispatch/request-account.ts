// What its session and the counters know of a received request: it is unanswered, then answered, then over.
import type { SipSession } from '../session/sip-session.js';

export class RequestAccount {
  /** Nothing more is counted. */
  isClosed = false;
  #isCompleted = false;
  #isForwarded = false;

  constructor(
    private readonly session: SipSession,
    private readonly counters: { unanswered: number },
  ) {
    session.transactionBegins();
    counters.unanswered++;
  }

  /** It has its final response. */
  completed(): void {
    if (this.#isCompleted) return;
    this.#isCompleted = true;
    this.counters.unanswered--;
  }

  /** Nothing in the session waits for it any more. */
  forwarded(): void {
    if (this.#isForwarded) return;
    this.#isForwarded = true;
    this.session.transactionAnswered();
  }

  /** Every transaction of it has ended, or the lingering ones do not need it any more. */
  close(isInitial: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.completed();
    this.forwarded();
    if (isInitial) this.session.set.settle();
    this.session.transactionEnds();
  }

  /** Its session has ended before its handler was called. */
  abandon(): void {
    this.isClosed = true;
    this.completed();
  }
}
