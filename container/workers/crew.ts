// All engines, each in a thread of its own: what is told to one is told to all, and one that dies is started
// again with what the others have.
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

/** A listener that the main thread has bound, with the handle of its socket where datagrams come. */
export type SharedListener = Omit<BoundListener, 'descriptor'> & { readonly handle?: object };

/** What engines tell that is not the crew's own affair. */
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

/** How soon an engine is started again that has died, ms: longer after each time that it did not live as long. */
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
  /** All that run, also those that have not answered yet. */
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

  /** Rejects when one cannot be started. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.count }, (_, engine) => this.#begin(engine)));
  }

  /** Engines that are being started again, from 1. */
  get missing(): number[] {
    return Array.from({ length: this.count }, (_, i) => i + 1).filter((number) => !this.#members[number - 1]?.isThere);
  }

  /** What each engine answers that is there, and not held up for longer than its peers would wait. */
  async ask<K extends keyof EngineDuties & string>(
    kind: K,
    body: Parameters<EngineDuties[K]>[0],
  ): Promise<Awaited<ReturnType<EngineDuties[K]>>[]> {
    return (await this.askEach(kind, body)).map(({ answer }) => answer);
  }

  /** The same, with who answers. */
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

  /** In every engine, or in none: then it throws what the first of them said. */
  async startApplication(order: StartOrder): Promise<readonly string[]> {
    this.#versions.add(order);
    const asked = this.#there.map((member) => startInTime(member.start(order)));
    const answers = await Promise.allSettled(asked);
    const failed = answers.find((answer) => answer.status === 'rejected');
    const started = answers.find((answer) => answer.status === 'fulfilled');
    if (failed === undefined && started !== undefined) return started.value;
    await this.dispose(order.revision);
    throw failed?.reason ?? new Error('no engine is there');
  }

  /** These take initial requests from now on. */
  activate(applications: readonly Pick<DeployedApplication, 'revision'>[]): void {
    const revisions = applications.map(({ revision }) => revision);
    this.#versions.activate(revisions, (revision) =>
      this.#there.filter((member) => member.has(revision)).map(({ engine }) => engine),
    );
    for (const member of this.#there) void this.#supply(member).catch((error) => this.#useless(member, error));
  }

  /** It has what is in service, also what was deployed while it was away; then that takes initial requests in it. */
  async #supply(member: Member): Promise<void> {
    for (;;) {
      const { orders, active } = this.#versions;
      const lacking = orders.filter(({ revision }) => !member.has(revision));
      if (lacking.length === 0) return member.port.tell('activate', active);
      for (const order of lacking) await startInTime(member.start(order));
    }
  }

  /** What is in service in the others cannot be started in it: it is begun again. */
  #useless(member: Member, error: unknown): Promise<void> {
    const worker = member.engine + 1;
    if (member.isThere) this.#log.error({ err: error, worker }, `worker ${worker} cannot be started again`);
    return member.end();
  }

  /** How many engines may have sessions of it. */
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

  /** Messages of these come from now on. */
  async listen(listeners: readonly SharedListener[]): Promise<void> {
    this.#listeners = listeners;
    // One that comes later gets its own.
    const members = this.#there.filter((member) => !member.isListening);
    for (const member of members) member.isListening = true;
    const descriptors = await duplicates(handlesOf(listeners), members.length);
    await Promise.all(members.map((member, index) => this.#share(member, descriptors[index] ?? [])));
    // All at one time: to those that came first all messages would be, and the sessions of
    // keys whose home is elsewhere.
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
    const failed = (error: unknown): void => this.#log.error({ err: error }, 'a fault of the container');
    const { count, salt } = this;
    const beginning = { engine, count, salt, key: hostKey(), configuration: this.#configuration };
    const member = new Member(beginning, this.#dutiesFor(engine), failed, this.#open);
    this.#threads.add(member);
    const began = performance.now();
    void member.ended.then((error) => this.#died(member, error, began, wait));
    try {
      // Its first answer: it is there.
      await startInTime(member.port.ask('callsInProgress', undefined));
      if (this.#isClosed) throw new Error('the container stops');
    } catch (error) {
      await member.end();
      throw error;
    }
    this.#members[engine] = member;
    return member;
  }

  /** Its calls are lost; those of the others are not disturbed. */
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
      this.#log.info({ worker: engine + 1 }, `worker ${engine + 1} is there again`);
    } catch (error) {
      const member = this.#members[engine];
      if (member !== undefined) await this.#useless(member, error);
    }
  }

  /** All that the others were told. */
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

  /** It has sockets to send on. */
  async #share(member: Member, descriptors: readonly number[]): Promise<void> {
    const left = [...descriptors];
    const listeners = this.#listeners.map(({ handle, ...listener }) => {
      const descriptor = handle === undefined ? undefined : left.shift();
      return descriptor === undefined ? listener : { ...listener, descriptor };
    });
    await member.port.ask('listen', listeners);
  }

  /** It takes messages. */
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
