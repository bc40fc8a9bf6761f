// A response to a request that the application sent (JSR 289 §5.7), as it holds it.
import { IllegalStateError } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';
import type { Outgoing } from '../agent/outgoing.js';
import type { Response } from '../message/index.js';
import type { SentRequest } from './sent-request.js';
import { SipResponse } from './sip-response.js';

export class ReceivedResponse extends SipResponse {
  #prack: SentRequest | undefined;

  constructor(
    message: Response,
    readonly outgoing: Outgoing,
    readonly leg: Leg,
    /** Nobody has sent it: the container stands for a peer that did not answer. */
    isLocal: boolean,
  ) {
    super(message, leg.session, isLocal ? undefined : outgoing.flow, 'received');
  }

  get request(): SentRequest {
    return this.outgoing.servlet;
  }

  get proxy(): undefined {
    return undefined;
  }

  get branch(): undefined {
    return undefined;
  }

  /** The ACK has been sent. */
  get isAcknowledged(): boolean {
    return this.leg.hasAcknowledged(this.message.cseq.number);
  }

  get isUnacknowledgedSuccess(): boolean {
    return this.#isInviteSuccess && !this.isAcknowledged;
  }

  get #isInviteSuccess(): boolean {
    return this.method === 'INVITE' && this.status >= 200 && this.status < 300;
  }

  send(): void {
    throw new IllegalStateError(`${this.label} was received: it is sent nowhere`);
  }

  sendReliably(): void {
    this.send();
  }

  createAck(): SentRequest {
    if (!this.#isInviteSuccess)
      throw new IllegalStateError(
        `createAck: ${this.label} is no 2xx to an INVITE; another one the container acknowledges`,
      );
    if (this.isAcknowledged) throw new IllegalStateError(`createAck: ${this.label} has been acknowledged`);
    return this.leg.createAck(this.message.cseq.number);
  }

  createPrack(): SentRequest {
    if (!this.isReliable) throw new IllegalStateError(`createPrack: ${this.label} is no reliable provisional response`);
    if (this.#prack !== undefined) throw new IllegalStateError(`createPrack: ${this.label} has its PRACK`);
    const { number, method } = this.message.cseq;
    this.#prack = this.leg.createRequest('PRACK');
    this.#prack.message.set('RAck', `${this.message.value('rseq')} ${number} ${method}`);
    return this.#prack;
  }

  /** It has its PRACK, or will have. */
  get isPracked(): boolean {
    return this.#prack !== undefined;
  }
}
