// A flow over UDP: which socket of ours, and which address of theirs. The same object for many datagrams, since a call
// keeps four for 32 s.
import type { Agenda } from '../base/agenda.js';
import type { Counters } from './counters.js';
import type { Flow, FlowUser } from './flow.js';
import type { Listening } from './listen-address.js';
import type { DatagramSocket, TransportName } from './network.js';

/** A socket that is bound, and what its flows need. */
export interface DatagramEnd {
  readonly listening: Listening;
  readonly socket: DatagramSocket;
  readonly agenda: Agenda;
  readonly counters: Counters;
  readonly flows: DatagramFlows;
}

/** A power of two. */
const KEPT = 1024;

/**
 * The flows of one socket that were used last, each in the one place where it may be: no more than so many are kept for
 * their own sake.
 */
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

  /** There is no list to take it off: a transaction that has ended absorbs what it is told. */
  forget(): void {}

  #failed(error: Error, sender: FlowUser): void {
    this.end.counters.sendFailures++;
    this.end.agenda.add(() => sender.transportFailed(error));
  }
}
