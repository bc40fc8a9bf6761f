// The role of proxy in a request (C-1): its response context, and the handlers of its responses (C-4).
import type { Handler, SipletDefaults } from '../application/handler.js';
import type { Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import { ResponseContext } from '../proxy/response-context.js';
import type { Choice, Settled, Supervisor } from '../proxy/supervisor.js';
import { Destination } from '../routing/router.js';
import type { Answerer, ProxyRole } from '../servlet/answerer.js';
import { ServedResponse } from '../servlet/served-response.js';
import { SipProxy } from '../servlet/sip-proxy.js';
import type { Origin, SipResponse } from '../servlet/sip-response.js';
import { AwaitedAck } from '../session/awaited-ack.js';
import { DIALOG_METHODS } from '../session/dialog-set.js';
import { ProxiedDialog } from '../session/proxied-dialog.js';
import type { Dialogs, SipSession } from '../session/sip-session.js';
import { type Reporter, ResponseCall } from './handler-calls.js';
import { subscriptionAnswered } from './proxied-subscriptions.js';
import { isRefresh, refreshed } from './proxied-timer.js';
import type { DispatchServices } from './services.js';

/** The request that is proxied. */
export interface ProxiedRequest extends Answerer, Reporter {
  readonly services: DispatchServices;
  /** The proxy defaults of the siplet that took it. */
  readonly options: SipletDefaults;
  /** The second part of our branches (RFC 5393); undefined: not computed yet. */
  readonly loopPart: string | undefined;
  readonly account: { completed(): void; forwarded(): void };
  /** Supervisor: every transaction has ended, or needs it no more. */
  ended(): void;
  readonly mayEnd: boolean;
}

export class Proxying implements Supervisor, ProxyRole {
  readonly context: ResponseContext;
  /** The handlers are called for responses (C-2); always inside a dialog (C-3). */
  supervised = true;
  #servlet: SipProxy | undefined;

  private constructor(
    readonly received: ProxiedRequest,
    loopPart: string,
  ) {
    const { services, transaction, request } = received;
    this.context = new ResponseContext(services.proxy, transaction, request, loopPart, this);
    if (this.context.isInvite) this.#set.hold(this.context);
  }

  /** Of an initial request, with the defaults of its siplet. */
  static ofInitial(received: ProxiedRequest): Proxying {
    const { services, request, transaction, routingState, options } = received;
    const loopPart = received.loopPart ?? services.loopDetection.partOf(request, nameInTurn(received));
    const proxying = new Proxying(received, loopPart);
    const { context } = proxying;
    context.timeout = options.proxyTimeout;
    if (context.isInvite) context.sessionExpires = options.sessionTimer || undefined;
    context.toNextApplication = (branch) =>
      services.nextApplication.of(branch, transaction.flow, routingState, 'CONTINUE');
    proxying.supervised = options.supervised;
    proxying.#set.search = context;
    proxying.#set.isProxied = true;
    return proxying;
  }

  /** Of a request in a dialog: it follows its Request-URI (C-34). */
  static inDialog(received: ProxiedRequest): Proxying {
    const proxying = new Proxying(received, '');
    const { context } = proxying;
    context.isInDialog = true;
    context.heardOn = received.session.heardOn(received.request);
    // RFC 6665 §4.3: a NOTIFY may make the dialog of its recipient.
    const { request, session, routeParameters } = received;
    if (request.method === 'NOTIFY' && session.set.method !== 'INVITE')
      context.recordRoute = proxying.recordRoute(routeParameters ?? '');
    if (isRefresh(request.method) && session.set.method === 'INVITE')
      context.sessionExpires = received.options.sessionTimer || undefined;
    context.recurse = false;
    context.timeout = 0;
    return proxying;
  }

  /** To the Request-URI. */
  forward(): void {
    this.context.createBranches([this.received.request.uri]);
    this.context.start();
  }

  /** As the application holds it; in a dialog it refuses to add branches. */
  get servlet(): SipProxy {
    this.#servlet ??= new SipProxy(this.context, this);
    return this.#servlet;
  }

  recordRoute(parameters: string): string {
    const { routeCookies, proxiedDialogs } = this.received.services;
    const name = proxiedDialogs.nameOf(this.#set);
    proxiedDialogs.writes(this.#set, parameters);
    return routeCookies.write(name, this.#set.callId, parameters);
  }

  get #set(): Dialogs {
    return this.received.session.set;
  }

  // Supervisor: the application's response handlers ------------------------------------------------

  provisional(branch: Branch, response: Response, settled: Settled): void {
    const session = this.sessionOf(response);
    this.#advance(session, branch, response);
    const { application, request } = this.received;
    const handler = application.table.provisional(response.status, request.method);
    this.#supervise(handler, branch, response, 'received', settled);
  }

  success(branch: Branch, response: Response, isRetransmission: boolean, settled: Settled): void {
    if (!isRetransmission) this.#confirm(this.sessionOf(response), branch, response);
    const { application, request } = this.received;
    const handler = application.table.success(response.status, request.method);
    this.#supervise(handler, branch, response, isRetransmission ? 'retransmitted' : 'received', settled);
  }

  intermediate(branch: Branch, response: Response, isIntermediate: () => boolean, settled: () => void): void {
    const { application, request } = this.received;
    const handler = application.table.branch(response.status, request.method);
    this.#supervise(handler, branch, response, 'intermediate', settled, isIntermediate);
    if (this.received.isInitial && branch.earlyTags.length > 0) this.#set.branchFailed(branch.earlyTags);
  }

  best(choose: () => Choice | undefined, settled: () => void): void {
    if (!this.supervised) {
      const chosen = choose();
      if (chosen !== undefined) this.#unconfirm(chosen.response);
      settled();
      return;
    }
    const { application, request, session } = this.received;
    let chosen: Choice | undefined;
    let servlet: SipResponse | undefined;
    session.applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => {
        chosen = choose();
        if (chosen === undefined || !session.isValid) return undefined;
        return application.table.best(chosen.response.status, request.method);
      },
      argument: () => {
        if (chosen !== undefined) servlet = this.#present(chosen.branch, chosen.response, 'received');
        return servlet;
      },
      settled: (error, handler) => {
        if (error !== undefined && handler !== undefined) {
          this.received.report(handler, error);
          servlet?.restore();
        }
        if (chosen !== undefined) this.#unconfirm(chosen.response);
        settled();
        if (this.context.completed) servlet?.commit();
      },
    });
  }

  completed(): void {
    this.received.account.completed();
    if (this.#set.search === this.context) this.#set.search = undefined;
  }

  forwarded(): void {
    this.received.account.forwarded();
  }

  get mayEnd(): boolean {
    return this.received.mayEnd;
  }

  ended(): void {
    this.#set.release(this.context);
    this.received.ended();
  }

  #supervise(
    handler: Handler | undefined,
    branch: Branch,
    response: Response,
    origin: Origin,
    settled: Settled,
    isWanted?: () => boolean,
  ): void {
    const session = this.sessionOf(response);
    session.touch();
    session.answered(this.received.request, branch.flow);
    if (!this.supervised) {
      settled(branch, response);
      return;
    }
    const servlet = handler === undefined ? undefined : this.#present(branch, response, origin);
    session.applicationSession.mailbox.post(
      new ResponseCall(this.received, handler, servlet, branch, response, settled, isWanted),
    );
  }

  #present(branch: Branch | undefined, response: Response, origin: Origin): SipResponse {
    return new ServedResponse(response, this.received, this.sessionOf(response), branch, origin);
  }

  // Sessions ---------------------------------------------------------------------------------------

  /** A fork's response has a session of its own (C-10a). */
  sessionOf(response: Response): SipSession {
    const { isInitial, session } = this.received;
    return isInitial ? session.set.sessionFor(response) : session;
  }

  /** A 1xx may make an early dialog, and accept a target refresh. */
  #advance(session: SipSession, branch: Branch, response: Response): void {
    if (session.state === 'initial') session.state = 'early';
    const { request, isInitial } = this.received;
    if (!isInitial) {
      if (response.has('rseq')) this.#refresh(response);
    } else if (branch.isRecordRouted && response.to.tag !== undefined && request.method === 'INVITE') {
      session.proxied ??= ProxiedDialog.of(request, response, session.set.formerNumbers);
    }
  }

  /** The request in the dialog has been accepted. */
  #refresh(response: Response): void {
    const { request, session } = this.received;
    const sender = session.senderOf(request);
    if (sender !== undefined) session.proxied?.accepted(request, response, sender);
  }

  /** A 2xx: it makes a dialog, or ends one. */
  #confirm(session: SipSession, branch: Branch, response: Response): void {
    const { request, isInitial } = this.received;
    const { method } = request;
    if (isInitial) {
      if (!DIALOG_METHODS.has(method) || session.state === 'terminated') return;
      session.state = 'confirmed';
      session.isOnPath = branch.isRecordRouted;
      if (!session.isOnPath) return;
      if (session.proxied === undefined)
        session.proxied = ProxiedDialog.of(request, response, session.set.formerNumbers);
      else session.proxied.callee.confirm(response);
      if (method === 'INVITE') session.awaitedAck = new AwaitedAck(this.received.services.clock);
      this.#prolong(session, response);
    } else if (!session.matches(request)) {
      return;
    } else if (method === 'BYE') {
      session.endProxied();
    } else {
      this.#refresh(response);
      this.#prolong(session, response);
    }
  }

  /** The time of the call or of a subscription begins again. */
  #prolong(session: SipSession, response: Response): void {
    const { request, services } = this.received;
    refreshed(session, request, response, services.clock, this.context.sessionExpires);
    subscriptionAnswered(session, request, response, services.clock);
  }

  /**
   * A BYE that fails ends the dialog as well (§15.1.1); after other failures a BYE must follow (§12.2.1.2).
   */
  #unconfirm(response: Response): void {
    const { request, isInitial, session } = this.received;
    if (isInitial || !session.matches(request)) return;
    if (response.status === 401 || response.status === 407) return; // it will be sent again, with credentials (§22.2)
    if (request.method === 'BYE') session.endProxied();
    else subscriptionAnswered(session, request, response, this.received.services.clock);
  }
}

/** An application's second turn with the same request is not a loop: the router has chosen it again. */
function nameInTurn({ application, routingState }: ProxiedRequest): string {
  return application.name + (routingState instanceof Destination ? routingState.turn : '');
}
