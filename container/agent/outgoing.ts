// A request that an application sends (§8.1, §13.2, §14.1, §15.1.1): its hops (RFC 3263), its transactions, and the
// receivers of its responses.
import type { SendOptions, SipResponse } from '@siplet/sdk';
import type { Request, Response, Uri } from '../message/index.js';
import { addContentLength, postprocessRouting, sizeOf } from '../proxy/forwarding.js';
import { type HopUser, NextHop } from '../proxy/next-hop.js';
import { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { Awaited } from '../session/awaited.js';
import type { Invitation, SipSession } from '../session/sip-session.js';
import type { ClientTransaction, ClientUser, TransactionFailure } from '../transaction/user.js';
import { type Flow, type Hop, leavingFrom } from '../transport/flow.js';
import { AnswerTime } from './answer-time.js';
import { writeAllow } from './capabilities.js';
import { deliver, presentFurther } from './delivery.js';
import { Dialog } from './dialog.js';
import type { ExchangeLeg, ExchangeUser, RequestSent } from './exchanges.js';
import { FinalResponse } from './final-response.js';
import { asIfFrom, localResponse } from './in-place-of-peers.js';
import { endLate, LingeringInvite, MAX_FORKS } from './lingering-invite.js';
import { isMendable, Mending } from './mending.js';
import { WITH_CONTACT } from './method.js';
import { isReliable } from './offer-answer.js';
import { callbackOf } from './provisional-callback.js';
import type { AgentServices } from './services.js';
import { whenItMayLeave } from './termination.js';
import { usageAccepted, usageGone } from './usages.js';

export class Outgoing implements ClientUser, HopUser, RequestSent, Invitation {
  readonly #awaited: Awaited<SipResponse>;
  readonly #services: AgentServices;
  #onProvisional: SendOptions['onProvisional'];
  #transaction: ClientTransaction | undefined;
  #flow: Flow | undefined;
  readonly #hops: NextHop;
  #answerTime: AnswerTime | undefined;
  #cancelled = false;
  /** The status of a cancelled request: 408 when no final response had come in time (§16.8). */
  #statusOfCancelled = 487;
  #mending: Mending | undefined;
  /** It has its final response, or its first one. */
  #ended = false;
  #isAnswered = false;
  #released = false;
  #openTransactions = 0;
  #successTags: string[] | undefined;
  #final: FinalResponse | undefined;

  constructor(
    readonly leg: ExchangeLeg,
    /** Without Via and Contact. */
    readonly request: Request,
    readonly servlet: OwnRequest,
    readonly isInitial: boolean,
    /** Sent by the application in a handler, which may await the response; not by the container. */
    isAsked = true,
    readonly user?: ExchangeUser,
  ) {
    this.#services = leg.services;
    this.#hops = new NextHop(leg.services, this);
    this.#awaited = Awaited.in(isAsked ? this.#services.invocation.turn : undefined);
  }

  get session(): SipSession {
    return this.leg.session;
  }

  get isInvite(): boolean {
    return this.request.method === 'INVITE';
  }

  /** The flow that a response shows as `remote` and `local`. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  // Sending ----------------------------------------------------------------------------------------

  send(onProvisional?: SendOptions['onProvisional']): Awaited<SipResponse> {
    this.#onProvisional = onProvisional;
    const { leg, request, session } = this;
    session.transactionBegins();
    leg.sent.add(this);
    leg.offers.sent(request);
    if (this.isInitial) {
      // Sent again, it is routed again (§8.1.3.5).
      leg.original = request.clone();
      if (request.method === 'SUBSCRIBE' || request.method === 'REFER')
        this.#services.userAgents.add(request.callId, request.from.tag ?? '', undefined, session);
    }
    leg.timer.ask(request);
    leg.credentials?.authorize(request);
    if (this.isInvite) this.#startTime();
    if (this.isInvite && this.user === undefined && leg.user === undefined) writeAllow(request, session);
    if (request.method === 'BYE') this.#leave();
    else this.#start();
    return this.#awaited;
  }

  /** §15.1.1: the sender of a BYE has left. §15: not before a 2xx of its own has been acknowledged, or given up. */
  #leave(): void {
    const { leg, request } = this;
    if (leg.awaitsAck) {
      void whenItMayLeave(leg, request).then((mayLeave) => (mayLeave ? this.#leave() : this.#failed(481)));
    } else {
      leg.endInvitation(request);
      this.#start();
    }
  }

  #start(): void {
    const { request } = this;
    const { application } = this.session.applicationSession;
    const inside = this.isInitial ? this.#services.nextHopFor(request, application, this.servlet) : undefined;
    if (typeof inside === 'number') this.#failed(inside);
    else this.#route(inside);
  }

  #route(inside: Flow | undefined): void {
    const { request } = this;
    const next = inside === undefined ? postprocessRouting(request) : request.target;
    addContentLength(request);
    // A tel URI does not name a host: only a Route or another application can lead on (RFC 3966 §3).
    if (inside === undefined && next?.isSip === false) {
      this.#failed(416);
      return;
    }
    const internal =
      inside ??
      (this.isInitial || next === undefined ? undefined : this.#services.internalFlowTo(next, this.servlet.entryFlow));
    const hop = this.#hops.find(next, internal);
    if (hop !== undefined) this.attempt(hop);
  }

  get heardOn(): Flow | undefined {
    return this.isInitial ? undefined : this.session.heardOn(this.request);
  }

  sizeFor(next: Uri): number {
    return sizeOf(this.request, next, asIfFrom(this.#services));
  }

  /** Meanwhile it may have been cancelled. */
  mayGoOn(): boolean {
    if (this.#cancelled && !this.#ended) this.#failed(this.#statusOfCancelled);
    return !this.#ended;
  }

  attempt(hop: Hop): void {
    const { request, session } = this;
    const flow = hop.flow ?? this.#services.open(leavingFrom(session.outboundInterface, hop));
    this.#flow = flow;
    const wire = request.clone();
    if (WITH_CONTACT.has(request.method) && !wire.has('contact')) wire.append('Contact', session.sendContact(flow));
    const bound = { transport: hop.transport, address: hop.address, port: hop.port, host: hop.host, flow } as Hop;
    this.#openTransactions++;
    this.#transaction = this.#services.transactions.send(wire, bound, this);
  }

  /** Tries again what was refused for a reason that we can mend. */
  #sendMended(refusal: Response): boolean {
    if (this.#cancelled || !isMendable(refusal.status)) return false;
    const { leg, request } = this;
    this.#mending ??= new Mending(leg, request, this.isInitial);
    if (!this.#mending.mend(refusal)) return false;
    leg.offers.sent(request);
    this.#hops.again();
    return true;
  }

  /** RFC 3263 §4.3. */
  #tryNextHop(isUnsent: boolean): boolean {
    return !this.#cancelled && (isUnsent ? this.#hops.tryNext() : this.#hops.tryNextServer());
  }

  /** §8.1.3.1. */
  unreachable(error: unknown): void {
    this.#services.problem(`${this.request.method} cannot be sent to ${this.request.uri}`, error);
    this.#failed(503);
  }

  // Giving up --------------------------------------------------------------------------------------

  /**
   * §9.1: a CANCEL goes out once a 1xx has arrived; a request that cannot be cancelled goes on. `reason` is the value
   * of a Reason header.
   */
  cancel(reason?: string): void {
    if (this.#ended || this.#cancelled || !this.isInvite) return;
    this.#cancelled = true;
    this.#transaction?.cancel(reason);
  }

  mayPass(key: string): boolean {
    return this.user?.mayPass?.(key) ?? true;
  }

  ended(): Promise<ReceivedResponse> {
    this.#final ??= new FinalResponse();
    return this.#final.whenGiven();
  }

  #startTime(): void {
    const { clock, settings } = this.#services;
    this.#answerTime ??= new AnswerTime(clock, settings.timerC, this, this.request);
    this.#answerTime.start();
  }

  isLate(): boolean {
    if (this.#cancelled) {
      this.#failed(408);
      return false;
    }
    this.#statusOfCancelled = 408;
    this.cancel('SIP;cause=408;text="Request Timeout"');
    return true;
  }

  // Responses --------------------------------------------------------------------------------------

  response(response: Response, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction) return;
    response.shift('via');
    if (response.has('via')) return; // §8.1.3.3: meant for another element
    const { status } = response;
    if (status === 100) return;
    if (status < 200) this.#provisional(response);
    else if (status < 300 && this.isInvite) this.#success(response);
    // A 408 to a re-INVITE would end the call (§12.2.1.2) of a peer that has answered.
    else if (status === 487 && this.#statusOfCancelled !== 487 && this.isInitial) this.#failed(408);
    else if (!this.#ended && !(status === 503 && this.#tryNextHop(false))) this.#answered(response);
  }

  #provisional(response: Response): void {
    if (this.#ended) return;
    if (this.isInvite && !this.#cancelled) this.#startTime();
    const leg = this.#legOf(response);
    if (this.isInitial && leg.session.state === 'terminated') return; // its early dialog has ended (§12.2.1.2)
    if (this.isInitial) this.#openEarly(leg, response);
    const reliable = this.isInvite && response.to.tag !== undefined && isReliable(response);
    if (reliable && !leg.provisionals.takes(response)) return;
    const meaning = leg.offers.received(response);
    const servlet = new ReceivedResponse(response, this, leg, false);
    if (this.user !== undefined) {
      this.user.provisional(servlet);
      return;
    }
    const { application } = this.session.applicationSession;
    const handler =
      callbackOf(this.#onProvisional, this.servlet) ??
      application.table.provisional(response.status, this.request.method);
    // RFC 3262 §5: an offer is answered in the PRACK, and only the application can answer it.
    if (reliable && meaning !== 'offer') servlet.present(handler, () => this.#acknowledge(servlet));
    else servlet.present(handler);
  }

  #openEarly(leg: ExchangeLeg, response: Response): void {
    if (this.isInvite && response.to.tag !== undefined) {
      if (leg.session.state === 'initial') leg.session.state = 'early';
      leg.open(Dialog.ofClient(this.request, response));
    }
    leg.offers.sent(this.request);
  }

  /** The PRACK that the application has left to the container. */
  #acknowledge(servlet: ReceivedResponse): void {
    if (servlet.isPracked || servlet.session.state === 'terminated') return;
    void this.leg.sendForContainer(servlet.createPrack());
  }

  /** §13.2.2.4: a 2xx: the first one, one of another fork, or a retransmission. */
  #success(response: Response): void {
    const tag = response.to.tag ?? '';
    if (this.#successTags?.includes(tag)) {
      this.#legOf(response).acknowledgeAgain(response.cseq.number);
      return;
    }
    if ((this.#successTags?.length ?? 0) >= MAX_FORKS) return;
    this.#successTags ??= [];
    this.#successTags.push(tag);
    const leg = this.#legOf(response);
    if (this.isInitial && leg.session.state === 'terminated') {
      endLate(leg, this.request, response);
      this.#failed(487);
      return;
    }
    if (this.isInitial) {
      leg.open(Dialog.ofClient(this.request, response));
      leg.dialog?.confirm(response);
      leg.confirm();
      leg.offers.sent(this.request);
    } else {
      leg.dialog?.refresh(response);
    }
    leg.offers.received(response);
    leg.timer.answered(response, false);
    const servlet = new ReceivedResponse(response, this, leg, false);
    if (this.#ended) presentFurther(servlet, this.leg);
    else this.#end(servlet);
  }

  /** A final response that is not a 2xx to INVITE. */
  #answered(response: Response): void {
    const { method } = this.request;
    const { status } = response;
    const leg = this.#legOf(response);
    leg.offers.received(response);
    if (this.#sendMended(response)) return;
    if (status < 300) {
      leg.timer.answered(response, false);
      usageAccepted(leg, this.request, response, this.isInitial);
      if (!this.isInitial) leg.dialog?.refresh(response);
    }
    this.#end(new ReceivedResponse(response, this, leg, false));
    if (!this.isInitial && (status === 481 || status === 408) && method !== 'BYE')
      usageGone(this.leg, this.request, status);
  }

  failed(failure: TransactionFailure, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction || this.#ended) return;
    if (this.#cancelled) this.#failed(this.#statusOfCancelled);
    else if (this.#tryNextHop(failure.cause === 'transport')) return;
    else if (failure.cause === 'timeout') this.#failed(408);
    else this.unreachable(failure.error);
  }

  /** A response that the container makes itself (§8.1.3.1). */
  #failed(status: number): void {
    if (this.#ended) return;
    const response = localResponse(this.request, status);
    this.leg.offers.received(response);
    this.#flow = undefined;
    this.#end(new ReceivedResponse(response, this, this.leg, true));
    if (!this.isInitial && status !== 487 && this.request.method !== 'BYE') usageGone(this.leg, this.request, 408);
  }

  terminated(transaction: ClientTransaction): void {
    this.#openTransactions--;
    if (transaction === this.#transaction && !this.#ended) this.#failed(408);
    if (this.#openTransactions === 0 && this.#ended) this.#release();
  }

  #end(response: ReceivedResponse): void {
    this.#ended = true;
    this.#answerTime?.stop();
    this.leg.sent.delete(this);
    this.#final?.give(response);
    deliver(response, this.#awaited, this);
    if (this.#successTags === undefined) {
      this.#leaveTo(this.#services.lingering);
      return;
    }
    // Another 2xx may follow.
    this.#answeredOnce();
    this.session.set.hold(this);
  }

  /** The response has been delivered: only then may the session end. */
  #answeredOnce(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#awaited.whenAskerSettled(() => this.session.transactionAnswered());
  }

  /** The same, and nothing else can come. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#answeredOnce();
    this.session.set.release(this);
    this.#awaited.whenAskerSettled(() => {
      if (this.isInitial) this.session.set.searchEnded();
      this.session.transactionEnds();
    });
  }

  /** Leaves its transaction, where there still is one, to a user that needs nothing from it. */
  #leaveTo(lingering: ClientUser): void {
    if (this.#transaction !== undefined) this.#transaction.user = lingering;
    this.#release();
  }

  /** Invitation: its call is over. */
  condense(): void {
    if (this.#released) return;
    this.#leaveTo(LingeringInvite.of(this.request, this.leg, this.isInitial, this.#successTags ?? []));
  }

  /** Invitation: once no call is left, a further 2xx is not wanted. */
  sessionEnded(): void {
    if (this.isInitial && !this.session.set.sessions.some((each) => each.isValid && each.state === 'confirmed'))
      this.condense();
  }

  #legOf(response: Response): ExchangeLeg {
    const leg = this.isInitial ? this.leg.legOf(this.session.set.sessionFor(response)) : this.leg;
    leg.session.answered(this.request, this.#flow);
    return leg;
  }
}
