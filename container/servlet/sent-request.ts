// A request that the application makes and sends (JSR 289 §5.6), as it holds it.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import { addAuthorization } from '../digest/index.js';
import type { Request } from '../message/index.js';
import { Awaited } from '../session/awaited.js';
import type { Flow } from '../transport/flow.js';
import { OUTSIDE, type RoutingState } from '../transport/routing-state.js';
import type { Answerer } from './answerer.js';
import type { OwnRequest, Sender, SentExchange } from './sender.js';
import { SipRequest } from './sip-request.js';

const DIRECTIVES: readonly sdk.RoutingDirective[] = ['NEW', 'CONTINUE', 'REVERSE'];

export class SentRequest extends SipRequest implements OwnRequest {
  exchange: SentExchange | undefined;
  madeFrom: Answerer | undefined;
  readonly #routingState: RoutingState;
  #directive: sdk.RoutingDirective;
  /** An ACK, which has no exchange, was sent. */
  #sent = false;

  constructor(
    message: Request,
    readonly sender: Sender,
    isInitial: boolean,
    /** The routing state of the request from which this one was made; undefined: it was made from none. */
    routingState?: RoutingState,
  ) {
    super(message, sender.session, isInitial, '', undefined, undefined);
    this.#routingState = routingState ?? OUTSIDE;
    if (isInitial) sender.routingState = routingState;
    this.#directive = routingState === undefined ? 'NEW' : 'CONTINUE';
  }

  /** That of the request from which it was made. */
  override get entryFlow(): Flow | undefined {
    return this.madeFrom?.servlet.entryFlow;
  }

  override get routingState(): RoutingState {
    return this.#routingState;
  }

  override get routingDirective(): sdk.RoutingDirective {
    return this.#directive;
  }

  override set routingDirective(directive: sdk.RoutingDirective) {
    if (!DIRECTIVES.includes(directive))
      throw new TypeError(`routingDirective is ${DIRECTIVES.join(', ')}, not ${directive}`);
    if (!this.isInitial) throw new IllegalStateError(`${this.label} is in a dialog: no application is chosen for it`);
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    if (directive !== 'NEW' && this.routingState === OUTSIDE)
      throw new IllegalStateError(`${this.label} was made from no other request: its routingDirective is NEW`);
    this.#directive = directive;
  }

  override get isCommitted(): boolean {
    return this.#sent || this.exchange !== undefined;
  }

  override send(options?: sdk.SendOptions): Promise<sdk.SipResponse> {
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    if (this.session.state === 'terminated' && this.method !== 'ACK')
      throw new IllegalStateError(`${this.label} cannot be sent: its dialog has ended`);
    if (this.method === 'ACK') {
      this.#sent = true;
      return this.sender.acknowledge(this.message) as Promise<never>;
    }
    const obstacle = this.sender.obstacleTo(this.message);
    if (obstacle !== undefined) throw new IllegalStateError(`${this.label} cannot be sent: ${obstacle}`);
    return this.sender.send(this, options?.onProvisional);
  }

  override createCancel(): sdk.SipRequest {
    if (this.method !== 'INVITE') throw new IllegalStateError(`createCancel: ${this.label} is not an INVITE (§9.1)`);
    if (this.exchange === undefined) throw new IllegalStateError(`createCancel: ${this.label} has not been sent`);
    return new CancelRequest(this, this.exchange);
  }

  /** §22.2, §22.3. */
  override addAuthorization(
    challenge: sdk.SipResponse | sdk.Challenge,
    credentials: sdk.Credentials | readonly sdk.Credentials[],
  ): void {
    this.assertOpen();
    const challenges = 'challenges' in challenge ? challenge.challenges : [challenge];
    addAuthorization(this.message, challenges, credentials, this.sender.services.identifiers);
  }

  override createResponse(): never {
    throw new IllegalStateError(`createResponse: ${this.label} is the application's own: its peer answers it`);
  }

  override proxy(): never {
    throw new IllegalStateError(`proxy: ${this.label} is the application's own: it is sent, not proxied`);
  }

  /** That of the request from which it was made (JSR 289 §14.6). */
  override b2bua(): sdk.B2bua {
    if (this.madeFrom !== undefined) return this.madeFrom.servlet.b2bua();
    throw new IllegalStateError(
      `b2bua: ${this.label} is the application's own, and was not made from a request of another leg`,
    );
  }
}

/** A CANCEL that the application makes; the transaction of its INVITE sends it as soon as §9.1 allows. */
class CancelRequest extends SipRequest {
  #sent = false;

  constructor(
    readonly invite: SentRequest,
    readonly exchange: SentExchange,
  ) {
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

  /** Resolves with the final response to the INVITE: its 487, or one that has crossed the CANCEL. */
  override send(): Promise<sdk.SipResponse> {
    if (this.#sent) throw new IllegalStateError(`${this.label} has been sent already`);
    this.#sent = true;
    this.exchange.cancel(this.message.value('reason'));
    return Awaited.of(this.exchange.ended(), this.invite.sender.services.invocation.turn);
  }
}
