// What each floor gets of the others: plain objects, created once.
import type { Logger } from 'pino';
import { Leg } from '../agent/leg.js';
import type { AgentServices, AgentSettings } from '../agent/services.js';
import { B2bua } from '../b2bua/b2bua.js';
import { relayUncaught } from '../b2bua/uncaught.js';
import type { Agenda } from '../base/agenda.js';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';
import { DigestServer } from '../digest/index.js';
import { MergedRequests } from '../dispatch/merged-requests.js';
import { CAPABILITIES } from '../dispatch/refusals.js';
import type { DispatchServices, DispatchSettings } from '../dispatch/services.js';
import type { Request, Uri } from '../message/index.js';
import { Lingering, type Upstream } from '../proxy/lingering.js';
import { LoopDetection } from '../proxy/loop-detection.js';
import type { Location } from '../proxy/next-hop.js';
import { OwnRequest } from '../proxy/own-request.js';
import { cookieOf, RouteCookies } from '../proxy/route-cookie.js';
import type { ProxyServices, ProxySettings } from '../proxy/services.js';
import { NextApplication } from '../routing/next-application.js';
import { Returns } from '../routing/returns.js';
import type { Router } from '../routing/router.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { ApplicationSessions } from '../session/application-sessions.js';
import { EncodedUris } from '../session/encoded-uris.js';
import { Invocation } from '../session/invocation.js';
import { ProxiedDialogs } from '../session/proxied-dialogs.js';
import type { SessionServices } from '../session/services.js';
import { Targeting } from '../session/targeting.js';
import { UserAgentDialogs } from '../session/user-agent-dialogs.js';
import type { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Flow } from '../transport/flow.js';
import { InternalFlow, type InternalReceiver, originOf } from '../transport/internal-flow.js';
import { OUTSIDE, type RoutingState, sentBy } from '../transport/routing-state.js';
import type { TransportLayer } from '../transport/transport-layer.js';

/** Milliseconds. */
export interface ServiceSettings extends DispatchSettings {
  readonly handlerTimeout: number;
  readonly dialogIdle: number;
  readonly proxy: ProxySettings;
  readonly agent: AgentSettings;
}

/** What the floors below have created. */
interface ServiceParts {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly agenda: Agenda;
  readonly key: HashKey;
  readonly log: Logger;
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly location: Location;
  readonly router: Router;
  /** Receives messages inside the container, as the transport layer passes up those from outside. */
  readonly receive: InternalReceiver;
  refusesNew(): boolean;
}

export class Services {
  readonly invocation: Invocation;
  readonly sessions: ApplicationSessions;
  readonly userAgents = new UserAgentDialogs();
  readonly proxiedDialogs: ProxiedDialogs;
  readonly targeting: Targeting;
  readonly proxy: ProxyServices;
  readonly agent: AgentServices;
  readonly dispatch: DispatchServices;
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts, settings: ServiceSettings) {
    this.#parts = parts;
    this.invocation = new Invocation(parts.clock, settings.handlerTimeout, parts.log);
    this.invocation.relays = relayUncaught;
    this.proxiedDialogs = new ProxiedDialogs(parts.identifiers);
    const forSessions = this.#forSessions(settings);
    this.sessions = new ApplicationSessions(forSessions);
    this.targeting = new Targeting(this.sessions, forSessions.encodedUris, this.userAgents, this.proxiedDialogs);
    this.proxy = this.#forProxy(settings.proxy);
    const { router, transport: own, clock, identifiers } = parts;
    const nextApplication = new NextApplication({
      router,
      own,
      returns: new Returns(clock, identifiers),
      internalFlow: (like, routingState, origin) => this.#internalFlow(like, routingState, origin),
    });
    this.agent = this.#forAgents(settings.agent, nextApplication);
    this.dispatch = this.#forDispatch(settings, nextApplication);
  }

  #forSessions({ dialogIdle }: ServiceSettings): SessionServices {
    const { clock, identifiers, key, transport } = this.#parts;
    return {
      clock,
      identifiers,
      dialogIdle,
      hasInterface: (address) => transport.hasInterface(address),
      invocation: this.invocation,
      encodedUris: new EncodedUris(key),
      named: new Map(),
      sendInDialog: (request, heardOn) => this.#sendInDialog(request, heardOn),
    };
  }

  #forProxy(settings: ProxySettings): ProxyServices {
    const { clock, identifiers, transactions, transport, location } = this.#parts;
    const upstream: Upstream = {
      respondByVia: (response, inbound) => void transport.respond(response, inbound),
      problem: (text, error) => this.#problem(text, error),
    };
    return {
      ...upstream,
      clock,
      identifiers,
      transactions,
      settings,
      lingering: new Lingering(upstream, undefined),
      open: (hop) => transport.open(hop),
      internalFlow: (next, inbound) =>
        cookieOf(next) !== undefined && this.#isOwn(next)
          ? this.#internalFlow(inbound, OUTSIDE, originOf(inbound))
          : undefined,
      hasInterface: (address) => transport.hasInterface(address),
      locate: (uri, size) => location.locate(uri, size),
      avoid: (hop) => location.avoid(hop),
      avoids: (hop) => location.avoids(hop),
    };
  }

  #forAgents(settings: AgentSettings, nextApplication: NextApplication): AgentServices {
    const { clock, identifiers, transactions, transport, location } = this.#parts;
    const services: AgentServices = {
      clock,
      identifiers,
      transactions,
      settings,
      userAgents: this.userAgents,
      invocation: this.invocation,
      capabilities: CAPABILITIES,
      get ownSentBy() {
        return transport.place.sentBy;
      },
      open: (hop) => transport.open(hop),
      locate: (uri, size) => location.locate(uri, size),
      avoid: (hop) => location.avoid(hop),
      avoids: (hop) => location.avoids(hop),
      lingering: this.proxy.lingering,
      sendInDialog: (request, heardOn) => this.#sendInDialog(request, heardOn),
      internalFlowTo: (next, origin) =>
        this.#isOwn(next) ? this.#internalFlow(this.#place, OUTSIDE, origin) : undefined,
      nextHopFor: (request, sender, { routingState, routingDirective, entryFlow }) =>
        nextApplication.of(request, this.#place, sentBy(sender.name, routingState), routingDirective, entryFlow),
      joined: (callId, other) => transport.counters.observer?.joined(callId, other),
      b2bua: (request, session) => new B2bua(request as SipRequest, Leg.of(session, services)),
      problem: (text, error) => this.#problem(text, error),
    };
    return services;
  }

  #forDispatch({ answerWarning, answerTimeout }: ServiceSettings, nextApplication: NextApplication): DispatchServices {
    const { clock, key, log, transactions, transport, router, refusesNew } = this.#parts;
    const { invocation, sessions, targeting, proxiedDialogs, userAgents, proxy, agent } = this;
    return {
      clock,
      log,
      settings: { answerWarning, answerTimeout },
      counters: { initial: 0, subsequent: 0, refused: 0, orphans: 0, strays: 0, malformed: 0, unanswered: 0 },
      transactions,
      own: transport,
      digest: new DigestServer(this.#parts),
      loopDetection: new LoopDetection(key),
      routeCookies: new RouteCookies(key),
      proxy,
      agent,
      invocation,
      sessions,
      targeting,
      proxiedDialogs,
      userAgents,
      router,
      nextApplication,
      merged: new MergedRequests(),
      refusesNew,
    };
  }

  /** The addresses of a flow that begins here, while its destination is unknown. */
  get #place(): Flow {
    return this.#parts.transport.place as Flow;
  }

  #sendInDialog(request: Request, heardOn: Flow | undefined): Promise<void> {
    return OwnRequest.send(this.proxy, request, this.#place, heardOn);
  }

  #isOwn(uri: Uri): boolean {
    return this.#parts.transport.isOwn(uri.host, uri.port, uri.transport);
  }

  #internalFlow(like: Flow, routingState: RoutingState, origin: Flow | undefined): Flow {
    return InternalFlow.pair(this.#parts.agenda, this.#parts.receive, like, routingState, origin);
  }

  #problem(text: string, error: unknown): void {
    this.#parts.log.warn({ err: error }, text);
  }
}
