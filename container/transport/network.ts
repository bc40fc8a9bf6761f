// The port to the wire. udp.ts and tcp.ts implement it with real sockets, test/world with a virtual network; the layers
// above know nothing else about sockets. Octets are 'wire strings': latin1, one octet in each character.

export type TransportName = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

export interface SocketAddress {
  /** Numeric, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface DatagramSocket {
  readonly local: SocketAddress;
  /**
   * Sends now or soon; never throws. `failed` is called later, never synchronously, when the host reports a failure.
   */
  send(wire: string, port: number, address: string, failed?: (error: Error) => void): void;
  /**
   * For hosts that report the result at once: the error, or undefined when the datagram was sent. Calls nothing back.
   */
  readonly sendNow?: ((wire: string, port: number, address: string) => Error | undefined) | undefined;
  close(): Promise<void>;
}

export interface DatagramReceiver {
  /** Wire string of one datagram. */
  receive(wire: string, address: string, port: number): void;
}

export interface Connection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Queued until connected; octets in order. Never throws. */
  write(wire: string): void;
  /** Octets accepted but not yet handed to the network; limits what waits for a peer that does not read. */
  readonly backlog: number;
  /** True stops reading for a while, so that the peer has to wait; false resumes. */
  hold?(isHeld: boolean): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes now; `closed` follows. */
  destroy(): void;
}

/**
 * Called in this order: `connected` (only for outgoing connections), `receive`…, then `closed` exactly once; never
 * synchronously from `connect` or `write`.
 */
export interface ConnectionReceiver {
  connected(): void;
  receive(wire: string): void;
  closed(error?: Error): void;
}

export interface Listener {
  readonly local: SocketAddress;
  close(): Promise<void>;
}

export interface Network {
  /** Rejects when the address cannot be bound. Port 0 means any free port. */
  bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket>;
  listen(address: string, port: number, accept: (connection: Connection) => ConnectionReceiver): Promise<Listener>;
  /** Opens a connection; `closed(error)` reports a refusal. `from` is the local address to use, where it matters. */
  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection;
  /** The addresses of this host, on which a wildcard listener answers. Without this method they are unknown. */
  interfaces?(): LocalInterface[];
}

export interface LocalInterface {
  readonly address: string;
  readonly family: 4 | 6;
  /** Reachable only from this host, such as loopback. */
  readonly internal: boolean;
  /** Bits of the network mask. */
  readonly prefix: number;
}

/**
 * Resolves names: by DNS in the container, by a table in a test. Each method rejects on failure; an empty answer is an
 * empty list.
 */
export interface Resolver {
  addresses(host: string): Promise<{ address: string; family: 4 | 6 }[]>;
  services(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]>;
  naptr(
    domain: string,
  ): Promise<{ order: number; preference: number; flags: string; service: string; replacement: string }[]>;
}
