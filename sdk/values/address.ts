// Addresses as values: the contents of From, To, Contact, Route and similar headers (§20.10).

import { SipParseError } from '../errors.js';
import { isToken, scanAddress, unquote } from '../grammar.js';
import { areParametersOfOne } from './equality.js';
import { faultOfAddress } from './fault.js';
import { quotedText, readParameters, writeParameters } from './header-parameters.js';
import { type Entries, named } from './named.js';
import { parseUri, type Uri, type UriLike, uriOf } from './uri.js';
import { NOTHING_WRITTEN, type Written } from './written.js';

/** The parts of an Address. */
export interface AddressInit {
  displayName?: string | undefined;
  uri: UriLike;
  parameters?: Entries<string | true> | undefined;
}

/** Wherever an address is taken, a URI or a string is taken too. */
export type AddressLike = Address | UriLike;

/**
 * A URI with a display name and header parameters: `"Bob" <sip:bob@example.com>;tag=a6c85cf`. The display name and the
 * values of the parameters are held without quotes and backslashes; `toString` adds these where they are needed.
 */
export class Address {
  /** Undefined when there is none. */
  displayName: string | undefined;
  /** SipUri, TelUri, or OtherUri for any other scheme. */
  uri: Uri;
  /**
   * Parameters of the header, not of the URI: `tag`, `q`, `expires`. `true` for one without a value. Names are in lower
   * case, whatever case they are looked up in.
   */
  readonly parameters: Map<string, string | true>;
  #written: Pick<Written, 'find'> = NOTHING_WRITTEN;

  /** Takes the parts, or a URI. A string is parsed. Throws SipParseError. */
  constructor(init: AddressInit | UriLike) {
    if (typeof init === 'string') init = Address.parse(init);
    const parts: AddressInit = 'uri' in init ? init : { uri: init };
    this.displayName = parts.displayName;
    this.uri = uriOf(parts.uri);
    this.parameters = named(parts.parameters);
    if (parts instanceof Address) this.#written = parts.#written;
  }

  /** Throws SipParseError, which says what is wrong and where. `Contact: *` is not an address. */
  static parse(text: string): Address {
    const parts = typeof text === 'string' ? scanAddress(text) : undefined;
    if (parts === undefined) {
      const { fault, position } = faultOfAddress(text);
      throw new SipParseError('an address', text, fault, position);
    }
    const address = new Address({ uri: parseUri(parts.uri) });
    address.displayName = parts.displayName === undefined ? undefined : unquote(parts.displayName);
    address.#written = readParameters(parts.parameters, address.parameters) ?? NOTHING_WRITTEN;
    return address;
  }

  /** Whether the text is an address. */
  static canParse(text: string): boolean {
    return scanAddress(text) !== undefined;
  }

  /** Makes an Address from a URI or a string; returns an Address itself. */
  static of(address: AddressLike): Address {
    return address instanceof Address ? address : new Address(address);
  }

  /** The address as text, with the URI always in < and >. Throws TypeError when a part cannot be written. */
  toString(): string {
    let name = '';
    if (this.displayName !== undefined) {
      name = `${isPlain(this.displayName) ? this.displayName : quotedText(this.displayName, 'Address.displayName')} `;
    }
    return `${name}<${this.uri}>${writeParameters(this.parameters, this.#written, 'Address')}`;
  }

  /** A copy that shares nothing with this one. */
  clone(): Address {
    const copy = new Address(this);
    copy.uri = this.uri.clone();
    return copy;
  }

  /**
   * Whether both addresses are equal (§20.20): their URIs are equal, and so are the parameters that both have. A tag in
   * one must be in the other, too. Display names do not count.
   */
  equals(other: unknown): boolean {
    if (typeof other === 'string') return Address.canParse(other) && this.equals(Address.parse(other));
    if (!(other instanceof Address) || !this.uri.equals(other.uri)) return false;
    return areParametersOfOne(this.parameters, other.parameters);
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Address ${this.toString()}`;
  }
}

/** Whether a display name needs no quotes: tokens with one space between them (§25.1). */
function isPlain(name: string): boolean {
  return name.split(' ').every(isToken);
}
