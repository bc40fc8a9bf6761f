// URIs of schemes that SIP itself does not interpret: http, mailto, urn, ….

import { SipParseError } from '../errors.js';
import { scanUri } from '../grammar.js';
import { comparable } from './escaping.js';
import { faultOfUri } from './fault.js';

/** A URI that is neither sip, sips nor tel, as From, To, Contact or a Request-URI may contain it. It is immutable. */
export class OtherUri {
  private constructor(
    /** In lower case. */
    readonly scheme: string,
    /** The part after the colon, with its original escapes. */
    readonly rest: string,
  ) {}

  /** Throws SipParseError. */
  static parse(text: string): OtherUri {
    const parts = typeof text === 'string' ? scanUri(text) : undefined;
    if (parts === undefined) {
      const { fault, position } = faultOfUri(text);
      throw new SipParseError('a URI', text, fault, position);
    }
    if (parts.host !== '' || parts.scheme === 'tel') {
      throw new SipParseError('a URI of another scheme', text, `its scheme is ${parts.scheme}`, 0);
    }
    return new OtherUri(parts.scheme, parts.rest);
  }

  toString(): string {
    return `${this.scheme}:${this.rest}`;
  }

  clone(): OtherUri {
    return new OtherUri(this.scheme, this.rest);
  }

  /** Whether both are the same text, apart from unnecessary escapes (RFC 3986 §6.2.2). */
  equals(other: unknown): boolean {
    if (typeof other === 'string') {
      const parts = scanUri(other);
      return parts !== undefined && parts.scheme === this.scheme && comparable(parts.rest) === comparable(this.rest);
    }
    return (
      other instanceof OtherUri && other.scheme === this.scheme && comparable(other.rest) === comparable(this.rest)
    );
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `OtherUri <${this.toString()}>`;
  }
}
