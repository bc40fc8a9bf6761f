// What the container injects by type: a constructor parameter of one of these classes gets the container's object.

import type { ApplicationSession } from './application-session.js';
import type { Bridge, CallOptions } from './b2bua.js';
import type { SipRequest } from './messages.js';
import type { Method } from './methods.js';
import type { SipSession } from './session.js';
import type { Address, AddressLike } from './values/address.js';
import type { Parameterable } from './values/parameterable.js';
import type { Uri } from './values/uri.js';

/** Creates requests, sessions and values that do not come from a message (JSR 289's SipFactory). */
export abstract class SipFactory {
  /**
   * Makes an initial request with its own Call-ID. Its Request-URI is the URI of `to`, unless another is set. The
   * container chooses applications for it as if it had received it. Throws IllegalStateError for ACK and CANCEL, which
   * belong to a transaction.
   */
  abstract createRequest(
    applicationSession: ApplicationSession,
    method: Method,
    from: AddressLike,
    to: AddressLike,
  ): SipRequest;
  /**
   * Creates an application session. With a key it returns the session of that key, which it creates when there is none.
   * It ends when its last SIP session and its last timer have ended, or when it expires. Throws IllegalStateError in a
   * constructor, RangeError for a key of more than 1024 characters.
   */
  abstract createApplicationSession(key?: string): ApplicationSession;
  /**
   * Calls one party, then the other, and joins them: click-to-call. The caller gets an offer without media; when it has
   * answered, the callee is called, and its offer goes to the caller in a re-INVITE (RFC 3725, flow IV). Rejects with
   * CallFailedError when one of them does not answer, or the caller hangs up; the other leg is ended.
   */
  abstract bridge(applicationSession: ApplicationSession, options: CallOptions): Promise<Bridge>;
  /** The addresses of this container, as `outboundInterface` takes them: 'udp:192.0.2.1:5060'. */
  abstract readonly interfaces: readonly string[];
  /** Parses a URI. Throws SipParseError. */
  abstract parseUri(text: string): Uri;
  /** Parses an address. Throws SipParseError. */
  abstract parseAddress(text: string): Address;
  /** Parses a value with parameters. Throws SipParseError. */
  abstract parseParameterable(text: string): Parameterable;
}

/** Finds the sessions of this version of this application (JSR 289's SipSessionsUtil). */
export abstract class Sessions {
  /** The application session with this id. */
  abstract find(id: string): ApplicationSession | undefined;
  /** The application session of this key. */
  abstract findByKey(key: string): ApplicationSession | undefined;
  /**
   * The application session of this key. It is created when there is none. Throws RangeError for a key of more than
   * 1024 characters.
   */
  abstract forKey(key: string): ApplicationSession;
  /** The SIP session with this id. */
  abstract session(id: string): SipSession | undefined;
  /** All valid application sessions, the oldest first. */
  abstract all(): ApplicationSession[];
}

/** The labels of a measurement with their values. Use few values: each combination is a time series of its own. */
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

/** The distribution of measured values. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/**
 * The application's own measurements, beside those of the container at `/metrics`. The application's name is in the
 * prefix of each name and in a label. A second call with the same name returns the same measurement. Throws TypeError
 * when that measurement is of another kind, or when the name is not valid for a metric.
 */
export abstract class Metrics {
  abstract counter(name: string, help?: string): Counter;
  abstract gauge(name: string, help?: string): Gauge;
  /** `buckets` are upper bounds in ascending order; the default suits seconds. */
  abstract histogram(name: string, help?: string, buckets?: readonly number[]): Histogram;
}

/**
 * Writes one line of a log: a message, or fields and a message. The further values replace placeholders (`%s`, `%d`,
 * `%o`).
 */
export interface LogFunction {
  (message: string, ...values: unknown[]): void;
  (fields: object, message?: string, ...values: unknown[]): void;
}

/** The application's logger: a child of the container's pino logger that adds the application's name and version. */
export abstract class Logger {
  /** The least important level that is written. */
  abstract level: string;
  abstract readonly trace: LogFunction;
  abstract readonly debug: LogFunction;
  abstract readonly info: LogFunction;
  abstract readonly warn: LogFunction;
  abstract readonly error: LogFunction;
  abstract readonly fatal: LogFunction;
  /** A logger that adds these fields to each line. */
  abstract child(fields: Record<string, unknown>): Logger;
}
