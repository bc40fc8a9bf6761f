// SIP and SIPS URIs as values (§19.1).

import { SipParseError } from '../errors.js';
import { HEADER, PARAM, PASSWORD, USER } from '../grammar/characters.js';
import { isHost, scanUri } from '../grammar.js';
import { areEqualSipUris } from './equality.js';
import { decode, escaped } from './escaping.js';
import { faultOfUri } from './fault.js';
import { type Entries, named } from './named.js';
import { NOTHING_WRITTEN, Written } from './written.js';

/** The parts of a SipUri. */
export interface SipUriInit {
  /** Default: 'sip'. */
  scheme?: 'sip' | 'sips';
  user?: string | undefined;
  password?: string | undefined;
  host: string;
  port?: number | undefined;
  parameters?: Entries<string | true> | undefined;
  headers?: Entries<string> | undefined;
}

/**
 * A SIP or SIPS URI (§19.1). `user`, `password` and the names and values of `parameters` and `headers` are held
 * decoded: 'j@s0n', not 'j%40s0n'. Escaped octets that are not UTF-8 stay escaped. `toString` escapes them again where
 * §25.1 requires it, so text in one part cannot become another part.
 *
 * ```ts
 * new SipUri({ user: 'alice', host: 'example.com', parameters: { transport: 'tcp', lr: true } }).toString()
 * // 'sip:alice@example.com;transport=tcp;lr'
 * ```
 */
export class SipUri {
  /** 'sip', or 'sips' for a resource that must be reached securely all the way (§26.2.2). */
  scheme: 'sip' | 'sips';
  /** Decoded; undefined when there is none. */
  user: string | undefined;
  /** Decoded; undefined when there is none. Its use is not recommended (§19.1.1). */
  password: string | undefined;
  /**
   * Name or address, in its original spelling. An IPv6 address is in brackets, which may be left out when setting it.
   */
  host: string;
  /** Undefined when the URI has no port; RFC 3263 then finds it. */
  port: number | undefined;
  /** URI parameters: `true` for one without a value. Names are in lower case, whatever case they are looked up in. */
  readonly parameters: Map<string, string | true>;
  /** Headers for a request that is made from this URI (§19.1.5), with names in lower case; 'body' is its body. */
  readonly headers: Map<string, string>;
  #written: Pick<Written, 'find'> = NOTHING_WRITTEN;

  /**
   * A string is parsed. Throws TypeError for an invalid host or port, SipParseError for a string that is not a SIP URI.
   */
  constructor(init: SipUriInit | string) {
    if (typeof init === 'string') init = SipUri.parse(init);
    this.scheme = checkedScheme(init.scheme ?? 'sip');
    this.user = init.user;
    this.password = init.password;
    this.host = checkedHost(init.host);
    this.port = checkedPort(init.port);
    this.parameters = named(init.parameters);
    this.headers = named(init.headers);
    if (init instanceof SipUri) this.#written = init.#written;
  }

  /** Throws SipParseError, which says what is wrong and where. */
  static parse(text: string): SipUri {
    const parts = typeof text === 'string' ? scanUri(text) : undefined;
    if (parts === undefined) {
      const { fault, position } = faultOfUri(text);
      throw new SipParseError('a SIP URI', text, fault, position);
    }
    if (parts.scheme !== 'sip' && parts.scheme !== 'sips') {
      throw new SipParseError('a SIP URI', text, `its scheme is ${parts.scheme}`, 0);
    }
    const notes = new Notes();
    const uri = new SipUri({ scheme: parts.scheme, host: parts.host, port: parts.port });
    uri.user = parts.user && notes.decoded('user', parts.user);
    uri.password = parts.password && notes.decoded('password', parts.password);
    if (parts.password === '') uri.password = '';
    if (parts.parameters !== '') readPairs(parts.parameters.slice(1), ';', uri.parameters, notes, 'parameter');
    if (parts.headers !== '') readPairs(parts.headers, '&', uri.headers as Map<string, string | true>, notes, 'header');
    uri.#written = notes.written ?? NOTHING_WRITTEN;
    return uri;
  }

  /** Whether the text is a SIP or SIPS URI. */
  static canParse(text: string): boolean {
    const scheme = scanUri(text)?.scheme;
    return scheme === 'sip' || scheme === 'sips';
  }

  /**
   * The URI as text. Throws TypeError when a part cannot be written: no host, no port, an empty user, a password
   * without user, an empty parameter name.
   */
  toString(): string {
    const written = this.#written;
    let text = `${checkedScheme(this.scheme)}:`;
    if (this.user !== undefined) {
      if (this.user === '') throw new TypeError('SipUri.toString: the user is empty');
      text += written.find('user', this.user) ?? escaped(String(this.user), USER, 'SipUri.user');
      if (this.password !== undefined) {
        text += `:${written.find('password', this.password) ?? escaped(this.password, PASSWORD, 'SipUri.password')}`;
      }
      text += '@';
    } else if (this.password !== undefined) throw new TypeError('SipUri.toString: the URI has a password but no user');
    text += checkedHost(this.host);
    if (this.port !== undefined) text += `:${checkedPort(this.port)}`;
    for (const [name, value] of this.parameters) text += `;${pair(name, value, written, 'parameter', PARAM)}`;
    let mark = '?';
    for (const [name, value] of this.headers) {
      text += mark + pair(name, value, written, 'header', HEADER);
      mark = '&';
    }
    return text;
  }

  /** A copy that shares nothing with this one. */
  clone(): SipUri {
    return new SipUri(this);
  }

  /**
   * Whether both are equal by the rules of §19.1.4. These are not transitive, because most parameters that only one URI
   * has are ignored.
   */
  equals(other: unknown): boolean {
    if (typeof other === 'string') return SipUri.canParse(other) && this.equals(SipUri.parse(other));
    return other instanceof SipUri && areEqualSipUris(this.toString(), other.toString());
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `SipUri <${this.toString()}>`;
  }
}

function checkedScheme(scheme: 'sip' | 'sips'): 'sip' | 'sips' {
  if (scheme === 'sip' || scheme === 'sips') return scheme;
  throw new TypeError(`SipUri.scheme: ${JSON.stringify(scheme)} is neither 'sip' nor 'sips'`);
}

function checkedHost(host: string): string {
  if (isHost(String(host))) return host;
  if (isHost(`[${host}]`)) return `[${host}]`;
  throw new TypeError(`SipUri.host: ${JSON.stringify(host)} is neither a host name nor an address`);
}

function checkedPort(port: number | undefined): number | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65535)) return port;
  throw new TypeError(`SipUri.port: ${JSON.stringify(port)} is not a port, which is 0 to 65535`);
}

/** Decodes parts, and notes those that `toString` would write differently. */
class Notes {
  written: Written | undefined;

  decoded(part: string, text: string): string {
    const value = text.includes('%') ? decode(text) : text;
    if (value !== text) this.note(part, value, text);
    return value;
  }

  note(part: string, value: string, text: string): void {
    this.written ??= new Written();
    this.written.note(part, value, text);
  }
}

/** Reads name=value pairs into the map. If a name is repeated, which §19.1.1 forbids, the first counts. */
function readPairs(text: string, separator: string, map: Map<string, string | true>, notes: Notes, part: string): void {
  for (const one of text.split(separator)) {
    const equals = one.indexOf('=');
    const rawName = equals < 0 ? one : one.slice(0, equals);
    const name = decode(rawName).toLowerCase();
    if (map.has(name)) continue;
    if (name !== rawName) notes.note(part, name, rawName);
    map.set(name, equals < 0 ? true : notes.decoded(`${part} ${name}`, one.slice(equals + 1)));
  }
}

function pair(name: string, value: string | true, written: Pick<Written, 'find'>, part: string, mask: number): string {
  if (name === '') throw new TypeError(`SipUri.toString: a ${part} has no name`);
  const text = written.find(part, name) ?? escaped(name, mask, `SipUri ${part}`);
  // A parameter cannot have an empty value, but it can have no value (§25.1).
  if (value === true || (value === '' && part === 'parameter')) return text;
  const given = String(value);
  return `${text}=${written.find(`${part} ${name}`, given) ?? escaped(given, mask, `SipUri ${part} ${name}`)}`;
}
