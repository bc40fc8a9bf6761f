// A flow over UDP: one of our sockets and a remote address. Many datagrams share one object, because a call keeps four
// for 32 s.
import type { Agenda } from '../base/agenda.js';
import type { Counters } from './counters.js';
import type { Flow, FlowUser } from './flow.js';
import type { Listening } from './listen-address.js';
import type { DatagramSocket, TransportName } from './network.js';

/** A bound socket, and what its flows need. */
export interface DatagramEnd {
  readonly listening: Listening;
  readonly socket: DatagramSocket;
  readonly agenda: Agenda;
  readonly counters: Counters;
  readonly flows: DatagramFlows;
}

/** How many flows are kept; a power of two. */
const KEPT = 1024;

/** A cache of the flows of one socket, of fixed size: each flow has exactly one possible place. */
export class DatagramFlows {
  readonly #places = new Array<DatagramFlow | undefined>(KEPT).fill(undefined);

  to(end: DatagramEnd, address: string, port: number): DatagramFlow {
    const { length } = address;
    const place = (port * 31 + address.charCodeAt(length - 1) * 7 + address.charCodeAt(length - 2) * 101) & (KEPT - 1);
    const flow = this.#places[place];
    if (flow !== undefined && flow.remotePort === port && flow.remoteAddress === address) return flow;
    const fresh = new DatagramFlow(end, address, port);
    this.#places[place] = fresh;
    return fresh;
  }
}

export class DatagramFlow implements Flow {
  #sentBy: string | undefined = undefined;

  constructor(
    readonly end: DatagramEnd,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {}

  get transport(): TransportName {
    return 'UDP';
  }

  get reliable(): boolean {
    return false;
  }

  get open(): boolean {
    return true;
  }

  get localAddress(): string {
    return this.end.listening.localFor(this.remoteAddress);
  }

  get localPort(): number {
    return this.end.listening.port;
  }

  get sentBy(): string {
    this.#sentBy ??= this.end.listening.sentByFor(this.remoteAddress);
    return this.#sentBy;
  }

  send(wire: string, sender?: FlowUser): void {
    const { socket, counters } = this.end;
    counters.messagesSent++;
    counters.octetsSent += wire.length;
    counters.observer?.sent(wire, this);
    if (socket.sendNow !== undefined) {
      const error = socket.sendNow(wire, this.remotePort, this.remoteAddress);
      if (error !== undefined && sender !== undefined) this.#failed(error, sender);
    } else if (sender === undefined) {
      socket.send(wire, this.remotePort, this.remoteAddress);
    } else {
      socket.send(wire, this.remotePort, this.remoteAddress, (error) => this.#failed(error, sender));
    }
  }

  /** Nothing to do: a transaction that has ended ignores late notifications. */
  forget(): void {}

  #failed(error: Error, sender: FlowUser): void {
    this.end.counters.sendFailures++;
    this.end.agenda.add(() => sender.transportFailed(error, true));
  }
}
