// A request that an application has taken, from its handler to the last transaction's end: whoever answers it, proxies it, or forwards it in its dialog.
import type * as sdk from '@siplet/sdk';
import { CallFailed, IllegalStateError, TooManyHopsError } from '@siplet/sdk';
import { refusalOfExtensions } from '../agent/extensions.js';
import { Leg } from '../agent/leg.js';
import { ReliableProvisionals, type ReliableUser, reliabilityOf } from '../agent/reliable-provisionals.js';
import { descriptionOf } from '../agent/session-description.js';
import type { DeployedApplication } from '../application/application.js';
import { type Handler, type SipletDefaults } from '../application/handler.js';
import { allowedBy } from '../application/handler-table.js';
import { relayedResponse } from '../b2bua/relayed-response.js';
import type { Deadline, Timed } from '../base/clock.js';
import { copied, type Request, type Response, responseTo, Uri } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import { ResponseContext } from '../proxy/response-context.js';
import type { Choice, Settled, Supervisor } from '../proxy/services.js';
import { refusalOf } from '../proxy/validation.js';
import { Destination } from '../routing/router.js';
import { Proxy } from '../servlet/proxy.js';
import type { SentRequest } from '../servlet/sent-request.js';
import { ServedResponse } from '../servlet/served-response.js';
import { SipRequest } from '../servlet/sip-request.js';
import { type Origin, SipResponse } from '../servlet/sip-response.js';
import type { Awaited } from '../session/awaited.js';
import { DIALOG_METHODS, type DialogSet } from '../session/dialog-set.js';
import { call } from '../session/notices.js';
import { ProxiedDialog } from '../session/proxied-dialog.js';
import type { SipSession } from '../session/sip-session.js';
import type { ServerTransaction, ServerUser, TransactionFailure } from '../transaction/user.js';
import { takenBy } from '../transport/internal-flow.js';
import type { Passage } from '../transport/passage.js';
import type { Core } from './core.js';
import { type Reporter, RequestCall, ResponseCall } from './handler-calls.js';

/** How the application deals with the request; the roles exclude each other (C-1). */
export type Role = 'none' | 'proxy' | 'user agent' | 'b2bua';

/** The first RSeq is chosen among so many (RFC 3262 §3). */
const MAX_FIRST_RSEQ = 2 ** 31 - 1;

/** A job that only waits for its turn. */
const IN_TURN = { isWaitedFor: true, handler: () => undefined, argument: () => undefined } as const;

export class Incoming implements ServerUser, Supervisor, ReliableUser, Reporter, Timed {
  role: Role = 'none';
  /** A final response went, or was handed over to go. */
  answered = false;
  context: ResponseContext | undefined;
  /** Whether the handlers are called for responses (C-2); always inside a dialog (C-3). */
  supervised = true;
  /** A bridge is being made from it: nobody else answers. */
  isBridging = false;
  /** Told of the caller's CANCEL; true: it answers the request itself. */
  whenCancelled: ((cancel: Request) => boolean) | undefined;
  /** The request of the other leg that was made from this one last (JSR 289 §14.4). */
  madeInto: SentRequest | undefined;
  /** What the application holds; made for its first handler. */
  #servlet: SipRequest | undefined;
  #proxy: Proxy | undefined;
  /** Provisional responses that the caller acknowledges by PRACK. */
  #reliables: ReliableProvisionals | undefined;
  #handler: Handler | undefined;
  #unanswered: Deadline | undefined;
  /** Its sender was asked for credentials, and will send it again with them. */
  #isChallenged = false;
  /** The handler of the request has settled. */
  #settled = false;
  #answers = false;
  /** The caller has given up. */
  #cancelled = false;
  #completed = false;
  #forwarded = false;
  #ended = false;
  /** Copies: it lingers with the transaction, and the message need not. */
  readonly #route: string | undefined;
  readonly routeParameters: string;

  constructor(
    readonly core: Core,
    readonly transaction: ServerTransaction,
    /** After route preprocessing. */
    readonly request: Request,
    readonly isInitial: boolean,
    readonly session: SipSession,
    /** The second part of our branches (RFC 5393); undefined: not computed yet. */
    public loopPart: string | undefined,
    route: Uri | undefined,
    /** Parameters of it that may be believed (C-35). */
    routeParameters: string,
    /** With which it goes on from here (composition); of an initial request its Destination. */
    readonly passage: Passage,
  ) {
    this.#route = route === undefined ? undefined : copied(route.text);
    this.routeParameters = copied(routeParameters);
    transaction.user = this;
    takenBy(transaction.flow, this.application.name);
    session.transactionBegins();
    core.unanswered++;
  }

  /** The Route value of ours by which it came. */
  get route(): Uri | undefined {
    return this.#route === undefined ? undefined : Uri.parse(this.#route);
  }

  /** The application answers it itself, and does not proxy it. */
  get isUserAgent(): boolean {
    return this.role === 'user agent' || this.role === 'b2bua' || (this.role === 'none' && this.#settled);
  }

  get set(): DialogSet {
    return this.session.set;
  }

  get application(): DeployedApplication {
    return this.set.applicationSession.application;
  }

  get servlet(): SipRequest {
    return (this.#servlet ??= new SipRequest(
      this.request,
      this.session,
      this.isInitial,
      this.routeParameters,
      this.transaction.flow,
      this,
    ));
  }

  /** What responses are presented with: in a dialog it refuses to add branches. */
  get servletProxy(): Proxy | undefined {
    if (this.context === undefined) return undefined;
    return (this.#proxy ??= new Proxy(this.context, this));
  }

  // The request's handler -------------------------------------------------------------------------------------------------------------------------------------

  /** Calls the handler of an initial request. */
  begin(handler: Handler): void {
    this.#handler = handler;
    this.#call(handler, this.servlet, false, (error, wasCalled) => {
      if (wasCalled) this.#begun(error);
      else this.#beginAgain(handler);
    });
    if (!this.#isDealtWith) this.#unanswered = this.core.clock.start(this.core.settings.answerWarning, this, 'warning');
  }

  /** Whoever had the turn before has invalidated the session: the request gets another, as if it had come now (C-42). */
  #beginAgain(handler: Handler): void {
    if (this.answered || this.transaction.state === 'terminated') return;
    this.#unanswered?.stop();
    this.#ended = true;
    this.completed();
    this.core.beginAgain(this, handler);
  }

  #begun(error: unknown): void {
    this.#settled = true;
    if (error !== undefined) this.#failed(error);
  }

  /** Answered, or on its way. */
  get #isDealtWith(): boolean {
    if (this.answered || this.isBridging) return true;
    return this.context !== undefined && (this.context.started || this.context.completed);
  }

  /** C-41: before anything was sent, 500; a request with no hops left that was proxied all the same, 483. A call that failed is relayed. */
  #failed(error: unknown): void {
    if (this.#isDealtWith) return;
    if (error instanceof CallFailed) return this.relayFailure(error);
    this.answer(this.generate(error instanceof TooManyHopsError ? 483 : 500));
  }

  /** C-41a. */
  expire(which: string): void {
    if (this.#isDealtWith) return;
    const { core } = this;
    const { answerWarning, answerTimeout } = core.settings;
    if (which === 'warning') {
      // Whoever waits for another leg is at work on it.
      if (this.role !== 'b2bua') this.#warnOfNoAnswer();
      this.#unanswered = core.clock.start(Math.max(0, answerTimeout - answerWarning), this, 'unanswered');
    } else if (this.isBridging) {
      this.#unanswered = core.clock.start(answerTimeout, this, 'unanswered'); // a bridge has a time of its own
    } else {
      this.answerAs(500);
    }
  }

  #warnOfNoAnswer(): void {
    const { name: app } = this.application;
    const { method, callId } = this.request;
    const handler = this.#handler?.label;
    this.core.log.warn(
      { app, handler, method, callId },
      `${handler} has taken a request and neither answered nor proxied it`,
    );
  }

  /** A request inside a proxied dialog: to its handler, then downstream unless the handler answered (C-34). */
  forwardInDialog(handler: Handler | undefined): void {
    if (handler === undefined) return this.#forward();
    this.#call(handler, this.servlet, true, (error) => {
      if (!this.answered && error === undefined) return this.#forward();
      if (!this.answered) this.answer(this.generate(500));
      if (this.request.method === 'BYE' && !this.#isChallenged) this.session.state = 'terminated'; // whoever sends a BYE has left (§15.1.1)
    });
  }

  // Back-to-back user agents ---------------------------------------------------------------------------------------------------------------------------------------

  /** The role that `b2bua()` takes; throws what C-1 says. */
  becomeB2bua(): void {
    if (!this.isInitial || this.role === 'b2bua') return;
    const what = `${this.application.name} cannot be the B2BUA of the ${this.request.method} ${this.request.callId}`;
    if (this.role === 'proxy') throw new IllegalStateError(`${what}: it proxies it`);
    if (this.#cancelled) return; // what it makes of it fails
    if (this.answered) throw new IllegalStateError(`${what}: a final response has been sent`);
    this.role = 'b2bua';
    const leg = Leg.of(this.session, this.core);
    leg.received.add(this);
  }

  /** What its siplet says of proxies, in seconds. */
  get proxyTimeout(): number {
    return this.#options.proxyTimeout;
  }

  get #options(): SipletDefaults {
    return (this.#handler?.siplet ?? this.application.siplets[0]!).options;
  }

  /** The caller has given up. */
  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** A second leg is being called: until it answers nobody else does. */
  bridging(whenCancelled: (cancel: Request) => boolean): void {
    this.isBridging = true;
    this.whenCancelled = whenCancelled;
    this.#unanswered?.stop();
    this.#claim();
  }

  /** It has not come to a call: the application may try another, or answer. */
  bridgingFailed(): void {
    this.isBridging = false;
    this.whenCancelled = undefined;
    if (!this.answered) this.#unanswered = this.core.clock.start(this.core.settings.answerWarning, this, 'warning');
  }

  /** Sends what the other leg has answered; a provisional one so that the caller must acknowledge it where it is to be. */
  relay(response: Response, isReliable = false): void {
    if (this.answered) return;
    if (response.status >= 200) {
      this.isBridging = false;
      this.whenCancelled = undefined;
    }
    if (isReliable) this.answerReliablyAsAgent(response);
    else this.answerAsAgent(response);
  }

  /** Nobody answers it any more, and nobody is to (RFC 4320 §4.2). */
  leaveUnanswered(): void {
    if (this.answered) return;
    this.answered = true;
    this.#unanswered?.stop();
    this.session.leg?.received.delete(this);
    this.transaction.abandon();
    this.ended();
  }

  /** A call that failed, which no handler has caught, goes to who called as it is. */
  relayFailure({ status, response }: CallFailed): void {
    if (this.answered || this.isBridging) return;
    if (response instanceof SipResponse) this.relay(relayedResponse(this, response.message));
    else this.answerAs(status >= 300 && status <= 699 ? status : 500);
  }

  #claim(): void {
    if (!this.isInitial || this.#answers) return;
    this.#answers = true;
    this.core.answering(this);
  }

  // A request in a dialog in which the application is a user agent ---------------------------------------------------------------------------------------------------

  /** To its handler; what that leaves unanswered, to whoever goes on with it, or the container answers it (C-41a). */
  serve(handler: Handler | undefined): void {
    const leg = this.session.leg!;
    const refusal = leg.admit(this);
    if (refusal !== undefined) return this.answer(refusalOf(this.request, refusal, this.transaction.toTag));
    const awaited = leg.takeExpected(this.request.method);
    if (awaited !== undefined) return this.#giveTo(awaited);
    // Whoever has to say first who it is ends nothing before.
    if (handler?.realm === undefined) this.#ends();
    if (handler === undefined) return this.#serveUnhandled();
    this.#handler = handler;
    this.#call(handler, this.servlet, true, (error) => {
      this.#settled = true;
      if (this.answered) return;
      if (error === undefined) return this.#goOn();
      this.answerAs(500);
      if (this.request.method === 'BYE') leg.user?.requested(this); // whoever sends it has left (§15.1.1)
    });
  }

  /** To the handler that awaits it, which goes on with it as its own would. */
  #giveTo(awaited: Awaited<sdk.SipRequest>): void {
    this.#ends();
    awaited.give(this.servlet);
    awaited.whenAskerSettled(() => {
      this.#settled = true;
      if (!this.answered) this.#goOn();
    });
  }

  /** What its handler has left unanswered. */
  #goOn(): void {
    const { user } = this.session.leg!;
    const { method } = this.request;
    if (user !== undefined) user.requested(this);
    else if (method === 'BYE' || method === 'PRACK') this.answerAs(200);
    else if (this.answerRefresh()) return;
    else this.#unanswered = this.core.clock.start(this.core.settings.answerWarning, this, 'warning');
  }

  /** A BYE has come, from one who may send it (§15.1.2). */
  #ends(): void {
    if (this.request.method === 'BYE') this.session.leg?.endInvitation(this.request);
  }

  #serveUnhandled(): void {
    const { user } = this.session.leg!;
    if (user !== undefined) {
      const { mailbox } = this.session.applicationSession;
      mailbox.post({ ...IN_TURN, settled: () => user.requested(this) });
    } else {
      this.answerUnhandled();
    }
  }

  /** C-41a: BYE and OPTIONS 200, others 405 with Allow; a PRACK that acknowledges something 200 (RFC 3262 §3). */
  answerUnhandled(): void {
    if (this.answered) return;
    const { method } = this.request;
    if (method === 'BYE' || method === 'PRACK') return this.answerAs(200);
    if (this.answerRefresh()) return;
    const response = this.generate(method === 'OPTIONS' ? 200 : 405);
    response.append('Allow', allowedBy(this.application.table).join(', '));
    if (method === 'OPTIONS')
      for (const [name, value] of this.core.capabilities) if (name !== 'Allow') response.append(name, value);
    this.answer(response);
    this.session.leg!.answered(this, response);
  }

  /** The dialog has ended before it was answered (§15.1.2). */
  dialogEnded(): void {
    if (!this.answered) this.answerAs(487);
  }

  /** Answers for the application: an incoming call that it ends before it has answered it, say. */
  answerAs(status: number): void {
    if (this.answered && !this.#dropHeld()) return;
    this.answerAsAgent(this.generate(status));
  }

  /** Sends a response of a user agent; a 2xx when the reliable 1xx before it have been acknowledged (RFC 3262 §3). */
  answerAsAgent(response: Response): void {
    if (response.status >= 200 && this.#reliables?.holds(response)) {
      this.answered = true;
      this.#unanswered?.stop();
    } else {
      this.sendNow(response);
    }
  }

  /** ReliableUser. */
  sendNow(response: Response): void {
    if (this.role !== 'proxy') this.#agentOf(response)?.timer.answering(this.request, response);
    this.answer(response);
    this.#agentAnswered(response);
  }

  /** A request that only says that the session goes on: 200 with what was agreed last (RFC 4028 §7.4). False: it is none. */
  answerRefresh(): boolean {
    const { timer, offers } = this.session.leg!;
    if (!timer.isRefresh(this.request)) return false;
    const { message } = this.servlet.createResponse(200);
    const isAnswer = this.transaction.isInvite || descriptionOf(this.request) !== undefined;
    if (isAnswer && offers.local !== undefined) message.setBody(offers.local.body, offers.local.type);
    this.answerAsAgent(message);
    return true;
  }

  /** The user agent that the response belongs to; undefined where it makes no dialog. */
  #agentOf(response: Response): Leg | undefined {
    if (!this.isInitial) return this.session.leg;
    const { status } = response;
    if (status >= 300 || !DIALOG_METHODS.has(this.request.method)) return undefined;
    return Leg.of(status < 200 ? this.session : this.set.sessionFor(response), this.core);
  }

  #dropHeld(): boolean {
    const was = this.#reliables?.dropHeld() ?? false;
    if (was) this.answered = false;
    return was;
  }

  /** Sends a provisional response of a user agent that the caller has to acknowledge, after those before it. */
  answerReliablyAsAgent(response: Response): void {
    const { clock, identifiers, settings } = this.core;
    if (this.#reliables === undefined) {
      const first = 1 + Math.floor(identifiers.fraction() * MAX_FIRST_RSEQ);
      this.#reliables = new ReliableProvisionals(clock, settings.agent, this, first);
      const session = this.isInitial ? this.set.sessionFor(response) : this.session;
      Leg.of(session, this.core).reliables = this.#reliables;
    }
    this.#reliables.send(response);
  }

  /** RFC 3262 §3: the INVITE is refused, and the application is told. */
  unacknowledged(response: Response): void {
    const { applicationSession } = this.set;
    const handler = this.application.table.life('noPrackReceived');
    if (handler !== undefined) call(applicationSession, handler, this.presentOwn(response));
    this.answerAs(500);
  }

  /** The application, or the container in its place, has answered as a user agent: a dialog begins, goes on or ends with it (§12.1.1). */
  #agentAnswered(response: Response): void {
    const { status } = response;
    const agent = this.#agentOf(response);
    if (agent !== undefined) {
      agent.answered(this, response);
    } else if (this.isInitial && status >= 200) {
      if (this.session.leg !== undefined) this.session.leg.answered(this, response);
      else if (this.role !== 'proxy') this.session.state = 'terminated';
    }
  }

  #forward(): void {
    if (this.transaction.state === 'terminated') return;
    this.role = 'proxy';
    const context = this.#openContext('');
    context.isInDialog = true;
    context.recurse = false;
    context.timeout = 0;
    context.createBranches([this.request.uri]);
    context.start();
  }

  // Proxying --------------------------------------------------------------------------------------------------------------------------------------------------

  /** The response context of an initial request that the application proxies; throws what C-1 says. */
  proxyContext(): ResponseContext {
    const what = `${this.application.name} cannot proxy the ${this.request.method} ${this.request.callId}`;
    if (!this.isInitial)
      throw new IllegalStateError(`${what}: requests inside a dialog are forwarded by the container`);
    if (this.context !== undefined) return this.context;
    if (this.role === 'user agent') throw new IllegalStateError(`${what}: it has answered it`);
    if (this.role === 'b2bua') throw new IllegalStateError(`${what}: it is its B2BUA`);
    if (this.answered) throw new IllegalStateError(`${what}: a final response has been sent`);
    if (this.request.maxForwards === 0) throw new TooManyHopsError(`${what}: its Max-Forwards is 0`);
    this.role = 'proxy';
    const context = this.#openContext(
      (this.loopPart ??= this.core.loopDetection.partOf(this.request, this.#nameInTurn)),
    );
    const { options } = this.#handler?.siplet ?? this.application.siplets[0]!;
    context.timeout = options.proxyTimeout * 1000;
    this.set.search = context;
    this.supervised = options.supervised;
    context.toNextApplication = (request) => this.core.toNextApplication(request, this.transaction.flow, this.passage);
    return context;
  }

  /** Its second turn with the same request is no loop: the router has chosen it again. */
  get #nameInTurn(): string {
    const { passage } = this;
    return this.application.name + (passage instanceof Destination ? passage.turn : '');
  }

  #openContext(loopPart: string): ResponseContext {
    const { core, transaction, request } = this;
    const context = new ResponseContext(core.proxyServices, transaction, request, loopPart, this);
    if (context.isInvite) this.set.hold(context);
    return (this.context = context);
  }

  /** Parameters of our Record-Route URI, with those of the application; the container stays on the path from now on (C-34, C-35). */
  recordRoute(parameters: string): string {
    return this.core.routeCookies.write(this.core.nameOf(this.set), this.set.callId, parameters);
  }

  // Supervisor: the application's response handlers -------------------------------------------------------------------------------------------------------------

  provisional(branch: Branch, response: Response, settled: Settled): void {
    const session = this.sessionOf(response);
    if (session.state === 'initial') session.state = 'early';
    this.#supervise(
      this.application.table.provisional(response.status, this.request.method),
      branch,
      response,
      'received',
      settled,
    );
  }

  success(branch: Branch, response: Response, isRetransmission: boolean, settled: Settled): void {
    if (!isRetransmission) this.#confirm(this.sessionOf(response), branch, response);
    const handler = this.application.table.success(response.status, this.request.method);
    this.#supervise(handler, branch, response, isRetransmission ? 'retransmitted' : 'received', settled);
  }

  intermediate(branch: Branch, response: Response, isIntermediate: () => boolean, settled: () => void): void {
    const handler = this.application.table.branch(response.status, this.request.method);
    this.#supervise(handler, branch, response, 'intermediate', settled, isIntermediate);
  }

  best(choose: () => Choice | undefined, settled: () => void): void {
    const { method } = this.request;
    let chosen: Choice | undefined;
    let servlet: SipResponse | undefined;
    if (!this.supervised) {
      chosen = choose();
      if (chosen !== undefined) this.#unconfirm(chosen.response);
      return settled();
    }
    this.set.applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => {
        chosen = choose();
        if (chosen === undefined || !this.session.isValid) return undefined;
        return this.application.table.best(chosen.response.status, method);
      },
      argument: () => (servlet = this.#present(chosen!.branch, chosen!.response, 'received')),
      settled: (error, handler) => {
        if (error !== undefined) {
          this.report(handler!, error);
          servlet!.restore();
        }
        if (chosen !== undefined) this.#unconfirm(chosen.response);
        settled();
        if (this.context!.completed) servlet?.commit();
      },
    });
  }

  #supervise(
    handler: Handler | undefined,
    branch: Branch,
    response: Response,
    origin: Origin,
    settled: Settled,
    isWanted?: () => boolean,
  ): void {
    const { applicationSession } = this.set;
    applicationSession.touch();
    if (!this.supervised) return settled(branch, response);
    const servlet = handler === undefined ? undefined : this.#present(branch, response, origin);
    applicationSession.mailbox.post(new ResponseCall(this, handler, servlet, branch, response, settled, isWanted));
  }

  #present(branch: Branch | undefined, response: Response, origin: Origin): SipResponse {
    return new ServedResponse(response, this, this.sessionOf(response), branch, origin);
  }

  /** A response of ours, as it was sent: for the handlers that hear what became of it. */
  presentOwn(response: Response): SipResponse {
    const servlet = new ServedResponse(response, this, this.sessionOf(response), undefined, 'created');
    servlet.commit();
    return servlet;
  }

  /** Calls a handler in its turn. The time of one that a message waits for is limited (C-41). */
  #call(
    handler: Handler,
    argument: unknown,
    isWaitedFor: boolean,
    settled: (error: unknown, wasCalled: boolean) => void,
  ): void {
    const { mailbox } = this.set.applicationSession;
    mailbox.post(new RequestCall(this, this.session, handler, argument, isWaitedFor, settled));
  }

  /** Reporter. */
  report(handler: Handler, error: unknown): void {
    // One that goes on after its caller has given up is not at fault, nor one that proxies a request with no hops left (C-40).
    const isItsFault = !(
      error instanceof TooManyHopsError ||
      error instanceof CallFailed ||
      (error instanceof IllegalStateError && this.#cancelled)
    );
    const level = isItsFault ? 'error' : 'debug';
    this.core.handlerFailed(handler.label, this.application, error, this.request, level);
  }

  // Sessions --------------------------------------------------------------------------------------------------------------------------------------------------

  /** A fork's response has a session of its own (C-10a). */
  sessionOf(response: Response): SipSession {
    return this.isInitial ? this.set.sessionFor(response) : this.session;
  }

  /** A 2xx: it makes a dialog, or ends one. */
  #confirm(session: SipSession, branch: Branch, response: Response): void {
    const { method } = this.request;
    if (this.isInitial) {
      if (!DIALOG_METHODS.has(method) || session.state === 'terminated') return;
      session.state = 'confirmed';
      session.isOnPath = branch.isRecordRouted;
      if (session.isOnPath && method === 'INVITE') session.proxied = new ProxiedDialog(this.request, response);
    } else if (method === 'BYE' || this.#endsSubscription) {
      session.state = 'terminated';
      session.proxied = undefined;
    }
  }

  /** A BYE that fails ends the dialog as well (§15.1.1); what else fails leaves it to the BYE that is to follow (§12.2.1.2). */
  #unconfirm(response: Response): void {
    if (this.isInitial) return;
    if (response.status === 401 || response.status === 407) return; // it comes again, with credentials (§22.2)
    const isGone = response.status === 481 && this.request.method === 'NOTIFY' && this.set.method !== 'INVITE';
    if (this.request.method === 'BYE' || isGone) this.session.state = 'terminated';
  }

  /** RFC 6665 §4.4.1. */
  get #endsSubscription(): boolean {
    const state =
      this.request.method === 'NOTIFY' && this.set.method !== 'INVITE'
        ? this.request.value('subscription-state')
        : undefined;
    return state?.toLowerCase().startsWith('terminated') ?? false;
  }

  // Answering -------------------------------------------------------------------------------------------------------------------------------------------------

  generate(status: number): Response {
    return responseTo(this.request, status, undefined, this.transaction.toTag);
  }

  /** C-1, C-6, C-12: a response that the application made. Throws when none may be sent any more. */
  answerByApplication(response: Response): void {
    this.#assertAnswerable(response);
    const { status } = response;
    if (this.role === 'none' && status >= 200) this.role = 'user agent';
    if (status < 200 && this.role !== 'proxy' && this.transaction.isInvite && this.#reliability === 'required')
      return this.#takeReliably(response);
    this.#noteAnswering();
    const isSuccess = status >= 200 && status < 300;
    if (!isSuccess || this.role === 'proxy' || this.refuseAsAgent() === undefined) this.answerAsAgent(response);
  }

  /**
   * What a user agent refuses whatever its application would answer (§8.2.2.3, RFC 4028 §9): it is looked at when the application takes that role, for
   * a proxy forwards it all. The status with which the request has been refused, if it has.
   */
  refuseAsAgent(): number | undefined {
    if (!this.isInitial) return undefined;
    const { request } = this;
    const refusal =
      refusalOfExtensions(request) ??
      (this.transaction.isInvite ? Leg.of(this.session, this.core).timer.refusalOf(request) : undefined);
    if (refusal === undefined) return undefined;
    this.answerAsAgent(refusalOf(request, refusal, this.transaction.toTag));
    return refusal.status;
  }

  /** RFC 3262 §3. Throws when the response cannot be sent reliably. */
  answerReliably(response: Response): void {
    this.#assertAnswerable(response);
    const what = `${this.application.name} cannot send a ${response.status} to the ${this.request.method} ${this.request.callId} reliably`;
    if (!this.transaction.isInvite || response.status >= 200)
      throw new IllegalStateError(`${what}: only a 101 to 199 to an INVITE is (RFC 3262 §3)`);
    if (this.role === 'proxy') throw new IllegalStateError(`${what}: it proxies it`);
    if (this.#reliability === 'unknown')
      throw new IllegalStateError(`${what}: the caller does not support 100rel (RFC 3262 §3)`);
    this.#takeReliably(response);
  }

  #takeReliably(response: Response): void {
    if (this.role === 'none') this.role = 'user agent';
    this.#noteAnswering();
    this.answerReliablyAsAgent(response);
  }

  get #reliability(): ReturnType<typeof reliabilityOf> {
    return reliabilityOf(this.request);
  }

  #assertAnswerable(response: Response): void {
    const what = `${this.application.name} cannot answer the ${this.request.method} ${this.request.callId} with ${response.status}`;
    if (this.answered || (this.context?.completed ?? false))
      throw new IllegalStateError(`${what}: a final response has been sent`);
    if (this.isBridging) throw new IllegalStateError(`${what}: a bridge to its callee is under way`);
    if (this.role === 'proxy' && response.status >= 200 && this.context?.refusal !== undefined) {
      throw new IllegalStateError(`${what}: ${this.context.refusal}`);
    }
  }

  #noteAnswering(): void {
    if (!this.isInitial || this.#answers) return;
    this.#answers = true;
    this.core.answering(this);
  }

  /** §22.1: the application knows whose it is. */
  authenticated(): void {
    if (this.session.state !== 'terminated') this.#ends();
  }

  /** §22.1: the application takes it from nobody whom it does not know. Its dialog stands as before. */
  refuseUnauthenticated(response: Response): void {
    this.#isChallenged = true;
    this.answer(response);
    this.#agentAnswered(response);
  }

  /** Sends a response of ours; the caller has checked that it may be sent. */
  answer(response: Response): void {
    if (response.status < 200) {
      this.transaction.respond(response);
    } else if (this.context !== undefined) {
      this.context.answer(response);
    } else {
      this.answered = true;
      this.#unanswered?.stop();
      this.completed();
      this.transaction.respond(response);
    }
  }

  // ServerUser: what the transaction tells ----------------------------------------------------------------------------------------------------------------------

  /** C-29. */
  cancelled(cancel: Request): void {
    // After the final response it has no effect (§9.2).
    if (this.transaction.state !== 'proceeding') return;
    this.#cancelled = true;
    const handler = this.application.table.cancel();
    // Its session stays until the handler has its turn, also where nothing is left to wait for and the 487 goes at once.
    this.session.transactionBegins();
    if (this.context !== undefined) this.context.cancelled(cancel);
    else if (!this.whenCancelled?.(cancel)) this.answerAs(487);
    if (handler !== undefined) this.#callForCancel(handler, cancel);
    this.session.transactionAnswered();
    this.session.transactionEnds();
  }

  #callForCancel(handler: Handler, cancel: Request): void {
    const servlet = new SipRequest(
      cancel,
      this.session,
      this.isInitial,
      this.routeParameters,
      this.transaction.flow,
      undefined,
    );
    this.#call(handler, servlet, false, () => {});
  }

  failed(failure: TransactionFailure): void {
    // §16.9: a response that cannot be sent upstream is lost; the branches are not cancelled for that.
    if (failure.cause === 'transport') this.core.problem('the way back to the caller has failed', failure.error);
  }

  terminated(): void {
    this.#unanswered?.stop();
    this.#reliables?.stop();
    if (this.context === undefined) this.ended();
    else this.context.closed();
  }

  completed(): void {
    if (this.#completed) return;
    this.#completed = true;
    this.core.unanswered--;
    this.set.search = undefined;
  }

  /** Of the session nothing waits for this request any more. */
  forwarded(): void {
    if (this.#forwarded) return;
    this.#forwarded = true;
    this.session.transactionAnswered();
  }

  get mayEnd(): boolean {
    return !this.#answers && this.#reliables === undefined;
  }

  /** Every transaction of the request has ended, or what lingers of them needs it no more. */
  ended(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unanswered?.stop();
    if (this.#answers) this.core.answeringEnded(this);
    this.completed();
    this.forwarded();
    if (this.context !== undefined) this.set.release(this.context);
    if (this.isInitial) this.set.settle();
    this.session.transactionEnds();
  }
}
