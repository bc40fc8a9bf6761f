// Header fields as an application reads and writes them.

import type { Address } from './values/address.js';
import type { Parameterable } from './values/parameterable.js';

/**
 * A value that can be written into a header: a text, a number, or an object with `toString` (Address, SipUri,
 * Parameterable, …).
 */
export type HeaderValue = string | number | { toString(): string };

/** Where `add` puts a value among those of its header: 0 is the first place. Default: last. */
export type HeaderPosition = 'first' | 'last' | number;

/**
 * Header fields that can only be read. Names are case-insensitive, and a compact form is the same header: `get('f')` is
 * `get('From')` (§7.3.3). Values are unfolded and trimmed. Returned values are copies: changing them does not change
 * the message.
 */
export interface ReadonlySipHeaders {
  /** The first value, undefined when there is none. In a comma-separated list this is the first element. */
  get(name: string): string | undefined;
  /** All values in order: `a, b` on one line equals two lines (§7.3.1). */
  getAll(name: string): string[];
  has(name: string): boolean;
  /** The names of the headers, as they were written, each once, in the order in which they first appear. */
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
  /** The first value, with its parameters separated. Throws SipParseError. */
  parameterable(name: string): Parameterable | undefined;
}

/**
 * Header fields of a message. Their order is kept, and so are unknown headers.
 *
 * System headers can be read but not written: Via, Call-ID, CSeq, Record-Route, Route, Max-Forwards, the tags of From
 * and To, and Contact except in REGISTER, 3xx, 485 and the 200 to OPTIONS. Writing one throws an IllegalStateError that
 * names it. So does any change after the message has been sent. Writing a name that is not a token, or a value with a
 * line break or NUL, throws TypeError.
 */
export interface SipHeaders extends ReadonlySipHeaders {
  /** Replaces all values of the header, at the place of the first one. */
  set(name: string, value: HeaderValue | readonly HeaderValue[]): void;
  /** Adds a value, by default below those that are there. */
  add(name: string, value: HeaderValue, position?: HeaderPosition): void;
  /** Removes the header. Returns whether there was one. */
  delete(name: string): boolean;
}
