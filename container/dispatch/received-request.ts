// A request that an application has taken, from its handler to the end of the last transaction: answered, proxied, or
// forwarded in its dialog.
import type * as sdk from '@siplet/sdk';
import { CallFailedError, TooManyHopsError } from '@siplet/sdk';
import { type AnsweredRequest, Answering } from '../agent/answering.js';
import type { DeployedApplication } from '../application/application.js';
import type { Handler, SipletDefaults } from '../application/handler.js';
import { relayFailure } from '../b2bua/uncaught.js';
import { present } from '../base/present.js';
import { copied, type Request, type Response, responseTo, Uri } from '../message/index.js';
import type { SipProxy } from '../servlet/sip-proxy.js';
import { SipRequest } from '../servlet/sip-request.js';
import type { Invitation, SipSession } from '../session/sip-session.js';
import type { ServerTransaction, ServerUser, TransactionFailure } from '../transaction/user.js';
import { takenBy } from '../transport/internal-flow.js';
import type { RoutingState } from '../transport/routing-state.js';
import { AnswerLimit } from './answer-limit.js';
import { callForCancel, isAtFault, type Reporter, RequestCall } from './handler-calls.js';
import type { OpenRequest } from './merged-requests.js';
import { type ProxiedRequest, Proxying } from './proxying.js';
import { RequestAccount } from './request-account.js';
import { assertAnswerable, assertMayTake, cannot, type Role } from './roles.js';
import type { DispatchServices } from './services.js';

/** Gives a request that has lost its session another one. */
export interface Beginner {
  beginAgain(received: ReceivedRequest, handler: Handler): void;
}

export class ReceivedRequest implements AnsweredRequest, ProxiedRequest, Reporter, ServerUser, Invitation {
  /** A final response was sent, or was handed over for sending. */
  answered = false;
  /** The role of proxy, once it is proxied or forwarded. */
  proxying: Proxying | undefined;
  #role: Role | undefined;
  #answering: Answering | undefined;
  /** Made when its first handler needs it. */
  #servlet: SipRequest | undefined;
  #handler: Handler | undefined;
  #limit: AnswerLimit | undefined;
  /** The handler of the request has settled. */
  #settled = false;
  /** The application has answered it in some way, if only provisionally. */
  #claimed = false;
  /** Where copies of it are looked for (§8.2.2.2); undefined when there can be none. */
  #open: OpenRequest | undefined;
  #cancelled = false;
  readonly account: RequestAccount;
  /** Copies: it lingers with the transaction, the message need not. */
  readonly #route: string | undefined;
  readonly routeParameters: string | undefined;

  constructor(
    readonly services: DispatchServices,
    readonly transaction: ServerTransaction,
    /** After route preprocessing. */
    readonly request: Request,
    readonly isInitial: boolean,
    readonly session: SipSession,
    /** The second part of our branches (RFC 5393); undefined: not computed yet. */
    readonly loopPart: string | undefined,
    route: Uri | undefined,
    /** Its parameters, if they can be trusted (C-35); undefined: it came by none. */
    routeParameters: string | undefined,
    /** The routing state with which it goes on (composition); for an initial request, its Destination. */
    readonly routingState: RoutingState,
  ) {
    this.#route = route === undefined ? undefined : copied(route.text);
    this.routeParameters = routeParameters && copied(routeParameters);
    transaction.user = this;
    takenBy(transaction.flow, this.application.name);
    session.asked(request, transaction.flow);
    this.account = new RequestAccount(session, services.counters);
  }

  get route(): Uri | undefined {
    return this.#route === undefined ? undefined : Uri.parse(this.#route);
  }

  get application(): DeployedApplication {
    return this.session.applicationSession.application;
  }

  get servlet(): SipRequest {
    const { request, session, isInitial, routeParameters, transaction } = this;
    this.#servlet ??= new SipRequest(request, session, isInitial, routeParameters, transaction.flow, this);
    return this.#servlet;
  }

  get options(): SipletDefaults {
    return present(this.#handler?.siplet ?? this.application.siplets[0], 'the siplet of a request').options;
  }

  /** Calls the handler of an initial request. */
  begin(handler: Handler, beginner: Beginner): void {
    const { uri } = this.request; // the handler may change it
    this.#handler = handler;
    this.#call(handler, this.servlet, false, (error, wasCalled) => {
      if (!wasCalled) return this.#beginAgain(handler, beginner);
      this.beSettled();
      if (error !== undefined) this.#failed(error);
    });
    if (!this.isDealtWith) this.awaitAnswer();
    this.#open = this.services.merged.opened(this, uri);
  }

  /**
   * An earlier handler has invalidated the session: the request gets another one, as if it had arrived now (C-42).
   */
  #beginAgain(handler: Handler, beginner: Beginner): void {
    if (this.answered || this.transaction.state === 'terminated') return;
    this.stopAwaiting();
    this.account.abandon();
    this.#open?.begins();
    beginner.beginAgain(this, handler);
  }

  /** It has been answered, or is on its way. */
  get isDealtWith(): boolean {
    if (this.answered || this.isBridging) return true;
    const context = this.proxying?.context;
    return context !== undefined && (context.started || context.completed);
  }

  /**
   * C-41: before anything was sent, 500; or 483 if a request with no hops left was proxied all the same. The failure of
   * a call is relayed.
   */
  #failed(error: unknown): void {
    if (this.isDealtWith) return;
    if (error instanceof CallFailedError) relayFailure(this.answering, error);
    else this.#refuse(error instanceof TooManyHopsError ? 483 : 500);
  }

  #refuse(status: number): void {
    this.answer(this.generate(status));
    this.finish();
  }

  awaitAnswer(): void {
    this.#limit ??= new AnswerLimit(this);
    this.#limit.start();
    if (this.transaction.isInvite && this.request.has('expires')) this.answering.obeyExpires();
  }

  stopAwaiting(): void {
    this.#limit?.stop();
  }

  answerAs(status: number): void {
    this.answering.answerAs(status);
  }

  get takenBy(): string | undefined {
    return this.#handler?.label;
  }

  serveBy(handler: Handler, settled: (error: unknown) => void): void {
    this.#handler = handler;
    this.#call(handler, this.servlet, true, settled);
  }

  beSettled(): void {
    this.#settled = true;
    this.#open?.look(this);
  }

  /** Calls a handler in its turn. The time of one that a message waits for is limited (C-41). */
  #call(handler: Handler, argument: unknown, isWaitedFor: boolean, settled: RequestCall['afterwards']): void {
    const { mailbox } = this.session.applicationSession;
    mailbox.post(new RequestCall(this, this.session, handler, argument, isWaitedFor, settled));
  }

  /** Reporter. */
  report(handler: Handler, error: unknown): void {
    const level = isAtFault(error, this.#cancelled) ? 'error' : 'debug';
    this.services.invocation.failed(handler.label, this.application, error, this.request, level);
  }

  get role(): Role | undefined {
    return this.#role;
  }

  /** Throws IllegalStateError when it has the other role. */
  #take(role: Role, purpose: string): void {
    assertMayTake(role, this, purpose);
    this.#role = role;
    this.#open?.look(this);
  }

  get isProxied(): boolean {
    return this.#role === 'proxy';
  }

  get isUserAgent(): boolean {
    return this.#role === 'user agent' || (this.#claimed && this.#settled);
  }

  get isB2bua(): boolean {
    return this.#answering?.isB2bua ?? false;
  }

  get answering(): Answering {
    this.#answering ??= new Answering(this);
    return this.#answering;
  }

  becomeUserAgent(purpose: string): void {
    this.#take('user agent', purpose);
  }

  becomeB2bua(): void {
    const purpose = 'be the B2BUA of';
    if (!this.isInitial || this.isB2bua) return;
    assertMayTake('user agent', this, purpose);
    if (this.#cancelled) return; // the request that it makes will fail
    if (this.answered) throw cannot(purpose, this, 'a final response has been sent');
    this.#take('user agent', purpose);
    this.answering.beB2bua();
  }

  proxy(options: sdk.ProxyOptions | undefined): SipProxy {
    const { servlet } = this.#beginProxying();
    if (options !== undefined) servlet.configure(options);
    return servlet;
  }

  #beginProxying(): Proxying {
    if (!this.isInitial) throw cannot('proxy', this, 'requests inside a dialog are forwarded by the container');
    if (this.proxying !== undefined) return this.proxying;
    assertMayTake('proxy', this, 'proxy');
    if (this.answered) throw cannot('proxy', this, 'a final response has been sent');
    if (this.request.maxForwards === 0)
      throw new TooManyHopsError(cannot('proxy', this, 'its Max-Forwards is 0').message);
    this.#take('proxy', 'proxy');
    this.proxying = Proxying.ofInitial(this);
    return this.proxying;
  }

  get servletProxy(): SipProxy | undefined {
    return this.proxying?.servlet;
  }

  /** A request inside a proxied dialog: to its handler, then downstream unless the handler answered (C-34). */
  forwardInDialog(handler: Handler | undefined): void {
    if (handler === undefined) {
      this.#forward();
      return;
    }
    this.#call(handler, this.servlet, true, (error) => {
      if (!this.answered && error === undefined) return this.#forward();
      // Its sender (§15.1.1).
      const hasLeft =
        this.request.method === 'BYE' && this.#answering?.isChallenged !== true && this.session.matches(this.request);
      if (hasLeft && !this.answered) this.session.tellOfBye(this.request);
      if (!this.answered) this.#refuse(500);
      if (!hasLeft) return;
      this.session.endProxied();
      this.session.checkReady();
    });
  }

  #forward(): void {
    if (this.transaction.state === 'terminated') return;
    // Its handler has sent a reliable 1xx, so it will answer the request itself.
    if (this.#role === 'user agent') this.awaitAnswer();
    else if (this.session.wasEndedHere) this.#refuseEnded();
    else this.#forwardAlone();
  }

  #refuseEnded(): void {
    const isBye = this.request.method === 'BYE';
    this.#refuse(isBye ? 200 : 481);
    if (isBye) this.session.acknowledged(); // its sender has left, and no ACK need come
  }

  #forwardAlone(): void {
    this.#take('proxy', 'forward');
    this.proxying = Proxying.inDialog(this);
    this.proxying.forward();
  }

  generate(status: number): Response {
    return responseTo(this.request, status, undefined, this.transaction.toTag);
  }

  get isCommitted(): boolean {
    return this.answered || (this.proxying?.context.completed ?? false);
  }

  get isBridging(): boolean {
    return this.#answering?.isBridging ?? false;
  }

  get proxyRefusal(): string | undefined {
    return this.isProxied ? this.proxying?.context.refusal : undefined;
  }

  answerByApplication(response: Response): void {
    assertAnswerable(this, response.status);
    this.answering.answerByApplication(response);
  }

  answerReliably(response: Response): void {
    assertAnswerable(this, response.status);
    this.answering.answerReliably(response);
  }

  claim(): void {
    this.#claimed = true;
    this.#open?.look(this);
  }

  authenticated(): void {
    this.answering.authenticated();
  }

  refuseUnauthenticated(response: Response): void {
    this.answering.refuseUnauthenticated(response);
  }

  answer(response: Response): void {
    if (response.status < 200) {
      this.transaction.respond(response);
    } else if (this.proxying !== undefined) {
      this.proxying.context.answer(response);
    } else {
      this.answered = true;
      this.stopAwaiting();
      this.#open?.look(this);
      this.account.completed();
      this.transaction.respond(response);
    }
  }

  finish(): void {
    if (this.proxying !== undefined || this.account.isClosed) return;
    if (this.transaction.state === 'accepted') {
      this.account.forwarded();
      this.session.set.hold(this);
    } else {
      this.condense();
    }
  }

  /** Nothing that its transaction still receives concerns the application. */
  condense(): void {
    if (this.transaction.state !== 'terminated') this.transaction.user = this.services.proxy.lingering;
    this.#answering?.stop();
    this.ended();
  }

  abandon(): void {
    this.answered = true;
    this.stopAwaiting();
    this.transaction.abandon();
    this.ended();
  }

  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** C-29. */
  cancelled(cancel: Request): void {
    // After the final response it has no effect (§9.2).
    if (this.transaction.state !== 'proceeding') return;
    this.#cancelled = true;
    callForCancel(this, cancel, () => {
      if (this.proxying === undefined) this.answering.cancelled(cancel);
      else this.proxying.context.cancelled(cancel);
    });
  }

  failed(failure: TransactionFailure): void {
    // §16.9: a response that cannot be sent upstream is lost; that does not cancel the branches.
    if (failure.cause === 'transport')
      this.services.proxy.problem('the way back to the caller has failed', failure.error);
  }

  terminated(): void {
    this.stopAwaiting();
    this.#answering?.stop();
    if (this.proxying === undefined) this.ended();
    else this.proxying.context.closed();
  }

  get mayEnd(): boolean {
    return this.#answering?.hasReliables !== true;
  }

  /** Every transaction of the request has ended, or the lingering ones do not need it any more. */
  ended(): void {
    if (this.account.isClosed) return;
    this.stopAwaiting();
    this.#open?.ends();
    this.session.set.release(this);
    this.account.close(this.isInitial);
  }
}
