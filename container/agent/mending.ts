// A request that its peer has refused for a reason that we can mend: it is sent again, with a longer session interval
// (RFC 4028 §7.3), or with credentials (§22.2, §22.3).
import type { Request, Response } from '../message/index.js';
import type { AnsweredChallenges, LegCredentials } from './credentials.js';
import type { Dialog } from './dialog.js';

/** The leg of the request. */
interface MendingLeg {
  readonly dialog: Dialog | undefined;
  readonly timer: { raise(request: Request, refusal: Response): boolean };
  readonly credentials?: LegCredentials | undefined;
  readonly original: Request | undefined;
}

export class Mending {
  #hasNewInterval = false;
  readonly #answered: AnsweredChallenges = new Set();

  constructor(
    private readonly leg: MendingLeg,
    private readonly request: Request,
    private readonly isInitial: boolean,
  ) {}

  /** Whether the request has been mended after this refusal; it then has the next CSeq number. */
  mend(refusal: Response): boolean {
    if (refusal.status === 422 ? !this.#raise(refusal) : !this.#authorize(refusal)) return false;
    const { leg, request, isInitial } = this;
    const number = leg.dialog === undefined || isInitial ? request.cseq.number + 1 : ++leg.dialog.localSequence;
    const cseq = `${number} ${request.method}`;
    request.set('CSeq', cseq);
    if (isInitial) leg.original?.set('CSeq', cseq);
    return true;
  }

  #raise(refusal: Response): boolean {
    if (this.#hasNewInterval || !this.leg.timer.raise(this.request, refusal)) return false;
    this.#hasNewInterval = true;
    return true;
  }

  #authorize(refusal: Response): boolean {
    return this.leg.credentials?.answer(this.request, refusal, this.#answered) ?? false;
  }
}

export function isMendable(status: number): boolean {
  return status === 401 || status === 407 || status === 422;
}
