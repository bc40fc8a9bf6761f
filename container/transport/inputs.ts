// What sockets pass up before the transport layer knows their listeners: datagrams and connections, each with its
// listener.
import type { DatagramEnd } from './datagram-flow.js';
import type { Listening } from './listen-address.js';
import type { Connection, ConnectionReceiver, DatagramReceiver } from './network.js';

/** Who takes them. */
interface InputUser {
  datagram(wire: string, address: string, port: number, end: DatagramEnd): void;
  accept(connection: Connection, listening: Listening): ConnectionReceiver;
}

/** Datagrams of one socket. */
export class DatagramInput implements DatagramReceiver {
  end: DatagramEnd | undefined = undefined;

  constructor(readonly layer: InputUser) {}

  receive(wire: string, address: string, port: number): void {
    // Those that came before `listen` was done are lost, as if they had come before it was begun.
    if (this.end !== undefined) this.layer.datagram(wire, address, port, this.end);
  }
}

/** Connections of one listener. */
export class ConnectionInput {
  listening: Listening | undefined = undefined;

  constructor(readonly layer: InputUser) {}

  accept(connection: Connection): ConnectionReceiver {
    if (this.listening !== undefined) return this.layer.accept(connection, this.listening);
    connection.destroy();
    return REFUSED;
  }
}

export const REFUSED: ConnectionReceiver = { connected() {}, receive() {}, closed() {} };

/** Nothing but line ends and NULs: a keepalive, whatever its length. */
export function isFiller(wire: string): boolean {
  for (let i = 0; i < wire.length; i++) {
    const c = wire.charCodeAt(i);
    if (c !== 13 && c !== 10 && c !== 0) return false;
  }
  return true;
}
