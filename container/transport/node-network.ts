// The port to the wire on the system's own sockets.
import { networkInterfaces } from 'node:os';
import type { Clock } from '../base/clock.js';
import type {
  Connection,
  ConnectionReceiver,
  DatagramReceiver,
  DatagramSocket,
  Listener,
  LocalInterface,
  Network,
  SocketAddress,
} from './network.js';
import { connectTcp, listenTcp } from './tcp.js';
import { bindUdp } from './udp.js';

export class NodeNetwork implements Network {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bind(address: string, port: number, receiver: DatagramReceiver): Promise<DatagramSocket> {
    return bindUdp(address, port, receiver);
  }

  listen(address: string, port: number, accept: (connection: Connection) => ConnectionReceiver): Promise<Listener> {
    return listenTcp(this.#clock, address, port, accept);
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection {
    return connectTcp(this.#clock, remote, receiver, from);
  }

  interfaces(): LocalInterface[] {
    return localInterfaces();
  }
}

/** The addresses of this host. */
export function localInterfaces(): LocalInterface[] {
  const all: LocalInterface[] = [];
  for (const ones of Object.values(networkInterfaces())) {
    for (const one of ones ?? []) {
      const prefix = one.cidr === null ? 0 : Number(one.cidr.slice(one.cidr.indexOf('/') + 1));
      // A link-local address is useless without its zone, which a Via cannot contain.
      if (one.address.startsWith('fe80:')) continue;
      all.push({ address: one.address, family: one.family === 'IPv6' ? 6 : 4, internal: one.internal, prefix });
    }
  }
  return all;
}
