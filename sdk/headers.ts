// Header fields as an application reads and writes them.

import type { Address } from './values/address.js';
import type { Parameterable } from './values/parameterable.js';

/**
 * What can be written into a header: text, a number, or a value with `toString` (Address, SipUri, Parameterable, …).
 */
export type HeaderValue = string | number | { toString(): string };

/** Where `add` puts a value among those of its header: 0 is first; default is last. */
export type HeaderPosition = 'first' | 'last' | number;

/**
 * Header fields to read. Names have no case, and a compact form is the same header: `get('f')` is
 * `get('From')` (§7.3.3). Values are text in UTF-16, unfolded and trimmed; what is given back is a copy, so
 * changing it changes no message.
 */
export interface ReadonlySipHeaders {
  /**
   * The first value, undefined when there is none. Of a header with a comma-separated list that is the first element.
   */
  get(name: string): string | undefined;
  /** All values in order: `a, b` on one line equals two lines (§7.3.1). */
  getAll(name: string): string[];
  has(name: string): boolean;
  /** The names present, as they were written, each once, in order of first appearance. */
  names(): string[];
  /** The same names, for iteration. */
  keys(): IterableIterator<string>;
  /** Every value with the name of its header, in order: `for (const [name, value] of request.headers)`. */
  entries(): IterableIterator<[name: string, value: string]>;
  [Symbol.iterator](): IterableIterator<[name: string, value: string]>;
  /** The first value as an address. Undefined when there is none; throws SipParseError when it is not an address. */
  address(name: string): Address | undefined;
  /** All values as addresses. `Contact: *` is not an address: `get('Contact')` gives it. Throws SipParseError. */
  addresses(name: string): Address[];
  /** The first value with its parameters apart. Throws SipParseError. */
  parameterable(name: string): Parameterable | undefined;
}

/**
 * Header fields of a message. Their order and unknown headers are kept.
 *
 * System headers may be read and not written: Via, Call-ID, CSeq, Record-Route, Route, Max-Forwards, the tags of From
 * and To, and Contact except in REGISTER, 3xx, 485 and the 200 to OPTIONS. Writing one throws IllegalStateError naming
 * it; so does any writing once the message has been sent. Writing a name that is not a token, or a value with a line
 * break or NUL, throws TypeError.
 */
export interface SipHeaders extends ReadonlySipHeaders {
  /** Replaces all values of the header, at the place of the first one. */
  set(name: string, value: HeaderValue | readonly HeaderValue[]): void;
  /** Adds a value, by default below those that are there. */
  add(name: string, value: HeaderValue, position?: HeaderPosition): void;
  /** Removes the header. Whether there was one. */
  delete(name: string): boolean;
}
