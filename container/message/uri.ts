// A URI as the floors above read it: one flat object. The common shape is read without the full grammar (§19.1, §25.1).
import { scanUri, UriParts, uriParameterOf } from '@siplet/sdk/grammar';
import { present } from '../base/present.js';
import { octetsOf } from './octets.js';
import { found, plainSipEnd } from './plain.js';

/** A parameter whose name contains upper case or an escape (§19.1.4). */
const UNUSUAL = /;[^=;]*[A-Z%]/;

/** The text that was parsed last, and its URI. */
let lastText: string | undefined;
let lastUri: Uri | undefined;

/**
 * A Request-URI or the URI of an address; immutable. A URI of the common shape keeps offsets, and cuts out its parts
 * when they are used.
 */
export class Uri {
  declare private readonly source: string;
  declare private readonly start: number;
  declare private readonly end: number;
  declare private readonly userEnd: number;
  declare private readonly hostStart: number;
  declare private readonly hostEnd: number;
  declare private readonly parametersStart: number;
  /** Lower case. */
  declare readonly scheme: string;
  declare readonly port: number | undefined;
  declare private written: string | undefined;
  declare private hostText: string | undefined;
  declare private userText: string | undefined;
  declare private parametersText: string | undefined;
  /** Whether the name of a parameter may contain upper case or an escape; undefined until it is needed. */
  declare private unusual: boolean | undefined;
  declare private scanned: UriParts | undefined;

  /**
   * The URI is [start, end) of `source`. `host` is undefined when the host is [hostStart, hostEnd) as written. If
   * `parts` is set, the full grammar has read the URI, and the other offsets have no meaning.
   */
  private constructor(
    source: string,
    start: number,
    end: number,
    scheme: string,
    userEnd: number,
    hostStart: number,
    hostEnd: number,
    host: string | undefined,
    port: number | undefined,
    parametersStart: number,
    parts: UriParts | undefined,
  ) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.userEnd = userEnd;
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.parametersStart = parametersStart;
    this.scheme = scheme;
    this.port = port;
    this.written = undefined;
    this.hostText = host;
    this.userText = undefined;
    this.parametersText = undefined;
    this.unusual = undefined;
    this.scanned = parts;
  }

  /** As written. */
  get text(): string {
    this.written ??= this.source.slice(this.start, this.end);
    return this.written;
  }

  /** Raw, with its escapes; undefined when there is none. */
  get user(): string | undefined {
    if (this.scanned !== undefined) return this.scanned.user;
    if (this.userEnd < 0) return undefined;
    this.userText ??= this.source.slice(this.start + this.scheme.length + 1, this.userEnd);
    return this.userText;
  }

  /** Lower case, IPv6 without brackets; '' where the scheme has none. */
  get host(): string {
    this.hostText ??= this.source.slice(this.hostStart, this.hostEnd);
    return this.hostText;
  }

  /** Raw, from the first ';' on, or ''. */
  get parameters(): string {
    if (this.scanned !== undefined) return this.scanned.parameters;
    if (this.parametersStart === this.end) return '';
    this.parametersText ??= this.source.slice(this.parametersStart, this.end);
    return this.parametersText;
  }

  /** Undefined when the text is not a URI (§25.1). */
  static parse(text: string): Uri | undefined {
    // The target that an application passes is read twice: when it is checked, and when the request is sent there.
    if (text === lastText) return lastUri;
    lastUri = scanTarget(octetsOf(text), text, 0, text.length);
    lastText = text;
    return lastUri;
  }

  /** A text that is not a URI: it has no scheme. */
  static unreadable(text: string): Uri {
    return Uri.scanned(text, new UriParts('', undefined, undefined, '', undefined, '', '', ''));
  }

  /** The plain sip or sips URI in [start, end) of a text and its octets that the plain scanner found last. */
  static found(octets: Uint8Array, text: string, start: number, end: number): Uri {
    const { userEnd, hostStart, hostEnd, port, parametersStart } = found;
    return new Uri(
      text,
      start,
      end,
      octets[start + 3] === 58 ? 'sip' : 'sips',
      userEnd,
      hostStart,
      hostEnd,
      found.hasUpper ? text.slice(hostStart, hostEnd).toLowerCase() : undefined,
      port < 0 ? undefined : port,
      parametersStart,
      undefined,
    );
  }

  /** A URI that the full grammar has read. */
  static scanned(text: string, parts: UriParts): Uri {
    const host = unbracketed(parts.host.toLowerCase());
    return new Uri(text, 0, text.length, parts.scheme, -1, 0, 0, host, parts.port, text.length, parts);
  }

  /** All parts according to the full grammar. */
  get parts(): UriParts {
    this.scanned ??= present(scanUri(this.text), 'a URI');
    return this.scanned;
  }

  /** Whether it is sip or sips, which we can route (§16.3 step 2). */
  get isSip(): boolean {
    return this.scheme === 'sip' || this.scheme === 'sips';
  }

  /** Lower case (§19.1.1). */
  get transport(): string | undefined {
    const value = this.parameter('transport');
    return typeof value === 'string' ? value.toLowerCase() : undefined;
  }

  /** Lower case, IPv6 without brackets. */
  get maddr(): string | undefined {
    const value = this.parameter('maddr');
    return typeof value === 'string' ? unbracketed(value.toLowerCase()) : undefined;
  }

  /** Whether it names a loose router (§16.12). */
  get lr(): boolean {
    return this.parameter('lr') !== undefined;
  }

  /** Whether it has headers, '?…' (§19.1.1). */
  get hasHeaders(): boolean {
    return this.scanned !== undefined && this.scanned.headers !== '';
  }

  /** A parameter by its name in any case: unescaped, true for a flag, undefined when absent (§19.1.1, §19.1.4). */
  parameter(name: string): string | true | undefined {
    const { parameters } = this;
    if (parameters === '') return undefined;
    // Most parameters are absent: unless a name contains an escape or upper case, a search suffices.
    if (parameters.indexOf(name) >= 0 || this.isUnusual(parameters)) return uriParameterOf(parameters, name);
    return undefined;
  }

  private isUnusual(parameters: string): boolean {
    this.unusual ??= UNUSUAL.test(parameters);
    return this.unusual;
  }

  toString(): string {
    return this.text;
  }
}

/** The URI in [start, end) of a text and its octets; undefined when it is not one. */
export function scanTarget(octets: Uint8Array, text: string, start: number, end: number): Uri | undefined {
  if (plainSipEnd(octets, start, end) === end) return Uri.found(octets, text, start, end);
  const whole = text.slice(start, end);
  const parts = scanUri(whole);
  return parts === undefined ? undefined : Uri.scanned(whole, parts);
}

function unbracketed(host: string): string {
  return host.charCodeAt(0) === 91 ? host.slice(1, -1) : host;
}
