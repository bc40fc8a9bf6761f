// Joins everything, once: real time, chance, sockets and DNS, the engine on them, and the applications of a directory.
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { Agenda } from '../base/agenda.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import { Deployments } from '../deployment/deployments.js';
import { Watch } from '../deployment/watch.js';
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
import { drain } from './drain.js';
import { tokensFor } from './tokens.js';

export interface ContainerOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Where the applications are; none: the container starts empty. */
  readonly directory?: string;
}

/** A container that listens. */
export interface RunningContainer {
  readonly listening: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
  readonly deployments: Deployments;
  /** The admin address, unless it is off: http://127.0.0.1:8060. */
  readonly admin: string | undefined;
  /** Sections of applications are from then on those of this configuration: for versions that are deployed later. */
  configure(configuration: Configuration): void;
  /** Another order of the default router, for requests from now on. */
  reorder(order: RouterOrder['order']): void;
  /** Another level of the log, that of applications too. */
  setLogLevel(level: string): void;
  /**
   * No new initial requests; calls in progress end, within `shutdown.timeout`; then
   * everything is closed. Twice is as once.
   */
  stop(): Promise<void>;
}

/** One that has its engine in this thread. */
export interface ContainerAlone extends RunningContainer {
  readonly engine: Engine;
}

/**
 * Deploys, then listens. Rejects when an address cannot be bound; an application that fails does not keep
 * the others from service (D-1).
 */
export async function startContainer({ configuration, log, directory }: ContainerOptions): Promise<ContainerAlone> {
  const clock = new RealClock();
  const fault = (error: unknown): void => log.error({ err: error }, 'a fault of the container');
  const identifiers = new RandomIdentifiers();
  let engine: Engine | undefined;
  let { apps } = configuration;
  const applications = new ApplicationMetrics();
  const deployments = new Deployments(
    {
      log,
      configOf: (name) => apps.get(name),
      defaults: { supervised: configuration.proxy.supervised, proxyTimeout: configuration.proxy.timeout },
      authenticated,
      tokens: (application) => tokensFor(application, () => engine!, applications),
    },
    configuration.deploy,
  );
  engine = new Engine(
    {
      network: new NodeNetwork(clock),
      resolver: new DnsResolver(clock),
      clock,
      identifiers,
      agenda: new Agenda(queueMicrotask, fault),
      key: hostKey(),
      log,
    },
    configuration,
    deployments,
  );
  const { sessions, transport, invocation } = engine;
  // A version is unloaded when its last call has ended (D-2).
  deployments.sessions = {
    of: (application) => sessions.countOf(application),
    end: (application) => sessions.endAll(application),
  };
  sessions.onIdle = (application) => deployments.idle(application);
  const watch =
    configuration.deploy.watch && directory !== undefined ? new Watch(directory, deployments, log) : undefined;
  // Where nobody can ask, nothing is counted.
  const address = configuration.admin;
  const observation =
    address === 'off'
      ? undefined
      : new Observation({ engine, deployments, applications, log, trace: configuration.trace });
  let admin: AdminServer | undefined;
  // An application's stray promise or timer must not take the others' calls with it (C-41).
  const unhandled = (error: unknown): void => invocation.unhandled(error);
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
  const meter = meterLoad(engine.congestion);
  const release = async (): Promise<void> => {
    meter();
    await watch?.close();
    await admin?.close();
    observation?.close();
    await transport.close();
    await deployments.close();
    clock.close();
    process.off('unhandledRejection', unhandled);
    process.off('uncaughtException', unhandled);
  };
  try {
    if (address !== 'off') {
      const { archiveSize } = configuration.deploy;
      const overseen = overseenAlone(engine, deployments, observation!);
      admin = await startAdmin({ address, deployments, overseen, archiveSize, log });
    }
    await deployments.restore();
    if (directory !== undefined) {
      // First, so that nothing is missed that changes meanwhile.
      if (existsSync(directory)) await watch?.start();
      await deployments.deployAll(directory);
    }
    const listening = await transport.listen(
      configuration.listen.map(({ transport: name, ...rest }) => ({ transport: name.toUpperCase() as 'UDP', ...rest })),
    );
    let stopped: Promise<void> | undefined;
    return {
      listening: listening.map(({ transport: name, address, port }) => ({
        transport: name.toLowerCase(),
        address,
        port,
      })),
      deployments,
      engine,
      admin: admin?.url,
      configure: (next) => {
        apps = next.apps;
      },
      reorder: (order) => engine!.router.reorder(order),
      setLogLevel: (level) => {
        for (const each of [log, ...deployments.records().flatMap(({ application }) => application?.log ?? [])])
          each.level = level;
      },
      stop: () => {
        void watch?.close();
        const { shutdown, timers } = configuration;
        const calls = {
          refuseNew: () => {
            engine!.stopping = true;
          },
          callsInProgress: () => engine!.callsInProgress,
        };
        return (stopped ??= drain(calls, shutdown.timeout, 2 * timers.t1, log).then(release));
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
