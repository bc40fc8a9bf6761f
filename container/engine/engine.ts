// Everything from the wire to the handlers of applications, joined once on ports for time, randomness and wire: the
// same in the container and in a test.
import type { Logger } from 'pino';
import type { Agenda } from '../base/agenda.js';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';
import type { Configuration } from '../configuration/configuration.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import type { DispatchCounters } from '../dispatch/services.js';
import { Malformed } from '../message/index.js';
import { StatelessProxy } from '../proxy/stateless.js';
import { CustomRouter } from '../routing/custom-router.js';
import { DefaultRouter } from '../routing/default-router.js';
import type { ActiveApplications, Router } from '../routing/router.js';
import type { ApplicationSessions } from '../session/application-sessions.js';
import type { Invocation } from '../session/invocation.js';
import { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Network, Resolver } from '../transport/network.js';
import { ServerLocation } from '../transport/server-location.js';
import { TransportLayer } from '../transport/transport-layer.js';
import { Congestion } from './congestion.js';
import { Intake } from './intake.js';
import { type ServiceSettings, Services } from './services.js';
import { establishedCalls, standingCallIds } from './standing-calls.js';

interface EnginePorts {
  readonly network: Network;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly agenda: Agenda;
  /**
   * The key for hashes that nobody else can make. It is the same after a restart, so that messages under way are still
   * recognised.
   */
  readonly key: HashKey;
  readonly log: Logger;
}

/** The part of the configuration that the engine reads. */
type EngineConfiguration = Pick<Configuration, 'domains' | 'router' | 'proxy' | 'timers' | 'limits'>;

/** How long the choice of a best response waits for the answer to our CANCEL: four T1. */
const GRACE_IN_T1 = 4;
const MAX_BRANCHES = 128;
const MAX_RECURSION = 10;

/** The numbers of live objects: all zero when every call has ended. */
type Alive = Record<'dialogSets' | 'proxiedDialogs' | 'applicationSessions' | 'sessionIds', number>;

export class Engine {
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly stateless: StatelessProxy;
  /** The application router. */
  readonly router: Router;
  readonly services: Services;
  /** Whether the load is too high for new calls (§21.5.4). */
  readonly congestion: Congestion;
  /** Set when the container stops: new initial requests are refused (§21.5.4). */
  stopping = false;

  constructor(ports: EnginePorts, configuration: EngineConfiguration, applications: ActiveApplications) {
    const { clock, identifiers, key, log } = ports;
    const { timers, limits, domains } = configuration;
    const { maxForwards } = configuration.proxy;
    this.congestion = congestionOf(limits, log);
    this.transport = new TransportLayer(ports, {
      t1: timers.t1,
      idleTime: limits.connectionIdle,
      maxConnections: limits.connections,
      framing: { body: limits.bodySize },
      domains,
      failed: (error) => log.error({ err: error }, 'the container failed'),
    });
    this.transactions = new TransactionLayer(this.transport, clock, identifiers, {
      timers,
      limits: { transactions: limits.transactions },
    });
    const location = new ServerLocation(
      { resolver: ports.resolver, reach: this.transport, clock, chance: () => identifiers.fraction() },
      { udpMtu: limits.udpMtu },
    );
    this.router = this.#createRouter(configuration.router, applications, log);
    this.stateless = new StatelessProxy({
      transactions: this.transactions,
      own: this.transport,
      key,
      maxForwards,
      locate: (uri, size, chance) => location.locate(uri, size, chance),
      avoid: (hop) => location.avoid(hop),
      avoids: (hop) => location.avoids(hop),
      flowForResponse: (response, arrivedOn) =>
        response.via === undefined ? undefined : this.transport.flowForVia(response.via, arrivedOn),
      problem: (text, error) => log.warn({ err: error }, text),
      clock,
      t1: timers.t1,
      isStopping: () => this.refusesNew,
    });
    const { transport, transactions, router } = this;
    this.services = new Services(
      {
        ...ports,
        transport,
        transactions,
        location,
        router,
        receive: (message, flow, wire) => {
          if (!(message instanceof Malformed)) transport.counters.observer?.passed(message, wire, flow.parties);
          transactions.receive(message, flow);
        },
        refusesNew: () => this.refusesNew,
      },
      settingsOf(configuration),
    );
    const dispatcher = new Dispatcher(this.services.dispatch);
    transactions.user = dispatcher;
    transactions.stateless = new Intake({
      stateless: this.stateless,
      transactions,
      applications,
      router,
      own: transport,
      isInDialog: (request) => dispatcher.inDialog.isInDialog(request),
      namesSession: (request, flow) => dispatcher.initial.namesSession(request, flow),
    });
    transport.user = transactions;
  }

  #createRouter(
    { application: name, order }: EngineConfiguration['router'],
    applications: ActiveApplications,
    log: Logger,
  ): Router {
    if (name === undefined) return new DefaultRouter(applications, order);
    return new CustomRouter({
      applications,
      name,
      own: this.transport,
      log,
      isKnown: (request) => this.transactions.targetOf(request) !== undefined,
    });
  }

  /** How handlers are called, and the errors that they left uncaught. */
  get invocation(): Invocation {
    return this.services.invocation;
  }

  get sessions(): ApplicationSessions {
    return this.services.sessions;
  }

  /** Plain numbers, for metrics. */
  get counters(): Readonly<DispatchCounters> {
    return this.services.dispatch.counters;
  }

  get size(): Alive {
    const { proxiedDialogs, sessions } = this.services;
    return {
      dialogSets: proxiedDialogs.size,
      proxiedDialogs: proxiedDialogs.indexed,
      applicationSessions: sessions.size,
      sessionIds: sessions.named,
    };
  }

  /** Whether new initial requests get 503: the container stops or is overloaded. */
  get refusesNew(): boolean {
    return this.stopping || this.congestion.reason !== undefined;
  }

  /** Requests without a final response, and established calls that applications proxy or take part in. */
  get callsInProgress(): number {
    return this.counters.unanswered + establishedCalls(this.services);
  }

  /** The Call-IDs of early and established dialogs that applications proxy or take part in. */
  get standingCallIds(): ReadonlySet<string> {
    return standingCallIds(this.services);
  }
}

function congestionOf(limits: EngineConfiguration['limits'], log: Logger): Congestion {
  const congestion = new Congestion({ memory: limits.memory / 100, delay: limits.eventLoopDelay });
  congestion.onChange = (reason) => {
    if (reason === undefined) log.info('new calls are accepted again');
    else log.warn(`new calls are refused: ${reason}`);
  };
  return congestion;
}

function settingsOf({ timers, limits, proxy }: EngineConfiguration): ServiceSettings {
  return {
    handlerTimeout: limits.handlerTimeout,
    answerWarning: limits.answerWarning,
    answerTimeout: limits.answerTimeout,
    dialogIdle: limits.dialogIdle,
    proxy: {
      maxForwards: proxy.maxForwards,
      timerC: timers.timerC,
      linger: 64 * timers.t1,
      cancelGrace: GRACE_IN_T1 * timers.t1,
      maxBranches: MAX_BRANCHES,
      maxRecursion: MAX_RECURSION,
    },
    agent: {
      t1: timers.t1,
      t2: timers.t2,
      timerC: timers.timerC,
      sessionExpires: limits.sessionExpires / 1000,
      minSE: limits.minSE / 1000,
    },
  };
}
