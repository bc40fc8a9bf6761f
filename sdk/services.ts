// What the container gives to applications by injection: see tokens.ts.

import type { ApplicationSession, Timer, TimerOptions } from './application-session.js';
import type { SipRequest } from './messages.js';
import type { Method } from './methods.js';
import type { SipSession } from './session.js';
import type { Address, AddressLike } from './values/address.js';
import type { Parameterable } from './values/parameterable.js';
import type { Uri } from './values/uri.js';

/** Makes what does not come from a message (JSR 289's SipFactory). */
export interface SipFactory {
  /**
   * A new initial request, with its own Call-ID; the Request-URI is that of `to` until it is set. Its
   * applications are chosen as if it had been received (contract section 5). Throws IllegalStateError for ACK and
   * CANCEL, which belong to a transaction.
   */
  createRequest(applicationSession: ApplicationSession, method: Method, from: AddressLike, to: AddressLike): SipRequest;
  /**
   * A new application session; with a key the one of that key, which is made when there is none (C-42). It ends when
   * its last SIP session or timer has, or when it expires. Throws IllegalStateError in a constructor, RangeError for a
   * key of more than 1024 characters.
   */
  createApplicationSession(key?: string): ApplicationSession;
  /** The URI in the text. Throws SipParseError. */
  parseUri(text: string): Uri;
  /** The address in the text. Throws SipParseError. */
  parseAddress(text: string): Address;
  /** The value with parameters in the text. Throws SipParseError. */
  parseParameterable(text: string): Parameterable;
}

/** Timers of application sessions (JSR 289's TimerService). `ApplicationSession.setTimer` is the short way. */
export interface Timers {
  createTimer(applicationSession: ApplicationSession, name: string, delayMs: number, options?: TimerOptions): Timer;
}

/** Finds sessions of this version of this application, and no others (JSR 289's SipSessionsUtil). */
export interface Sessions {
  /** The application session with that id. */
  applicationSession(id: string): ApplicationSession | undefined;
  /** The application session of that key; `create` makes one when there is none (C-42). */
  applicationSessionByKey(key: string, create?: boolean): ApplicationSession | undefined;
  /** The SIP session with that id. */
  session(id: string): SipSession | undefined;
  /** All application sessions that are valid. */
  applicationSessions(): ApplicationSession[];
}

/** Values of the labels of a measurement. Keep them few: each combination is a time series. */
export interface Labels {
  readonly [name: string]: string | number;
}

/** A number that only grows. */
export interface Counter {
  /** Adds 1, or `by`. */
  increment(labels?: Labels, by?: number): void;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Adds `by`, which may be negative. */
  add(by: number, labels?: Labels): void;
}

/** How measured values are distributed. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/**
 * The application's own measurements, beside those of the container at `/metrics`. Names are prefixed and labelled with
 * the application's. Asked twice for one name, it gives the same measurement; throws TypeError when that is of another
 * kind, or when the name is no metric name.
 */
export interface Metrics {
  counter(name: string, help?: string): Counter;
  gauge(name: string, help?: string): Gauge;
  /** `buckets` are upper bounds in ascending order; default suits seconds. */
  histogram(name: string, help?: string, buckets?: readonly number[]): Histogram;
}

/**
 * Writes one line of a log: a message, or fields and a message. Placeholders (`%s`, `%d`,
 * `%o`) take the further values.
 */
export interface LogFunction {
  (message: string, ...values: unknown[]): void;
  (fields: object, message?: string, ...values: unknown[]): void;
}

/** A pino logger, or what looks like one. The application's own carries its name and version. */
export interface Logger {
  /** Lines below it are not written. */
  level: string;
  readonly trace: LogFunction;
  readonly debug: LogFunction;
  readonly info: LogFunction;
  readonly warn: LogFunction;
  readonly error: LogFunction;
  readonly fatal: LogFunction;
  /** A logger that adds these fields to each line. */
  child(fields: Record<string, unknown>): Logger;
}
