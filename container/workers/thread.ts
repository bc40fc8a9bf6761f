// The thread of one engine: everything from its ring to its applications, on ports of its own. It
// speaks to the main thread alone.
import { parentPort, workerData } from 'node:worker_threads';
import { Agenda } from '../base/agenda.js';
import { tokensFor } from '../composition/tokens.js';
import { Engine } from '../engine/engine.js';
import { meterLoad } from '../host/load-meter.js';
import { RandomIdentifiers } from '../host/random-identifiers.js';
import { RealClock } from '../host/real-clock.js';
import { ApplicationMetrics } from '../observe/application-metrics.js';
import { createRelayedLog } from '../observe/log.js';
import { Observation } from '../observe/observation.js';
import { RETURN } from '../routing/returns.js';
import { authenticated } from '../servlet/authenticated-handler.js';
import { DnsResolver } from '../transport/dns.js';
import { EngineNetwork } from './engine-network.js';
import { HostedApplications } from './hosted.js';
import { MarkedIdentifiers } from './marks.js';
import type { Beginning, EngineDuties, MainDuties } from './messages.js';
import { Port } from './port.js';
import { Ring } from './ring.js';
import { type HomeGround, homeOf } from './session-homes.js';
import { StreamEnds } from './stream-ends.js';

const { engine: number, count, salt, key, ring, configuration } = workerData as Beginning;
const fault = (error: unknown): void => log.error({ err: error, worker: number + 1 }, 'a fault of the container');

/** Octets from connections that are dealt with before the main thread is told. */
const TELLING = 65_536;
let taken = 0;

const duties: EngineDuties = {
  listen: async (listeners) => {
    network.expect(listeners);
    await engine.transport.listen(listeners);
    network.work();
  },
  start: (order) => hosted.start(order),
  activate: (revisions) => {
    hosted.activate(revisions);
    for (const application of hosted.all) tellIdle(application);
    const isKeyed = hosted.active.some(({ table }) => table.sessionKey !== undefined);
    network.handsOver = isKeyed ? handsOver : undefined;
  },
  endSessions: (revision) => {
    const application = hosted.of(revision);
    if (application !== undefined) engine.sessions.endAll(application);
  },
  dispose: (revision) => hosted.dispose(revision),
  reorder: (next) => {
    order = next;
    engine.router.reorder(next);
  },
  level: (level) => {
    log.level = level;
    for (const application of hosted.all) application.log.level = level;
  },
  telling: (isHeard) => {
    silence?.();
    silence = isHeard
      ? observation?.events.listen(({ kind, data }) => kind === 'call' && main.tell('event', { kind, data }))
      : undefined;
  },
  stopping: () => {
    engine.stopping = true;
  },
  callsInProgress: () => engine.callsInProgress,
  sessions: () => new Map(hosted.all.map((each) => [each.revision, engine.sessions.countOf(each)])),
  reasons: () => {
    const reasons: string[] = [];
    if (engine.congestion.reason !== undefined) reasons.push(engine.congestion.reason);
    if (hosted.active.length > 0 && engine.router.problem !== undefined) reasons.push(engine.router.problem);
    return reasons;
  },
  families: async () => observation?.metrics.values() ?? [],
  calls: () => observation?.calls?.list() ?? [],
  call: (callId) => observation?.calls?.get(callId),
  streamOpened: (notice) => streams.opened(notice),
  streamConnected: (end) => streams.connected(end),
  streamMessage: ({ wire, id }) => {
    taken += wire.length;
    if (taken >= TELLING) {
      main.tell('taken', taken);
      taken = 0;
    }
    network.receiveStream(wire, id);
  },
  streamClosed: (end) => streams.closed(end),
  takeOver: (message) => network.takeOver(message),
  close: async () => {
    meter();
    observation?.close();
    await engine.transport.close();
    await hosted.close();
    clock.close();
  },
};

const main = new Port<MainDuties>(parentPort!, duties, fault, () => network.work());
const log = createRelayedLog(configuration.log.level, (line) => main.tell('log', line));
const clock = new RealClock();
const streams = new StreamEnds(main);
const network = new EngineNetwork(new Ring(ring), streams, fault);
const applications = new ApplicationMetrics();
const hosted = new HostedApplications({
  log,
  defaults: { supervised: configuration.proxy.supervised, proxyTimeout: configuration.proxy.timeout },
  authenticated,
  tokens: (application) => tokensFor(application, () => engine, applications),
});
const engine: Engine = new Engine(
  {
    network,
    resolver: new DnsResolver(clock),
    clock,
    identifiers: new MarkedIdentifiers(new RandomIdentifiers(), number, salt),
    agenda: new Agenda(queueMicrotask, fault),
    key,
    log,
  },
  configuration,
  hosted,
);
let { order } = configuration.router;
let silence: (() => void) | undefined;

type Hosted = NonNullable<ReturnType<typeof hosted.of>>;

/** A version that is replaced has no session here (any more). */
function tellIdle(application: Hosted): void {
  if (!hosted.isActive(application) && engine.sessions.countOf(application) === 0)
    main.tell('idle', application.revision);
}
engine.sessions.onIdle = tellIdle;

/** In the order in which the default router asks them; all of them where an application is the router. */
function applicationsFor(method: string): readonly Hosted[] {
  const names = order.get(method) ?? order.get('*');
  const ordered = names?.flatMap((name) => hosted.active.filter((each) => each.name === name)) ?? hosted.active;
  return ordered.filter(({ table }) => table.initial(method) !== undefined);
}

const homes: HomeGround = {
  count,
  own: engine.transport,
  isAtHome: (request) => engine.transactions.targetOf(request) !== undefined,
  isNamed: (request, route) =>
    route?.parameter(RETURN) !== undefined || engine.services.targeting.targetOf(request, route) !== undefined,
  applicationsFor,
};

const handsOver: EngineNetwork['handsOver'] = (wire, source) => {
  const home = homeOf(wire, source, homes);
  if (home === undefined || home === number) return false;
  main.tell('handOver', { engine: home, wire, ...source });
  return true;
};

// Where nobody can ask, nothing is counted.
const observation =
  configuration.admin === 'off'
    ? undefined
    : new Observation({
        engine,
        deployments: hosted,
        applications,
        log,
        trace: configuration.trace,
        worker: number + 1,
      });
// An application's stray promise or timer must not take the others' calls with it (C-41).
process.on('unhandledRejection', (error) => engine.invocation.unhandled(error));
process.on('uncaughtException', (error) => engine.invocation.unhandled(error));
const meter = meterLoad(engine.congestion);
