// All engines, each in a thread of its own: every order goes to all of them, and an engine that dies is started again
// and brought to the state of the others.
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import { hostKey } from '../host/host-key.js';
import { RandomIdentifiers } from '../host/random-identifiers.js';
import type { Events } from '../observe/events.js';
import { relayTo } from '../observe/log.js';
import { duplicates } from './duplicates.js';
import type { Exchange } from './exchange.js';
import { Member, openThread } from './member.js';
import type { BoundListener, EngineDuties, Handover, MainDuties, StartOrder } from './messages.js';
import { answerOf, startInTime } from './patience.js';
import type { Ring } from './ring.js';
import { Versions } from './versions.js';

/** A listener that the main thread has bound, with the handle of its socket for datagrams. */
export type SharedListener = Omit<BoundListener, 'descriptor'> & { readonly handle?: object };

/** What the crew passes on from its engines. */
interface CrewUser {
  readonly events: Pick<Events, 'tell'>;
  /** No engine has a session of that version any more. */
  idle(revision: number): void;
  handOver(from: number, message: Handover): void;
  readonly streams: {
    connect(engine: number, to: Parameters<MainDuties['connect']>[0]): void;
    write(engine: number, id: number, wire: string): void;
    leave(engine: number, id: number, isNow: boolean): void;
    taken(engine: number, octets: number): void;
    gone(engine: number): void;
  };
}

/** Milliseconds until an engine that died is started again; longer each time that it did not live as long. */
const SOONEST = 100;
const LATEST = 60_000;

export class Crew {
  readonly count: number;
  readonly salt = new RandomIdentifiers().branch();
  readonly exchange: Exchange;
  user: CrewUser | undefined;
  readonly #configuration: Configuration;
  readonly #log: Logger;
  readonly #open: typeof openThread;
  /** All running threads, including those that have not answered yet. */
  readonly #threads = new Set<Member>();
  readonly #members: (Member | undefined)[] = [];
  readonly #versions = new Versions();
  #listeners: readonly SharedListener[] = [];
  #order: RouterOrder['order'] | undefined;
  #level: string | undefined;
  #isHeard = false;
  #isStopping = false;
  #isClosed = false;

  constructor(
    configuration: Configuration,
    count: number,
    log: Logger,
    exchange: (salt: string) => Exchange,
    open = openThread,
  ) {
    this.#open = open;
    this.#configuration = configuration;
    this.count = count;
    this.#log = log;
    this.exchange = exchange(this.salt);
  }

  /** Rejects when an engine cannot be started. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.count }, (_, engine) => this.#begin(engine)));
  }

  /** The engines that are being started again, numbered from 1. */
  get missing(): number[] {
    return Array.from({ length: this.count }, (_, i) => i + 1).filter((number) => !this.#members[number - 1]?.isThere);
  }

  /** Asks each available engine, and returns the answers that arrive in time (patience.ts). */
  async ask<K extends keyof EngineDuties & string>(
    kind: K,
    body: Parameters<EngineDuties[K]>[0],
  ): Promise<Awaited<ReturnType<EngineDuties[K]>>[]> {
    return (await this.askEach(kind, body)).map(({ answer }) => answer);
  }

  /** Like `ask`, with the engine of each answer. */
  async askEach<K extends keyof EngineDuties & string>(
    kind: K,
    body: Parameters<EngineDuties[K]>[0],
  ): Promise<{ engine: number; member: object; answer: Awaited<ReturnType<EngineDuties[K]>> }[]> {
    const asked = this.#there.map(async (member) => {
      const answer = await answerOf(member, member.port.ask(kind, body as never));
      return { engine: member.engine, member, answer: answer as Awaited<ReturnType<EngineDuties[K]>> };
    });
    const answers = await Promise.allSettled(asked);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  tell<K extends keyof EngineDuties & string>(engine: number, kind: K, body: Parameters<EngineDuties[K]>[0]): void {
    this.#members[engine]?.port.tell(kind, body as never);
  }

  /** Starts the application in every engine or in none: then it throws the first error. */
  async startApplication(order: StartOrder): Promise<readonly string[]> {
    this.#versions.add(order);
    const asked = this.#there.map((member) => startInTime(member.start(order)));
    const answers = await Promise.allSettled(asked);
    const failed = answers.find((answer) => answer.status === 'rejected');
    const started = answers.find((answer) => answer.status === 'fulfilled');
    if (failed === undefined && started !== undefined) return started.value;
    await this.dispose(order.revision);
    throw failed?.reason ?? new Error('no engine is available');
  }

  /** From now on these versions take initial requests. */
  activate(applications: readonly Pick<DeployedApplication, 'revision'>[]): void {
    const revisions = applications.map(({ revision }) => revision);
    this.#versions.activate(revisions, (revision) =>
      this.#there.filter((member) => member.has(revision)).map(({ engine }) => engine),
    );
    for (const member of this.#there) void this.#supply(member).catch((error) => this.#useless(member, error));
  }

  /**
   * Starts the versions in service in the engine, including those deployed while it was away; then they take initial
   * requests there.
   */
  async #supply(member: Member): Promise<void> {
    for (;;) {
      const { orders, active } = this.#versions;
      const lacking = orders.filter(({ revision }) => !member.has(revision));
      if (lacking.length === 0) return member.port.tell('activate', active);
      for (const order of lacking) await startInTime(member.start(order));
    }
  }

  /** The engine cannot start the versions that the others have in service, so it is started again. */
  #useless(member: Member, error: unknown): Promise<void> {
    const worker = member.engine + 1;
    if (member.isThere) this.#log.error({ err: error, worker }, `worker ${worker} cannot be started again`);
    return member.end();
  }

  /** How many engines may have sessions of that version. */
  busyWith(revision: number): number {
    return this.#versions.busyWith(revision) ?? this.#there.length;
  }

  endSessions(revision: number): void {
    this.#tellAll('endSessions', revision);
  }

  async dispose(revision: number): Promise<void> {
    this.#versions.remove(revision);
    for (const member of this.#there) member.forget(revision);
    await this.ask('dispose', revision);
  }

  #idle(engine: number, revision: number): void {
    if (this.#versions.idle(engine, revision)) this.user?.idle(revision);
  }

  reorder(order: RouterOrder['order']): void {
    this.#order = order;
    this.#tellAll('reorder', order);
  }

  setLogLevel(level: string): void {
    this.#level = level;
    this.#tellAll('level', level);
  }

  tellEvents(isHeard: boolean): void {
    if (isHeard === this.#isHeard) return;
    this.#isHeard = isHeard;
    this.#tellAll('telling', isHeard);
  }

  refuseNew(): void {
    this.#isStopping = true;
    this.#tellAll('stopping', undefined);
  }

  /** From now on messages to these listeners arrive. */
  async listen(listeners: readonly SharedListener[]): Promise<void> {
    this.#listeners = listeners;
    // An engine that comes later gets its own descriptors.
    const members = this.#there.filter((member) => !member.isListening);
    for (const member of members) member.isListening = true;
    const descriptors = await duplicates(handlesOf(listeners), members.length);
    await Promise.all(members.map((member, index) => this.#share(member, descriptors[index] ?? [])));
    // All at once: otherwise the first engines would get all messages, and also the sessions of keys whose home is
    // another engine.
    for (const member of members) this.#attach(member);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.ask('close', undefined);
    await Promise.all([...this.#threads].map((member) => member.end()));
  }

  get #there(): Member[] {
    return this.#members.filter((member) => member?.isThere) as Member[];
  }

  #tellAll<K extends keyof EngineDuties & string>(kind: K, body: Parameters<EngineDuties[K]>[0]): void {
    for (const member of this.#there) member.port.tell(kind, body as never);
  }

  async #begin(engine: number, wait = SOONEST): Promise<Member> {
    const failed = (error: unknown): void => this.#log.error({ err: error }, 'the container failed');
    const { count, salt } = this;
    const beginning = { engine, count, salt, key: hostKey(), configuration: this.#configuration };
    const member = new Member(beginning, this.#dutiesFor(engine), failed, this.#open);
    this.#threads.add(member);
    const began = performance.now();
    void member.ended.then((error) => this.#died(member, error, began, wait));
    try {
      // Its first answer shows that it is running.
      await startInTime(member.port.ask('callsInProgress', undefined));
      if (this.#isClosed) throw new Error('the container stops');
    } catch (error) {
      await member.end();
      throw error;
    }
    this.#members[engine] = member;
    return member;
  }

  /** The calls of the engine are lost; those of the others continue. */
  #died(member: Member, error: Error, began: number, wait: number): void {
    const { engine } = member;
    this.#threads.delete(member);
    if (this.#members[engine] === member) this.#members[engine] = undefined;
    this.exchange.detach(engine);
    this.user?.streams.gone(engine);
    for (const revision of this.#versions.gone(engine)) this.user?.idle(revision);
    if (this.#isClosed) return;
    this.#log.error({ err: error, worker: engine + 1 }, `worker ${engine + 1} has ended: its calls are lost`);
    const next = performance.now() - began > LATEST ? SOONEST : Math.min(LATEST, wait * 2);
    setTimeout(() => void this.#again(engine, next), wait).unref();
  }

  async #again(engine: number, wait: number): Promise<void> {
    if (this.#isClosed || this.#isStopping) return;
    try {
      const member = await this.#begin(engine, wait);
      await this.#bringUp(member);
      this.#log.info({ worker: engine + 1 }, `worker ${engine + 1} is running again`);
    } catch (error) {
      const member = this.#members[engine];
      if (member !== undefined) await this.#useless(member, error);
    }
  }

  /** Tells the engine everything that the others were told. */
  async #bringUp(member: Member): Promise<void> {
    const { port } = member;
    if (this.#level !== undefined) port.tell('level', this.#level);
    if (this.#order !== undefined) port.tell('reorder', this.#order);
    if (this.#isHeard) port.tell('telling', true);
    if (this.#isStopping) port.tell('stopping', undefined);
    await this.#supply(member);
    if (this.#listeners.length === 0 || member.isListening) return;
    member.isListening = true;
    const [descriptors = []] = await duplicates(handlesOf(this.#listeners), 1);
    await this.#share(member, descriptors);
    this.#attach(member);
  }

  /** Gives the engine descriptors of the sockets to send on. */
  async #share(member: Member, descriptors: readonly number[]): Promise<void> {
    const left = [...descriptors];
    const listeners = this.#listeners.map(({ handle, ...listener }) => {
      const descriptor = handle === undefined ? undefined : left.shift();
      return descriptor === undefined ? listener : { ...listener, descriptor };
    });
    await member.port.ask('listen', listeners);
  }

  /** From now on the engine takes messages. */
  #attach(member: Member): void {
    if (member.isThere) this.exchange.attach(member.engine, member.ring as Ring, member.wake);
  }

  #dutiesFor(engine: number): MainDuties {
    const write = relayTo(this.#log);
    return {
      log: write,
      event: ({ kind, data }) => this.user?.events.tell(kind, data),
      idle: (revision) => this.#idle(engine, revision),
      handOver: (message) => this.user?.handOver(engine, message),
      connect: (to) => this.user?.streams.connect(engine, to),
      write: ({ id, wire }) => this.user?.streams.write(engine, id, wire),
      taken: (octets) => this.user?.streams.taken(engine, octets),
      leave: ({ id, isNow }) => this.user?.streams.leave(engine, id, isNow),
    };
  }
}

function handlesOf(listeners: readonly SharedListener[]): object[] {
  return listeners.flatMap(({ handle }) => handle ?? []);
}
