// A request that the application makes and sends (JSR 289 §5.6), as it holds it.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';
import { Outgoing, type OutgoingUser } from '../agent/outgoing.js';
import { addAuthorization } from '../digest/index.js';
import type { Incoming } from '../dispatch/incoming.js';
import type { Request } from '../message/index.js';
import { addContentLength, postprocessRouting, sizeOf } from '../proxy/forwarding.js';
import { Awaited } from '../session/awaited.js';
import type { Flow, Hop } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';
import { OUTSIDE, type Passage } from '../transport/passage.js';
import { SipRequest } from './sip-request.js';

const DIRECTIVES: readonly sdk.RoutingDirective[] = ['NEW', 'CONTINUE', 'REVERSE'];

export class SentRequest extends SipRequest {
  outgoing: Outgoing | undefined;
  /** The request of the other leg that this one was made from (JSR 289 §14.4). */
  madeFrom: Incoming | undefined;
  readonly #passage: Passage;
  #directive: sdk.RoutingDirective;
  #sent = false;

  constructor(
    message: Request,
    readonly leg: Leg,
    isInitial: boolean,
    /** Of the request from which this one was made; undefined: it was made from none. */
    passage?: Passage,
  ) {
    super(message, leg.session, isInitial, '', undefined, undefined);
    this.#passage = passage ?? OUTSIDE;
    if (isInitial) leg.passage = passage;
    this.#directive = passage === undefined ? 'NEW' : 'CONTINUE';
  }

  override get passage(): Passage {
    return this.#passage;
  }

  override get routingDirective(): sdk.RoutingDirective {
    return this.#directive;
  }

  override set routingDirective(directive: sdk.RoutingDirective) {
    if (!DIRECTIVES.includes(directive))
      throw new TypeError(`routingDirective is ${DIRECTIVES.join(', ')}, and not ${directive}`);
    if (!this.isInitial) throw new IllegalStateError(`${this.label} is in a dialog: no application is chosen for it`);
    if (this.#sent) throw new IllegalStateError(`${this.label} has been sent already`);
    if (directive !== 'NEW' && this.passage === OUTSIDE)
      throw new IllegalStateError(`${this.label} was made from no other request: its routingDirective is NEW`);
    this.#directive = directive;
  }

  override get isCommitted(): boolean {
    return this.#sent;
  }

  override send(options?: sdk.SendOptions): Promise<sdk.SipResponse> {
    if (this.#sent) throw new IllegalStateError(`${this.label} has been sent already`);
    if (this.session.state === 'terminated' && this.method !== 'ACK')
      throw new IllegalStateError(`${this.label} cannot be sent: its dialog has ended`);
    if (this.method === 'ACK') return this.#acknowledge() as Promise<never>;
    const obstacle = this.leg.obstacleTo(this.message);
    if (obstacle !== undefined) throw new IllegalStateError(`${this.label} cannot be sent: ${obstacle}`);
    this.#sent = true;
    this.outgoing = new Outgoing(this.leg, this.message, this, this.isInitial);
    return this.outgoing.send(options?.onProvisional);
  }

  /** Sends what the container owes: no handler hears of its responses. */
  async sendForContainer(): Promise<void> {
    this.#sent = true;
    this.outgoing = new Outgoing(this.leg, this.message, this, this.isInitial, false);
    await this.outgoing.send();
  }

  /** Sends it for somebody who takes its responses; the session stands until the handler that runs has settled. */
  sendFor(user: OutgoingUser): void {
    this.#sent = true;
    this.outgoing = new Outgoing(this.leg, this.message, this, this.isInitial, true, user);
    void this.outgoing.send();
  }

  /** §13.2.2.4: an ACK to a 2xx has no transaction. It is sent again for each copy of the 2xx. */
  async #acknowledge(): Promise<undefined> {
    this.#sent = true;
    const { services } = this.leg;
    const request = this.message;
    const next = postprocessRouting(request);
    addContentLength(request);
    if (next === undefined) return undefined;
    const internal = services.internalFlowTo(next);
    const sequence = request.cseq.number;
    const go = (hop: Hop): void => {
      this.leg.offers.sent(request);
      this.leg.acknowledged(sequence, request.clone(), hop);
      services.transactions.sendStateless(request, hop);
    };
    if (internal !== undefined) go(hopOf(internal));
    else {
      try {
        const located = services.locate(
          next,
          sizeOf(request, next, { transport: 'UDP', sentBy: services.ownSentBy } as Flow),
        );
        const [hop] = located instanceof Promise ? await located : located;
        if (hop !== undefined) go(hop);
      } catch (error) {
        services.problem(`ACK cannot be sent to ${request.uri}`, error);
      }
    }
    return undefined;
  }

  override createCancel(): sdk.SipRequest {
    if (this.method !== 'INVITE') throw new IllegalStateError(`createCancel: ${this.label} is no INVITE (§9.1)`);
    if (this.outgoing === undefined) throw new IllegalStateError(`createCancel: ${this.label} has not been sent`);
    return new CancelRequest(this);
  }

  /** §22.2, §22.3. */
  override addAuthorization(
    challenge: sdk.SipResponse | sdk.Challenge,
    credentials: sdk.Credentials | readonly sdk.Credentials[],
  ): void {
    this.assertOpen();
    const challenges = 'challenges' in challenge ? challenge.challenges : [challenge];
    addAuthorization(this.message, challenges, credentials, this.leg.services.identifiers);
  }

  override createResponse(): never {
    throw new IllegalStateError(`createResponse: ${this.label} is the application's own: its peer answers it`);
  }

  override proxy(): never {
    throw new IllegalStateError(`proxy: ${this.label} is the application's own: it is sent, not proxied`);
  }

  override b2bua(): never {
    throw new IllegalStateError(
      `b2bua: ${this.label} is the application's own: the helper is that of the request it was made from`,
    );
  }
}

/** A CANCEL as the application makes it; the transaction of its INVITE sends it, when it may (§9.1). */
class CancelRequest extends SipRequest {
  #sent = false;

  constructor(readonly invite: SentRequest) {
    const message = invite.message.clone();
    message.method = 'CANCEL';
    message.set('CSeq', `${message.cseq.number} CANCEL`);
    for (const name of ['Require', 'Proxy-Require', 'Content-Type']) message.delete(name);
    message.body = '';
    message.set('Content-Length', '0');
    super(message, invite.session, false, '', undefined, undefined);
  }

  override get isCommitted(): boolean {
    return this.#sent;
  }

  /** Resolves with what ends the INVITE: its 487, or what has crossed with the CANCEL. */
  override send(): Promise<sdk.SipResponse> {
    if (this.#sent) throw new IllegalStateError(`${this.label} has been sent already`);
    this.#sent = true;
    const outgoing = this.invite.outgoing!;
    outgoing.cancel(this.message.value('reason'));
    return Awaited.of(outgoing.ended(), this.invite.leg.services.turn);
  }
}
