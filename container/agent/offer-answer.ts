// Offers and answers of one dialog: the message that carries each, and the unanswered one (RFC 3264, RFC 6337 §2 table
// 1). It only records; it decides nothing.
import type { Request, Response } from '../message/index.js';
import { type Description, descriptionOf } from './session-description.js';

type OfferState = 'none' | 'offer sent' | 'offer received' | 'stable';

/**
 * The role of the description in a message. A preview is the answer in an unreliable 1xx, which does not count yet
 * (§13.2.1).
 */
type Meaning = 'offer' | 'answer' | 'preview' | undefined;

type Side = 'local' | 'remote';

interface Offer {
  readonly by: Side;
  readonly description: Description;
  /** CSeq number of the request that carries the offer, or whose response carries it. */
  readonly method: string;
  readonly sequence: number;
  readonly isInResponse: boolean;
}

export class OfferAnswer {
  /** The last agreement. */
  local: Description | undefined;
  remote: Description | undefined;
  #pending: Offer | undefined;
  /** The last INVITE, and whether an offer of it has been answered. */
  #invite: { readonly by: Side; readonly sequence: number; isAnswered: boolean } | undefined;

  get state(): OfferState {
    if (this.#pending !== undefined) return this.#pending.by === 'local' ? 'offer sent' : 'offer received';
    return this.local === undefined ? 'none' : 'stable';
  }

  /** Records a message that we send; a 1xx counts as reliable when it is sent reliably (RFC 3262). */
  sent(message: Request | Response): Meaning {
    return this.#note('local', message);
  }

  received(message: Request | Response): Meaning {
    return this.#note('remote', message);
  }

  /** The role of the description if the message were sent or received now. */
  meaningOf(by: Side, message: Request | Response): Meaning {
    if (descriptionOf(message) === undefined) return undefined;
    return message.isRequest ? this.#inRequest(by, message as Request) : this.#inResponse(by, message as Response);
  }

  #note(by: Side, message: Request | Response): Meaning {
    const { number, method } = message.cseq;
    if (message.isRequest && method === 'INVITE') {
      // An offer that is in each dialog of a fork is known already.
      if (this.#invite?.by === by && this.#invite.sequence === number) return undefined;
      this.#invite = { by, sequence: number, isAnswered: false };
    }
    const meaning = this.meaningOf(by, message);
    const description = descriptionOf(message);
    if (meaning === undefined || description === undefined) this.#giveUp(message);
    else if (meaning === 'offer')
      this.#pending = { by, description, method, sequence: number, isInResponse: !message.isRequest };
    else if (meaning === 'answer') this.#settle(by, description);
    return meaning;
  }

  #settle(by: Side, description: Description): void {
    const offer = this.#pending;
    if (offer === undefined) return;
    this.#pending = undefined;
    this.local = by === 'local' ? description : offer.description;
    this.remote = by === 'remote' ? description : offer.description;
    if (offer.method === 'INVITE' && this.#invite !== undefined) this.#invite.isAnswered = true;
  }

  #inRequest(by: Side, { method, cseq }: Request): Meaning {
    const pending = this.#pending;
    // The ACK and the PRACK answer the offer in a response to the INVITE (§13.2.1, RFC 3262 §5).
    const answers = pending !== undefined && pending.by !== by && pending.isInResponse;
    if (method === 'ACK') return answers && pending.sequence === cseq.number ? 'answer' : undefined;
    if (method === 'PRACK') return answers ? 'answer' : 'offer';
    return method === 'INVITE' || method === 'UPDATE' ? 'offer' : undefined;
  }

  #inResponse(by: Side, response: Response): Meaning {
    const { status, cseq } = response;
    if (status >= 300) return undefined;
    const pending = this.#pending;
    const answers =
      pending !== undefined &&
      pending.by !== by &&
      !pending.isInResponse &&
      pending.method === cseq.method &&
      pending.sequence === cseq.number;
    if (cseq.method !== 'INVITE') return answers && status >= 200 ? 'answer' : undefined;
    const counts = status >= 200 || isReliable(response);
    if (answers) return counts ? 'answer' : 'preview';
    // The same description once more, after it has been the answer in a 1xx (§13.2.1): it is not an offer.
    const isKnown = this.#invite?.sequence === cseq.number && this.#invite.isAnswered;
    return counts && pending === undefined && !isKnown ? 'offer' : undefined;
  }

  /**
   * A message that ends the transaction of the offer without an answer: the offer is void. The offer in a 1xx is
   * answered before the 2xx (RFC 3262 §3).
   */
  #giveUp(message: Request | Response): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { number, method } = message.cseq;
    if (pending.sequence !== number) return;
    if (message.isRequest) {
      if (method === 'ACK' && pending.isInResponse) this.#pending = undefined;
      return;
    }
    if (pending.method !== method) return;
    const { status } = message as Response;
    if (status >= 200) this.#pending = undefined;
  }
}

/** RFC 3262 §3. */
export function isReliable(response: Response): boolean {
  return (
    response.status > 100 &&
    response.status < 200 &&
    response.has('rseq') &&
    response.values('require').some((tag) => tag.toLowerCase() === '100rel')
  );
}
