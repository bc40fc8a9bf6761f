// One connection of the main thread (§18): it frames the octets received, and has a number for each engine that uses
// it.
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Malformed, Request, Response } from '../message/index.js';
import { Framer, type FramerLimits, type FramerUser } from '../transport/framer.js';
import type { Connection, ConnectionReceiver, SocketAddress } from '../transport/network.js';

/**
 * Milliseconds until a connection with lost framing is closed, so that the message that was passed up can be answered.
 */
export const PARTING = 300;

export interface StreamLimits {
  readonly framing: FramerLimits;
  /** Octets that may wait for a peer that does not read. */
  readonly backlog: number;
  /** Milliseconds that a connection stays open without an engine that uses it. */
  readonly unusedTime: number;
}

/** Receives what happens on a connection. */
export interface StreamUser {
  connected(stream: Stream): void;
  arrived(stream: Stream, message: Request | Response | Malformed): void;
  closed(stream: Stream, error?: Error): void;
}

export class Stream implements ConnectionReceiver, FramerUser, Timed {
  connection!: Connection;
  readonly channels = new Map<number, number>();
  isOpen = true;
  isConnected = false;
  readonly #framer: Framer;
  #deadline: Deadline | undefined;

  constructor(
    readonly user: StreamUser,
    readonly clock: Clock,
    readonly limits: StreamLimits,
    readonly remote: SocketAddress,
    /** The index of the listener that accepted it; -1 if we opened it. */
    readonly listener: number,
  ) {
    this.#framer = new Framer(this, clock, limits.framing);
  }

  /** Starts the wait for an engine that uses the connection. */
  wait(): void {
    if (this.channels.size > 0 || !this.isOpen) return;
    this.#deadline?.stop();
    this.#deadline = this.clock.start(this.limits.unusedTime, this, 'unused');
  }

  write(wire: string): void {
    if (this.connection.backlog > this.limits.backlog) this.connection.destroy();
    else this.connection.write(wire);
  }

  connected(): void {
    this.isConnected = true;
    this.user.connected(this);
  }

  receive(wire: string): void {
    this.#framer.push(wire);
  }

  closed(error?: Error): void {
    this.isOpen = false;
    this.#framer.stop();
    this.#deadline?.stop();
    this.user.closed(this, error);
  }

  message(message: Request | Response | Malformed): void {
    this.user.arrived(this, message);
  }

  ping(): void {
    this.write('\r\n');
  }

  broken(): void {
    this.isOpen = false;
    this.#deadline?.stop();
    this.#deadline = this.clock.start(PARTING, this, 'broken');
  }

  expire(which: string): void {
    this.#deadline = undefined;
    if (which !== 'broken' && this.channels.size > 0) return;
    this.isOpen = false;
    this.connection.end();
  }
}
