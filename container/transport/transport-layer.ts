// The transport layer (§18): chooses the socket for a message, stamps a received request with its source, and routes
// responses.
import type { Agenda } from '../base/agenda.js';
import type { Clock, Timed } from '../base/clock.js';
import { defaultPort, Malformed, parse, type Request, type Response, type Via } from '../message/index.js';
import { bracketed, familyOf } from './address.js';
import { ConnectionFlow, type ConnectionUser } from './connection-flow.js';
import { Connections } from './connections.js';
import { Counters } from './counters.js';
import { type DatagramEnd, DatagramFlow, DatagramFlows } from './datagram-flow.js';
import type { Flow, FlowUser, Hop } from './flow.js';
import { FRAMER_LIMITS, type FramerLimits } from './framer.js';
import { ConnectionInput, DatagramInput, isFiller, REFUSED } from './inputs.js';
import { Listening, type ListenSpec, mostSuitable, parseListen } from './listen-address.js';
import { LostFlow } from './lost-flow.js';
import type { Connection, ConnectionReceiver, Listener, Network, TransportName } from './network.js';
import { OwnAddresses } from './own-addresses.js';
import { connectionTarget, datagramTarget, stampSource, unreadableTarget } from './via-source.js';

/** Receives every message that arrives. */
interface TransportUser {
  receive(message: Request | Response | Malformed, flow: Flow): void;
}

export interface TransportOptions {
  /** Milliseconds (§17.1.1.1); connections are kept at least 64 times as long. */
  readonly t1?: number;
  readonly connectTime?: number;
  /** Milliseconds after which an unused connection is closed; never less than 64*T1 (§18.1.1). */
  readonly idleTime?: number;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  /** Octets that may wait for a peer that does not read. */
  readonly maxBacklog?: number;
  readonly framing?: Partial<FramerLimits>;
  /** Names of this container, in addition to the addresses that it listens on. */
  readonly domains?: readonly string[];
  /** Whether a maddr in a Via redirects the response (§18.2.2). */
  readonly honourMaddr?: boolean;
  /** Receives the errors that the user of this layer throws. */
  readonly failed?: (error: unknown) => void;
}

interface TransportPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly agenda: Agenda;
}

const NOBODY: TransportUser = { receive() {} };

/**
 * Milliseconds that a stopping container waits for peers to close their side of connections. By then everything written
 * has left, or never will.
 */
const PARTING = 300;

export class TransportLayer implements ConnectionUser {
  user: TransportUser = NOBODY;
  readonly counters = new Counters();
  readonly listenings: Listening[] = [];
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly framing: FramerLimits;
  readonly connectTime: number;
  readonly idleTime: number;
  readonly unusedTime: number;
  readonly maxBacklog: number;
  readonly #network: Network;
  readonly #options: TransportOptions;
  readonly #own: OwnAddresses;
  readonly #datagrams: DatagramEnd[] = [];
  readonly #listeners: Listener[] = [];
  readonly #connections: Connections;
  #closed: Promise<void> | undefined;

  constructor(ports: TransportPorts, options: TransportOptions = {}) {
    this.#network = ports.network;
    this.clock = ports.clock;
    this.agenda = ports.agenda;
    this.#options = options;
    this.#own = new OwnAddresses(options.domains ?? []);
    const least = 64 * (options.t1 ?? 500);
    this.framing = { ...FRAMER_LIMITS, ...options.framing };
    this.connectTime = options.connectTime ?? 5_000;
    this.idleTime = Math.max(options.idleTime ?? 120_000, least);
    this.unusedTime = least;
    this.maxBacklog = options.maxBacklog ?? 1_048_576;
    this.#connections = new Connections(options.maxConnections ?? 10_000, options.maxConnectionsPerAddress ?? 2_000);
  }

  /**
   * Binds all addresses or none: it rejects with the address and the reason. The result contains the actual ports for
   * port 0.
   */
  async listen(specs: readonly (string | ListenSpec)[]): Promise<Listening[]> {
    const wanted = specs.map((spec) => (typeof spec === 'string' ? parseListen(spec) : spec));
    const begun: { close(): Promise<void> }[] = [];
    const listenings: Listening[] = [];
    const ends: DatagramEnd[] = [];
    const listeners: Listener[] = [];
    for (const spec of wanted) {
      const text = `${spec.transport.toLowerCase()}:${bracketed(spec.address)}:${spec.port}`;
      try {
        const interfaces = this.#network.interfaces?.() ?? [];
        if (spec.transport === 'UDP') {
          const receiver = new DatagramInput(this);
          const socket = await this.#network.bind(spec.address, spec.port, receiver);
          begun.push(socket);
          const listening = new Listening('UDP', socket.local, spec.advertise, interfaces);
          const { agenda, counters } = this;
          receiver.end = { listening, socket, agenda, counters, flows: new DatagramFlows() };
          ends.push(receiver.end);
          listenings.push(listening);
        } else if (spec.transport === 'TCP') {
          const input = new ConnectionInput(this);
          const listener = await this.#network.listen(spec.address, spec.port, (one) => input.accept(one));
          begun.push(listener);
          input.listening = new Listening('TCP', listener.local, spec.advertise, interfaces);
          listeners.push(listener);
          listenings.push(input.listening);
        } else throw new Error(`${spec.transport} is not supported`);
      } catch (error) {
        for (const one of begun) void one.close();
        throw new Error(`cannot listen on ${text}: ${(error as Error).message}`, { cause: error });
      }
    }
    this.#datagrams.push(...ends);
    this.#listeners.push(...listeners);
    this.listenings.push(...listenings);
    for (const listening of listenings) this.#own.add(listening);
    return listenings;
  }

  /** Whether the host and port of a URI or Via are ours; no port means the transport's default port (§16.4). */
  isOwn(host: string, port?: number, transport?: string): boolean {
    return this.#own.isOwn(host, port, transport);
  }

  /** Our address in a message whose destination is still unknown: that of our first listener. */
  get place(): { transport: TransportName; sentBy: string; localAddress: string; localPort: number } {
    const [first] = this.listenings;
    if (first === undefined) throw new Error('the container does not listen yet');
    const address = first.localFor(first.address);
    return {
      transport: first.transport,
      sentBy: first.sentByFor(address),
      localAddress: address,
      localPort: first.port,
    };
  }

  /** Whether a request can be sent by that transport and family. */
  reaches(transport: TransportName, family: 4 | 6): boolean {
    if (transport === 'UDP') return this.listens('UDP', family);
    return transport === 'TCP' && this.listenings.some((one) => one.family === family);
  }

  listens(transport: TransportName, family: 4 | 6): boolean {
    return this.listenings.some((one) => one.transport === transport && one.family === family);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * The flow to a hop: the one that the hop names, an open connection, or a new one. The senders are told of failures
   * later (§18.1.1).
   */
  open(hop: Hop): Flow {
    if (hop.flow !== undefined) return hop.flow;
    const { from } = hop;
    if (from === undefined) return this.#open(hop.transport, hop.address, hop.port, undefined);
    const family = familyOf(hop.address);
    const named = this.listenings.filter((one) => one.isNamed(from) && one.family === family);
    const listening = named.find((one) => one.transport === hop.transport);
    const [other] = named;
    if (hop.transport === 'TCP' && other !== undefined) return this.#connect(hop.address, hop.port, listening ?? other);
    const end = this.#datagrams.find((one) => one.listening === listening);
    if (hop.transport === 'UDP' && end !== undefined) return this.#open('UDP', hop.address, hop.port, end);
    return this.#lostFlow(hop.transport, hop.address, hop.port, `cannot be sent to from ${hop.from}`);
  }

  /** Whether an address names one of our listeners: 'udp:192.0.2.1:5060', or an IP address. */
  hasInterface(address: string): boolean {
    return this.listenings.some((one) => one.isNamed(address));
  }

  /**
   * Sends a response by its topmost Via: on the connection that the request came on, otherwise on another one to the
   * same peer; over UDP from the socket that received the request (§18.2.2, RFC 3581 §4). Returns the flow used, or
   * undefined when there is none. `wire` is the response in octets, if the caller has it.
   */
  respond(response: Response, arrivedOn: Flow, sender?: FlowUser, wire = response.toWire()): Flow | undefined {
    const { via } = response;
    let flow: Flow | undefined;
    if (arrivedOn.reliable && arrivedOn.open) flow = arrivedOn;
    else if (via !== undefined) flow = this.#flowBack(via, arrivedOn);
    else if (arrivedOn instanceof DatagramFlow) {
      const source = { address: arrivedOn.remoteAddress, port: arrivedOn.remotePort };
      const { address, port } = unreadableTarget(response.value('via') ?? '', source);
      flow = this.#open('UDP', address, port, arrivedOn.end);
    }
    flow?.send(wire, sender);
    return flow;
  }

  /**
   * The flow for a response whose own Via was removed: determined by the next Via alone (§16.7 step 9, §16.11). `near`
   * is the preferred local end.
   */
  flowForVia(via: Via, near?: Flow): Flow | undefined {
    if (via.transport === 'UDP') return this.#flowBack(via, near instanceof DatagramFlow ? near : undefined);
    if (via.transport === 'TCP') return this.#flowBack(via, undefined);
    this.counters.unroutable++;
    return undefined;
  }

  /** Stops listening and closes all connections; after a short wait it cuts off those that a peer keeps open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const listeners = this.#listeners.map((one) => one.close());
    for (const flow of this.#connections.all()) flow.finish('the container stops');
    const owner: Timed = {
      expire: () => {
        for (const flow of this.#connections.all()) flow.destroy();
      },
    };
    const late = this.clock.start(PARTING, owner, 'parting');
    await Promise.all([this.#connections.emptied(), ...listeners]);
    late.stop();
    await Promise.all(this.#datagrams.map((one) => one.socket.close()));
  }

  #flowBack(via: Via, arrivedOn: Flow | undefined): Flow | undefined {
    const reliable = arrivedOn === undefined ? via.transport !== 'UDP' : arrivedOn.reliable;
    const target = reliable ? connectionTarget(via) : datagramTarget(via, this.#options.honourMaddr ?? true);
    if (target === undefined) {
      this.counters.unroutable++;
      return undefined;
    }
    if (reliable) {
      const source = typeof via.rport === 'number' ? via.rport : 0;
      const standing = this.#connections.forResponse(target.address, source, target.port);
      return standing ?? this.#open('TCP', target.address, target.port, undefined);
    }
    if (!(arrivedOn instanceof DatagramFlow)) return this.#open('UDP', target.address, target.port, undefined);
    if (arrivedOn.remotePort === target.port && arrivedOn.remoteAddress === target.address) return arrivedOn;
    return this.#open('UDP', target.address, target.port, arrivedOn.end);
  }

  #open(transport: TransportName, address: string, port: number, end: DatagramEnd | undefined): Flow {
    const family = familyOf(address);
    if (this.#closed !== undefined) return this.#lostFlow(transport, address, port, 'the container stops');
    if (family === 0 || port <= 0 || port > 65535) return this.#lostFlow(transport, address, port, 'no such address');
    if (transport === 'UDP') {
      if (end === undefined || end.listening.family !== family) end = this.#datagramEndFor(address, family);
      if (end === undefined) return this.#lostFlow(transport, address, port, `no listener for UDP over IPv${family}`);
      return end.flows.to(end, address, port);
    }
    if (transport === 'TCP') return this.#connect(address, port);
    return this.#lostFlow(transport, address, port, `${transport} is not supported`);
  }

  #datagramEndFor(address: string, family: 4 | 6): DatagramEnd | undefined {
    const ends = this.#datagrams;
    const [only] = ends;
    if (only !== undefined && ends.length === 1) return only.listening.family === family ? only : undefined;
    return mostSuitable(ends, ({ listening }) => (listening.family === family ? listening.suits(address) : -1));
  }

  #connect(address: string, port: number, from?: Listening): Flow {
    const standing = this.#connections.to(address, port);
    if (standing !== undefined && (from === undefined || standing.localAddress === from.address)) return standing;
    if (this.#connections.full) {
      this.counters.connectionsRefused++;
      return this.#lostFlow('TCP', address, port, 'too many connections');
    }
    const listening = from ?? this.#listeningFor(address);
    const remote = { address, port };
    const flow = new ConnectionFlow(this, remote, { address: '', port: 0 }, this.#sentByFor(address, listening), false);
    const local = listening !== undefined && !listening.wildcard ? listening.address : undefined;
    if (listening !== undefined && listening.transport !== 'TCP') flow.reachedBy = listening.transport;
    flow.attach(this.#network.connect(remote, flow, local));
    this.counters.connectionsOpened++;
    this.#connections.add(flow);
    return flow;
  }

  /** The address for a connection: that of a TCP listener, otherwise of any other listener of the family. */
  #listeningFor(address: string): Listening | undefined {
    const family = familyOf(address);
    return mostSuitable(this.listenings, (one) =>
      one.family === family ? one.suits(address) + (one.transport === 'TCP' ? 8 : 0) : -1,
    );
  }

  #sentByFor(address: string, listening: Listening | undefined): string {
    if (listening !== undefined) return listening.sentByFor(address);
    // Nothing listens in that family. Any name will do that we recognise in the response.
    const other = this.listenings[0]?.sentByFor(address) ?? `localhost.invalid:${defaultPort('TCP')}`;
    this.#own.addSentBy(other);
    return other;
  }

  #lostFlow(transport: TransportName, address: string, port: number, why: string): LostFlow {
    const sentBy = this.listenings[0]?.sentByFor(address) ?? 'localhost.invalid:5060';
    const to = `${transport.toLowerCase()}:${bracketed(address)}:${port}`;
    return new LostFlow(transport, address, port, sentBy, new Error(`${to}: ${why}`), this.agenda);
  }

  // From below.

  /** A datagram, read only as far as needed to discard those that are not SIP. */
  datagram(wire: string, address: string, port: number, end: DatagramEnd): void {
    this.counters.octetsReceived += wire.length;
    const first = wire.charCodeAt(0);
    if (wire.length <= 4 || !(first > 32 && first < 127)) {
      if (wire.length <= 4 || ((first === 13 || first === 10 || first === 0) && isFiller(wire))) {
        this.counters.keepalives++;
        return;
      }
      if (first !== 13 && first !== 10) {
        this.counters.noise++;
        return;
      }
    }
    if (port === 0) this.counters.noise++;
    else this.#pass(parse(wire, 'datagram'), end.flows.to(end, address, port), wire);
  }

  arrived(message: Request | Response | Malformed, flow: ConnectionFlow): void {
    this.#pass(message, flow);
  }

  accept(connection: Connection, listening: Listening): ConnectionReceiver {
    const { remote, local } = connection;
    if (this.#closed !== undefined || !this.#connections.admits(remote.address)) {
      this.counters.connectionsRefused++;
      connection.destroy();
      return REFUSED;
    }
    const flow = new ConnectionFlow(this, remote, local, listening.sentByFor(remote.address), true);
    flow.attach(connection);
    this.counters.connectionsAccepted++;
    this.#connections.add(flow);
    return flow;
  }

  lost(flow: ConnectionFlow): void {
    this.#connections.lost(flow);
  }

  gone(flow: ConnectionFlow): void {
    this.#connections.gone(flow);
  }

  #pass(message: Request | Response | Malformed, flow: DatagramFlow | ConnectionFlow, wire?: string): void {
    const counters = this.counters;
    try {
      if (counters.observer !== undefined && !(message instanceof Malformed))
        counters.observer.received(message, wire, flow);
      if (message instanceof Malformed) {
        counters.malformedReceived++;
        if (message.request !== undefined) this.#stamp(message.request, flow);
      } else if (message.isRequest) {
        counters.requestsReceived++;
        this.#stamp(message as Request, flow);
      } else {
        counters.responsesReceived++;
        // The response was not meant for us (§18.1.2).
        const via = message.via;
        if (via === undefined || !this.#own.isSentBy(via.host, via.port ?? defaultPort(via.transport))) {
          counters.foreignResponses++;
          return;
        }
      }
      this.user.receive(message, flow);
    } catch (error) {
      counters.faults++;
      this.#options.failed?.(error);
    }
  }

  #stamp(request: Request, flow: DatagramFlow | ConnectionFlow): void {
    stampSource(request, flow.remoteAddress, flow.remotePort);
    if (flow instanceof ConnectionFlow && flow.inbound && flow.viaPort === 0) {
      const via = request.via;
      if (via !== undefined) this.#connections.alias(flow, via.port ?? defaultPort(via.transport));
    }
  }
}
