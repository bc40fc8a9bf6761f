// A flow over UDP: which socket of ours, and which address of theirs. One small object a datagram.
import type { Agenda } from '../agenda.js';
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
}

export class DatagramFlow implements Flow {
  /** Who does not want to hear of this flow, or has heard already. */
  #silent: FlowUser[] | undefined = undefined;

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
    return this.end.listening.sentByFor(this.remoteAddress);
  }

  send(wire: string, sender?: FlowUser): void {
    const { socket, counters } = this.end;
    counters.messagesSent++;
    counters.octetsSent += wire.length;
    counters.observer?.sent(wire, this);
    if (sender === undefined) socket.send(wire, this.remotePort, this.remoteAddress);
    else socket.send(wire, this.remotePort, this.remoteAddress, (error) => this.#failed(error, sender));
  }

  forget(sender: FlowUser): void {
    if (this.#silent === undefined) this.#silent = [sender];
    else if (!this.#silent.includes(sender)) this.#silent.push(sender);
  }

  #failed(error: Error, sender: FlowUser): void {
    this.end.counters.sendFailures++;
    this.end.agenda.add(() => {
      if (this.#silent?.includes(sender)) return;
      this.forget(sender);
      sender.transportFailed(error);
    });
  }
}
