// A request in a dialog on its way from one leg to the other, and its responses on their way back (RFC 7092 §3.1.3).
import { TooManyHopsError } from '@siplet/sdk';
import type { Answering } from '../agent/answering.js';
import type { ExchangeUser } from '../agent/exchanges.js';
import type { Leg } from '../agent/leg.js';
import type { Message, Response } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { passes } from './header-policy.js';
import { relayedResponse } from './relayed-response.js';

/** A leg of the bridge. */
interface RelayingLeg {
  readonly leg: Leg;
  /** A 2xx of the other leg waits for its ACK. */
  readonly awaitsAck: boolean;
  /** Writes a description as this leg goes on to get it, where its other party has changed. */
  continueIn(message: Message, offer: Message | undefined): void;
  /** The 2xx has been sent on this leg: it is acknowledged when this leg's ACK comes. */
  expectAck(sequence: number, success: ReceivedResponse): void;
}

export class RelayedRequest implements ExchangeUser {
  constructor(
    readonly from: RelayingLeg,
    readonly to: RelayingLeg,
    readonly answering: Answering,
  ) {}

  readonly mayPass = passes;

  /** `make` may throw: it cannot be sent in that dialog. */
  start(make: () => OwnRequest): void {
    const { answering } = this;
    if (answering.request.method === 'INVITE' && this.#isInTheWay) {
      answering.answerAs(491);
      return;
    }
    let sent: OwnRequest;
    try {
      sent = make();
    } catch (error) {
      answering.answerAs(error instanceof TooManyHopsError ? 483 : 481);
      return;
    }
    this.to.continueIn(sent.message, undefined);
    answering.whenCancelled = (reason) => {
      sent.exchange?.cancel(reason);
      return true; // the other leg's response is then the response (§9.2)
    };
    this.to.leg.sendFor(this, sent);
  }

  /** §14.1: on the other leg an INVITE is under way, or the ACK to one. */
  get #isInTheWay(): boolean {
    const { from, to } = this;
    return to.leg.hasPendingInvite || to.leg.awaitsAck || from.awaitsAck;
  }

  provisional(response: ReceivedResponse): void {
    const { answering } = this;
    const handler = answering.received.application.table.provisional(response.status, response.method);
    response.present(handler, () => this.#relay(response));
  }

  final(response: ReceivedResponse): void {
    const { table } = this.answering.received.application;
    const { status, method } = response;
    const handler = status < 300 ? table.success(status, method) : table.best(status, method);
    response.present(handler, () => this.#relay(response));
  }

  #relay(response: ReceivedResponse): void {
    const { answering, from } = this;
    response.commit();
    if (answering.answered) {
      if (response.isUnacknowledgedSuccess) void response.createAck().send();
      return;
    }
    if (response.isUnacknowledgedSuccess) from.expectAck(answering.request.cseq.number, response);
    // RFC 4320 §4.2: it is too late to be of use.
    if (response.status === 408 && response.method !== 'INVITE') answering.leaveUnanswered();
    else this.#answer(relayedResponse(answering, response.message));
  }

  #answer(relayed: Response): void {
    const { answering, from } = this;
    from.continueIn(relayed, answering.request);
    answering.relay(relayed);
  }
}
