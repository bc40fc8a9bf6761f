// The user agent of one session: its dialog, the requests sent and received in it, and its end (§12-15, JSR 289
// §6.2).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import { present } from '../base/present.js';
import type { Request, Response } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest, Sender } from '../servlet/sender.js';
import { SentRequest } from '../servlet/sent-request.js';
import type { SipRequest } from '../servlet/sip-request.js';
import type { Awaited } from '../session/awaited.js';
import { call } from '../session/notices.js';
import type { SipSession } from '../session/sip-session.js';
import type { UserAgent } from '../session/user-agent.js';
import type { RoutingState } from '../transport/routing-state.js';
import { type Acknowledgement, sendAcknowledgement } from './acknowledgement.js';
import { refusalInDialog } from './admission.js';
import type { LegCredentials } from './credentials.js';
import { Dialog } from './dialog.js';
import type { ExchangeLeg, ExchangeUser, LegUser, RequestReceived, RequestSent } from './exchanges.js';
import { ExpectedRequests } from './expected-requests.js';
import { furtherAttempt } from './further-attempt.js';
import { assertMethod } from './method.js';
import { obstacleIn } from './obstacle.js';
import { OfferAnswer } from './offer-answer.js';
import { Outgoing } from './outgoing.js';
import { ReceivedProvisionals } from './received-provisionals.js';
import { refuseOffer } from './refused-offer.js';
import type { ReliableProvisionals } from './reliable-provisionals.js';
import { SentAcks } from './sent-acks.js';
import { SentSuccesses } from './sent-successes.js';
import type { AgentServices } from './services.js';
import { SessionTimer } from './session-timer.js';
import { Subscriptions } from './subscriptions.js';
import { leave, leaveEarly, terminate } from './termination.js';
import { usageAnswered, usageRefused } from './usages.js';

export class Leg implements UserAgent, Sender, ExchangeLeg {
  dialog: Dialog | undefined;
  /** The CSeq number of its last request in an early dialog that has failed (§12.2.1.1). */
  formerSequence = 0;
  /** The last initial request that was sent; undefined on the called side. */
  original: Request | undefined;
  /** The routing state of the request from which that one was made. */
  routingState: RoutingState | undefined;
  user: LegUser | undefined;
  /** The other leg of the call (JSR 289 §14.1). */
  linked: Leg | undefined;
  /** The INVITE of a B2BUA that has its first 2xx, and may get others until its transaction ends (RFC 6026). */
  accepted: RequestReceived | undefined;
  /** Received requests that have no final response. */
  readonly received = new Set<RequestReceived>();
  /** Sent requests that have none. */
  readonly sent = new Set<RequestSent>();
  /** The unanswered offer, and the last agreement. */
  readonly offers = new OfferAnswer();
  /** The responses to the last received INVITE that PRACK must acknowledge. */
  reliables: ReliableProvisionals | undefined;
  /** The order of the peer's reliable responses. */
  readonly provisionals = new ReceivedProvisionals();
  #timer: SessionTimer | undefined;
  /** The usages of the dialog (RFC 5057), which ends with the last of them. */
  #isInvited = false;
  #subscriptions: Subscriptions | undefined;
  readonly #successes: SentSuccesses;
  readonly #acks = new SentAcks();
  readonly #expected = new ExpectedRequests();

  constructor(
    readonly services: AgentServices,
    readonly session: SipSession,
    public credentials?: LegCredentials,
  ) {
    session.userAgent = this;
    this.#successes = new SentSuccesses(services, (received, response) => this.#unacknowledged(received, response));
  }

  /** The leg of a session; made, with these credentials, when the session has none. */
  static of(session: SipSession, services: AgentServices, credentials?: LegCredentials): Leg {
    return Leg.find(session) ?? new Leg(services, session, credentials);
  }

  /** The leg of a session, if it has one: every user agent of a session is a leg. */
  static find(session: SipSession): Leg | undefined {
    return session.userAgent as Leg | undefined;
  }

  legOf(session: SipSession): Leg {
    return Leg.of(session, this.services, this.credentials);
  }

  /** The dialog has an established call, not only a subscription. */
  get isInvited(): boolean {
    return this.#isInvited;
  }

  /** Refreshes the session, or ends it (RFC 4028). */
  get timer(): SessionTimer {
    this.#timer ??= new SessionTimer(this);
    return this.#timer;
  }

  get #label(): string {
    return `the session of ${this.session.callId}`;
  }

  // The dialog -------------------------------------------------------------------------------------

  /** §12.1: from now on we take the requests in it. */
  open(dialog: Dialog): void {
    if (this.dialog !== undefined) return;
    this.dialog = dialog;
    dialog.localSequence = Math.max(dialog.localSequence, this.formerSequence);
    this.services.userAgents.add(dialog.callId, dialog.localTag, dialog.remoteTag, this.session);
  }

  /** An early dialog has failed: a new request may make another. */
  forgetDialog(): void {
    if (this.dialog === undefined) return;
    this.services.userAgents.remove(this.dialog.callId, this.session);
    this.formerSequence = this.dialog.localSequence;
    this.dialog = undefined;
  }

  /** A 2xx to INVITE has made the dialog. */
  confirm(): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'confirmed';
    this.#isInvited = true;
  }

  /**
   * RFC 6665 §4.4: a SUBSCRIBE or REFER, or its NOTIFY, makes the dialog, or adds a usage to it, for so many seconds.
   */
  beginSubscription(key: string, seconds: number | undefined): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'confirmed';
    this.#subscriptions ??= new Subscriptions(this.services.clock, () => {
      if (!this.#isInvited) this.end(undefined);
    });
    this.#subscriptions.begin(key, seconds);
  }

  refreshSubscription(key: string, seconds: number | undefined): void {
    this.#subscriptions?.refresh(key, seconds);
  }

  /** RFC 6665 §4.4.1: one subscription is over; the dialog too when it has no other usage. */
  endSubscription(key: string): void {
    this.#subscriptions?.end(key);
  }

  /** The INVITE usage is over, and the dialog with it unless a subscription lives on in it (RFC 5057 §4.2). */
  endInvitation(bye: Request | undefined): void {
    this.#isInvited = false;
    this.#timer?.stop();
    this.#successes.stop();
    if ((this.#subscriptions?.size ?? 0) === 0) {
      this.end(bye);
      return;
    }
    // §15.1.2: the subscription lives on, an unanswered INVITE does not.
    for (const received of [...this.received]) if (received.request.method === 'INVITE') received.dialogEnded();
    this.user?.ended(bye);
  }

  leaveEarly(): void {
    leaveEarly(this);
  }

  /** Nothing more is sent or accepted in it. */
  end(bye: Request | undefined): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'terminated';
    this.#isInvited = false;
    this.#timer?.stop();
    this.#subscriptions?.stop();
    this.#subscriptions = undefined;
    this.#successes.stop();
    // §15.1.2: a BYE is answered as such.
    for (const received of [...this.received]) if (received.request.method !== 'BYE') received.dialogEnded();
    this.#expected.fail(this.#label);
    this.user?.ended(bye);
    this.session.checkReady();
  }

  // Requests that a handler awaits -----------------------------------------------------------------

  /**
   * The next request of one of these methods, or of any: delivered to the handler that awaits it, and to no other.
   * Rejects when the dialog ends first.
   */
  next(methods: readonly string[]): Awaited<SipRequest> {
    if (this.session.state === 'terminated')
      throw new IllegalStateError(`${this.#label} has ended: no request will come`);
    return this.#expected.add(methods, this.services.invocation.turn);
  }

  /** Takes out the first handler that awaits a request of this method. */
  takeExpected(method: string): Awaited<SipRequest> | undefined {
    return this.#expected.take(method);
  }

  /**
   * The session has been invalidated: everything that waits is abandoned, without the application. The peer is told
   * that the call is over (§15).
   */
  dispose(): void {
    const isUp = this.session.state === 'confirmed' && this.#isInvited;
    this.#subscriptions?.stop();
    this.reliables?.stop();
    this.#timer?.stop();
    if (this.linked?.linked === this) this.linked.linked = undefined;
    this.linked = undefined;
    this.#expected.fail(this.#label);
    for (const outgoing of [...this.sent]) outgoing.cancel();
    if (this.session.state !== 'terminated') this.user?.ended(undefined);
    if (isUp) void leave(this);
    else this.forget();
  }

  /** Takes it out of the tables: messages of its dialog no longer reach it. */
  forget(): void {
    this.#isInvited = false;
    this.#successes.stop();
    this.forgetDialog();
    if (this.original !== undefined) this.services.userAgents.remove(this.original.callId, this.session);
  }

  // Requests received ------------------------------------------------------------------------------

  /** Whether a request in the dialog may be accepted; it counts from then on. */
  admit(received: RequestReceived): Refusal | undefined {
    const { request } = received;
    const refusal = refusalInDialog(request, this);
    if (refusal !== undefined) return refusal;
    this.offers.received(request);
    this.received.add(received);
    return undefined;
  }

  // Responses sent ---------------------------------------------------------------------------------

  /** §12.1.1, §13.3.1: the application sends a response to a request that can make a dialog. */
  answered(received: RequestReceived, response: Response): void {
    const { request, transaction } = received;
    const { status } = response;
    if (received.isInitial) this.offers.received(request);
    this.offers.sent(response);
    if (status >= 200) this.received.delete(received);
    if (status >= 200 && request.method === 'PRACK') this.reliables?.prackAnswered();
    if (status >= 300) {
      if (received.isInitial) this.end(undefined);
      else usageRefused(this, request, status);
      return;
    }
    if (received.isInitial) this.#openAsServer(request, response.to.tag ?? transaction.toTag);
    if (status >= 200) this.#accepted(received, response);
    else if (!received.answered) this.received.add(received);
  }

  #openAsServer(request: Request, toTag: string): void {
    this.session.calleeTag = toTag;
    this.open(Dialog.ofServer(request, toTag));
    if (this.session.state === 'initial') this.session.state = 'early';
  }

  /** A 2xx of ours was sent. */
  #accepted(received: RequestReceived, response: Response): void {
    const { request } = received;
    // §12.2.2: not before it is accepted, so that only an authorized sender changes the target.
    if (!received.isInitial) this.dialog?.refresh(request);
    usageAnswered(this, request, response);
    this.timer.answered(response, true);
    if (request.method === 'INVITE') this.#successes.add(received, response);
  }

  /** §13.3.1.4: the dialog is confirmed, but the session should be terminated. */
  #unacknowledged(received: RequestReceived, response: Response): void {
    if (!this.session.isValid) return; // a BYE follows already
    const { applicationSession } = this.session;
    const handler = applicationSession.application.table.life('noAckReceived');
    const servlet = received.presentOwn(response);
    if (handler !== undefined) call(applicationSession, handler, servlet);
    void this.terminate('SIP;cause=408;text="No ACK received"');
  }

  /** Whether this ACK is for a 2xx of ours, which is then no longer sent; false: it was acknowledged before. */
  acknowledges(ack: Request): boolean {
    if (!this.#successes.acknowledge(ack)) return false;
    this.offers.received(ack);
    return true;
  }

  mayPass(key: string): boolean {
    return this.user?.mayPass(key) ?? true;
  }

  b2bua(request: sdk.SipRequest): sdk.B2bua {
    return this.services.b2bua(request, this.session);
  }

  /** A 2xx of ours waits for its ACK: until then no BYE is sent (§15). */
  get awaitsAck(): boolean {
    return this.#successes.isWaiting;
  }

  // Requests sent ----------------------------------------------------------------------------------

  obstacleTo(request: Request): string | undefined {
    return obstacleIn(this, request);
  }

  get hasPendingInvite(): boolean {
    for (const { request } of this.sent) if (request.method === 'INVITE') return true;
    for (const { request } of this.received) if (request.method === 'INVITE') return true;
    return false;
  }

  /** In the dialog, else outside of it as a further attempt. It throws what UserAgent says. */
  createRequest(method: string): SentRequest {
    if (method === 'ACK' || method === 'CANCEL')
      throw new IllegalStateError(`${method} belongs to a transaction: see createAck and createCancel`);
    assertMethod(method);
    if (this.session.state === 'terminated') throw new IllegalStateError(`${this.#label} has ended: no ${method}`);
    const { dialog } = this;
    if (dialog !== undefined) return new SentRequest(dialog.request(method), this, false);
    const { original } = this;
    if (original === undefined)
      throw new IllegalStateError(`${this.#label} has no dialog yet: no ${method} can be sent`);
    return new SentRequest(furtherAttempt(original, method), this, true, this.routingState);
  }

  /** The ACK to a 2xx (§13.2.2.4), sent once, and again for each copy of the 2xx. */
  createAck(sequence: number): SentRequest {
    return new SentRequest(present(this.dialog, 'the dialog of a 2xx').request('ACK', sequence), this, false);
  }

  /** An unwanted 2xx: it is acknowledged, and its dialog is ended at once (§13.2.2.4). */
  endUnwanted(success: ReceivedResponse): void {
    if (!success.isAcknowledged) {
      const ack = success.createAck();
      if (this.offers.state === 'offer received') refuseOffer(ack.message, success.message, this.services.ownSentBy);
      void ack.send();
    }
    void this.terminate();
  }

  send(request: OwnRequest, onProvisional: sdk.SendOptions['onProvisional']): Promise<sdk.SipResponse> {
    return this.#begin(request, true, undefined).send(onProvisional);
  }

  async sendForContainer(request: OwnRequest): Promise<void> {
    await this.#begin(request, false, undefined).send();
  }

  /** Sends it for a user that takes its responses. The session lives until the running handler has settled. */
  sendFor(user: ExchangeUser, request: OwnRequest): void {
    void this.#begin(request, true, user).send();
  }

  #begin(request: OwnRequest, isAsked: boolean, user: ExchangeUser | undefined): Outgoing {
    const outgoing = new Outgoing(this, request.message, request, request.isInitial, isAsked, user);
    request.exchange = outgoing;
    return outgoing;
  }

  acknowledge(ack: Request): Promise<void> {
    this.session.touch();
    return sendAcknowledgement(ack, this.services, this.session, (sent) => {
      this.offers.sent(ack);
      this.#acks.add(sent);
    });
  }

  hasAcknowledged(sequence: number): boolean {
    return this.#acks.has(sequence);
  }

  ackOf(sequence: number): Acknowledgement | undefined {
    return this.#acks.of(sequence);
  }

  /** A 2xx was retransmitted. */
  acknowledgeAgain(sequence: number): void {
    this.ackOf(sequence)?.again();
  }

  /** A 2xx of ours has its ACK, or there is none that waits. */
  whenAcknowledged(): Promise<void> {
    return this.#successes.whenAcknowledged();
  }

  /** `reason` is the Reason of a BYE. Resolves when it has ended. */
  terminate(reason?: string): Promise<void> {
    return terminate(this, reason);
  }
}
