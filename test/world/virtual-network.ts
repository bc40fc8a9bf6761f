// A network in memory: datagrams and connections between addresses, with the accidents that rules and a seed bring.
// Everything sent is recorded.
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  Network,
  SocketAddress,
} from '../../container/transport/network.js';
import { type LinkProperties, type LinkRule, LinkRules, type Predicate } from './link-rules.js';
import { Random } from './random.js';
import { canonical, endpoint, type Fate, hostError, isWildcard, type Transmission } from './transmission.js';
import type { VirtualClock } from './virtual-clock.js';
import type { Accept, VirtualConnection } from './virtual-connection.js';
import { VirtualHost } from './virtual-host.js';

/** The most octets that fit into a datagram over IPv4. */
export const MAX_DATAGRAM = 65_507;

const FIRST_EPHEMERAL = 49_152;

export class VirtualNetwork implements Network {
  readonly record: Transmission[] = [];
  readonly rules: LinkRules;
  /** Participants by 'address' and by 'address:port'. */
  readonly names = new Map<string, string>();
  readonly connections = new Set<VirtualConnection>();
  /** How many datagrams and segments are on their way. */
  underway = 0;
  /** How long a connection waits for an answer before it is given up. */
  patience = 20_000;
  readonly #sockets = new Map<string, DatagramReceiver>();
  readonly #listeners = new Map<string, Accept>();
  #ports = FIRST_EPHEMERAL;
  #connections = 0;

  constructor(
    readonly clock: VirtualClock,
    readonly random: Random = new Random(1),
  ) {
    this.rules = new LinkRules((address) => this.nameOf(address));
  }

  /** The network as a host with these addresses sees it: wildcards bind all of them, connections come from them. */
  host(addresses: readonly string[]): Network {
    return new VirtualHost(this, addresses.map(canonical));
  }

  nameOf({ address, port }: SocketAddress): string | undefined {
    return this.names.get(endpoint(address, port)) ?? this.names.get(address);
  }

  // The port: for what has no host of its own. Any literal can be bound; a connection says where it comes from.

  async bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    return this.host([address]).bind(address, port, receiver);
  }

  async listen(address: string, port: number, accept: Accept): Promise<Listener> {
    return this.host([address]).listen(address, port, accept);
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection {
    if (from === undefined)
      throw new Error('which address does this connection come from? use network.host(addresses)');
    return this.host([from]).connect(remote, receiver, from);
  }

  // Rules and accidents.

  /** Adds a rule; the function that is returned takes it back. */
  rule(rule: LinkRule): () => void {
    return this.rules.add(rule);
  }

  /**
   * Nothing passes between the two (all others when `b` is absent), in both directions, until the function that is
   * returned heals it.
   */
  partition(a: string, b?: string): () => void {
    const heal = [this.rule({ from: a, to: b, cut: true }), this.rule({ from: b, to: a, cut: true })];
    return () => {
      for (const half of heal) half();
    };
  }

  /** The next `times` datagrams for which `predicate` is true are lost. */
  dropNext(predicate: Predicate, times = 1): void {
    this.rules.intervene('drop', predicate, times);
  }

  /** The next datagram for which `predicate` is true takes `by` ms longer. */
  delayNext(predicate: Predicate, by: number): void {
    this.rules.intervene('delay', predicate, 1, by);
  }

  duplicateNext(predicate: Predicate): void {
    this.rules.intervene('duplicate', predicate, 1);
  }

  /** Breaks all connections of a participant or address (or between two) at both ends, as a reset does. */
  reset(a: string, b?: string): void {
    const at = (place: string, { address, port }: SocketAddress) =>
      place === address || place === endpoint(address, port) || place === this.nameOf({ address, port });
    for (const connection of this.connections) {
      if (at(a, connection.local) && (b === undefined || at(b, connection.remote))) connection.reset();
    }
  }

  // What hosts and connections need of the network.

  /** Takes the place of a datagram socket. Throws when it is taken. */
  plug(address: string, port: number, receiver: DatagramReceiver): () => void {
    return claim(this.#sockets, endpoint(address, port), receiver);
  }

  /** Takes the place of a listening socket. Throws when it is taken. */
  offer(address: string, port: number, accept: Accept): () => void {
    return claim(this.#listeners, endpoint(address, port), accept);
  }

  listenerAt({ address, port }: SocketAddress): Accept | undefined {
    return this.#listeners.get(endpoint(address, port));
  }

  /** A port that nobody else has. */
  freePort(): number {
    return this.#ports++;
  }

  nextConnection(): number {
    return ++this.#connections;
  }

  /** Remembers what is sent now. */
  note(
    kind: Transmission['kind'],
    from: SocketAddress,
    to: SocketAddress,
    wire = '',
    connection = 0,
    fate: Fate = 'underway',
  ): Transmission {
    const transport = kind === 'datagram' ? 'UDP' : 'TCP';
    const transmission: Transmission = {
      time: this.clock.now(),
      kind,
      transport,
      from,
      to,
      wire,
      connection,
      fate,
      arrivals: [],
    };
    this.record.push(transmission);
    return transmission;
  }

  /** How long this one takes. */
  delay(link: LinkProperties): number {
    return link.delay + (link.jitter > 0 ? this.random.fraction() * link.jitter : 0);
  }

  /** Sends a datagram on its way. */
  carry(from: SocketAddress, to: SocketAddress, wire: string, failed?: (error: Error) => void): void {
    const link = this.rules.between(from, to, 'UDP');
    const datagram = this.note('datagram', from, to, wire);
    const problem =
      wire.length > MAX_DATAGRAM ? 'EMSGSIZE' : link.unreachable || isWildcard(to.address) ? 'EHOSTUNREACH' : undefined;
    if (problem !== undefined) {
      datagram.fate = 'lost';
      if (failed) this.clock.after(0, () => failed(hostError(problem, `send to ${endpoint(to.address, to.port)}`)));
      return;
    }
    const intervention = this.rules.interventionFor(datagram);
    if (link.cut || intervention?.act === 'drop' || this.random.chance(link.loss)) {
      datagram.fate = 'lost';
      return;
    }
    const copies = intervention?.act === 'duplicate' || this.random.chance(link.duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const held = this.random.chance(link.reorder) ? this.random.fraction() * link.reorderBy : 0;
      this.underway++;
      this.clock.after(this.delay(link) + held + (intervention?.by ?? 0), () => this.#arrive(datagram));
    }
  }

  #arrive(datagram: Transmission): void {
    this.underway--;
    datagram.arrivals.push(this.clock.now());
    const receiver = this.#sockets.get(endpoint(datagram.to.address, datagram.to.port));
    datagram.fate = receiver ? 'heard' : 'unheard';
    receiver?.receive(datagram.wire, datagram.from.address, datagram.from.port);
  }
}

/** Takes a place in a map; the function that is returned gives it back. */
function claim<T>(places: Map<string, T>, key: string, holder: T): () => void {
  if (places.has(key)) throw hostError('EADDRINUSE', `bind ${key}`);
  places.set(key, holder);
  return () => {
    if (places.get(key) === holder) places.delete(key);
  };
}
