// Where a phone meets the network: one address, datagrams and connections, and each message as it arrives.
import type {
  Connection,
  ConnectionReceiver,
  DatagramSocket,
  Listener,
  SocketAddress,
} from '../../container/transport/network.js';
import { TextStream } from './text-stream.js';
import { canonical, endpoint } from './transmission.js';
import { VirtualHost } from './virtual-host.js';
import type { VirtualNetwork } from './virtual-network.js';

export type Transport = 'UDP' | 'TCP';

/** Where a message goes. */
export interface Destination extends SocketAddress {
  readonly transport: Transport;
}

/** A message that has come. */
export interface Arrival {
  readonly time: number;
  readonly transport: Transport;
  readonly from: SocketAddress;
  readonly wire: string;
  /** The connection that it came on. */
  readonly connection: Connection | undefined;
}

export class PhoneWire {
  readonly local: SocketAddress;
  /** By remote 'address:port': those that the phone opened and those that were opened to it. */
  readonly connections = new Map<string, Connection>();
  readonly #host: VirtualHost;
  #socket?: DatagramSocket;
  #listener?: Listener;

  constructor(
    private readonly network: VirtualNetwork,
    address: string,
    port: number,
    transports: readonly Transport[],
    private readonly take: (arrival: Arrival) => void,
    private readonly fault: (error: unknown) => void,
  ) {
    this.local = { address: canonical(address), port };
    this.#host = new VirtualHost(network, [this.local.address]);
    const receive = (wire: string, from: string, fromPort: number) =>
      this.#arrive('UDP', { address: from, port: fromPort }, wire);
    if (transports.includes('UDP')) this.#socket = this.#host.bindNow(this.local.address, port, { receive });
    if (transports.includes('TCP')) {
      this.#listener = this.#host.listenNow(this.local.address, port, (connection) => this.#receiverOf(connection));
    }
  }

  /** Sends; over TCP on `connection`, or on one that is there, or on a new one. */
  send(wire: string, to: Destination, connection?: Connection): void {
    if (to.transport === 'TCP') (connection ?? this.connectionTo(to)).write(wire);
    else this.#socket?.send(wire, to.port, to.address, this.fault);
  }

  connectionTo(to: SocketAddress): Connection {
    const there = this.connections.get(endpoint(to.address, to.port));
    if (there) return there;
    let receiver: ConnectionReceiver | undefined;
    const connection = this.#host.connect(to, {
      connected() {},
      receive: (octets) => receiver?.receive(octets),
      closed: (error) => receiver?.closed(error),
    });
    receiver = this.#receiverOf(connection);
    return connection;
  }

  /** Leaves the network: what is sent to it from now on arrives nowhere, connections end. */
  unplug(): void {
    void this.#socket?.close();
    void this.#listener?.close();
    for (const connection of this.connections.values()) connection.destroy();
  }

  #receiverOf(connection: Connection): ConnectionReceiver {
    const key = endpoint(connection.remote.address, connection.remote.port);
    const stream = new TextStream();
    this.connections.set(key, connection);
    return {
      connected() {},
      receive: (octets) => {
        try {
          for (const message of stream.push(octets)) this.#arrive('TCP', connection.remote, message, connection);
        } catch (error) {
          this.fault(error);
          connection.destroy();
        }
      },
      closed: () => {
        if (this.connections.get(key) === connection) this.connections.delete(key);
      },
    };
  }

  #arrive(transport: Transport, from: SocketAddress, wire: string, connection?: Connection): void {
    this.take({ time: this.network.clock.now(), transport, from, wire, connection });
  }
}
