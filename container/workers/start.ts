// Joins everything for several engines: this thread has the sockets, the deployments and the admin address; each engine
// has a thread for its calls.
import type { DeployedApplication } from '../application/application.js';
import type { HandlerTable } from '../application/handler-table.js';
import type { ContainerOptions, RunningContainer } from '../composition/container.js';
import { ApplicationDirectory } from '../composition/directory.js';
import { drain } from '../composition/drain.js';
import { catchStrays } from '../composition/strays.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import { Deployments } from '../deployment/deployments.js';
import type { Stage } from '../deployment/stage.js';
import { RealClock } from '../host/real-clock.js';
import { type AdminServer, startAdmin } from '../http/admin.js';
import type { Logger } from '../observe/log.js';
import { bracketed } from '../transport/address.js';
import { FRAMER_LIMITS } from '../transport/framer.js';
import type { DatagramSocket } from '../transport/network.js';
import { NodeNetwork } from '../transport/node-network.js';
import { handleOfUdp } from '../transport/udp.js';
import { Crew, type SharedListener } from './crew.js';
import { Exchange } from './exchange.js';
import type { Handover } from './messages.js';
import { Moved } from './moved.js';
import { CrewOverseen } from './overseen.js';
import { HANDED_OVER } from './ring.js';
import { Streams } from './streams.js';

/** The same limit as in the transport layer of one engine. */
const MOST_OF_ONE = 2000;
const BACKLOG = 1_048_576;

/**
 * Like `startContainer`, with `workers` engines. Rejects when an address cannot be bound or a thread cannot be started.
 */
export async function startWithWorkers(options: ContainerOptions, workers: number): Promise<RunningContainer> {
  const container = new SeveralEngines(options, workers);
  try {
    await container.start();
    return container;
  } catch (error) {
    await container.release();
    throw error;
  }
}

class SeveralEngines implements RunningContainer {
  readonly deployments: Deployments;
  readonly #configuration: Configuration;
  readonly #log: Logger;
  readonly #clock = new RealClock();
  readonly #network = new NodeNetwork(this.#clock);
  readonly #crew: Crew;
  readonly #streams: Streams;
  readonly #sockets: DatagramSocket[] = [];
  readonly #overseen: CrewOverseen;
  readonly #directory: ApplicationDirectory;
  readonly #endCatching: () => void;
  #apps: Configuration['apps'];
  #admin: AdminServer | undefined;
  #listening: RunningContainer['listening'] = [];
  #isStopping = false;
  #stopped: Promise<void> | undefined;

  constructor({ configuration, log, directory }: ContainerOptions, workers: number) {
    this.#configuration = configuration;
    this.#log = log;
    this.#apps = configuration.apps;
    const moved = new Moved(() => this.#clock.now());
    const crew = new Crew(configuration, workers, log, (salt) => new Exchange(workers, salt, moved));
    this.#crew = crew;
    this.#streams = this.#createStreams();
    const deployments = new Deployments(this.#stage(), configuration.deploy);
    deployments.sessions = {
      of: ({ revision }) => crew.busyWith(revision),
      end: ({ revision }) => crew.endSessions(revision),
    };
    deployments.listen(() => crew.activate(deployments.active));
    this.deployments = deployments;
    this.#overseen = new CrewOverseen({
      crew,
      deployments,
      streams: this.#streams,
      log,
      tracesCalls: configuration.trace.calls > 0,
      reasons: () => this.#reasons(),
    });
    crew.user = {
      events: this.#overseen.events,
      idle: (revision) => deployments.idleRevision(revision),
      handOver: (from, told) => this.#handOver(from, told),
      streams: this.#streams,
    };
    this.#directory = new ApplicationDirectory(directory, deployments, log, configuration.deploy.watch);
    this.#endCatching = catchStrays((error) => log.error({ err: error }, 'an unhandled error'));
  }

  get listening(): RunningContainer['listening'] {
    return this.#listening;
  }

  get admin(): string | undefined {
    return this.#admin?.url;
  }

  async start(): Promise<void> {
    await this.#crew.start();
    await this.#openAdmin();
    await this.deployments.restore();
    await this.#directory.deploy();
    const listeners = await this.#bind();
    await this.#crew.listen(listeners);
    this.#streams.open();
    this.#listening = listeners.map(({ transport, address, port }) => ({
      transport: transport.toLowerCase(),
      address,
      port,
    }));
  }

  configure({ apps }: Configuration): void {
    this.#apps = apps;
  }

  reorder(order: RouterOrder['order']): void {
    this.#crew.reorder(order);
  }

  setLogLevel(level: string): void {
    this.#log.level = level;
    this.#crew.setLogLevel(level);
  }

  stop(): Promise<void> {
    void this.#directory.close();
    this.#stopped ??= this.#drain().then(() => this.release());
    return this.#stopped;
  }

  /** Closes everything, even with calls in progress. */
  async release(): Promise<void> {
    await this.#directory.close();
    await this.#admin?.close();
    this.#overseen.close();
    await this.deployments.close();
    await this.#crew.close();
    await this.#streams.close();
    await Promise.all(this.#sockets.map((socket) => socket.close()));
    this.#clock.close();
    this.#endCatching();
  }

  #drain(): Promise<void> {
    const crew = this.#crew;
    const { shutdown, timers } = this.#configuration;
    const calls = {
      refuseNew: () => {
        this.#isStopping = true;
        crew.refuseNew();
      },
      callsInProgress: async () => (await crew.ask('callsInProgress', undefined)).reduce((a, b) => a + b, 0),
      endCalls: () => crew.ask('endCalls', undefined),
    };
    return drain(calls, shutdown.timeout, 2 * timers.t1, this.#log);
  }

  #createStreams(): Streams {
    const { limits, timers } = this.#configuration;
    const crew = this.#crew;
    return new Streams({
      network: this.#network,
      clock: this.#clock,
      framing: { ...FRAMER_LIMITS, body: limits.bodySize },
      salt: crew.salt,
      most: limits.connections,
      mostOfOne: MOST_OF_ONE,
      backlog: BACKLOG,
      unusedTime: 64 * timers.t1,
      engineOf: (wire) => crew.exchange.engineOf(wire),
      isThere: (engine) => crew.exchange.isThere(engine),
      tell: (engine, kind, body) => crew.tell(engine, kind, body),
    });
  }

  /** The stage on which applications are started: the engines. */
  #stage(): Stage {
    const crew = this.#crew;
    const log = this.#log;
    return {
      log,
      start: async (deployable, revision, bundle) => {
        const { name, version } = deployable;
        const config = this.#apps.get(name);
        const lines = await crew.startApplication({ deployable, revision, bundle, config });
        const own = { name, version, revision, config, log: log.child({ app: name, version }) };
        return inTheEngines({ ...own, dispose: () => crew.dispose(revision) }, lines);
      },
    };
  }

  /** Reasons outside the engines for taking no calls. */
  #reasons(): string[] {
    return [
      ...(this.#isStopping ? ['stopping'] : []),
      ...(this.#sockets.length + this.#streams.listening > 0 ? [] : ['not listening']),
    ];
  }

  #handOver(from: number, told: Handover): void {
    const { exchange } = this.#crew;
    const { wire, address, port, listener } = told;
    const message = { ...told, engine: exchange.move(wire, from, told.engine) };
    if (message.stream >= 0) this.#streams.handOver(from, message);
    // The message is queued after those that the engine has already.
    else if (message.engine !== from) exchange.give(message.engine, wire, address, port, listener + HANDED_OVER);
    else this.#crew.tell(from, 'takeOver', message);
  }

  async #openAdmin(): Promise<void> {
    const { admin: address, deploy } = this.#configuration;
    if (address === 'off') return;
    const { archiveSize } = deploy;
    const { deployments } = this;
    this.#admin = await startAdmin({ address, deployments, overseen: this.#overseen, archiveSize, log: this.#log });
  }

  /** Binds all listeners, in order. Rejects at the first that cannot be bound. */
  async #bind(): Promise<SharedListener[]> {
    const bound: SharedListener[] = [];
    for (const [index, listen] of this.#configuration.listen.entries()) {
      try {
        bound.push(await this.#listener(listen, index));
      } catch (error) {
        const where = `${listen.transport}:${bracketed(listen.address)}:${listen.port}`;
        throw new Error(`cannot listen on ${where}: ${(error as Error).message}`, { cause: error });
      }
    }
    return bound;
  }

  async #listener(
    { transport, address, port }: Configuration['listen'][number],
    index: number,
  ): Promise<SharedListener> {
    if (transport === 'tcp') return { transport: 'TCP', ...(await this.#streams.listen(address, port, index)) };
    if (transport !== 'udp') throw new Error(`${transport.toUpperCase()} is not supported`);
    const socket = await this.#network.bind(address, port, this.#crew.exchange.receiver(index));
    this.#sockets.push(socket);
    return { transport: 'UDP', ...socket.local, handle: handleOfUdp(socket) };
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
