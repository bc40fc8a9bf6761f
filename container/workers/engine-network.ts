// The port to the wire of an engine in a thread: datagrams come out of the ring and leave by the thread's own
// descriptor; connections are the main thread's.
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

/** Datagrams between two turns of the event loop. */
const BATCH = 32;

/** Where a message came from. */
export type Source = Pick<Handover, 'address' | 'port' | 'listener' | 'stream'>;

export class EngineNetwork implements Network, RingUser {
  /** Whether a message was handed over to the engine that is to have it. */
  handsOver: ((wire: string, source: Source) => boolean) | undefined;
  readonly #ring: Ring;
  readonly #streams: StreamEnds;
  readonly #failed: (error: unknown) => void;
  readonly #receivers: (DatagramReceiver | undefined)[] = [];
  /** Bound already, in order: each is asked for once. */
  #listeners: readonly BoundListener[] = [];
  #next = 0;

  /** `failed` is told what was thrown on the way of a message: only that message is lost. */
  constructor(ring: Ring, streams: StreamEnds, failed: (error: unknown) => void) {
    this.#ring = ring;
    this.#streams = streams;
    this.#failed = failed;
  }

  /** What `bind` and `listen` are going to be asked for, in this order. */
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

  /** Takes what is in the ring, in batches, until there is nothing; then the main thread has to wake it. */
  readonly work = (): void => {
    let hasMore = true;
    try {
      hasMore = this.#ring.drain(this, BATCH) || !this.#ring.sleep();
    } catch (error) {
      // Whoever stops here is never woken again: the main thread wakes those that sleep.
      this.#failed(error);
    }
    if (hasMore) setImmediate(this.work);
  };

  receive(wire: string, address: string, port: number, listener: number): void {
    if (listener >= HANDED_OVER) this.#receivers[listener - HANDED_OVER]?.receive(wire, address, port);
    else if (!this.handsOver?.(wire, { address, port, listener, stream: -1 }))
      this.#receivers[listener]?.receive(wire, address, port);
  }

  /** A whole message on a connection. */
  receiveStream(wire: string, id: number): void {
    const remote = this.#streams.endOf(id)?.remote;
    if (remote !== undefined && this.handsOver?.(wire, { ...remote, listener: -1, stream: id })) return;
    this.#streams.message(id, wire);
  }

  /** What another engine has handed over. */
  takeOver({ wire, address, port, listener, stream }: Handover): void {
    if (stream >= 0) this.#streams.message(stream, wire);
    else this.#receivers[listener]?.receive(wire, address, port);
  }
}
