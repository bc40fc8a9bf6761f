// A request in a dialog on its way from one leg to the other, and its responses on their way back (RFC 7092 §3.1.3).
import { TooManyHopsError } from '@siplet/sdk';
import type { OutgoingUser } from '../agent/outgoing.js';
import type { Incoming } from '../dispatch/incoming.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { SentRequest } from '../servlet/sent-request.js';
import { relayedResponse } from './relayed-response.js';
import type { Side } from './side.js';

export class RelayedRequest implements OutgoingUser {
  #sent: SentRequest | undefined;

  constructor(
    readonly from: Side,
    readonly to: Side,
    readonly incoming: Incoming,
  ) {}

  /** `make` may throw: it cannot be sent in that dialog. */
  start(make: () => SentRequest): void {
    const { incoming } = this;
    if (incoming.request.method === 'INVITE' && this.#isInTheWay) return incoming.answerAs(491);
    try {
      this.#sent = make();
    } catch (error) {
      return incoming.answerAs(error instanceof TooManyHopsError ? 483 : 481);
    }
    incoming.whenCancelled = (cancel) => {
      this.#sent!.outgoing!.cancel(cancel.values('reason').join(', ') || undefined);
      return true; // what the other leg answers then is the answer (§9.2)
    };
    this.#sent.sendFor(this);
  }

  /** §14.1: on the other leg an INVITE is under way, or the ACK to one. */
  get #isInTheWay(): boolean {
    const { from, to } = this;
    return to.leg.hasPendingInvite || to.leg.awaitsAck || from.awaitsAck;
  }

  provisional(response: ReceivedResponse): void {
    const { incoming } = this;
    const handler = incoming.application.table.provisional(response.status, response.method);
    response.outgoing.present(response, handler, () => this.#relay(response));
  }

  final(response: ReceivedResponse): void {
    const { table } = this.incoming.application;
    const { status, method } = response;
    const handler = status < 300 ? table.success(status, method) : table.best(status, method);
    response.outgoing.present(response, handler, () => this.#relay(response));
  }

  #relay(response: ReceivedResponse): void {
    const { incoming, from } = this;
    response.commit();
    if (incoming.answered) {
      if (response.isUnacknowledgedSuccess) void response.createAck().send();
      return;
    }
    if (response.isUnacknowledgedSuccess) from.expectAck(incoming.request.cseq.number, response);
    // RFC 4320 §4.2: too late to be of use.
    if (response.status === 408 && response.method !== 'INVITE') incoming.leaveUnanswered();
    else incoming.relay(relayedResponse(incoming, response.message));
  }
}
