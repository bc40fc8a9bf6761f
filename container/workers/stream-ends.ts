// Connections as an engine in a thread sees them: the main thread has the sockets, frames the octets received, and
// writes what the engine sends.
import type { Connection, ConnectionReceiver, SocketAddress } from '../transport/network.js';
import type { MainDuties, StreamNotice } from './messages.js';
import type { Port } from './port.js';

type Accept = (connection: Connection) => ConnectionReceiver;

/** Numbers of connections: the main thread gives even ones, the engine odd ones. */
export class StreamEnds {
  readonly #main: Port<MainDuties>;
  readonly #ends = new Map<number, StreamEnd>();
  readonly #accepts = new Map<number, Accept>();
  #last = -1;

  constructor(main: Port<MainDuties>) {
    this.#main = main;
  }

  /** `listener` is its index among all listeners. */
  listen(listener: number, accept: Accept): void {
    this.#accepts.set(listener, accept);
  }

  connect(remote: SocketAddress, receiver: ConnectionReceiver, from?: string): Connection {
    this.#last += 2;
    const id = this.#last;
    const end = new StreamEnd(this.#main, id, remote, { address: '', port: 0 });
    end.receiver = receiver;
    this.#ends.set(id, end);
    this.#main.tell('connect', { connection: id, remote, ...(from === undefined ? {} : { from }) });
    return end;
  }

  opened({ id, listener, remote, local }: StreamNotice): void {
    const end = new StreamEnd(this.#main, id, remote, local);
    this.#ends.set(id, end);
    end.receiver = this.#accepts.get(listener)?.(end);
  }

  connected({ id, local }: { readonly id: number; readonly local: SocketAddress }): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    end.local = local;
    end.receiver?.connected();
  }

  /** The addresses of the connection. */
  endOf(id: number): { readonly remote: SocketAddress; readonly local: SocketAddress } | undefined {
    return this.#ends.get(id);
  }

  message(id: number, wire: string): void {
    this.#ends.get(id)?.receiver?.receive(wire);
  }

  closed({ id, error }: { readonly id: number; readonly error?: string }): void {
    const end = this.#ends.get(id);
    this.#ends.delete(id);
    end?.receiver?.closed(error === undefined ? undefined : new Error(error));
  }
}

class StreamEnd implements Connection {
  receiver: ConnectionReceiver | undefined;
  #hasLeft = false;

  constructor(
    readonly main: Port<MainDuties>,
    readonly id: number,
    readonly remote: SocketAddress,
    public local: SocketAddress,
  ) {}

  /** The main thread limits what waits for a peer. */
  get backlog(): number {
    return 0;
  }

  write(wire: string): void {
    if (!this.#hasLeft) this.main.tell('write', { id: this.id, wire });
  }

  end(): void {
    this.#leave(false);
  }

  destroy(): void {
    this.#leave(true);
  }

  /** The main thread then reports `closed`. */
  #leave(isNow: boolean): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.main.tell('leave', { id: this.id, isNow });
  }
}
