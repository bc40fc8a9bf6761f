// What operators see of a container with several engines: the sums of their answers.
import { Registry } from 'prom-client';
import type { Deployments } from '../deployment/deployments.js';
import { DeploymentMetrics, processMetrics, textOf } from '../observe/deployment-metrics.js';
import { Events } from '../observe/events.js';
import { type Logger, listenToProblems } from '../observe/log.js';
import { told } from '../observe/observation.js';
import type { Overseen } from '../observe/overseen.js';
import { family, register } from '../observe/series.js';
import { Counted } from './counted.js';
import type { Crew } from './crew.js';
import type { Streams } from './streams.js';
import { allCalls, summed, wholeCall } from './sums.js';

/** A metric that exists only with several engines. */
export const DROPPED = 'siplet_dropped_datagrams_total';

interface Watched {
  readonly crew: Crew;
  readonly deployments: Deployments;
  readonly streams: Streams;
  readonly log: Logger;
  readonly tracesCalls: boolean;
  /** Reasons outside the engines for taking no calls. */
  reasons(): readonly string[];
}

/** Connected to the container until `close`. */
export class CrewOverseen implements Overseen {
  readonly #events = new Events();
  readonly #counted = new Counted();
  readonly #watched: Watched;
  readonly #deployments: DeploymentMetrics;
  readonly #endings: (() => void)[];
  readonly tracesCalls: boolean;

  constructor(watched: Watched) {
    const { deployments, log, tracesCalls } = watched;
    this.#watched = watched;
    this.tracesCalls = tracesCalls;
    this.#deployments = new DeploymentMetrics(deployments);
    processMetrics();
    this.#endings = [
      deployments.listen((event) => {
        this.#deployments.deployed(event);
        this.#events.tell('deployment', told(event));
      }),
      listenToProblems(log, (problem) => this.#events.tell('problem', problem)),
    ];
  }

  /** Engines send their events only while anyone listens. */
  readonly events = {
    listen: (listener: Parameters<Events['listen']>[0]) => {
      const end = this.#events.listen(listener);
      this.#watched.crew.tellEvents(true);
      return () => {
        end();
        this.#watched.crew.tellEvents(this.#events.listeners > 0);
      };
    },
    tell: this.#events.tell.bind(this.#events),
  };

  readonly metrics = { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: () => this.#text() };

  async #text(): Promise<string> {
    const { crew, streams } = this.#watched;
    const own = new Registry();
    const families = summed(this.#counted.with(await crew.askEach('families', undefined)));
    for (const one of [...families, ...this.#deployments.families]) {
      // Engines share connections, so the main thread counts the open ones.
      if (one.name !== 'siplet_connections') register(own, one);
    }
    register(
      own,
      family('siplet_connections', 'gauge', 'Open stream connections', () => [{ labels: {}, value: streams.size }]),
    );
    register(
      own,
      family(DROPPED, 'counter', 'Datagrams that a worker had no room for', () =>
        crew.exchange.dropped.map((value, engine) => ({ labels: { worker: engine + 1 }, value })),
      ),
    );
    return textOf([own, processMetrics()]);
  }

  async calls() {
    return allCalls(await this.#watched.crew.ask('calls', undefined));
  }

  async call(callId: string) {
    const { crew } = this.#watched;
    const first = wholeCall((await crew.ask('callsOf', [callId])).flat());
    // An engine that has seen only another leg does not know that it belongs to this call.
    if (first === undefined || first.callIds.length === 1) return first;
    return wholeCall((await crew.ask('callsOf', first.callIds)).flat()) ?? first;
  }

  async sessions(): ReturnType<Overseen['sessions']> {
    const all = await this.#watched.crew.ask('sessions', undefined);
    return ({ revision }) => all.reduce((sum, engine) => sum + (engine.get(revision) ?? 0), 0);
  }

  async reasonsAgainst(): Promise<readonly string[]> {
    const { crew, deployments, reasons } = this.#watched;
    const answers = await crew.ask('reasons', undefined);
    const said = answers.flat();
    const missing = crew.missing.map((number) => `worker ${number} is being started again`);
    if (answers.length + missing.length < crew.count) said.push('a worker does not answer');
    const none = deployments.active.length === 0 ? ['no application is in service'] : [];
    return [...new Set([...reasons(), ...missing, ...none, ...said])];
  }

  close(): void {
    for (const end of this.#endings.splice(0)) end();
  }
}
