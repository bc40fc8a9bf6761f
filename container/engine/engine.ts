// Everything from the wire up to the applications' handlers, joined once, on ports for time, chance and wire: the same in the container and in a test.
import type { Logger } from 'pino';
import { Agenda } from '../base/agenda.js';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';
import type { Configuration } from '../configuration/configuration.js';
import { Core } from '../dispatch/core.js';
import { Malformed } from '../message/index.js';
import { StatelessProxy } from '../proxy/stateless.js';
import { CustomRouter } from '../routing/custom-router.js';
import { DefaultRouter } from '../routing/default-router.js';
import type { ActiveApplications, Router } from '../routing/router.js';
import { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Network, Resolver } from '../transport/network.js';
import { ServerLocation } from '../transport/server-location.js';
import { TransportLayer } from '../transport/transport-layer.js';

export interface EnginePorts {
  readonly network: Network;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly agenda: Agenda;
  /** For hashes that nobody else can make: the same after a restart, so that messages under way are known again. */
  readonly key: HashKey;
  readonly log: Logger;
}

/** What of the configuration the engine reads. */
export type EngineConfiguration = Pick<Configuration, 'domains' | 'router' | 'proxy' | 'timers' | 'limits'>;

/** How long the choice of a best response waits for the answer to a CANCEL of our own: four T1. */
const GRACE_IN_T1 = 4;
const MAX_BRANCHES = 128;
const MAX_RECURSION = 10;

export class Engine {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly stateless: StatelessProxy;
  readonly core: Core;
  /** Which application is next. */
  readonly router: Router;

  constructor(ports: EnginePorts, configuration: EngineConfiguration, applications: ActiveApplications) {
    const { clock, identifiers, key, log } = ports;
    const { timers, limits, domains, router } = configuration;
    const { maxForwards } = configuration.proxy;
    this.transport = new TransportLayer(ports, {
      t1: timers.t1,
      idleTime: limits.connectionIdle,
      maxConnections: limits.connections,
      framing: { body: limits.bodySize },
      domains,
      failed: (error) => log.error({ err: error }, 'a fault of the container'),
    });
    this.transactions = new TransactionLayer(this.transport, clock, identifiers, {
      timers,
      limits: { transactions: limits.transactions },
    });
    const location = new ServerLocation(
      { resolver: ports.resolver, reach: this.transport, clock, chance: () => identifiers.fraction() },
      { udpMtu: limits.udpMtu },
    );
    const routes =
      router.application === undefined
        ? new DefaultRouter(applications, router.order)
        : new CustomRouter({
            applications,
            name: router.application,
            own: this.transport,
            log,
            isKnown: (request) => this.transactions.targetOf(request) !== undefined,
          });
    this.router = routes;
    this.stateless = new StatelessProxy({
      transactions: this.transactions,
      own: this.transport,
      key,
      maxForwards,
      hasRoutes: () => routes.hasStateless,
      routeOf: (request, flow) => routes.stateless(request, flow),
      isInDialog: (request) => this.core.isInDialog(request),
      namesSession: (request, flow) => this.core.namesSession(request, flow),
      locate: (uri, size, chance) => location.locate(uri, size, chance),
      flowForResponse: (response, arrivedOn) => this.transport.flowForVia(response.via!, arrivedOn),
      problem: (text, error) => log.warn({ err: error }, text),
      isStopping: () => this.core.refusesNew,
    });
    this.transport.user = this.stateless;
    this.core = new Core({
      clock,
      identifiers,
      key,
      log,
      transactions: this.transactions,
      own: this.transport,
      router: routes,
      agenda: ports.agenda,
      receive: (message, flow, wire) => {
        if (!(message instanceof Malformed)) this.transport.counters.observer?.passed(message, wire, flow.parties);
        this.stateless.receive(message, flow);
      },
      open: (hop) => this.transport.open(hop),
      respondByVia: (response, inbound) => void this.transport.respond(response, inbound),
      hasInterface: (address) => this.transport.hasInterface(address),
      locate: (uri, size) => location.locate(uri, size),
      avoid: (hop) => location.avoid(hop),
      place: () => this.transport.place,
      settings: {
        handlerTimeout: limits.handlerTimeout,
        answerWarning: limits.answerWarning,
        answerTimeout: limits.answerTimeout,
        dialogIdle: limits.dialogIdle,
        proxy: {
          maxForwards,
          timerC: timers.timerC,
          linger: 64 * timers.t1,
          cancelGrace: GRACE_IN_T1 * timers.t1,
          maxBranches: MAX_BRANCHES,
          maxRecursion: MAX_RECURSION,
        },
        congestion: { memory: limits.memory / 100, delay: limits.eventLoopDelay },
        agent: {
          t1: timers.t1,
          t2: timers.t2,
          timerC: timers.timerC,
          sessionExpires: limits.sessionExpires / 1000,
          minSE: limits.minSE / 1000,
        },
      },
    });
  }
}
