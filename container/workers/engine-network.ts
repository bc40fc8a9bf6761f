// The port to the wire of an engine in a thread: datagrams arrive through the ring and leave on the thread's own
// descriptor; the main thread has the connections.
import { present } from '../base/present.js';
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  LocalInterface,
  Network,
  SocketAddress,
} from '../transport/network.js';
import { localInterfaces } from '../transport/node-network.js';
import { sendOnUdp } from '../transport/udp.js';
import type { BoundListener, Handover } from './messages.js';
import { HANDED_OVER, type Ring, type RingUser } from './ring.js';
import type { StreamEnds } from './stream-ends.js';

/** How many datagrams are handled before the event loop continues. */
const BATCH = 32;

/** The source of a message. */
export type Source = Pick<Handover, 'address' | 'port' | 'listener' | 'stream'>;

export class EngineNetwork implements Network, RingUser {
  /** Hands a message over to the engine that it belongs to; returns false if it belongs here. */
  handsOver: ((wire: string, source: Source) => boolean) | undefined;
  readonly #ring: Ring;
  readonly #streams: StreamEnds;
  readonly #failed: (error: unknown) => void;
  readonly #receivers: (DatagramReceiver | undefined)[] = [];
  /** The listeners, already bound, in order; each is asked for once. */
  #listeners: readonly BoundListener[] = [];
  #next = 0;

  /** `failed` receives the error when handling a message fails; only that message is lost. */
  constructor(ring: Ring, streams: StreamEnds, failed: (error: unknown) => void) {
    this.#ring = ring;
    this.#streams = streams;
    this.#failed = failed;
  }

  /** Announces what `bind` and `listen` will be asked for, in this order. */
  expect(listeners: readonly BoundListener[]): void {
    this.#listeners = listeners;
  }

  async bind(_address: string, _port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    const index = this.#next++;
    const { address, port, descriptor } = present(this.#listeners[index], 'a bound listener');
    const socket = sendOnUdp(present(descriptor, 'the descriptor of a socket'), { address, port });
    this.#receivers[index] = receiver;
    return socket;
  }

  async listen(
    _address: string,
    _port: number,
    accept: (connection: Connection) => ConnectionReceiver,
  ): Promise<Listener> {
    const index = this.#next++;
    const { address, port } = present(this.#listeners[index], 'a bound listener');
    this.#streams.listen(index, accept);
    return { local: { address, port }, close: async () => {} };
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection {
    return this.#streams.connect(remote, receiver, from);
  }

  interfaces(): LocalInterface[] {
    return localInterfaces();
  }

  /** Handles what is in the ring, in batches, until it is empty; then the main thread must wake this thread. */
  readonly work = (): void => {
    let hasMore = true;
    try {
      hasMore = this.#ring.drain(this, BATCH) || !this.#ring.sleep();
    } catch (error) {
      // The loop must go on: the main thread wakes only threads that sleep.
      this.#failed(error);
    }
    if (hasMore) setImmediate(this.work);
  };

  receive(wire: string, address: string, port: number, listener: number): void {
    if (listener >= HANDED_OVER) this.#receivers[listener - HANDED_OVER]?.receive(wire, address, port);
    else if (!this.handsOver?.(wire, { address, port, listener, stream: -1 }))
      this.#receivers[listener]?.receive(wire, address, port);
  }

  /** A whole message from a connection. */
  receiveStream(wire: string, id: number): void {
    const remote = this.#streams.endOf(id)?.remote;
    if (remote !== undefined && this.handsOver?.(wire, { ...remote, listener: -1, stream: id })) return;
    this.#streams.message(id, wire);
  }

  /** A message that another engine has handed over. */
  takeOver({ wire, address, port, listener, stream }: Handover): void {
    if (stream >= 0) this.#streams.message(stream, wire);
    else this.#receivers[listener]?.receive(wire, address, port);
  }
}
