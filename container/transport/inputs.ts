// Datagrams and connections that sockets pass to the transport layer, each with its listener.
import type { DatagramEnd } from './datagram-flow.js';
import type { Listening } from './listen-address.js';
import type { Connection, ConnectionReceiver, DatagramReceiver } from './network.js';

/** The transport layer, as the inputs see it. */
interface InputUser {
  datagram(wire: string, address: string, port: number, end: DatagramEnd): void;
  accept(connection: Connection, listening: Listening): ConnectionReceiver;
}

/** Datagrams of one socket. */
export class DatagramInput implements DatagramReceiver {
  end: DatagramEnd | undefined = undefined;

  constructor(readonly layer: InputUser) {}

  receive(wire: string, address: string, port: number): void {
    // Datagrams that arrive before `listen` is done are dropped, like those before it began.
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

/** Whether a datagram consists only of line ends and NULs: a keepalive of any length. */
export function isFiller(wire: string): boolean {
  for (let i = 0; i < wire.length; i++) {
    const c = wire.charCodeAt(i);
    if (c !== 13 && c !== 10 && c !== 0) return false;
  }
  return true;
}
