// Joins everything where there are several engines: this thread has sockets, deployments and the admin address, and a
// thread for each engine has its calls.
import { existsSync } from 'node:fs';
import type { DeployedApplication } from '../application/application.js';
import type { HandlerTable } from '../application/handler-table.js';
import type { ContainerOptions, RunningContainer } from '../composition/container.js';
import { drain } from '../composition/drain.js';
import { Deployments } from '../deployment/deployments.js';
import type { Stage } from '../deployment/stage.js';
import { Watch } from '../deployment/watch.js';
import { RealClock } from '../host/real-clock.js';
import { type AdminServer, startAdmin } from '../http/admin.js';
import { bracketed } from '../transport/address.js';
import { FRAMER_LIMITS } from '../transport/framer.js';
import type { DatagramSocket } from '../transport/network.js';
import { NodeNetwork } from '../transport/node-network.js';
import { handleOfUdp } from '../transport/udp.js';
import { Crew, type SharedListener } from './crew.js';
import { Exchange } from './exchange.js';
import { Moved } from './moved.js';
import { CrewOverseen } from './overseen.js';
import { HANDED_OVER } from './ring.js';
import { Streams } from './streams.js';

/** As in the transport layer of one engine. */
const MOST_OF_ONE = 2000;
const BACKLOG = 1_048_576;

/**
 * As `startContainer`, with `workers` engines. Rejects when an address cannot be bound or a thread cannot be started.
 */
export async function startWithWorkers(options: ContainerOptions, workers: number): Promise<RunningContainer> {
  const { configuration, log, directory } = options;
  const { limits, timers, deploy, shutdown } = configuration;
  const clock = new RealClock();
  const network = new NodeNetwork(clock);
  const moved = new Moved(() => clock.now());
  const crew = new Crew(configuration, workers, log, (salt) => new Exchange(workers, salt, moved));
  const { exchange } = crew;
  const streams = new Streams({
    network,
    clock,
    framing: { ...FRAMER_LIMITS, body: limits.bodySize },
    salt: crew.salt,
    most: limits.connections,
    mostOfOne: MOST_OF_ONE,
    backlog: BACKLOG,
    unusedTime: 64 * timers.t1,
    engineOf: (wire) => exchange.engineOf(wire),
    isThere: (engine) => exchange.isThere(engine),
    tell: (engine, kind, body) => crew.tell(engine, kind, body),
  });
  let { apps } = configuration;
  const stage: Stage = {
    log,
    start: async (deployable, revision, bundle) => {
      const { name, version } = deployable;
      const config = apps.get(name);
      const lines = await crew.startApplication({ deployable, revision, bundle, config });
      const own = { name, version, revision, config, log: log.child({ app: name, version }) };
      return inTheEngines({ ...own, dispose: () => crew.dispose(revision) }, lines);
    },
  };
  const deployments = new Deployments(stage, deploy);
  deployments.sessions = {
    of: ({ revision }) => crew.busyWith(revision),
    end: ({ revision }) => crew.endSessions(revision),
  };
  deployments.listen(() => crew.activate(deployments.active));
  let isStopping = false;
  const sockets: DatagramSocket[] = [];
  const address = configuration.admin;
  const overseen = new CrewOverseen({
    crew,
    deployments,
    streams,
    log,
    tracesCalls: configuration.trace.calls > 0,
    reasons: () => [
      ...(isStopping ? ['stopping'] : []),
      ...(sockets.length + streams.listening > 0 ? [] : ['not listening']),
    ],
  });
  crew.user = {
    events: overseen.events,
    idle: (revision) => deployments.idleRevision(revision),
    handOver: (from, told) => {
      const { wire, address, port, listener } = told;
      const message = { ...told, engine: exchange.move(wire, from, told.engine) };
      if (message.stream >= 0) streams.handOver(from, message);
      // In its turn: behind what is for that engine already.
      else if (message.engine !== from) exchange.give(message.engine, wire, address, port, listener + HANDED_OVER);
      else crew.tell(from, 'takeOver', message);
    },
    streams,
  };
  const watch = deploy.watch && directory !== undefined ? new Watch(directory, deployments, log) : undefined;
  let admin: AdminServer | undefined;
  const unhandled = (error: unknown): void => log.error({ err: error }, 'an unhandled error');
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
  const release = async (): Promise<void> => {
    await watch?.close();
    await admin?.close();
    overseen.close();
    await deployments.close();
    await crew.close();
    await streams.close();
    await Promise.all(sockets.map((socket) => socket.close()));
    clock.close();
    process.off('unhandledRejection', unhandled);
    process.off('uncaughtException', unhandled);
  };
  /** Binds all of them, in order, or none. */
  const bind = async (): Promise<SharedListener[]> => {
    const bound: SharedListener[] = [];
    for (const [index, { transport, address: local, port }] of configuration.listen.entries()) {
      try {
        if (transport === 'udp') {
          const socket = await network.bind(local, port, exchange.receiver(index));
          sockets.push(socket);
          bound.push({ transport: 'UDP', ...socket.local, handle: handleOfUdp(socket) });
        } else if (transport === 'tcp') {
          bound.push({ transport: 'TCP', ...(await streams.listen(local, port, index)) });
        } else throw new Error(`${transport.toUpperCase()} is not supported`);
      } catch (error) {
        throw new Error(`cannot listen on ${transport}:${bracketed(local)}:${port}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
    return bound;
  };
  try {
    await crew.start();
    if (address !== 'off')
      admin = await startAdmin({ address, deployments, overseen, archiveSize: deploy.archiveSize, log });
    await deployments.restore();
    if (directory !== undefined) {
      // First, so that nothing is missed that changes meanwhile.
      if (existsSync(directory)) await watch?.start();
      await deployments.deployAll(directory);
    }
    const listeners = await bind();
    await crew.listen(listeners);
    streams.open();
    let stopped: Promise<void> | undefined;
    return {
      listening: listeners.map(({ transport, address: local, port }) => ({
        transport: transport.toLowerCase(),
        address: local,
        port,
      })),
      deployments,
      admin: admin?.url,
      configure: (next) => {
        apps = next.apps;
      },
      reorder: (order) => crew.reorder(order),
      setLogLevel: (level) => {
        log.level = level;
        crew.setLogLevel(level);
      },
      stop: () => {
        void watch?.close();
        const calls = {
          refuseNew: () => {
            isStopping = true;
            crew.refuseNew();
          },
          callsInProgress: async () => (await crew.ask('callsInProgress', undefined)).reduce((a, b) => a + b, 0),
        };
        return (stopped ??= drain(calls, shutdown.timeout, 2 * timers.t1, log).then(release));
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** What this thread knows of an application whose classes and instances are in the engines. */
function inTheEngines(
  known: Pick<DeployedApplication, 'name' | 'version' | 'revision' | 'config' | 'log' | 'dispose'>,
  lines: readonly string[],
): DeployedApplication {
  const table = { lines: () => lines } as unknown as HandlerTable;
  return { ...known, table, siplets: [] } as unknown as DeployedApplication;
}
