// The connections of all engines (§18): the main thread has the sockets and frames the octets received, so that one
// connection of a trunk can carry the calls of every engine.
import type { Clock, Timed } from '../base/clock.js';
import { Malformed, type Request, type Response, responseTo } from '../message/index.js';
import { statelessTag } from '../transaction/stateless-tags.js';
import { canonical } from '../transport/address.js';
import type { Connection, ConnectionReceiver, Listener, Network, SocketAddress } from '../transport/network.js';
import { stampSource } from '../transport/via-source.js';
import { Backpressure } from './backpressure.js';
import type { EngineDuties, Handover } from './messages.js';
import { PARTING, Stream, type StreamLimits, type StreamUser } from './stream.js';

/** What the connections need of the rest. */
interface StreamGround extends StreamLimits {
  readonly network: Network;
  readonly clock: Clock;
  readonly salt: string;
  /** How many connections may be open, in all and from one address. */
  readonly most: number;
  readonly mostOfOne: number;
  engineOf(wire: string): number;
  /** Whether that engine takes messages. */
  isThere(engine: number): boolean;
  tell<K extends keyof EngineDuties & string>(engine: number, kind: K, body: Parameters<EngineDuties[K]>[0]): void;
}

export class Streams implements StreamUser {
  readonly ground: StreamGround;
  readonly #all = new Set<Stream>();
  /** By engine and the engine's number for the connection. */
  readonly #byChannel = new Map<string, Stream>();
  /** By remote address and port: connections for messages to that destination (§18.1.1). */
  readonly #byRemote = new Map<string, Stream>();
  readonly #perAddress = new Map<string, number>();
  /** The TCP listeners, with their index among all listeners. */
  readonly #listeners: { readonly index: number; readonly listener: Listener }[] = [];
  readonly #backpressure = new Backpressure<Stream>(({ connection }, isHeld) => connection.hold?.(isHeld));
  #last = 0;
  /** Nothing is read yet: peers have to wait. */
  #isClosed = true;

  constructor(ground: StreamGround) {
    this.ground = ground;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many listeners there are. */
  get listening(): number {
    return this.#listeners.length;
  }

  async listen(address: string, port: number, index: number): Promise<SocketAddress> {
    const listener = await this.ground.network.listen(address, port, (connection) => this.#accept(connection, index));
    this.#listeners.push({ index, listener });
    return listener.local;
  }

  /** Engines are available: from now on waiting data is read. */
  open(): void {
    this.#isClosed = false;
    for (const stream of this.#all) stream.connection.hold?.(false);
  }

  /** Accepts no new connections, and closes the open ones. */
  async close(): Promise<void> {
    for (const stream of this.#all) stream.connection.end();
    const owner: Timed = {
      expire: () => {
        for (const stream of this.#all) stream.connection.destroy();
      },
    };
    const late = this.ground.clock.start(PARTING, owner, 'parting');
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()));
    late.stop();
  }

  connect(engine: number, to: { connection: number; remote: SocketAddress; from?: string }): void {
    const { connection: channel, remote, from } = to;
    const { clock, network } = this.ground;
    let stream = this.#byRemote.get(keyOf(remote));
    if (
      stream?.isOpen !== true ||
      (from !== undefined && stream.isConnected && stream.connection.local.address !== from)
    ) {
      if (this.#all.size >= this.ground.most) {
        this.ground.tell(engine, 'streamClosed', { id: channel, error: 'too many connections' });
        return;
      }
      stream = new Stream(this, clock, this.ground, remote, -1);
      this.#add(stream, network.connect(remote, stream, from));
    }
    this.#join(stream, engine, channel);
    if (stream.isConnected)
      this.ground.tell(engine, 'streamConnected', { id: channel, local: stream.connection.local });
  }

  write(engine: number, id: number, wire: string): void {
    this.#byChannel.get(channelKey(engine, id))?.write(wire);
  }

  /** The connection is closed when the last engine leaves it. */
  leave(engine: number, id: number, isNow: boolean): void {
    const stream = this.#byChannel.get(channelKey(engine, id));
    if (stream === undefined) return;
    this.#part(stream, engine, id);
    this.ground.tell(engine, 'streamClosed', { id });
    if (stream.channels.size > 0) return;
    // Nothing more is sent on it: a new message to that destination opens another connection.
    stream.isOpen = false;
    if (isNow) stream.connection.destroy();
    else stream.connection.end();
  }

  /** An engine has ended. */
  gone(engine: number): void {
    this.#backpressure.gone(engine);
    for (const stream of this.#all) {
      const id = stream.channels.get(engine);
      if (id === undefined) continue;
      this.#part(stream, engine, id);
      stream.wait();
    }
  }

  /** Hands a message from one engine over to another. */
  handOver(from: number, { stream: id, engine, ...message }: Handover): void {
    const stream = this.#byChannel.get(channelKey(from, id));
    if (stream === undefined) return;
    const taking = this.#mayHave(stream, engine) ? engine : from;
    this.ground.tell(taking, 'takeOver', { ...message, engine: taking, stream: this.#channelOf(stream, taking) });
  }

  #accept(connection: Connection, listener: number): ConnectionReceiver {
    const { remote } = connection;
    const stream = new Stream(this, this.ground.clock, this.ground, remote, listener);
    const ofOne = this.#perAddress.get(remote.address) ?? 0;
    if (this.#all.size >= this.ground.most || ofOne >= this.ground.mostOfOne) {
      connection.destroy();
      return REFUSED;
    }
    this.#perAddress.set(remote.address, ofOne + 1);
    stream.isConnected = true;
    this.#add(stream, connection);
    if (this.#isClosed) connection.hold?.(true);
    stream.wait();
    return stream;
  }

  connected(stream: Stream): void {
    for (const [engine, id] of stream.channels)
      this.ground.tell(engine, 'streamConnected', { id, local: stream.connection.local });
  }

  arrived(stream: Stream, message: Request | Response | Malformed): void {
    if (message instanceof Malformed) {
      this.#refuse(stream, message);
      return;
    }
    const wire = message.toWire();
    const wanted = this.ground.engineOf(wire);
    const engine = this.#mayHave(stream, wanted) ? wanted : stream.channels.keys().next().value;
    // It is dropped like a datagram, because an engine that starts later would not know the number of the connection.
    if (engine === undefined || !this.ground.isThere(engine)) return;
    this.ground.tell(engine, 'streamMessage', { id: this.#channelOf(stream, engine), wire });
    this.#backpressure.given(engine, wire.length, stream);
  }

  /** An engine has handled that many octets. */
  taken(engine: number, octets: number): void {
    this.#backpressure.taken(engine, octets);
  }

  closed(stream: Stream, error?: Error): void {
    if (!this.#all.delete(stream)) return;
    this.#backpressure.forget(stream);
    if (this.#byRemote.get(keyOf(stream.remote)) === stream) this.#byRemote.delete(keyOf(stream.remote));
    if (stream.listener >= 0) {
      const left = (this.#perAddress.get(stream.remote.address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(stream.remote.address);
      else this.#perAddress.set(stream.remote.address, left);
    }
    for (const [engine, id] of [...stream.channels]) {
      this.#part(stream, engine, id);
      this.ground.tell(engine, 'streamClosed', { id, ...(error === undefined ? {} : { error: error.message }) });
    }
  }

  #add(stream: Stream, connection: Connection): void {
    stream.connection = connection;
    this.#all.add(stream);
    this.#byRemote.set(keyOf(stream.remote), stream);
  }

  /**
   * An engine takes messages from its own connections. It takes those from another engine's outgoing connection as if
   * they had arrived at one of our listeners, if there is one.
   */
  #mayHave(stream: Stream, engine: number): boolean {
    return stream.listener >= 0 || this.#listeners.length > 0 || stream.channels.has(engine);
  }

  /** The engine's number for the connection. The engine is told of a connection that it does not know yet. */
  #channelOf(stream: Stream, engine: number): number {
    const known = stream.channels.get(engine);
    if (known !== undefined) return known;
    this.#last += 2;
    const id = this.#last;
    this.#join(stream, engine, id);
    const { remote, connection } = stream;
    const listener = stream.listener >= 0 ? stream.listener : (this.#listeners[0]?.index ?? -1);
    this.ground.tell(engine, 'streamOpened', { id, listener, remote, local: connection.local });
    return id;
  }

  #join(stream: Stream, engine: number, id: number): void {
    stream.channels.set(engine, id);
    this.#byChannel.set(channelKey(engine, id), stream);
  }

  #part(stream: Stream, engine: number, id: number): void {
    stream.channels.delete(engine);
    this.#byChannel.delete(channelKey(engine, id));
  }

  /** A message that cannot be read belongs to no engine, so it is answered here. */
  #refuse(stream: Stream, { request, status, reason, isResponse }: Malformed): void {
    if (request === undefined || status < 300 || isResponse || request.method === 'ACK') return;
    stampSource(request, stream.remote.address, stream.remote.port);
    stream.write(responseTo(request, status, reason, statelessTag(request, this.ground.salt)).toWire());
  }
}

const REFUSED: ConnectionReceiver = { connected() {}, receive() {}, closed() {} };

function keyOf({ address, port }: SocketAddress): string {
  return `${canonical(address)}|${port}`;
}

function channelKey(engine: number, id: number): string {
  return `${engine}|${id}`;
}
