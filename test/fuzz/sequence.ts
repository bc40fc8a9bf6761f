// Runs one sequence: a new engine on virtual time and lean wires, a caller, callees, and the application of the script;
// keeps what happened.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../../container/application/application.js';
import { Agenda } from '../../container/base/agenda.js';
import { present } from '../../container/base/present.js';
import { defaultConfiguration, parseConfiguration } from '../../container/configuration/configuration.js';
import { createApplication } from '../../container/deployment/create-application.js';
import { Engine } from '../../container/engine/engine.js';
import { authenticated } from '../../container/servlet/authenticated-handler.js';
import type { Resolver } from '../../container/transport/network.js';
import { CountingIdentifiers } from '../world/counting-identifiers.js';
import { drawLadder } from '../world/ladder.js';
import { Random } from '../world/random.js';
import type { Transmission } from '../world/transmission.js';
import { VirtualClock } from '../world/virtual-clock.js';
import { VirtualResolver } from '../world/virtual-resolver.js';
import { Application, play, Scripted, sipletWith } from './application.js';
import { Callee } from './callee.js';
import { Caller } from './caller.js';
import { describe, type Entry } from './journal.js';
import { type HandlerName, type Script, scriptOf } from './script.js';
import { Sip } from './text.js';
import { CONTAINER, type Transport, Wires } from './wires.js';

const CONFIGURATION = defaultConfiguration();
/**
 * A subscription ends by silence here: nobody sends NOTIFY. Anything else that has to be forgotten was not ended as it
 * should be.
 */
const OF_SUBSCRIPTION = parseConfiguration('limits: { dialogIdle: 2h }');
/** No sequence takes longer, in virtual milliseconds. */
const LIMIT = 4 * 3_600_000;

/** All promises settle before an immediate is run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface LogEntry {
  readonly err?: unknown;
}

/** What the container logs goes to the sequence at work. */
let heard: ((level: 'warn' | 'error', entry: LogEntry, text: string) => void) | undefined;

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

/** Applications are deployed once for each set of handlers. */
const deployed = new Map<string, DeployedApplication>();

async function deploymentOf(handlers: readonly HandlerName[]): Promise<DeployedApplication> {
  const key = handlers.join(' ');
  let application = deployed.get(key);
  if (application === undefined) {
    application = await createApplication(
      { name: 'fuzz', version: '1.0.0', path: 'fuzz', directory: '.', entry: 'fuzz' } as never,
      1,
      { exports: { Fuzz: sipletWith(handlers) }, release() {} } as never,
      {
        log: LOG,
        configOf: () => undefined,
        defaults: { supervised: true, proxyTimeout: 180000 },
        authenticated,
        tokens: () => [],
      },
    );
    deployed.set(key, application);
  }
  return application;
}

export class Sequence {
  readonly entries: Entry[] = [];
  /** What went wrong, in words. */
  readonly faults: string[] = [];
  readonly caller: Caller;
  readonly callees: Callee[];
  readonly script: Script;
  readonly #transmissions: Transmission[] = [];
  readonly #clock = new VirtualClock();
  readonly #wires: Wires;
  readonly #random: Random;
  /** A promise is under way that no virtual time has to pass for. */
  #stirred = true;

  constructor(readonly seed: number) {
    this.script = scriptOf(seed);
    this.#random = new Random(seed);
    this.#wires = new Wires(this.#clock, this.#random.fork('wires'));
    this.#wires.watch = {
      sent: (wire, to, transport, line) => this.#packet('out', wire, to, transport, line),
      received: (wire, from, transport, line) => this.#packet('in', wire, from, transport, line),
      failed: (peer, wire, line) =>
        void this.entries.push({
          kind: 'failed',
          index: this.entries.length,
          time: this.#clock.now(),
          peer,
          wire,
          line,
        }),
      travels: (from, to, transport, wire, copies) => this.#travels(from, to, transport, wire, copies),
    };
    this.caller = new Caller(this.#wires, this.script.caller);
    this.callees = this.script.callees.map(
      (party) => new Callee(this.#wires, party, this.script.targets, (text) => this.fault(text)),
    );
    for (const peer of [this.caller, ...this.callees]) this.#wires.stations.set(peer.address, peer);
  }

  fault(text: string): void {
    this.faults.push(`${(this.#clock.now() / 1000).toFixed(3)} s: ${text}`);
  }

  #packet(kind: 'in' | 'out', wire: string, peer: string, transport: Transport, line: number): void {
    if (wire.trim() === '') return;
    const index = this.entries.length;
    try {
      this.entries.push({ kind, index, time: this.#clock.now(), peer, transport, line, sip: new Sip(wire) });
    } catch (error) {
      this.fault(`${kind === 'out' ? 'the container has sent' : 'a peer has sent'} what is not SIP: ${error}`);
    }
  }

  #travels(from: string, to: string, transport: Transport, wire: string, copies: number): void {
    this.#transmissions.push({
      time: this.#clock.now(),
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

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) =>
      this.#wires.after(ms, () => {
        this.#stirred = true;
        resolve();
      }),
    );
  }

  #resolver(): Resolver {
    const table = new VirtualResolver();
    for (const { uri, addresses } of this.script.targets) {
      const host = /@([^;]*)/.exec(uri)?.[1];
      if (host?.endsWith('.example') && addresses.length > 0) table.address(host, ...new Set(addresses));
    }
    const later = async <T>(answer: Promise<T>): Promise<T> => {
      if (this.script.dns > 0) await this.#sleep(this.script.dns);
      return answer;
    };
    return {
      addresses: (host) => later(table.addresses(host)),
      services: (name) => later(table.services(name)),
      naptr: (domain) => later(table.naptr(domain)),
    };
  }

  /** Plays it to the end: until nothing is to come any more. */
  async run(): Promise<this> {
    const clock = this.#clock;
    const drains: (() => void)[] = [];
    const agenda = new Agenda(
      (drain) => void drains.push(drain),
      (error) => this.fault(`a job of the agenda has thrown ${stackOf(error)}`),
    );
    const active = { active: [await deploymentOf(this.script.application.handlers)] };
    const network = this.#wires;
    const engine = new Engine(
      {
        network,
        resolver: this.#resolver(),
        clock,
        agenda,
        identifiers: new CountingIdentifiers(this.#random.fork('identifiers')),
        key: [0x51b1e7, this.seed],
        log: LOG,
      },
      this.script.caller.method === 'SUBSCRIBE' ? OF_SUBSCRIPTION : CONFIGURATION,
      active,
    );
    await engine.transport.listen([`udp:${CONTAINER}:5060`, `tcp:${CONTAINER}:5060`]);
    const application = new Application(this.script, {
      random: this.#random.fork('application'),
      now: () => clock.now(),
      sleep: (ms) => this.#sleep(ms),
      after: (ms, job) => network.after(ms, job),
      note: (act) =>
        void this.entries.push({ kind: 'app', index: this.entries.length, time: clock.now(), ...act } as never),
      stir: () => {
        this.#stirred = true;
      },
      fault: (text) => this.fault(text),
    });
    play(application);
    heard = (level, entry, text) => this.#logged(level, entry, text);
    // Promises locate a target that is not an address: where there is one, they settle after every event.
    const resolves = this.script.targets.some(({ uri }) => /\.example|^tel:|sctp/.test(uri));

    const settle = async (): Promise<void> => {
      do {
        for (let drain = drains.shift(); drain !== undefined; drain = drains.shift()) drain();
        if (!this.#stirred && !resolves) return;
        this.#stirred = false;
        await settled();
      } while (drains.length > 0 || this.#stirred);
    };
    const play1 = async (until: () => boolean): Promise<void> => {
      while (!until()) {
        try {
          if (!clock.step(LIMIT)) return;
        } catch (error) {
          this.fault(`an event has thrown ${stackOf(error)}`);
        }
        if (drains.length > 0 || this.#stirred || resolves) await settle();
      }
    };
    this.caller.start();
    const { transactions, transport } = engine;
    await play1(() => network.underway === 0 && total(transactions.size) === 0);
    // A dialog that goes through the container stands until somebody ends it.
    for (const callee of this.callees) {
      for (const dialog of callee.standing) callee.hangUp(dialog);
    }
    await play1(() => false);
    heard = undefined;
    play(undefined);
    forgetStorages();
    if (clock.pending > 0) this.fault(`${clock.pending} deadlines are still to come`);
    const alive = {
      ...transactions.size,
      ...engine.size,
      unanswered: engine.counters.unanswered,
      connections: transport.connections,
    };
    for (const [name, count] of Object.entries(alive)) {
      if (count !== 0) this.fault(`${count} ${name} ${count === 1 ? 'is' : 'are'} left when all is over`);
    }
    return this;
  }

  /**
   * Failures that the script asked for, and peers that cannot be reached, are told as such; nothing else goes wrong.
   */
  #logged(level: 'warn' | 'error', { err }: LogEntry, text: string): void {
    const expected = / failed$/.test(text) && (err instanceof Scripted || (err as Error)?.name === 'HandlerTimeout');
    if (expected || (level === 'warn' && /cannot be sent|way back to the caller|neither answered nor/.test(text)))
      return;
    this.fault(`the container has logged: ${text}${err === undefined ? '' : `: ${stackOf(err)}`}`);
  }

  get ladder(): string {
    const names = new Map([
      [CONTAINER, 'siplet'],
      [this.caller.address, 'caller'],
    ]);
    this.callees.forEach(({ address }, i) => void names.set(address, `c@${i + 1}`));
    const columns = ['caller', 'siplet', ...this.callees.map((_, i) => `c@${i + 1}`)];
    return drawLadder(this.#transmissions, ({ address }) => names.get(address), {
      participants: columns,
      note: (message) => message.header('X-Id') ?? (message.isRequest ? /:(?:c|%63)\d+/.exec(message.uri)?.[0] : ''),
    });
  }

  /** Seed, script, what happened at the container's edge, and the ladder. */
  get report(): string {
    const { application, caller, callees, targets } = this.script;
    const lines = [
      `seed ${this.seed}`,
      ...this.faults.map((fault) => `  ${fault}`),
      '',
      `application ${JSON.stringify(application)}`,
      `caller ${JSON.stringify(caller)}`,
      ...callees.map((callee) => `callee ${JSON.stringify(callee)}`),
      ...targets.flatMap(({ name, uri, addresses, plans }) => [
        `target ${name} ${uri} at ${addresses.join(', ')}`,
        ...plans.map((plan) => `  ${JSON.stringify(plan)}`),
      ]),
      '',
      ...this.entries.map(describe),
      '',
      this.ladder,
    ];
    return lines.join('\n');
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const name in counts) sum += present(counts[name]);
  return sum;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
