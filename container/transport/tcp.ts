// Connections on the system's sockets. Above this file octets are latin1 strings.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Deadline, Timed } from '../base/clock.js';
import { familyOf } from './address.js';
import type { Connection, ConnectionReceiver, Listener, SocketAddress } from './network.js';

/** After this many milliseconds without traffic the system probes whether the peer is alive. */
const KEEPALIVE = 60_000;
/** Milliseconds for sending the rest of a closing connection to a peer that does not read. */
const LINGER = 5_000;
const BACKLOG = 1024;

interface Octets {
  latin1Slice(start: number, end: number): string;
}

export function listenTcp(
  clock: Clock,
  address: string,
  port: number,
  accept: (connection: Connection) => ConnectionReceiver,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE }, (socket) => {
      // The socket was closed before this code could read its addresses.
      const { remoteAddress, remotePort, localAddress } = socket;
      if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined) {
        socket.destroy();
        return;
      }
      const connection = new TcpConnection(clock, socket, {
        address: remoteAddress,
        port: remotePort,
      });
      connection.begin(accept(connection));
    });
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: familyOf(address) === 6, backlog: BACKLOG }, () => {
      server.off('error', reject);
      // Out of descriptors, or reset before it was accepted: the server continues to accept.
      server.on('error', () => {});
      resolve(new TcpListener(server));
    });
  });
}

export function connectTcp(
  clock: Clock,
  remote: SocketAddress,
  receiver: ConnectionReceiver,
  from?: string,
): Connection {
  const socket = connect({
    host: remote.address,
    port: remote.port,
    localAddress: from,
    lookup: undefined,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE,
  });
  const connection = new TcpConnection(clock, socket, remote);
  connection.begin(receiver);
  socket.once('connect', () => receiver.connected());
  return connection;
}

class TcpListener implements Listener {
  readonly local: SocketAddress;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    const bound = server.address() as { address: string; port: number };
    this.local = { address: bound.address, port: bound.port };
  }

  /** Accepts no new connections from now on; resolves when the accepted ones have ended too. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

class TcpConnection implements Connection, Timed {
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #receiver: ConnectionReceiver | undefined;
  #error: Error | undefined;
  #linger: Deadline | undefined;

  constructor(clock: Clock, socket: Socket, remote: SocketAddress) {
    this.#clock = clock;
    this.#socket = socket;
    this.remote = remote;
  }

  get local(): SocketAddress {
    return { address: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 };
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  begin(receiver: ConnectionReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    socket.on('data', (octets: Buffer) => {
      this.#receiver?.receive((octets as unknown as Octets).latin1Slice(0, octets.length));
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    // The peer's FIN ends the connection for us: what was written is still sent; later responses use another connection
    // (§18.2.2).
    socket.on('end', () => {
      this.#lingers();
      this.#tell();
    });
    socket.on('close', () => {
      this.#linger?.stop();
      this.#tell();
    });
  }

  write(wire: string): void {
    if (this.#socket.writable) this.#socket.write(wire, 'latin1');
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.pause();
    else this.#socket.resume();
  }

  end(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#lingers();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  expire(): void {
    this.#socket.destroy();
  }

  #lingers(): void {
    this.#linger ??= this.#clock.start(LINGER, this, 'linger');
  }

  #tell(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.closed(this.#error);
  }
}
