// The core above the transactions: initial, subsequent, CANCEL or ACK? whose is it? (§16.3, §16.4, §9.2, §12.2.2, contract section 5)
import { AsyncLocalStorage } from 'node:async_hooks';
import type { RoutingDirective } from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Logger } from 'pino';
import type { Agenda } from '../agenda.js';
import { Dialog } from '../agent/dialog.js';
import { Leg } from '../agent/leg.js';
import type { AgentServices, AgentSettings } from '../agent/services.js';
import { lifetimeOf, subscriptionOf } from '../agent/subscriptions.js';
import { relayUncaught } from '../b2bua/uncaught.js';
import type { Clock } from '../clock.js';
import type { DeployedApplication } from '../deployment/application.js';
import { DigestServer } from '../digest/index.js';
import type { Identifiers } from '../identifiers.js';
import type { HashKey } from '../keyed-hash.js';
import { flat, type Malformed, type Request, type Response, responseTo, type Uri } from '../message/index.js';
import { Lingering } from '../proxy/lingering.js';
import { LoopDetection } from '../proxy/loop-detection.js';
import { OwnRequest } from '../proxy/own-request.js';
import { cookieOf, type RouteCookie, RouteCookies, slotIn } from '../proxy/route-cookie.js';
import { isForElement, isOwnUri, type Own, preprocessRoute } from '../proxy/route-preprocessing.js';
import type { ProxyServices, ProxySettings } from '../proxy/services.js';
import { forwardStatelessly } from '../proxy/stateless-forwarding.js';
import { refusalOf, validate } from '../proxy/validation.js';
import { type NextHop, Onward } from '../routing/onward.js';
import { Returns } from '../routing/returns.js';
import { Departure, type Destination, NoAnswer, type Router } from '../routing/router.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import { SipRequest } from '../servlet/sip-request.js';
import type { ApplicationSession, SessionServices } from '../session/application-session.js';
import { ApplicationSessions } from '../session/application-sessions.js';
import { DialogSet } from '../session/dialog-set.js';
import { EncodedUris } from '../session/encoded-uris.js';
import type { HandlerCaller, Turn } from '../session/mailbox.js';
import type { End } from '../session/proxied-dialog.js';
import { ProxiedDialogs } from '../session/proxied-dialogs.js';
import type { SipSession } from '../session/sip-session.js';
import { Targeting, withoutSession } from '../session/targeting.js';
import { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import { Slots } from '../slots.js';
import type { ServerTransaction, Transactions, TransactionUser } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import { InternalFlow, type InternalReceiver, passageOn, takenBy } from '../transport/internal-flow.js';
import { OUTSIDE, type Passage, sentBy } from '../transport/passage.js';
import { Congestion, type Marks } from './congestion.js';
import type { Handler } from './handler-table.js';
import { Incoming } from './incoming.js';
import { Relay } from './relay.js';

/** Milliseconds. */
export interface CoreSettings {
  readonly handlerTimeout: number;
  readonly answerWarning: number;
  readonly answerTimeout: number;
  readonly dialogIdle: number;
  readonly proxy: ProxySettings;
  readonly agent: AgentSettings;
  readonly congestion: Marks;
}

export interface CoreParts {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly own: Own;
  readonly router: Router;
  readonly settings: CoreSettings;
  /** For hashes that nobody else can make. */
  readonly key: HashKey;
  readonly log: Logger;
  readonly agenda: Agenda;
  /** Takes what travels inside the container, as the transport layer passes up what comes from outside. */
  readonly receive: InternalReceiver;
  open(hop: Hop): Flow;
  hasInterface(address: string): boolean;
  respondByVia(response: Response, inbound: Flow): void;
  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]>;
  avoid(hop: Hop): void;
  /** What a flow would bear that begins here, when it is not known yet where it leads. */
  place(): Place;
}

/** One of our listeners, as messages bear it. */
export type Place = Pick<Flow, 'transport' | 'sentBy' | 'localAddress' | 'localPort'>;

/** What the container itself can do, for OPTIONS (§11.2). */
const CAPABILITIES = [
  [
    'Allow',
    'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, REFER, INFO, PRACK, UPDATE, PUBLISH',
  ],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'identity'],
  ['Accept-Language', '*'],
  ['Supported', 'path, 100rel, timer'],
] as const;

const RETRY_AFTER = '10';

/**
 * Whose handler something was started from: tells who awaits, and in an unhandled rejection whose fault it was. One for the process, because each that
 * was ever used costs every promise a look.
 */
const SCOPE = new AsyncLocalStorage<Turn>();

export class Core implements TransactionUser, HandlerCaller, SessionServices, AgentServices {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly transactions: Transactions;
  readonly settings: CoreSettings;
  readonly log: Logger;
  readonly loopDetection: LoopDetection;
  readonly routeCookies: RouteCookies;
  /** Who the senders of requests are (§22). */
  readonly digest: DigestServer;
  readonly proxyServices: ProxyServices;
  /** Dialogs in which applications are user agents. */
  readonly userAgents = new UserAgentDialogs();
  /** Plain numbers, for metrics. */
  readonly counters = {
    initial: 0,
    subsequent: 0,
    refused: 0,
    orphans: 0,
    strays: 0,
    malformed: 0,
    handlerFailures: 0,
  };
  /** Requests that an application has and that have no final response. */
  unanswered = 0;
  /** Told when a version of an application has no session any more. */
  onIdle: ((application: DeployedApplication) => void) | undefined;
  /** No new initial requests are taken (§21.5.4). */
  stopping = false;
  /** Too much to do for new ones (§21.5.4). */
  readonly congestion: Congestion;
  /** How handlers are called: metrics put themselves around it. */
  call: (handler: Handler, argument: unknown, application: DeployedApplication) => unknown = callHandler;
  /** Told of every handler that failed, by its label. */
  onFailure: ((label: string, application: DeployedApplication) => void) | undefined;
  readonly #parts: CoreParts;
  readonly #own: Own;
  readonly #router: Router;
  readonly #onward: Onward;
  readonly #returns: Returns;
  /** Record-routed dialogs by the slot that the name in our Record-Route ends with. */
  readonly #sets = new Slots<DialogSet>();
  /** Initial requests that applications have sent responses of their own to, by what merged requests share. */
  readonly #answered = new Map<string, Incoming>();
  readonly sessions: ApplicationSessions;
  readonly encodedUris: EncodedUris;
  /** Which session an initial request asks for itself; the routers are told. */
  readonly targeting: Targeting;
  readonly #proxiedDialogs = new ProxiedDialogs(() => this.#sets.values());

  constructor(parts: CoreParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.identifiers = parts.identifiers;
    this.transactions = parts.transactions;
    this.settings = parts.settings;
    this.log = parts.log;
    this.congestion = new Congestion(parts.settings.congestion);
    this.congestion.onChange = (reason) => {
      if (reason === undefined) this.log.info('new calls are taken again');
      else this.log.warn(`no new calls are taken: ${reason}`);
    };
    this.#own = parts.own;
    this.#router = parts.router;
    this.#returns = new Returns(parts.clock, parts.identifiers);
    this.#onward = new Onward({
      router: parts.router,
      own: parts.own,
      returns: this.#returns,
      internalFlow: (like, passage) => this.internalFlow(like, passage),
    });
    this.loopDetection = new LoopDetection(parts.key);
    this.routeCookies = new RouteCookies(parts.key);
    this.digest = new DigestServer(parts);
    this.encodedUris = new EncodedUris(parts.key);
    this.sessions = new ApplicationSessions(this);
    this.targeting = new Targeting(this.sessions, this.encodedUris, this.userAgents, this.#proxiedDialogs);
    const upstream = {
      respondByVia: (response: Response, inbound: Flow) => parts.respondByVia(response, inbound),
      problem: (text: string, error: unknown) => this.problem(text, error),
    };
    this.proxyServices = {
      ...upstream,
      lingering: new Lingering(upstream, undefined),
      clock: parts.clock,
      identifiers: parts.identifiers,
      transactions: parts.transactions,
      settings: parts.settings.proxy,
      open: (hop) => parts.open(hop),
      internalFlow: (next, inbound) => {
        if (cookieOf(next) === undefined || !this.#own.isOwn(next.host, next.port, next.transport)) return undefined;
        return this.internalFlow(inbound, OUTSIDE);
      },
      hasInterface: (address) => parts.hasInterface(address),
      locate: (uri, size) => parts.locate(uri, size),
      avoid: (hop) => parts.avoid(hop),
    };
    parts.transactions.user = this;
  }

  /** What is alive: nothing of it may be left when every call has ended. */
  get size(): Record<'dialogSets' | 'proxiedDialogs' | 'applicationSessions' | 'sessionIds', number> {
    return {
      dialogSets: this.#sets.size,
      proxiedDialogs: this.#proxiedDialogs.size,
      applicationSessions: this.sessions.size,
      sessionIds: this.sessions.named,
    };
  }

  /** New initial requests get 503: the container stops, or has too much to do. */
  get refusesNew(): boolean {
    return this.stopping || this.congestion.reason !== undefined;
  }

  /** Requests without a final response, and dialogs that stand and go through us. */
  get callsInProgress(): number {
    let confirmed = 0;
    for (const set of this.#sets.values())
      if (set.sessions.some((session) => session.state === 'confirmed')) confirmed++;
    return this.unanswered + confirmed + this.userAgents.confirmed;
  }

  // Requests --------------------------------------------------------------------------------------------------------------------------------------------------

  request(request: Request, transaction: ServerTransaction | undefined, flow: Flow): void {
    const { method } = request;
    if (method === 'ACK') return this.#acknowledgement(request, flow);
    if (transaction === undefined) return;
    if (method === 'CANCEL') return this.#cancel(request, transaction);
    const refusal = validate(request);
    // Its final recipient need not forward it any more (§16.3 step 3).
    if (refusal !== undefined && !(refusal.status === 483 && this.#agentOf(request) !== undefined)) {
      this.counters.refused++;
      transaction.respond(refusalOf(request, refusal, transaction.toTag));
      return;
    }
    const route = preprocessRoute(request, this.#own, flow);
    if (request.to.tag === undefined) this.#initial(request, transaction, route);
    else this.#subsequent(request, transaction, route);
  }

  #initial(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    if (isForElement(request, this.#own)) return this.#options(request, transaction);
    if (this.#isMerged(request)) return this.#respond(request, transaction, 482);
    const { flow } = transaction;
    const passage = this.#onward.passageOf(request, flow, route);
    // The router does not know any more what it has said of it.
    if (passage === undefined) return this.#respond(request, transaction, 500);
    // What an application has taken goes on to the next.
    if (this.refusesNew && passage === OUTSIDE)
      return this.#respond(request, transaction, 503, [['Retry-After', RETRY_AFTER]]);
    const target = this.targeting.targetOf(request, route, this.#onward.before(passage));
    if (target === 'malformed') {
      transaction.respond(refusalOf(request, { status: 400, reason: 'Bad Replaces or Join' }, transaction.toTag));
      return;
    }
    const destination = this.#onward.received(request, flow, route, passage, target);
    if (destination instanceof NoAnswer) return this.#noAnswer(request, transaction, destination);
    if (destination instanceof Departure) return this.#depart(request, transaction, destination, route);
    if (destination === undefined || destination.route !== undefined) return this.#noApplication(request, transaction);
    let loopPart: string | undefined;
    if (hasLowerVia(request)) {
      loopPart = this.loopDetection.partOf(request, destination.application.name + destination.turn);
      if (this.loopDetection.loops(request, loopPart, this.#own)) return this.#respond(request, transaction, 482); // §16.3 step 4
    }
    this.counters.initial++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100)); // C-5
    const { application, handler } = destination;
    const session =
      target?.applicationSession.application === application
        ? target.applicationSession
        : this.#sessionFor(request, transaction, route, destination);
    if (session === undefined) return this.#respond(request, transaction, 500);
    const { target: uri } = request;
    if (uri.parameters !== '' && this.#own.isOwn(uri.host, uri.port, uri.transport)) withoutSession(request);
    const set = new DialogSet(session, request);
    const popped = destination.popped ?? route;
    const parameters = popped?.parameters ?? '';
    const incoming = new Incoming(
      this,
      transaction,
      request,
      true,
      set.first,
      loopPart,
      popped,
      parameters,
      destination,
    );
    incoming.begin(handler);
  }

  /** A new session, or the one of the key that the application gives the request (C-42). Undefined when it has failed to (C-41). */
  #sessionFor(
    request: Request,
    transaction: ServerTransaction,
    route: Uri | undefined,
    { application, handler }: Pick<Destination, 'application' | 'handler'>,
  ): ApplicationSession | undefined {
    const { sessionTimeout } = handler.siplet.options;
    const { sessionKey } = application.table;
    if (sessionKey === undefined) return this.sessions.create(application, sessionTimeout);
    let key: unknown;
    try {
      key = sessionKey(new ReadonlySipRequest(request, transaction.flow, route));
      if (key === undefined) return this.sessions.create(application, sessionTimeout);
      return this.sessions.withKey(application, key as string, sessionTimeout);
    } catch (error) {
      if (key instanceof Promise) key.catch(() => {}); // it is said that a promise is no key
      this.handlerFailed(sessionKey.label, application, error, request);
      return undefined;
    }
  }

  /** The session of a request was invalidated before its handler was called: as if it had come now. */
  beginAgain(incoming: Incoming, handler: Handler): void {
    const { request, transaction, loopPart, route, routeParameters, application, passage } = incoming;
    const session = this.#sessionFor(request, transaction, route, { application, handler });
    if (session === undefined) return this.#respond(request, transaction, 500);
    const { first } = new DialogSet(session, request);
    new Incoming(this, transaction, request, true, first, loopPart, route, routeParameters, passage).begin(handler);
  }

  /** A router without an answer, or no router (contract section 5). */
  #noAnswer(request: Request, transaction: ServerTransaction, { status }: NoAnswer): void {
    this.#respond(request, transaction, status, status === 503 ? [['Retry-After', RETRY_AFTER]] : []);
  }

  /** The router sends it out with no application in between: it is forwarded, and its dialogs do not come here (§16). */
  #depart(request: Request, transaction: ServerTransaction, departure: Departure, route: Uri | undefined): void {
    if (request.maxForwards === 0) return this.#respond(request, transaction, 483);
    // Nobody is behind us: it was for an application.
    if (departure.routes.length === 0 && !request.has('route') && isOwnUri(request.target, this.#own))
      return this.#respond(request, transaction, 404);
    const loopPart = this.loopDetection.partOf(request, route?.text ?? '');
    if (this.loopDetection.loops(request, loopPart, this.#own)) return this.#respond(request, transaction, 482);
    this.counters.initial++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    const onward = (branch: Request): NextHop => this.#onward.carryOut(departure, branch, transaction.flow);
    new Relay(this.proxyServices, transaction, request, loopPart, onward).start();
  }

  /** Where a request goes on to that an application proxies, once the routes that the router gives are pushed onto it (contract section 5). */
  toNextApplication(request: Request, inbound: Flow, passage: Passage): NextHop {
    return this.#onward.of(request, inbound, passage, 'CONTINUE');
  }

  // User agents -------------------------------------------------------------------------------------------------------------------------------------------------

  get agentSettings(): AgentSettings {
    return this.settings.agent;
  }

  get ownSentBy(): string {
    return this.#parts.place().sentBy;
  }

  get capabilities(): typeof CAPABILITIES {
    return CAPABILITIES;
  }

  open(hop: Hop): Flow {
    return this.#parts.open(hop);
  }

  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]> {
    return this.#parts.locate(uri, size);
  }

  avoid(hop: Hop): void {
    this.#parts.avoid(hop);
  }

  internalFlowTo(next: Uri): Flow | undefined {
    if (!this.#own.isOwn(next.host, next.port, next.transport)) return undefined;
    return this.internalFlow(this.#parts.place() as Flow, OUTSIDE);
  }

  nextHopFor(request: Request, sender: DeployedApplication, passage: Passage, directive: RoutingDirective): NextHop {
    return this.#onward.of(request, this.#parts.place() as Flow, sentBy(sender.name, passage), directive);
  }

  internalFlow(like: Flow, passage: Passage): Flow {
    return InternalFlow.pair(this.#parts.agenda, this.#parts.receive, like, passage);
  }

  /**
   * Whether it is in a dialog in which an application is a user agent, makes one (RFC 6665 §4.4.1) or crosses with the
   * BYE that ends it (§15.1.2).
   */
  isInDialog({ method, callId, to, from }: Request): boolean {
    const { userAgents } = this;
    if (userAgents.size === 0) return false;
    if (userAgents.find(callId, to.tag, from.tag) !== undefined) return true;
    if (method === 'NOTIFY') return userAgents.awaitingNotify(callId, to.tag) !== undefined;
    return method === 'BYE' && userAgents.isEnding(callId, to.tag, from.tag);
  }

  /** Whether a request from outside asks for a session that is here (JSR 289 §15.11): then no stateless siplet has it, if the router leaves that to us. */
  namesSession(request: Request, flow: Flow): boolean {
    const { method } = request;
    if (!this.#router.yieldsToTarget || method === 'ACK' || method === 'CANCEL' || passageOn(flow) !== OUTSIDE)
      return false;
    const first = request.has('route') ? request.routes('route')[0]?.target : undefined;
    const isOurs = first !== undefined && this.#own.isOwn(first.host, first.port, first.transport);
    const target = this.targeting.targetOf(request, isOurs ? first : undefined);
    return typeof target === 'object' && target.applicationSession.application.table.initial(method) !== undefined;
  }

  /** §8.2.2.2: the same request came before, by another way, and an application of ours answers it as a user agent. Proxies forward both. */
  #isMerged(request: Request): boolean {
    return this.#answered.size > 0 && (this.#answered.get(mergeKey(request))?.isUserAgent ?? false);
  }

  /** An application has answered this request itself. */
  answering(incoming: Incoming): void {
    this.#answered.set(mergeKey(incoming.request), incoming);
  }

  answeringEnded(incoming: Incoming): void {
    const key = mergeKey(incoming.request);
    if (this.#answered.get(key) === incoming) this.#answered.delete(key);
  }

  /** Contract section 5: no application takes it. */
  #noApplication(request: Request, transaction: ServerTransaction): void {
    if (request.maxForwards === 0) return this.#respond(request, transaction, 483);
    const { methods } = this.#router;
    // The router may have none for a method that some application takes.
    if (methods.length === 0 || methods.includes(request.method)) this.#respond(request, transaction, 404);
    else this.#respond(request, transaction, 405, [['Allow', methods.join(', ')]]);
  }

  #options(request: Request, transaction: ServerTransaction): void {
    if (this.refusesNew) this.#respond(request, transaction, 503, [['Retry-After', RETRY_AFTER]]);
    else this.#respond(request, transaction, 200, CAPABILITIES);
  }

  /** §12.2.2, C-34: a request inside a dialog. */
  #subsequent(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    this.counters.subsequent++;
    const cookie = route === undefined ? undefined : this.routeCookies.read(route, request.callId);
    const session = this.#sessionOf(cookie, request);
    if (session === undefined) {
      const agent = this.#agentOf(request);
      if (agent === undefined) {
        if (request.method === 'BYE' && this.userAgents.isEnding(request.callId, request.to.tag, request.from.tag))
          return this.#respond(request, transaction, 200);
        return this.#orphan(request, transaction, route);
      }
      if (transaction.isInvite) transaction.respond(responseTo(request, 100));
      const incoming = new Incoming(
        this,
        transaction,
        request,
        false,
        agent,
        '',
        route,
        route?.parameters ?? '',
        OUTSIDE,
      );
      return incoming.serve(incoming.application.table.subsequent(request.method));
    }
    if (request.maxForwards === 0) return this.#respond(request, transaction, 483);
    session.proxied?.passed(request, request.from.tag === session.calleeTag ? 'callee' : 'caller');
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    const { parameters } = cookie!;
    const incoming = new Incoming(this, transaction, request, false, session, '', route, parameters, OUTSIDE);
    incoming.forwardInDialog(incoming.application.table.subsequent(request.method));
  }

  /** The session of the dialog in which an application is a user agent; a NOTIFY may make it (RFC 6665 §4.4.1). */
  #agentOf(request: Request): SipSession | undefined {
    if (this.userAgents.size === 0) return undefined;
    const { callId, to, from } = request;
    const found = this.userAgents.find(callId, to.tag, from.tag);
    if (found !== undefined || request.method !== 'NOTIFY') return found;
    const asker = this.userAgents.awaitingNotify(callId, to.tag);
    if (asker === undefined) return undefined;
    const session = asker.set.sessionOfTag(from.tag ?? '');
    if (session.state === 'terminated' || !session.isValid) return undefined;
    const leg = Leg.of(session, this);
    leg.open(Dialog.ofNotified(asker.leg!.original!, request));
    leg.beginSubscription(subscriptionOf(asker.leg!.original!), lifetimeOf(request));
    return session;
  }

  /** C-40: a To tag that matches no dialog is routed by its Route set when there is one for us, else refused. */
  #orphan(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    if (route === undefined) return this.#respond(request, transaction, 481);
    if (request.maxForwards === 0) return this.#respond(request, transaction, 483);
    this.counters.orphans++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    new Relay(this.proxyServices, transaction, request).start();
  }

  /** The session of the dialog that the Route value names and the request is in. */
  #sessionOf(cookie: RouteCookie | undefined, request: Request): SipSession | undefined {
    if (cookie === undefined) return undefined;
    const set = this.#sets.get(slotIn(cookie.name));
    return set?.name === cookie.name ? set.match(request) : undefined;
  }

  /** An ACK that belongs to no transaction of ours: to a 2xx, in a dialog (C-10c). */
  #acknowledgement(request: Request, flow: Flow): void {
    if (validate(request) !== undefined && request.maxForwards === 0) return;
    const route = preprocessRoute(request, this.#own, flow);
    const cookie = route === undefined ? undefined : this.routeCookies.read(route, request.callId);
    const session = this.#sessionOf(cookie, request);
    if (session === undefined) {
      const agent = this.userAgents.find(request.callId, request.to.tag, request.from.tag);
      if (agent !== undefined) return this.#acknowledgementToAgent(request, agent, flow);
    }
    if (route === undefined) return; // for nobody we know
    const handler = session?.applicationSession.application.table.subsequent('ACK');
    const forward = (): void => forwardStatelessly(request, this.proxyServices, flow);
    if (session !== undefined) takenBy(flow, session.applicationSession.application.name);
    if (session === undefined || handler === undefined) return forward();
    const { applicationSession } = session;
    applicationSession.touch();
    applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => handler,
      argument: () => new SipRequest(request, session, false, cookie!.parameters, flow, undefined),
      settled: (error) => {
        if (error !== undefined) this.handlerFailed(handler.label, applicationSession.application, error, request);
        forward();
      },
    });
  }

  /** §13.3.1.4: it is shown once, however often it comes. */
  #acknowledgementToAgent(request: Request, session: SipSession, flow: Flow): void {
    const leg = session.leg!;
    if (!leg.acknowledges(request)) return;
    const { applicationSession } = session;
    const { application } = applicationSession;
    const handler = application.table.subsequent('ACK');
    const servlet = new SipRequest(request, session, false, '', flow, undefined);
    applicationSession.touch();
    const awaited = leg.takeExpected('ACK');
    awaited?.give(servlet);
    applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => (awaited === undefined ? handler : undefined),
      argument: () => servlet,
      settled: (error) => {
        if (error !== undefined) this.handlerFailed(handler!.label, application, error, request);
        leg.user?.acknowledged(servlet);
      },
    });
  }

  /** §9.2, §16.10, C-29. */
  #cancel(cancel: Request, transaction: ServerTransaction): void {
    const invite = this.transactions.targetOf(cancel);
    // A CANCEL comes from where its INVITE came from: nobody else may end the call.
    if (invite === undefined || invite.flow.remoteAddress !== transaction.flow.remoteAddress) {
      return this.#respond(cancel, transaction, 481);
    }
    transaction.respond(responseTo(cancel, 200, undefined, invite.toTag));
    if (invite.isInvite) invite.user?.cancelled?.(cancel); // of any other method it has no effect (§9.2)
  }

  #respond(
    request: Request,
    transaction: ServerTransaction,
    status: number,
    headers: readonly (readonly [string, string])[] = [],
  ): void {
    if (status >= 300) this.counters.refused++;
    transaction.respond(refusalOf(request, { status, headers }, transaction.toTag));
  }

  /** RFC 6026 §8.9: a stateful proxy drops it. */
  stray(_response: Response, _flow: Flow): void {
    this.counters.strays++;
  }

  malformed(fault: Malformed, flow: Flow): void {
    this.counters.malformed++;
    if (this.log.isLevelEnabled('debug')) {
      this.log.debug(
        { from: `${flow.remoteAddress}:${flow.remotePort}`, section: fault.section },
        `malformed message: ${fault.reason}`,
      );
    }
  }

  // Dialogs and sessions ----------------------------------------------------------------------------------------------------------------------------------------

  /** Its name in our Record-Route: the container stays on the path of these dialogs from now on. */
  nameOf(set: DialogSet): string {
    if (set.name !== undefined) return set.name;
    set.slot = this.#sets.add(set);
    set.name = flat(`${this.identifiers.branch()}.${set.slot}`);
    this.#proxiedDialogs.add(set);
    return set.name;
  }

  dialogSetEnded(set: DialogSet): void {
    if (this.#sets.delete(set.slot, set)) this.#proxiedDialogs.remove(set);
  }

  applicationSessionEnded(session: ApplicationSession): void {
    if (this.sessions.remove(session)) this.onIdle?.(session.application);
  }

  async terminateProxied(session: SipSession): Promise<void> {
    const { proxied, set } = session;
    if (session.state === 'terminated') return;
    if (session.state !== 'confirmed') return set.search?.cancel();
    if (proxied === undefined)
      throw new IllegalStateError(`terminate: the container is not on the path of the dialog ${session.callId}`);
    session.transactionBegins();
    session.state = 'terminated';
    const like = this.#parts.place() as Flow;
    const send = (to: End): Promise<void> => OwnRequest.send(this.proxyServices, proxied.bye(to, session), like);
    await Promise.all([send('caller'), send('callee')]);
    session.transactionAnswered();
    session.transactionEnds();
  }

  /** Invalidates whatever a version still has: its time to drain is over (D-2). What comes in its dialogs goes on by the Route set. */
  endSessions(application: DeployedApplication): void {
    for (const session of this.sessions.of(application)) session.invalidate();
  }

  /** How many application sessions a version of an application has: it can be unloaded when there is none (D-2). */
  sessionsOf(application: DeployedApplication): number {
    return this.sessions.countOf(application);
  }

  // Handlers ----------------------------------------------------------------------------------------------------------------------------------------------------

  get caller(): HandlerCaller {
    return this;
  }

  get dialogIdle(): number {
    return this.settings.dialogIdle;
  }

  get handlerTimeout(): number {
    return this.settings.handlerTimeout;
  }

  invoke(turn: Turn, argument: unknown): unknown {
    return SCOPE.run(turn, this.call, turn.handler, argument, turn.application);
  }

  /** In whose handler we are; undefined outside of all. */
  get turn(): Turn | undefined {
    return SCOPE.getStore();
  }

  /** Something that no handler caught: a rejection that nobody awaits, a timer that throws. It takes nobody's calls with it (C-41). */
  unhandled(error: unknown): void {
    if (relayUncaught(error)) return;
    const scope = SCOPE.getStore();
    this.counters.handlerFailures++;
    if (scope === undefined) return this.log.error({ err: error }, 'an unhandled error');
    const { application, handler } = scope;
    this.onFailure?.(handler.label, application);
    application.log.error({ err: error, handler: handler.label }, `${handler.label} left an unhandled error`);
  }

  handlerFailed(
    label: string,
    application: DeployedApplication,
    error: unknown,
    request?: Request,
    level: 'error' | 'debug' = 'error',
  ): void {
    if (relayUncaught(error)) level = 'debug';
    if (level === 'error') {
      this.counters.handlerFailures++;
      this.onFailure?.(label, application);
    }
    application.log[level](
      { err: error, handler: label, method: request?.method, callId: request?.callId },
      `${label} failed`,
    );
  }

  /** Something about one call that an operator may want to know. */
  problem(text: string, error: unknown): void {
    this.log.warn({ err: error }, text);
  }

  fault(error: unknown): void {
    this.log.error({ err: error }, 'a fault of the container');
  }
}

function callHandler(handler: Handler, argument: unknown): unknown {
  return handler.invoke(argument);
}

/** Whether another element has forwarded it: only then can it have been here. */
function hasLowerVia(request: Request): boolean {
  let seen = false;
  for (const field of request.fields) {
    if (field.key !== 'via') continue;
    if (seen || field.value.includes(',')) return true;
    seen = true;
  }
  return false;
}

/** What tells a merged request (§8.2.2.2). */
function mergeKey(request: Request): string {
  return `${request.from.tag} ${request.cseq.number} ${request.method} ${request.callId}`;
}
