// The messages between the main thread and the threads of engines: plain data, copied on the way.

import type { HashKey } from '../base/keyed-hash.js';
import type { Configuration, RouterOrder } from '../configuration/configuration.js';
import type { Bundle } from '../deployment/compile.js';
import type { Deployable } from '../deployment/deployable.js';
import type { CallSummary, CallTrace } from '../observe/calls.js';
import type { EventKind } from '../observe/events.js';
import type { FamilyValues } from '../observe/series.js';
import type { SocketAddress, TransportName } from '../transport/network.js';

/** The data that a thread starts with. */
export interface Beginning {
  /** The number of the engine, from 0. */
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
  /** For UDP: the thread's own descriptor of the socket. */
  readonly descriptor?: number;
}

export interface StartOrder {
  readonly deployable: Deployable;
  readonly revision: number;
  readonly bundle: Bundle;
  /** The section `apps.<name>`. */
  readonly config: unknown;
}

/** A connection of the main thread. */
export interface StreamNotice {
  readonly id: number;
  /** The index of the listener that accepted it; -1 if we opened it. */
  readonly listener: number;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
}

/** A message as received, for another engine to take. */
export interface Handover {
  readonly engine: number;
  readonly wire: string;
  readonly address: string;
  readonly port: number;
  readonly listener: number;
  /** The id of the connection; -1 for a datagram. */
  readonly stream: number;
}

/** What an engine does when the main thread asks or tells it. */
export type EngineDuties = {
  listen(listeners: readonly BoundListener[]): Promise<void>;
  /** Loads and starts a version beside the others. Returns the lines of its handler table. */
  start(order: StartOrder): Promise<readonly string[]>;
  /** The revisions that take initial requests. */
  activate(revisions: readonly number[]): void;
  /** Invalidates the sessions of that version. */
  endSessions(revision: number): void;
  dispose(revision: number): Promise<void>;
  reorder(order: RouterOrder['order']): void;
  level(level: string): void;
  /** Whether anyone listens to events. */
  telling(isHeard: boolean): void;
  /** Refuses new initial requests. */
  stopping(nothing: undefined): void;
  callsInProgress(nothing: undefined): number;
  /** Ends the calls in which an application is a user agent. */
  endCalls(nothing: undefined): Promise<void>;
  /** How many sessions each revision has. */
  sessions(nothing: undefined): ReadonlyMap<number, number>;
  /** Why the engine should get no new calls. */
  reasons(nothing: undefined): readonly string[];
  families(nothing: undefined): Promise<readonly FamilyValues[]>;
  calls(nothing: undefined): readonly CallSummary[];
  /** Those with a leg that has one of these Call-IDs. */
  callsOf(callIds: readonly string[]): readonly CallTrace[];
  streamOpened(notice: StreamNotice): void;
  /** A whole message, or octets that cannot be read as one. */
  streamMessage(message: { readonly id: number; readonly wire: string }): void;
  streamClosed(end: { readonly id: number; readonly error?: string }): void;
  /** The connection is established. */
  streamConnected(end: { readonly id: number; readonly local: SocketAddress }): void;
  /** A message that belongs here, even if this engine computes another home for its key. */
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
  /** The octets from connections handled since the last report. */
  taken(octets: number): void;
  /** The engine does not need the connection any more; with `isNow` it must be closed at once. */
  leave(end: { readonly id: number; readonly isNow: boolean }): void;
};
