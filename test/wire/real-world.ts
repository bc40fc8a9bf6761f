// The phones of test/world and the container on real loopback sockets in real time: what a flow needs beside the
// virtual clock and network.
import { Agenda } from '../../container/base/agenda.js';
import type { Clock, Deadline } from '../../container/base/clock.js';
import { present } from '../../container/base/present.js';
import { RandomIdentifiers } from '../../container/host/random-identifiers.js';
import { RealClock } from '../../container/host/real-clock.js';
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  SocketAddress,
} from '../../container/transport/network.js';
import { NodeNetwork } from '../../container/transport/node-network.js';
import { drawLadder } from '../world/ladder.js';
import { Phone, type PhoneOptions } from '../world/phone.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import { endpoint, type Transmission } from '../world/transmission.js';
import { VirtualResolver } from '../world/virtual-resolver.js';
import type { World } from '../world/world.js';

/** The longest that a script waits for anything: 64*T1 and a little more. */
const PATIENCE = 2500;
/** How often a wait looks for what nobody tells it of, ms. */
const LOOK = 5;

type Accept = (connection: Connection) => ConnectionReceiver;

/** RealClock, from 0 on, with a function for a script's jobs. */
class ScriptClock {
  readonly #begun = performance.now();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return performance.now() - this.#begun;
  }

  after(delay: number, job: () => void): Deadline {
    return this.clock.start(delay, { expire: job }, 'job');
  }
}

/** Waits in real time: for an arrival, or until the time has come. */
class RealScheduler {
  readonly #checks = new Set<() => void>();
  #fault: Error | undefined;

  constructor(private readonly failure: (what: string, cause?: unknown) => Error) {}

  run(ms: number): Promise<void> {
    return this.until(
      () => undefined,
      ms,
      () => undefined,
    );
  }

  until<T>(probe: () => T | undefined, within: number, late: () => T): Promise<T> {
    const limit = performance.now() + Math.min(within, PATIENCE);
    return new Promise<T>((resolve, reject) => {
      const check = (): void => {
        try {
          if (this.#fault !== undefined) throw this.#fault;
          const found = probe();
          if (found === undefined && performance.now() < limit) return;
          resolve(found === undefined ? late() : found);
        } catch (error) {
          reject(error);
        }
        this.#checks.delete(check);
        clearInterval(interval);
      };
      const interval = setInterval(check, LOOK);
      this.#checks.add(check);
      check();
    });
  }

  /** Something has come. */
  look(): void {
    for (const check of [...this.#checks]) check();
  }

  fault(error: unknown): void {
    this.#fault ??= this.failure(error instanceof Error ? error.message : String(error), error);
    this.look();
  }
}

export class RealWorld {
  readonly clock = new RealClock((error) => this.scheduler.fault(error));
  readonly network = new NodeNetwork(this.clock);
  readonly resolver = new VirtualResolver();
  readonly record: Transmission[] = [];
  readonly time = new ScriptClock(this.clock);
  readonly scheduler = new RealScheduler((what, cause) => this.failure(what, cause));
  readonly #names = new Map<string, string>();
  readonly #phones: Phone[] = [];
  readonly #containers: Siplet[] = [];
  #connections = 0;

  /** Puts a phone on the loopback network, on one free port for UDP and TCP. */
  async phone(name: string, address: string, options: PhoneOptions = {}): Promise<Phone> {
    let udp: DatagramReceiver | undefined;
    let accept: Accept | undefined;
    const listens = options.listens ?? ['UDP', 'TCP'];
    const own = (): SocketAddress => ({ address, port: socket.local.port });
    const arrives: DatagramReceiver = {
      receive: (wire, from, port) => {
        this.#note('datagram', { address: from, port }, own(), wire);
        udp?.receive(wire, from, port);
        this.scheduler.look();
      },
    };
    const { socket, listener } = await this.#places(
      address,
      arrives,
      (one) => this.#heard(one, present(accept), own),
      listens.includes('TCP'),
    );
    const { port } = socket.local;
    this.#names.set(endpoint(address, port), name);
    // What PhoneWire asks of a network: its places, and a way to send datagrams.
    const network = {
      clock: this.time,
      plug: (_address: string, _port: number, receiver: DatagramReceiver) => {
        udp = receiver;
        return () => void socket.close();
      },
      offer: (_address: string, _port: number, take: Accept) => {
        accept = take;
        return () => void listener?.close();
      },
      carry: (from: SocketAddress, to: SocketAddress, wire: string) => {
        this.#note('datagram', from, to, wire);
        socket.send(wire, to.port, to.address);
      },
    };
    const { time, scheduler, resolver } = this;
    const surroundings = { clock: time, network, scheduler, resolver, failure: (what: string) => this.failure(what) };
    const phone = new Phone(surroundings as never, name, address, { ...options, port });
    const { wire } = phone;
    wire.connectionTo = (to) =>
      wire.connections.get(endpoint(to.address, to.port)) ?? this.#dial(to, present(accept), own);
    this.#phones.push(phone);
    return phone;
  }

  /** The container, on one free port of an address for UDP and TCP unless `listen` says more. */
  async siplet(
    applications: Parameters<typeof Siplet.start>[1],
    options: SipletOptions = {},
  ): Promise<Siplet & { port: number }> {
    const address = options.addresses?.[0] ?? '127.0.0.9';
    let { listen } = options;
    let port = 0;
    if (listen === undefined) {
      const places = await this.#places(
        address,
        { receive() {} },
        () => ({ connected() {}, receive() {}, closed() {} }),
        true,
      );
      port = places.socket.local.port;
      await Promise.all([places.socket.close(), present(places.listener).close()]);
      listen = [`udp:${address}:${port}`, `tcp:${address}:${port}`];
    }
    const container = await Siplet.start(this as unknown as World, applications, {
      ...options,
      addresses: [address],
      listen,
    });
    for (const one of container.engine.transport.listenings) this.#names.set(endpoint(one.address, one.port), 'siplet');
    this.#containers.push(container);
    return Object.assign(container, { port });
  }

  // What Siplet.start asks of its world.

  attach(name: string, addresses: readonly string[]) {
    for (const address of addresses) this.#names.set(address, name);
    const { network, clock, resolver } = this;
    const agenda = new Agenda(queueMicrotask, (error) => this.scheduler.fault(error));
    const identifiers = new RandomIdentifiers();
    return {
      name,
      addresses,
      network,
      clock,
      resolver,
      agenda,
      identifiers,
      fault: (error: unknown) => this.scheduler.fault(error),
    };
  }

  complete<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  // Waiting.

  run(ms: number): Promise<void> {
    return this.scheduler.run(ms);
  }

  /** Waits until this is true. */
  until(what: string, probe: () => boolean): Promise<boolean> {
    return this.scheduler.until<boolean>(
      () => probe() || undefined,
      PATIENCE,
      () => {
        throw this.failure(`in vain: ${what}`);
      },
    );
  }

  failure(what: string, cause?: unknown): Error {
    return new Error(`${what}\n\n${this.ladder()}\n`, { cause });
  }

  ladder(): string {
    const nameOf = (at: SocketAddress) => this.#names.get(endpoint(at.address, at.port)) ?? this.#names.get(at.address);
    return drawLadder(this.record, nameOf);
  }

  /** Nothing is left in any container once the last timer has fired; then all sockets are closed. */
  async close(): Promise<void> {
    const held = () =>
      this.#containers.flatMap(({ alive }) => Object.entries(alive).filter(([, count]) => count !== 0));
    try {
      await this.until('nothing is left in the container', () => held().length === 0).catch((error: Error) => {
        throw new Error(`${JSON.stringify(held())}: ${error.message}`);
      });
    } finally {
      for (const phone of this.#phones) phone.wire.unplug();
      await Promise.all(this.#containers.map(({ engine }) => engine.transport.close()));
      this.clock.close();
    }
  }

  // Sockets.

  /** One port for both transports. */
  async #places(address: string, receiver: DatagramReceiver, accept: Accept, tcp: boolean) {
    for (let tries = 0; ; tries++) {
      const socket = await this.network.bind(address, 0, receiver);
      if (!tcp) return { socket, listener: undefined };
      try {
        return { socket, listener: await this.network.listen(address, socket.local.port, accept) };
      } catch (error) {
        await socket.close();
        if (tries > 20) throw error;
      }
    }
  }

  #dial(to: SocketAddress, accept: Accept, local: () => SocketAddress): Connection {
    let receiver: ConnectionReceiver | undefined;
    const connection = this.network.connect(
      to,
      {
        connected() {},
        receive: (octets) => receiver?.receive(octets),
        closed: (error) => receiver?.closed(error),
      },
      local().address,
    );
    receiver = this.#heard(connection, accept, local);
    return connection;
  }

  /** Gives the connection to the phone, and hears what goes both ways. */
  #heard(connection: Connection, accept: Accept, local: () => SocketAddress): ConnectionReceiver {
    const number = ++this.#connections;
    const write = connection.write.bind(connection);
    const { remote } = connection;
    connection.write = (wire) => {
      this.#note('write', local(), remote, wire, number);
      write(wire);
    };
    const receiver = accept(connection);
    return {
      connected() {},
      receive: (octets) => {
        this.#note('write', remote, local(), octets, number);
        receiver.receive(octets);
        this.scheduler.look();
      },
      closed: (error) => {
        receiver.closed(error);
        this.scheduler.look();
      },
    };
  }

  #note(kind: 'datagram' | 'write', from: SocketAddress, to: SocketAddress, wire: string, connection = 0): void {
    const transport = kind === 'datagram' ? 'UDP' : 'TCP';
    const time = this.time.now();
    this.record.push({ time, kind, transport, from, to, wire, connection, fate: 'heard', arrivals: [time] });
  }
}
