// tel URIs as values (RFC 3966).

import { SipParseError } from '../errors.js';
import { PARAM } from '../grammar/characters.js';
import { isContext, isGlobalNumber, isLocalNumber } from '../grammar/telephone.js';
import { scanUri } from '../grammar.js';
import { escaped } from './escaping.js';
import { faultOfUri } from './fault.js';
import { type Entries, named } from './named.js';
import { SipUri, type SipUriInit } from './sip-uri.js';
import { areSameNumbers, digitsOf, telephoneNumberIn } from './telephone-number.js';

/** The parts of a TelUri. */
export interface TelUriInit {
  /** A global number begins with '+'. */
  number: string;
  /** True puts a '+' before a number that lacks it. */
  isGlobal?: boolean;
  parameters?: Entries<string | true> | undefined;
}

/**
 * A telephone number (RFC 3966): `tel:+1-201-555-0123`, or a local number with the context in which it is valid,
 * `tel:7042;phone-context=example.com`. Parameters are held decoded; `toString` escapes them again.
 */
export class TelUri {
  readonly scheme = 'tel';
  /** As written, with visual separators; a global number with its '+'. */
  number: string;
  /** `true` for one without a value. Names are in lower case, whatever case they are looked up in. */
  readonly parameters: Map<string, string | true>;

  /** A string is parsed. Throws TypeError when the number is invalid. */
  constructor(init: TelUriInit | string) {
    if (typeof init === 'string') init = TelUri.parse(init);
    this.number = checkedNumber(
      init.isGlobal === true && !init.number.startsWith('+') ? `+${init.number}` : init.number,
    );
    this.parameters = named(init.parameters);
  }

  /** Throws SipParseError, which says what is wrong. */
  static parse(text: string): TelUri {
    const parts = typeof text === 'string' ? scanUri(text) : undefined;
    if (parts?.scheme !== 'tel') {
      const { fault, position } =
        parts === undefined ? faultOfUri(text) : { fault: `its scheme is ${parts.scheme}`, position: 0 };
      throw new SipParseError('a tel URI', text, fault, position);
    }
    return new TelUri(telephoneNumberIn(parts));
  }

  /** Whether the text is a tel URI. */
  static canParse(text: string): boolean {
    return scanUri(text)?.scheme === 'tel';
  }

  /** Whether the number is valid everywhere: it begins with '+' (RFC 3966 §5.1.4). */
  get isGlobal(): boolean {
    return this.number.startsWith('+');
  }

  /** The number without visual separators: '+12015550123'. */
  get digits(): string {
    return digitsOf(this.number);
  }

  /**
   * The URI as text, with the parameters in the order of RFC 3966 §3. Throws TypeError when the number is invalid, or
   * local without a valid phone-context.
   */
  toString(): string {
    return `tel:${this.#subscriber()}`;
  }

  /**
   * The SIP URI for this number at a gateway (§19.1.6). The whole tel URI becomes the user, in lower case, and
   * `user=phone` is added. `gateway` is a host, or the other parts of the URI.
   */
  toSipUri(gateway: string | SipUriInit): SipUri {
    const uri = new SipUri(typeof gateway === 'string' ? { host: gateway } : gateway);
    uri.user = this.#subscriber().toLowerCase();
    uri.parameters.set('user', 'phone');
    return uri;
  }

  /** A copy that shares nothing with this one. */
  clone(): TelUri {
    return new TelUri(this);
  }

  /**
   * Whether both are the same number with the same parameters, apart from visual separators, case and order (RFC 3966
   * §4).
   */
  equals(other: unknown): boolean {
    if (typeof other === 'string') return TelUri.canParse(other) && this.equals(TelUri.parse(other));
    return other instanceof TelUri && areSameNumbers(this, other);
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `TelUri <${this.toString()}>`;
  }

  #subscriber(): string {
    const context = this.parameters.get('phone-context');
    if (
      context === undefined ? !this.isGlobal : typeof context !== 'string' || !isContext(context, 0, context.length)
    ) {
      throw new TypeError(
        `TelUri.toString: ${JSON.stringify(this.number)} needs a phone-context, which is a domain name or begins with '+'`,
      );
    }
    const rest = [...this.parameters].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
    return checkedNumber(this.number) + rest.map(([name, value]) => `;${parameter(name, value)}`).join('');
  }
}

function checkedNumber(number: string): string {
  const text = String(number);
  if (isGlobalNumber(text, 0, text.length) || isLocalNumber(text, 0, text.length)) return text;
  throw new TypeError(`TelUri.number: ${JSON.stringify(number)} is not a telephone number`);
}

/** isub and ext first, then phone-context, then all others by name (RFC 3966 §3). */
function rank(name: string): number {
  return name === 'isub' || name === 'ext' ? 0 : name === 'phone-context' ? 1 : 2;
}

function parameter(name: string, value: string | true): string {
  if (!/^[a-z0-9-]+$/.test(name))
    throw new TypeError(`TelUri.toString: ${JSON.stringify(name)} is not a parameter name`);
  if (name === 'ext' && !(typeof value === 'string' && /^[0-9().-]+$/.test(value))) {
    throw new TypeError(`TelUri.toString: ${JSON.stringify(value)} is not an extension`);
  }
  return value === true || value === '' ? name : `${name}=${escaped(String(value), PARAM, `TelUri parameter ${name}`)}`;
}
