// One engine in a thread of its own: everything from its ring to its applications, on ports of its own. It communicates
// only with the main thread.
import { Agenda } from '../base/agenda.js';
import { tokensFor } from '../composition/tokens.js';
import type { RouterOrder } from '../configuration/configuration.js';
import { Engine } from '../engine/engine.js';
import { meterLoad } from '../host/load-meter.js';
import { RandomIdentifiers } from '../host/random-identifiers.js';
import { RealClock } from '../host/real-clock.js';
import { ApplicationMetrics } from '../observe/application-metrics.js';
import { createRelayedLog, type Logger } from '../observe/log.js';
import { Observation } from '../observe/observation.js';
import { RETURN } from '../routing/returns.js';
import { authenticated } from '../servlet/authenticated-handler.js';
import { DnsResolver } from '../transport/dns.js';
import { EngineNetwork } from './engine-network.js';
import { HostedApplications } from './hosted.js';
import { MarkedIdentifiers } from './marks.js';
import type { Beginning, EngineDuties, MainDuties } from './messages.js';
import { type Link, Port } from './port.js';
import { Ring } from './ring.js';
import { type HomeGround, homeOf } from './session-homes.js';
import { StreamEnds } from './stream-ends.js';

/** How many octets from connections are handled before the main thread is told. */
const TELLING = 65_536;

type Hosted = HostedApplications['all'][number];

export class EngineThread {
  readonly #beginning: Beginning;
  readonly #main: Port<MainDuties>;
  readonly #log: Logger;
  readonly #clock = new RealClock();
  readonly #streams: StreamEnds;
  readonly #network: EngineNetwork;
  readonly #measurements = new ApplicationMetrics();
  readonly #hosted: HostedApplications;
  readonly #engine: Engine;
  readonly #homes: HomeGround;
  /** Undefined without an admin address: then nothing is counted. */
  readonly #observation: Observation | undefined;
  readonly #endMetering: () => void;
  #order: RouterOrder['order'];
  #endTelling: (() => void) | undefined;
  /** Octets handled that the main thread has not been told of. */
  #taken = 0;

  constructor(beginning: Beginning, link: Link) {
    const { ring, configuration } = beginning;
    const fault = (error: unknown): void => this.#fault(error);
    this.#beginning = beginning;
    this.#order = configuration.router.order;
    this.#main = new Port<MainDuties>(link, this.#duties(), fault, () => this.#network.work());
    this.#log = createRelayedLog(configuration.log.level, (line) => this.#main.tell('log', line));
    this.#streams = new StreamEnds(this.#main);
    this.#network = new EngineNetwork(new Ring(ring), this.#streams, fault);
    this.#hosted = this.#createHosted();
    this.#engine = this.#createEngine(fault);
    this.#engine.sessions.onIdle = (application) => this.#tellIdle(application);
    this.#homes = this.#createHomes();
    this.#observation = this.#observe();
    this.#endMetering = meterLoad(this.#engine.congestion);
  }

  /** Handles an uncaught error, of an application or of the container (C-41). */
  unhandled(error: unknown): void {
    this.#engine.invocation.unhandled(error);
  }

  #duties(): EngineDuties {
    return { ...this.#changes(), ...this.#answers(), ...this.#messages() };
  }

  /** What the engine does on orders of the main thread. */
  #changes() {
    return {
      listen: async (listeners) => {
        this.#network.expect(listeners);
        await this.#engine.transport.listen(listeners);
        this.#network.work();
      },
      start: (order) => this.#hosted.start(order),
      activate: (revisions) => this.#activate(revisions),
      endSessions: (revision) => {
        const application = this.#hosted.of(revision);
        if (application !== undefined) this.#engine.sessions.endAll(application);
      },
      dispose: (revision) => this.#hosted.dispose(revision),
      reorder: (order) => {
        this.#order = order;
        this.#engine.router.reorder(order);
      },
      level: (level) => {
        for (const log of [this.#log, ...this.#hosted.all.map((each) => each.log)]) log.level = level;
      },
      telling: (isHeard) => this.#tellCalls(isHeard),
      stopping: () => {
        this.#engine.stopping = true;
      },
      close: () => this.#close(),
    } satisfies Partial<EngineDuties>;
  }

  /** What the engine answers to the main thread. */
  #answers() {
    return {
      callsInProgress: () => this.#engine.callsInProgress,
      endCalls: () => this.#engine.sessions.endCalls(this.#hosted.all),
      sessions: () =>
        new Map(this.#hosted.all.map((each) => [each.revision, this.#engine.sessions.countOf(each)] as const)),
      reasons: () => this.#reasons(),
      families: async () => this.#observation?.metrics.values() ?? [],
      calls: () => this.#observation?.calls?.list() ?? [],
      callsOf: (callIds) => this.#observation?.calls?.callsOf(callIds) ?? [],
    } satisfies Partial<EngineDuties>;
  }

  /** Messages from connections and from other engines. */
  #messages() {
    return {
      streamOpened: (notice) => this.#streams.opened(notice),
      streamConnected: (end) => this.#streams.connected(end),
      streamMessage: ({ wire, id }) => {
        this.#taken += wire.length;
        if (this.#taken >= TELLING) {
          this.#main.tell('taken', this.#taken);
          this.#taken = 0;
        }
        this.#network.receiveStream(wire, id);
      },
      streamClosed: (end) => this.#streams.closed(end),
      takeOver: (message) => this.#network.takeOver(message),
    } satisfies Partial<EngineDuties>;
  }

  #createHosted(): HostedApplications {
    const { supervised, timeout: proxyTimeout } = this.#beginning.configuration.proxy;
    return new HostedApplications({
      log: this.#log,
      configFile: this.#beginning.configuration.file,
      defaults: { supervised, proxyTimeout },
      authenticated,
      tokens: (application) => tokensFor(application, () => this.#engine, this.#measurements),
    });
  }

  #createEngine(fault: (error: unknown) => void): Engine {
    const { engine, salt, key, configuration } = this.#beginning;
    return new Engine(
      {
        network: this.#network,
        resolver: new DnsResolver(this.#clock),
        clock: this.#clock,
        identifiers: new MarkedIdentifiers(new RandomIdentifiers(), engine, salt),
        agenda: new Agenda(queueMicrotask, fault),
        key,
        log: this.#log,
      },
      configuration,
      this.#hosted,
    );
  }

  #createHomes(): HomeGround {
    const { transport, transactions, services } = this.#engine;
    return {
      count: this.#beginning.count,
      own: transport,
      isAtHome: (request) => transactions.targetOf(request) !== undefined,
      isNamed: (request, route) =>
        route?.parameter(RETURN) !== undefined || services.targeting.targetOf(request, route) !== undefined,
      applicationsFor: (method) => this.#applicationsFor(method),
    };
  }

  #observe(): Observation | undefined {
    const { engine: number, configuration } = this.#beginning;
    if (configuration.admin === 'off') return undefined;
    return new Observation({
      engine: this.#engine,
      deployments: this.#hosted,
      applications: this.#measurements,
      log: this.#log,
      trace: configuration.trace,
      worker: number + 1,
    });
  }

  /** In the order in which the default router asks them; all of them when an application is the router. */
  #applicationsFor(method: string): readonly Hosted[] {
    const { active } = this.#hosted;
    const names = this.#order.get(method) ?? this.#order.get('*');
    const ordered = names?.flatMap((name) => active.filter((each) => each.name === name)) ?? active;
    return ordered.filter(({ table }) => table.initial(method) !== undefined);
  }

  #activate(revisions: readonly number[]): void {
    this.#hosted.activate(revisions);
    for (const application of this.#hosted.all) this.#tellIdle(application);
    const isKeyed = this.#hosted.active.some(({ table }) => table.sessionKey !== undefined);
    this.#network.handsOver = isKeyed ? this.#handsOver : undefined;
  }

  readonly #handsOver: EngineNetwork['handsOver'] = (wire, source) => {
    const home = homeOf(wire, source, this.#homes);
    if (home === undefined || home === this.#beginning.engine) return false;
    this.#main.tell('handOver', { engine: home, wire, ...source });
    return true;
  };

  /** Tells the main thread that a replaced version has no sessions here. */
  #tellIdle(application: Hosted): void {
    if (!this.#hosted.isActive(application) && this.#engine.sessions.countOf(application) === 0)
      this.#main.tell('idle', application.revision);
  }

  /** Starts or stops telling the main thread of calls. */
  #tellCalls(isHeard: boolean): void {
    this.#endTelling?.();
    this.#endTelling = isHeard
      ? this.#observation?.events.listen(({ kind, data }) => {
          if (kind === 'call') this.#main.tell('event', { kind, data });
        })
      : undefined;
  }

  /** Why this engine should get no new calls. */
  #reasons(): string[] {
    const { congestion, router } = this.#engine;
    const reasons: string[] = [];
    if (congestion.reason !== undefined) reasons.push(congestion.reason);
    if (this.#hosted.active.length > 0 && router.problem !== undefined) reasons.push(router.problem);
    return reasons;
  }

  async #close(): Promise<void> {
    this.#endMetering();
    this.#observation?.close();
    await this.#engine.transport.close();
    await this.#hosted.close();
    this.#clock.close();
  }

  #fault(error: unknown): void {
    this.#log.error({ err: error, worker: this.#beginning.engine + 1 }, 'the container failed');
  }
}
