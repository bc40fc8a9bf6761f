// A flow over a connection (§18): frames the octets received, limits the octets waiting to be sent, tells the senders
// when the connection is lost, and closes it when it is idle for too long.
import type { Agenda } from '../base/agenda.js';
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Malformed, Request, Response } from '../message/index.js';
import type { Counters } from './counters.js';
import type { Flow, FlowUser } from './flow.js';
import { Framer, type FramerLimits, type FramerUser } from './framer.js';
import type { Connection, ConnectionReceiver, SocketAddress, TransportName } from './network.js';

/** What a connection needs of the transport layer. */
export interface ConnectionUser {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly counters: Counters;
  readonly framing: FramerLimits;
  /** Milliseconds for connecting. */
  readonly connectTime: number;
  /** Milliseconds after the last use; for a connection that never carried a message, `unusedTime`. */
  readonly idleTime: number;
  readonly unusedTime: number;
  readonly maxBacklog: number;
  arrived(message: Request | Response | Malformed, flow: ConnectionFlow): void;
  /** The connection accepts no more messages. */
  lost(flow: ConnectionFlow): void;
  /** The connection is closed. */
  gone(flow: ConnectionFlow): void;
}

export class ConnectionFlow implements Flow, ConnectionReceiver, FramerUser, Timed {
  readonly transport: TransportName = 'TCP';
  readonly reliable = true;
  readonly sentBy: string;
  /** UDP for an outgoing connection, where we have no listener for connections. */
  reachedBy: TransportName | undefined = undefined;
  readonly inbound: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  localAddress: string;
  localPort: number;
  /** False when the connection is ending: pending requests may still be answered on it, but no new ones are sent. */
  reusable = true;
  /** The port in the peer's Vias: responses to it find this connection by that port. */
  viaPort = 0;
  #connection: Connection | undefined;
  #open = true;
  #connected: boolean;
  #carried = false;
  #lastUse: number;
  #error: Error | undefined;
  readonly #user: ConnectionUser;
  readonly #framer: Framer;
  readonly #senders = new Set<FlowUser>();
  /** Senders whose message waits in this host: the connection is being made, or the peer does not read. */
  #unsent: Set<FlowUser> | undefined = undefined;
  #deadline: Deadline | undefined;
  #dialogs = 0;

  constructor(user: ConnectionUser, remote: SocketAddress, local: SocketAddress, sentBy: string, inbound: boolean) {
    this.#user = user;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.sentBy = sentBy;
    this.inbound = inbound;
    this.#connected = inbound;
    this.#framer = new Framer(this, user.clock, user.framing);
    this.#lastUse = user.clock.now();
    this.#deadline = inbound
      ? user.clock.start(user.unusedTime, this, 'idle')
      : user.clock.start(user.connectTime, this, 'connect');
  }

  /** Sets the connection; called once, right after it was created. */
  attach(connection: Connection): void {
    this.#connection = connection;
  }

  get open(): boolean {
    return this.#open;
  }

  send(wire: string, sender?: FlowUser): void {
    const user = this.#user;
    if (!this.#open) {
      if (sender !== undefined) this.#tell(sender, this.#error ?? new Error(`the connection ${this} has ended`), true);
      return;
    }
    if (sender !== undefined && sender.isBrief !== true) this.#senders.add(sender);
    // The limit applies to the octets already waiting, without this message, which may be as large as the limit itself.
    if ((this.#connection?.backlog ?? 0) > user.maxBacklog) {
      // The peer does not read: losing one connection is better than running out of memory.
      user.counters.connectionsStuck++;
      this.#waits(sender);
      this.#lose(new Error(`${this} does not read`));
      this.#connection?.destroy();
      return;
    }
    this.#lastUse = user.clock.now();
    user.counters.messagesSent++;
    user.counters.octetsSent += wire.length;
    user.counters.observer?.sent(wire, this);
    this.#connection?.write(wire);
    if (!this.#connected || (this.#connection?.backlog ?? 0) > 0) this.#waits(sender);
    else this.#unsent = undefined;
  }

  #waits(sender: FlowUser | undefined): void {
    if (sender === undefined) return;
    this.#unsent ??= new Set();
    this.#unsent.add(sender);
  }

  forget(sender: FlowUser): void {
    this.#senders.delete(sender);
    this.#unsent?.delete(sender);
    this.#told?.delete(sender);
  }

  hold(dialogs: 1 | -1): void {
    if (this.inbound) this.#dialogs += dialogs;
  }

  connected(): void {
    if (!this.#open) return;
    this.#connected = true;
    this.#unsent = undefined;
    const local = this.#connection?.local;
    if (local !== undefined) {
      this.localAddress = local.address;
      this.localPort = local.port;
    }
    this.#deadline?.stop();
    this.#deadline = this.#user.clock.start(this.#user.idleTime, this, 'idle');
  }

  receive(wire: string): void {
    if (!this.#open) return;
    this.#lastUse = this.#user.clock.now();
    this.#user.counters.octetsReceived += wire.length;
    this.#framer.push(wire);
  }

  closed(error?: Error): void {
    // The peer has ended it in order: what this host has written will still arrive.
    if (error === undefined && this.#connected && this.#connection?.backlog === 0) this.#unsent = undefined;
    this.#lose(error ?? new Error(`${this} closed the connection`));
    this.#user.gone(this);
    // A dialog may keep this flow for hours.
    this.#connection = undefined;
  }

  message(message: Request | Response | Malformed): void {
    this.#carried = true;
    this.#user.arrived(message, this);
  }

  ping(): void {
    this.#user.counters.keepalives++;
    if (this.#open) this.#connection?.write('\r\n');
  }

  broken(why: string): void {
    this.#user.counters.connectionsBroken++;
    this.reusable = false;
    // Messages that were passed up may be answered first.
    this.#user.agenda.add(() => this.finish(why));
  }

  expire(which: string): void {
    this.#deadline = undefined;
    if (!this.#open) return;
    if (which === 'connect') {
      this.#lose(new Error(`${this} did not answer`));
      this.#connection?.destroy();
      return;
    }
    const time = this.#carried || !this.inbound ? this.#user.idleTime : this.#user.unusedTime;
    const isNeeded = this.#senders.size > 0 || this.#dialogs > 0;
    const left = isNeeded ? time : this.#lastUse + time - this.#user.clock.now();
    if (left > 0) {
      this.#deadline = this.#user.clock.start(left, this, 'idle');
      return;
    }
    this.#user.counters.connectionsIdle++;
    this.finish('idle');
  }

  /** Sends what is queued, then closes the connection. */
  finish(why: string): void {
    if (!this.#open) return;
    this.#lose(new Error(`the connection ${this} was ended: ${why}`));
    if (this.#connected) this.#connection?.end();
    else this.#connection?.destroy();
  }

  /** Closes the connection without waiting. */
  destroy(): void {
    this.#lose(new Error(`the connection ${this} was ended`));
    this.#connection?.destroy();
  }

  toString(): string {
    return `tcp:${this.remoteAddress}:${this.remotePort}`;
  }

  #lose(error: Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.reusable = false;
    this.#error = error;
    this.#deadline?.stop();
    this.#deadline = undefined;
    this.#framer.stop();
    this.#user.lost(this);
    for (const sender of this.#unsent ?? []) this.#tell(sender, error, true);
    for (const sender of this.#senders) this.#tell(sender, error, false);
    this.#unsent = undefined;
    this.#senders.clear();
  }

  /** The senders for whom a notification is on the agenda. */
  #told: Set<FlowUser> | undefined = undefined;

  #tell(sender: FlowUser, error: Error, isUnsent: boolean): void {
    if (isUnsent) this.#user.counters.sendFailures++;
    this.#told ??= new Set();
    const told = this.#told;
    if (told.has(sender)) return;
    told.add(sender);
    this.#user.agenda.add(() => {
      if (told.delete(sender)) sender.transportFailed(error, isUnsent);
    });
  }
}
