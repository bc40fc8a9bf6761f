// The metrics that Prometheus reads at /metrics, computed from plain numbers on request, so that a message costs one
// increment.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import type { DeploymentEvent, Deployments } from '../deployment/deployments.js';
import type { Engine } from '../engine/engine.js';
import type { ApplicationMetrics } from './application-metrics.js';
import { DeploymentMetrics, processMetrics, textOf } from './deployment-metrics.js';
import type { HandlerTimes } from './handler-times.js';
import { type Family, type FamilyValues, family, type Labels, register, type Value } from './series.js';
import type { Traffic } from './traffic.js';

const QUANTILES = [0.5, 0.9, 0.99];
/** Nanoseconds in a second. */
const NANO = 1e9;
/** Milliseconds between two samples of the event loop; on time, a sample measures just that. */
const RESOLUTION = 20;

interface Measured {
  readonly engine: Engine;
  readonly deployments: Pick<Deployments, 'records'>;
  readonly traffic: Traffic;
  readonly handlerTimes: HandlerTimes;
  readonly applications: ApplicationMetrics;
  /** The number of the engine, from 1, if there are several. */
  readonly worker?: number | undefined;
}

export class Metrics {
  readonly #all: Family[] = [];
  readonly #applications: ApplicationMetrics;
  readonly #own = new Registry();
  readonly #deployments: DeploymentMetrics | undefined;
  readonly #delay: IntervalHistogram;

  constructor(measured: Measured) {
    this.#applications = measured.applications;
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#delay.enable();
    this.#registerWire(measured);
    this.#registerCalls(measured);
    this.#registerApplications(measured);
    // Deployments and the process belong to the main thread.
    if (measured.worker !== undefined) return;
    this.#deployments = new DeploymentMetrics(measured.deployments);
    for (const one of this.#deployments.families) register(this.#own, one);
    processMetrics();
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** The metrics without those of the process, as plain data. */
  async values(): Promise<FamilyValues[]> {
    return [...this.#all, ...this.#applications.families()].map((one) => one.get());
  }

  async text(): Promise<string> {
    const applications = new Registry();
    for (const one of this.#applications.families()) register(applications, one);
    return textOf([this.#own, applications, processMetrics()]);
  }

  deployed(event: DeploymentEvent): void {
    this.#deployments?.deployed(event);
  }

  close(): void {
    this.#delay.disable();
  }

  #register(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, values: () => readonly Value[]): void {
    const one = family(name, type, help, values);
    this.#all.push(one);
    register(this.#own, one);
  }

  #registerWire({ engine: { transport }, traffic }: Measured): void {
    const { counters } = transport;
    const one = (name: string, help: string, value: () => number) =>
      this.#register(name, 'counter', help, () => [{ labels: {}, value: value() }]);
    this.#register('siplet_messages_total', 'counter', 'SIP messages; status is empty for a request', () =>
      traffic.values(),
    );
    this.#register('siplet_internal_messages_total', 'counter', 'SIP messages from application to application', () =>
      traffic.valuesInside(),
    );
    this.#register('siplet_octets_total', 'counter', 'Octets received and sent', () => [
      { labels: { direction: 'in' }, value: counters.octetsReceived },
      { labels: { direction: 'out' }, value: counters.octetsSent },
    ]);
    one('siplet_malformed_messages_total', 'Messages that were malformed', () => counters.malformedReceived);
    one('siplet_send_failures_total', 'Messages known not to have left', () => counters.sendFailures);
    one('siplet_noise_total', 'Datagrams that cannot be SIP', () => counters.noise);
    one('siplet_connections_refused_total', 'Connections refused above a limit', () => counters.connectionsRefused);
    this.#register('siplet_connections', 'gauge', 'Open stream connections', () => [
      { labels: {}, value: transport.connections },
    ]);
  }

  #registerCalls({ engine, worker }: Measured): void {
    const one = (name: string, type: 'counter' | 'gauge', help: string, value: () => number) =>
      this.#register(name, type, help, () => [{ labels: {}, value: value() }]);
    this.#register('siplet_transactions', 'gauge', 'Live transactions', () => {
      const { inviteClient, nonInviteClient, inviteServer, nonInviteServer } = engine.transactions.size;
      return [
        { labels: { side: 'client', kind: 'invite' }, value: inviteClient },
        { labels: { side: 'client', kind: 'non-invite' }, value: nonInviteClient },
        { labels: { side: 'server', kind: 'invite' }, value: inviteServer },
        { labels: { side: 'server', kind: 'non-invite' }, value: nonInviteServer },
      ];
    });
    one('siplet_calls', 'gauge', 'Calls in progress', () => engine.callsInProgress);
    one('siplet_dialogs', 'gauge', 'Dialogs that the container proxies', () => engine.size.dialogSets);
    one('siplet_initial_requests_total', 'counter', 'Initial requests to applications', () => engine.counters.initial);
    one(
      'siplet_refused_requests_total',
      'counter',
      'Requests that the container refused',
      () => engine.counters.refused,
    );
    this.#register('siplet_event_loop_delay_seconds', 'gauge', 'Delay of the event loop since the last scrape', () => {
      const whose: Labels = worker === undefined ? {} : { worker };
      const values: Value[] = QUANTILES.map((quantile) => ({
        labels: { ...whose, quantile },
        value: seconds(this.#delay.percentile(quantile * 100)),
      }));
      values.push({ labels: { ...whose, quantile: 1 }, value: seconds(this.#delay.max) });
      this.#delay.reset();
      return values;
    });
  }

  #registerApplications({ engine, deployments, handlerTimes }: Measured): void {
    this.#register('siplet_sessions', 'gauge', 'Application sessions, by version', () =>
      deployments.records().flatMap(({ application, state }) => {
        if (application === undefined) return [];
        const { name, version, revision } = application;
        return { labels: { app: name, version, revision, state }, value: engine.sessions.countOf(application) };
      }),
    );
    const name = 'siplet_handler_seconds';
    this.#register(name, 'histogram', 'Time of handlers until they settled', () => handlerTimes.times(name));
    this.#register('siplet_handler_failures_total', 'counter', 'Handlers that threw, rejected or took too long', () =>
      handlerTimes.failures(),
    );
  }
}

function seconds(nanoseconds: number): number {
  // Before the first sample the histogram returns a meaningless large number.
  if (!Number.isFinite(nanoseconds) || nanoseconds > 1e15) return 0;
  return Math.max(0, nanoseconds / NANO - RESOLUTION / 1000);
}
