// Joins everything once: real time, randomness, sockets and DNS, the engine on them, and the applications of a
// directory.
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import { Agenda } from '../base/agenda.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import type { ApplicationServices } from '../deployment/create-application.js';
import { Deployments } from '../deployment/deployments.js';
import { Engine } from '../engine/engine.js';
import { hostKey } from '../host/host-key.js';
import { meterLoad } from '../host/load-meter.js';
import { RandomIdentifiers } from '../host/random-identifiers.js';
import { RealClock } from '../host/real-clock.js';
import { type AdminServer, startAdmin } from '../http/admin.js';
import { ApplicationMetrics } from '../observe/application-metrics.js';
import { Observation } from '../observe/observation.js';
import { overseenAlone } from '../observe/overseen.js';
import { authenticated } from '../servlet/authenticated-handler.js';
import { DnsResolver } from '../transport/dns.js';
import { NodeNetwork } from '../transport/node-network.js';
import { ApplicationDirectory } from './directory.js';
import { drain } from './drain.js';
import { catchStrays } from './strays.js';
import { tokensFor } from './tokens.js';

export interface ContainerOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** The directory of the applications. Without one the container starts empty. */
  readonly directory?: string;
}

/** A container that listens. */
export interface RunningContainer {
  readonly listening: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
  readonly deployments: Deployments;
  /** The admin address, unless it is off: http://127.0.0.1:8060. */
  readonly admin: string | undefined;
  /** Takes the applications' sections from this configuration, for versions that are deployed from now on. */
  configure(configuration: Configuration): void;
  /** Changes the order of the default router, for requests from now on. */
  reorder(order: RouterOrder['order']): void;
  /** Changes the log level, also for applications. */
  setLogLevel(level: string): void;
  /**
   * Refuses new initial requests, lets calls in progress end within `shutdown.timeout`, then closes everything. A
   * second call changes nothing.
   */
  stop(): Promise<void>;
}

/** A container whose engine runs in this thread. */
export interface ContainerAlone extends RunningContainer {
  readonly engine: Engine;
}

/**
 * Deploys, then listens. Rejects when an address cannot be bound. An application that fails does not keep the others
 * from service (D-1).
 */
export async function startContainer(options: ContainerOptions): Promise<ContainerAlone> {
  const container = new OneEngine(options);
  try {
    await container.start();
    return container;
  } catch (error) {
    await container.release();
    throw error;
  }
}

class OneEngine implements ContainerAlone {
  readonly engine: Engine;
  readonly deployments: Deployments;
  readonly #configuration: Configuration;
  readonly #log: Logger;
  readonly #clock = new RealClock();
  readonly #measurements = new ApplicationMetrics();
  readonly #directory: ApplicationDirectory;
  readonly #observation: Observation | undefined;
  readonly #endMetering: () => void;
  readonly #endCatching: () => void;
  #apps: Configuration['apps'];
  #admin: AdminServer | undefined;
  #listening: RunningContainer['listening'] = [];
  #stopped: Promise<void> | undefined;

  constructor({ configuration, log, directory }: ContainerOptions) {
    this.#configuration = configuration;
    this.#log = log;
    this.#apps = configuration.apps;
    this.deployments = new Deployments(this.#services(), configuration.deploy);
    this.engine = this.#createEngine();
    this.#unloadWithLastCall();
    const { engine, deployments } = this;
    this.#directory = new ApplicationDirectory(directory, deployments, log, configuration.deploy.watch);
    // Without an admin address nothing reads the counters, so nothing is counted.
    this.#observation =
      configuration.admin === 'off'
        ? undefined
        : new Observation({ engine, deployments, applications: this.#measurements, log, trace: configuration.trace });
    this.#endMetering = meterLoad(engine.congestion);
    this.#endCatching = catchStrays((error) => engine.invocation.unhandled(error));
  }

  get listening(): RunningContainer['listening'] {
    return this.#listening;
  }

  get admin(): string | undefined {
    return this.#admin?.url;
  }

  async start(): Promise<void> {
    await this.#openAdmin();
    await this.deployments.restore();
    await this.#directory.deploy();
    const bound = await this.engine.transport.listen(
      this.#configuration.listen.map(({ transport, ...rest }) => ({
        transport: transport.toUpperCase() as 'UDP',
        ...rest,
      })),
    );
    this.#listening = bound.map(({ transport, address, port }) => ({
      transport: transport.toLowerCase(),
      address,
      port,
    }));
  }

  configure({ apps }: Configuration): void {
    this.#apps = apps;
  }

  reorder(order: RouterOrder['order']): void {
    this.engine.router.reorder(order);
  }

  setLogLevel(level: string): void {
    for (const { log } of [{ log: this.#log }, ...this.#applications()]) log.level = level;
  }

  #applications(): DeployedApplication[] {
    return this.deployments.records().flatMap(({ application }) => application ?? []);
  }

  stop(): Promise<void> {
    void this.#directory.close();
    this.#stopped ??= this.#drain().then(() => this.release());
    return this.#stopped;
  }

  /** Closes everything, even with calls in progress. */
  async release(): Promise<void> {
    this.#endMetering();
    await this.#directory.close();
    await this.#admin?.close();
    this.#observation?.close();
    await this.engine.transport.close();
    await this.deployments.close();
    this.#clock.close();
    this.#endCatching();
  }

  #drain(): Promise<void> {
    const { engine } = this;
    const { shutdown, timers } = this.#configuration;
    const calls = {
      refuseNew: () => {
        engine.stopping = true;
      },
      callsInProgress: () => engine.callsInProgress,
      endCalls: () => engine.sessions.endCalls(this.#applications()),
    };
    return drain(calls, shutdown.timeout, 2 * timers.t1, this.#log);
  }

  /**
   * The services that applications are created with. They look up the engine when they need it, because the engine is
   * created after the deployments, which it uses.
   */
  #services(): ApplicationServices {
    const { supervised, timeout: proxyTimeout } = this.#configuration.proxy;
    return {
      log: this.#log,
      configOf: (name) => this.#apps.get(name),
      configFile: this.#configuration.file,
      defaults: { supervised, proxyTimeout },
      authenticated,
      tokens: (application) => tokensFor(application, () => this.engine, this.#measurements),
    };
  }

  #createEngine(): Engine {
    const log = this.#log;
    const clock = this.#clock;
    const fault = (error: unknown): void => log.error({ err: error }, 'the container failed');
    return new Engine(
      {
        network: new NodeNetwork(clock),
        resolver: new DnsResolver(clock),
        clock,
        identifiers: new RandomIdentifiers(),
        agenda: new Agenda(queueMicrotask, fault),
        key: hostKey(),
        log,
      },
      this.#configuration,
      this.deployments,
    );
  }

  /** Unloads a version when its last call has ended (D-2). */
  #unloadWithLastCall(): void {
    const { deployments } = this;
    const { sessions } = this.engine;
    deployments.sessions = {
      of: (application) => sessions.countOf(application),
      end: (application) => sessions.endAll(application),
    };
    sessions.onIdle = (application) => deployments.idle(application);
  }

  async #openAdmin(): Promise<void> {
    const { admin: address, deploy } = this.#configuration;
    if (address === 'off' || this.#observation === undefined) return;
    const { deployments } = this;
    const overseen = overseenAlone(this.engine, deployments, this.#observation);
    this.#admin = await startAdmin({
      address,
      deployments,
      overseen,
      archiveSize: deploy.archiveSize,
      log: this.#log,
    });
  }
}
