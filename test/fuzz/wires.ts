// The wires between the container and its peers, lean enough for a hundred thousand sequences: datagrams that are lost,
// doubled and late, and connections.

import { present } from '../../container/base/present.js';
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  Network,
  SocketAddress,
} from '../../container/transport/network.js';
import type { Random } from '../world/random.js';
import type { VirtualClock } from '../world/virtual-clock.js';
import { Loop } from './loop.js';

export type Transport = 'UDP' | 'TCP';

/**
 * What the ways to and from one peer do to datagrams, and how long everything takes: from `delay` to `delay + jitter`
 * ms.
 */
export interface Link {
  readonly loss: number;
  readonly duplicate: number;
  readonly delay: number;
  readonly jitter: number;
}

/** Whether packets arrive: `deaf` hears nothing, `refused` says so at once. */
export type Reach = 'open' | 'deaf' | 'refused';

export interface Station {
  readonly address: string;
  readonly link: Link;
  reach: Reach;
  /** `line`: the connection that it came on, to answer on. */
  receive(wire: string, transport: Transport, line: Line | undefined): void;
}

/** Sees what the container sends and receives, in that order. */
export interface Watch {
  sent(wire: string, to: string, transport: Transport, line: number): void;
  received(wire: string, from: string, transport: Transport, line: number): void;
  /** The container has been told that it cannot send there: a datagram, or a connection that has ended. */
  failed(to: string, wire: string, line: number): void;
  /** On the wire, for the ladder: whether it will arrive. */
  travels(from: string, to: string, transport: Transport, wire: string, copies: number): void;
}

export const CONTAINER = '10.0.0.9';
const PORT = 5060;

/** A connection between the container and a station. */
export class Line implements Connection {
  readonly local: SocketAddress = { address: CONTAINER, port: PORT };
  readonly backlog = 0;
  receiver!: ConnectionReceiver;
  #state: 'connecting' | 'open' | 'closed';
  #queue: string[] = [];
  /** In each direction: what is behind overtakes nothing. */
  #outward = 0;
  #inward = 0;

  constructor(
    readonly wires: Wires,
    readonly number: number,
    readonly remote: SocketAddress,
    readonly station: Station | undefined,
    isOpen: boolean,
  ) {
    this.#state = isOpen ? 'open' : 'connecting';
    if (!isOpen) this.#knock();
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  #knock(): void {
    const { station, wires } = this;
    if (station?.reach === 'deaf') return; // until the container gives up
    wires.after(wires.delay(station), () => {
      if (this.#state !== 'connecting') return;
      if (station === undefined || station.reach === 'refused') return this.#stop(new Error('connect ECONNREFUSED'));
      this.#state = 'open';
      this.receiver.connected();
      for (const wire of this.#queue.splice(0)) this.#carry(wire);
    });
  }

  write(wire: string): void {
    this.wires.watch.sent(wire, this.remote.address, 'TCP', this.number);
    if (this.#state === 'connecting') this.#queue.push(wire);
    else this.#carry(wire);
  }

  #carry(wire: string): void {
    const { station, wires } = this;
    const arrives = this.#state === 'open' && present(station).reach === 'open';
    wires.watch.travels(CONTAINER, this.remote.address, 'TCP', wire, arrives ? 1 : 0);
    if (!arrives) return;
    this.#outward = Math.max(this.#outward, wires.clock.now() + wires.delay(station));
    wires.after(this.#outward - wires.clock.now(), () => {
      if (present(station).reach === 'open' && this.#state === 'open') present(station).receive(wire, 'TCP', this);
    });
  }

  /** From the station to the container. */
  answer(wire: string): void {
    const { station, wires } = this;
    wires.watch.travels(this.remote.address, CONTAINER, 'TCP', wire, this.#state === 'open' ? 1 : 0);
    this.#inward = Math.max(this.#inward, wires.clock.now() + wires.delay(station));
    wires.after(this.#inward - wires.clock.now(), () => {
      if (this.#state !== 'open') return;
      wires.watch.received(wire, this.remote.address, 'TCP', this.number);
      this.receiver.receive(wire);
    });
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.#state !== 'closed') this.wires.watch.failed(this.remote.address, '', this.number);
    this.#stop(undefined);
  }

  /** The station is gone. */
  reset(): void {
    this.wires.after(this.wires.delay(this.station), () => this.#stop(new Error('read ECONNRESET')));
  }

  #stop(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.wires.lines.delete(this);
    this.wires.after(0, () => {
      if (error !== undefined) this.wires.watch.failed(this.remote.address, '', this.number);
      this.receiver.closed(error);
    });
  }
}

export class Wires implements Network {
  readonly stations = new Map<string, Station>();
  readonly lines = new Set<Line>();
  watch!: Watch;
  /** Jobs of the wires and of the peers that are still to come. */
  underway = 0;
  #socket: DatagramReceiver | undefined;
  #accept: ((connection: Connection) => ConnectionReceiver) | undefined;
  #numbers = 0;

  constructor(
    readonly clock: VirtualClock,
    readonly random: Random,
  ) {}

  after(delay: number, job: () => void): void {
    this.underway++;
    this.clock.after(delay, () => {
      this.underway--;
      job();
    });
  }

  delay(station: Station | undefined): number {
    const link = station?.link;
    return link === undefined ? 1 : link.delay + this.random.fraction() * link.jitter;
  }

  async bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    this.#socket = receiver;
    return {
      local: { address, port },
      send: (wire, _port, to, failed) => this.#send(wire, to, failed),
      close: async () => {},
    };
  }

  async listen(
    address: string,
    port: number,
    accept: (connection: Connection) => ConnectionReceiver,
  ): Promise<Listener> {
    this.#accept = accept;
    return { local: { address, port }, close: async () => {} };
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver): Connection {
    if (remote.address === CONTAINER) return this.#connectToItself(remote, receiver);
    const line = new Line(this, ++this.#numbers, remote, this.stations.get(remote.address), false);
    line.receiver = receiver;
    this.lines.add(line);
    return line;
  }

  #connectToItself(remote: SocketAddress, receiver: ConnectionReceiver): Connection {
    const around = {
      after: (delay: number, job: () => void) => this.after(delay, job),
      travels: (wire: string) => this.watch.travels(CONTAINER, CONTAINER, 'TCP', wire, 1),
    };
    const from = { address: CONTAINER, port: 40_000 + ++this.#numbers };
    const near = new Loop(around, from, remote);
    const far = new Loop(around, remote, from);
    near.receiver = receiver;
    near.other = far;
    far.other = near;
    this.after(0, () => {
      far.receiver = present(this.#accept)(far);
      receiver.connected();
    });
    return near;
  }

  /** A connection from a station to the container. */
  dial(station: Station): Line {
    const line = new Line(this, ++this.#numbers, { address: station.address, port: 40_000 }, station, true);
    this.lines.add(line);
    line.receiver = present(this.#accept)(line);
    return line;
  }

  #send(wire: string, to: string, failed: ((error: Error) => void) | undefined): void {
    if (to === CONTAINER) {
      this.#loop(wire);
      return;
    }
    this.watch.sent(wire, to, 'UDP', 0);
    const station = this.stations.get(to);
    if (station?.reach === 'refused') {
      this.watch.travels(CONTAINER, to, 'UDP', wire, 0);
      this.after(0, () => {
        this.watch.failed(to, wire, 0);
        failed?.(new Error('send EHOSTUNREACH'));
      });
      return;
    }
    const copies = station === undefined || station.reach === 'deaf' ? 0 : this.#copies(station.link);
    this.watch.travels(CONTAINER, to, 'UDP', wire, copies);
    for (let i = 0; i < copies; i++)
      this.after(this.delay(station), () => {
        if (present(station).reach === 'open') present(station).receive(wire, 'UDP', undefined);
      });
  }

  /** A datagram of the container to itself: from one application to the next. */
  #loop(wire: string): void {
    this.watch.travels(CONTAINER, CONTAINER, 'UDP', wire, 1);
    this.after(0, () => present(this.#socket).receive(wire, CONTAINER, PORT));
  }

  /** A datagram from a station to the container. */
  submit(station: Station, wire: string): void {
    const copies = this.#copies(station.link);
    this.watch.travels(station.address, CONTAINER, 'UDP', wire, copies);
    for (let i = 0; i < copies; i++)
      this.after(this.delay(station), () => {
        this.watch.received(wire, station.address, 'UDP', 0);
        present(this.#socket).receive(wire, station.address, PORT);
      });
  }

  #copies({ loss, duplicate }: Link): number {
    if (this.random.chance(loss)) return 0;
    return this.random.chance(duplicate) ? 2 : 1;
  }
}
