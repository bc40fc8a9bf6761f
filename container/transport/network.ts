// The port to the wire: what udp.ts and tcp.ts do with real sockets and test/world does with a virtual network. Nothing
// above knows more of sockets. Octets are 'wire strings': one latin1 character an octet.

export type TransportName = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

export interface SocketAddress {
  /** Numeric, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface DatagramSocket {
  readonly local: SocketAddress;
  /**
   * Sends now or soon; never throws. `failed` is called later, never synchronously, when the host reports that it could
   * not.
   */
  send(wire: string, port: number, address: string, failed?: (error: Error) => void): void;
  /** Where the host says at once what has become of it: why it has not left, else undefined. Calls nobody. */
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
  /** Octets accepted and not yet handed to the network: the bound on a peer that does not read. */
  readonly backlog: number;
  /** Receives nothing for a while, so that the peer has to wait (true), or goes on (false). */
  hold?(isHeld: boolean): void;
  /** Sends what is queued, then ends. */
  end(): void;
  /** Ends now; `closed` follows. */
  destroy(): void;
}

/**
 * Called in order: `connected` (outgoing ones only), `receive`…, `closed` exactly once, never synchronously from
 * `connect` or `write`.
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
  /** Rejects when the address cannot be bound. Port 0 is any free one. */
  bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket>;
  listen(address: string, port: number, accept: (connection: Connection) => ConnectionReceiver): Promise<Listener>;
  /**
   * A connection on its way; a refusal is reported by `closed(error)`. `from` is the local address to use, when it
   * matters.
   */
  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection;
  /** The addresses of this host: what a wildcard listener answers on. Without it nothing is known of them. */
  interfaces?(): LocalInterface[];
}

export interface LocalInterface {
  readonly address: string;
  readonly family: 4 | 6;
  /** Loopback and the like: reached from this host alone. */
  readonly internal: boolean;
  /** Bits of the network mask. */
  readonly prefix: number;
}

/**
 * Where names become addresses: DNS in the container, a table in a test. Each rejects on failure; an empty answer is an
 * empty list.
 */
export interface Resolver {
  addresses(host: string): Promise<{ address: string; family: 4 | 6 }[]>;
  services(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]>;
  naptr(
    domain: string,
  ): Promise<{ order: number; preference: number; flags: string; service: string; replacement: string }[]>;
}
