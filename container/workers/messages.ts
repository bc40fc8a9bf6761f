// What the main thread and the threads of engines say to each other: plain data, copied on the way.

import type { HashKey } from '../base/keyed-hash.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import type { Bundle } from '../deployment/compile.js';
import type { Deployable } from '../deployment/deployable.js';
import type { CallSummary, CallTrace } from '../observe/calls.js';
import type { EventKind } from '../observe/events.js';
import type { FamilyValues } from '../observe/series.js';
import type { SocketAddress, TransportName } from '../transport/network.js';

/** What a thread begins with. */
export interface Beginning {
  /** From 0. */
  readonly engine: number;
  readonly count: number;
  readonly salt: string;
  readonly key: HashKey;
  readonly ring: SharedArrayBuffer;
  readonly configuration: Configuration;
}

/** A listener that is bound already. */
export interface BoundListener {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** Of UDP: the thread's own descriptor of the socket. */
  readonly descriptor?: number;
}

export interface StartOrder {
  readonly deployable: Deployable;
  readonly revision: number;
  readonly bundle: Bundle;
  /** `apps.<name>`. */
  readonly config: unknown;
}

/** A connection that the main thread has. */
export interface StreamNotice {
  readonly id: number;
  /** Index of the listener that it came to; -1: it was opened by us. */
  readonly listener: number;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
}

/** A message as it came, for another engine to take. */
export interface Handover {
  readonly engine: number;
  readonly wire: string;
  readonly address: string;
  readonly port: number;
  readonly listener: number;
  /** Of a connection: its id; -1 of a datagram. */
  readonly stream: number;
}

/** What an engine does when it is asked or told. */
export type EngineDuties = {
  listen(listeners: readonly BoundListener[]): Promise<void>;
  /** Loads and starts it beside the others: the lines of its handler table. */
  start(order: StartOrder): Promise<readonly string[]>;
  /** The revisions that take initial requests. */
  activate(revisions: readonly number[]): void;
  /** Invalidates what sessions it has. */
  endSessions(revision: number): void;
  dispose(revision: number): Promise<void>;
  reorder(order: RouterOrder['order']): void;
  level(level: string): void;
  /** Whether somebody listens to events. */
  telling(isHeard: boolean): void;
  /** No new initial requests. */
  stopping(nothing: undefined): void;
  callsInProgress(nothing: undefined): number;
  /** How many sessions each revision has. */
  sessions(nothing: undefined): ReadonlyMap<number, number>;
  /** Why it should get no new calls. */
  reasons(nothing: undefined): readonly string[];
  families(nothing: undefined): Promise<readonly FamilyValues[]>;
  calls(nothing: undefined): readonly CallSummary[];
  call(callId: string): CallTrace | undefined;
  streamOpened(notice: StreamNotice): void;
  /** A whole message, or what cannot be read as one. */
  streamMessage(message: { readonly id: number; readonly wire: string }): void;
  streamClosed(end: { readonly id: number; readonly error?: string }): void;
  /** What was connected to is there. */
  streamConnected(end: { readonly id: number; readonly local: SocketAddress }): void;
  /** A message that belongs here, whatever this engine thinks of its key. */
  takeOver(message: Handover): void;
  close(nothing: undefined): Promise<void>;
};

/** What the main thread does when an engine tells it. */
export type MainDuties = {
  log(line: string): void;
  event(event: { readonly kind: EventKind; readonly data: object }): void;
  /** A version has no session here any more. */
  idle(revision: number): void;
  handOver(message: Handover): void;
  /** `connection` is the engine's own number for it. */
  connect(to: { readonly connection: number; readonly remote: SocketAddress; readonly from?: string }): void;
  write(message: { readonly id: number; readonly wire: string }): void;
  /** Octets of messages on connections that it has dealt with since it last said so. */
  taken(octets: number): void;
  /** The engine needs it no more; `isNow`: it cannot be used. */
  leave(end: { readonly id: number; readonly isNow: boolean }): void;
};
