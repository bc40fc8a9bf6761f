// Everything that operators can see of a container, connected to it by hooks: metrics, recent calls, events.
import type { Logger } from 'pino';
import type { Configuration } from '../configuration/configuration.js';
import type { DeploymentEvent, Deployments } from '../deployment/deployments.js';
import type { Engine } from '../engine/engine.js';
import type { ApplicationMetrics } from './application-metrics.js';
import { Calls } from './calls.js';
import { Events } from './events.js';
import { HandlerTimes } from './handler-times.js';
import { listenToProblems } from './log.js';
import { Metrics } from './metrics.js';
import { Traffic } from './traffic.js';

interface Observed {
  readonly engine: Engine;
  readonly deployments: Pick<Deployments, 'listen' | 'records'>;
  readonly applications: ApplicationMetrics;
  readonly log: Logger;
  readonly trace: Configuration['trace'];
  /** The number of the engine, from 1, if there are several. */
  readonly worker?: number;
}

export class Observation {
  readonly events = new Events();
  /** Undefined when recent calls are not kept. */
  readonly calls: Calls | undefined;
  readonly metrics: Metrics;
  readonly #observed: Observed;
  readonly #handlerTimes = new HandlerTimes();
  readonly #endings: (() => void)[];

  constructor(observed: Observed) {
    this.#observed = observed;
    const { engine, deployments, applications, log, trace, worker } = observed;
    const { events } = this;
    this.calls =
      trace.calls === 0
        ? undefined
        : new Calls({
            ...trace,
            silence: engine.services.agent.settings.timerC + 32_000,
            standing: () => engine.standingCallIds,
            now: () => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000,
            changed: (call) => {
              if (events.listeners > 0) events.tell('call', call);
            },
          });
    const traffic = new Traffic(this.calls);
    const handlerTimes = this.#handlerTimes;
    this.metrics = new Metrics({ engine, deployments, traffic, handlerTimes, applications, worker });
    const { invocation, transport } = engine;
    const { call } = invocation;
    transport.counters.observer = traffic;
    invocation.call = handlerTimes.call;
    invocation.onFailure = handlerTimes.failed;
    this.#endings = [
      deployments.listen((event) => this.#deployment(event)),
      listenToProblems(log, (problem) => events.tell('problem', problem)),
      () => {
        transport.counters.observer = undefined;
        invocation.call = call;
        invocation.onFailure = undefined;
      },
      () => this.metrics.close(),
    ];
  }

  close(): void {
    for (const end of this.#endings.splice(0)) end();
  }

  #deployment(event: DeploymentEvent): void {
    this.metrics.deployed(event);
    const { deployments, applications } = this.#observed;
    const name = 'application' in event ? event.application.name : event.name;
    const alive = new Set<number>();
    for (const { application } of deployments.records())
      if (application?.name === name) alive.add(application.revision);
    if (event.kind === 'unloaded') applications.unloaded(name, event.revision, alive);
    else applications.sweep(name, alive);
    if (alive.size === 0 && event.kind === 'unloaded') this.#handlerTimes.remove(name);
    this.events.tell('deployment', told(event));
  }
}

/** The part of a deployment event that operators see. */
export function told(event: DeploymentEvent): object {
  if ('application' in event) {
    const { name, version } = event.application;
    const replaced = event.kind === 'deployed' ? event.replaced?.version : undefined;
    return { kind: event.kind, name, version, ...(replaced === undefined ? {} : { replaced }) };
  }
  if (event.kind === 'failed') return { kind: event.kind, name: event.name, error: event.error };
  return { kind: event.kind, name: event.name, version: event.version };
}
