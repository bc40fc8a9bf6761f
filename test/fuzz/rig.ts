// An engine on virtual time and lean wires, for one sequence: it plays all that is to come, and lets promises settle in
// between.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../../container/application/application.js';
import { Agenda } from '../../container/base/agenda.js';
import { present } from '../../container/base/present.js';
import { defaultConfiguration } from '../../container/configuration/configuration.js';
import { createApplication } from '../../container/deployment/create-application.js';
import { Engine } from '../../container/engine/engine.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';
import type { Resolver } from '../../container/transport/network.js';
import { CountingIdentifiers } from '../world/counting-identifiers.js';
import { Random } from '../world/random.js';
import type { ApplicationClass } from '../world/stage.js';
import type { Transmission } from '../world/transmission.js';
import { VirtualClock } from '../world/virtual-clock.js';
import { VirtualResolver } from '../world/virtual-resolver.js';
import { CONTAINER, type Transport, Wires } from './wires.js';

const DEFAULTS = defaultConfiguration();
/** No sequence takes longer, in virtual milliseconds. */
const LIMIT = 4 * 3_600_000;

/** All promises settle before an immediate is run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface LogEntry {
  readonly err?: unknown;
}

type Level = 'warn' | 'error';

/** What the container logs goes to the sequence at work. */
let heard: ((level: Level, entry: LogEntry, text: string) => void) | undefined;

const LOG = {
  level: 'warn',
  isLevelEnabled: () => false,
  child: () => LOG,
  trace() {},
  debug() {},
  info() {},
  warn: (entry: LogEntry, text: string) => heard?.('warn', entry, text),
  error: (entry: LogEntry, text: string) => heard?.('error', entry, text),
  fatal: (entry: LogEntry, text: string) => heard?.('error', entry, text),
} as unknown as Logger;

/**
 * Every engine has a storage that follows promises, and Node follows each of them for ever: here they end with their
 * sequence.
 */
const storages = new Set<AsyncLocalStorage<unknown>>();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (this: AsyncLocalStorage<unknown>, ...args: Parameters<typeof run>) {
  storages.add(this);
  return run.apply(this, args);
} as typeof run;

function forgetStorages(): void {
  for (const storage of storages) storage.disable();
  storages.clear();
}

/** Applications are deployed once. */
const deployed = new Map<string, DeployedApplication>();

/** The application of this name that this key tells from others of its name. */
export async function deploy(name: string, key: string, make: () => ApplicationClass): Promise<DeployedApplication> {
  const known = deployed.get(`${name} ${key}`);
  if (known !== undefined) return known;
  const application = await createApplication(
    { name, version: '1.0.0', path: name, directory: '.', entry: name } as never,
    1,
    { exports: { Fuzz: make() }, release() {} } as never,
    {
      log: LOG,
      configOf: () => undefined,
      defaults: { supervised: true, proxyTimeout: 180000 },
      authenticated,
      tokens: () => [],
    },
  );
  deployed.set(`${name} ${key}`, application);
  return application;
}

export interface Listener {
  readonly logged: (level: Level, entry: LogEntry, text: string) => void;
  readonly fault: (text: string) => void;
}

export class Rig {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly wires: Wires;
  readonly transmissions: Transmission[] = [];
  engine!: Engine;
  readonly #drains: (() => void)[] = [];
  /** A promise is under way that no virtual time has to pass for. */
  #stirred = true;

  constructor(
    readonly seed: number,
    readonly listener: Listener,
    /** Promises settle after every event, and not only where something says so. */
    readonly settles: boolean,
  ) {
    this.random = new Random(seed);
    this.wires = new Wires(this.clock, this.random.fork('wires'));
  }

  stir(): void {
    this.#stirred = true;
  }

  /** For the ladder. */
  travels(from: string, to: string, transport: Transport, wire: string, copies: number): void {
    this.transmissions.push({
      time: this.clock.now(),
      kind: transport === 'UDP' ? 'datagram' : 'write',
      transport,
      from: { address: from, port: 5060 },
      to: { address: to, port: 5060 },
      wire,
      connection: 1,
      fate: copies === 0 ? 'lost' : 'heard',
      arrivals: copies > 1 ? [0, 0] : [],
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.wires.after(ms, () => {
        this.#stirred = true;
        resolve();
      }),
    );
  }

  #resolver(names: ReadonlyMap<string, readonly string[]>, delay: number): Resolver {
    const table = new VirtualResolver();
    for (const [host, addresses] of names) table.address(host, ...new Set(addresses));
    const later = async <T>(answer: Promise<T>): Promise<T> => {
      if (delay > 0) await this.sleep(delay);
      return answer;
    };
    return {
      addresses: (host) => later(table.addresses(host)),
      services: (name) => later(table.services(name)),
      naptr: (domain) => later(table.naptr(domain)),
    };
  }

  /** `dns`: how long each question to it takes. */
  async start(
    applications: DeployedApplication[],
    options: { configuration?: typeof DEFAULTS; names?: ReadonlyMap<string, readonly string[]>; dns?: number },
  ): Promise<void> {
    const agenda = new Agenda(
      (drain) => void this.#drains.push(drain),
      (error) => this.listener.fault(`a job of the agenda has thrown ${stackOf(error)}`),
    );
    this.engine = new Engine(
      {
        network: this.wires,
        resolver: this.#resolver(options.names ?? new Map(), options.dns ?? 0),
        clock: this.clock,
        agenda,
        identifiers: new CountingIdentifiers(this.random.fork('identifiers')),
        key: [0x51b1e7, this.seed],
        log: LOG,
      },
      options.configuration ?? DEFAULTS,
      { active: applications },
    );
    await this.engine.transport.listen([`udp:${CONTAINER}:5060`, `tcp:${CONTAINER}:5060`]);
    heard = this.listener.logged;
  }

  async #settle(): Promise<void> {
    do {
      for (let drain = this.#drains.shift(); drain !== undefined; drain = this.#drains.shift()) drain();
      if (!this.#stirred && !this.settles) return;
      this.#stirred = false;
      await settled();
    } while (this.#drains.length > 0 || this.#stirred);
  }

  /** Until this is true, or nothing is to come any more. */
  async play(until: () => boolean): Promise<void> {
    while (!until()) {
      try {
        if (!this.clock.step(LIMIT)) return;
      } catch (error) {
        this.listener.fault(`an event has thrown ${stackOf(error)}`);
      }
      if (this.#drains.length > 0 || this.#stirred || this.settles) await this.#settle();
    }
  }

  /** Until no message, no transaction and no deed of a peer or an application is to come. */
  quiet(): Promise<void> {
    const { transactions } = this.engine;
    // Of the deadlines of one moment the first may end a transaction, and the next send a request.
    const isDue = () => (this.clock.next ?? Number.POSITIVE_INFINITY) <= this.clock.now() + 1;
    return this.play(() => this.wires.underway === 0 && total(transactions.size) === 0 && !isDue());
  }

  /** The end: until nothing is to come any more; what is left then is told. */
  async end(): Promise<void> {
    await this.play(() => false);
    heard = undefined;
    forgetStorages();
    const { clock, engine } = this;
    if (clock.pending > 0) this.listener.fault(`${clock.pending} deadlines are still to come`);
    const alive = {
      ...engine.transactions.size,
      ...engine.size,
      unanswered: engine.counters.unanswered,
      connections: engine.transport.connections,
    };
    for (const [name, count] of Object.entries(alive)) {
      if (count !== 0) this.listener.fault(`${count} ${name} ${count === 1 ? 'is' : 'are'} left when all is over`);
    }
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const name in counts) sum += present(counts[name]);
  return sum;
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
