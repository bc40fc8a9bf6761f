// A URI as the layers above read it: flat, and for the common shape without the full grammar (§19.1, §25.1).
import { scanUri, UriParts, uriParameterOf } from '@siplet/sdk/grammar';
import { octetsOf } from './octets.js';
import { found, plainSipEnd } from './plain.js';

/** What lets a parameter's name be written otherwise than in lower case (§19.1.4). */
const UNUSUAL = /[A-Z%]/;

/** A Request-URI or the URI of an address; immutable. */
export class Uri {
  /** As written. */
  declare readonly text: string;
  /** Lower case. */
  declare readonly scheme: string;
  /** Raw, with its escapes; undefined when there is none. */
  declare readonly user: string | undefined;
  /** Lower case, IPv6 without brackets; '' where the scheme has none. */
  declare readonly host: string;
  declare readonly port: number | undefined;
  /** Raw, from the first ';' on, or ''. */
  declare readonly parameters: string;
  declare private scanned: UriParts | undefined;

  constructor(
    text: string,
    scheme: string,
    user: string | undefined,
    host: string,
    port: number | undefined,
    parameters: string,
    parts?: UriParts,
  ) {
    this.text = text;
    this.scheme = scheme;
    this.user = user;
    this.host = host;
    this.port = port;
    this.parameters = parameters;
    this.scanned = parts;
  }

  /** Undefined when the text is no URI (§25.1). */
  static parse(text: string): Uri | undefined {
    return scanTarget(octetsOf(text), text, 0, text.length);
  }

  /** What stands where a URI should: of no scheme. */
  static unreadable(text: string): Uri {
    return new Uri(
      text,
      '',
      undefined,
      '',
      undefined,
      '',
      new UriParts('', undefined, undefined, '', undefined, '', '', ''),
    );
  }

  /** Every part as the grammar has it. */
  get parts(): UriParts {
    return (this.scanned ??= scanUri(this.text)!);
  }

  /** sip or sips: what we can route (§16.3 step 2). */
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

  /** Whether it carries headers, '?…' (§19.1.1). */
  get hasHeaders(): boolean {
    return this.scanned !== undefined && this.scanned.headers !== '';
  }

  /** A parameter by name, without case: without escapes, true for a flag, undefined when absent (§19.1.1, §19.1.4). */
  parameter(name: string): string | true | undefined {
    const { parameters } = this;
    if (parameters === '') return undefined;
    // Most are asked for and are not there: where nothing is escaped or in upper case, a look is enough.
    if (parameters.indexOf(name) < 0 && !UNUSUAL.test(parameters)) return undefined;
    return uriParameterOf(parameters, name);
  }

  toString(): string {
    return this.text;
  }
}

/** The URI in [start, end) of a text and its octets, or undefined when it is none. */
export function scanTarget(octets: Uint8Array, text: string, start: number, end: number): Uri | undefined {
  const whole = text.slice(start, end);
  if (plainSipEnd(octets, start, end) === end) {
    const { userEnd, hostStart, hostEnd, port, parametersStart } = found;
    const host = text.slice(hostStart, hostEnd);
    const secure = (octets[start + 3]! | 32) === 115;
    return new Uri(
      whole,
      secure ? 'sips' : 'sip',
      userEnd < 0 ? undefined : text.slice(start + (secure ? 5 : 4), userEnd),
      found.hasUpper ? host.toLowerCase() : host,
      port < 0 ? undefined : port,
      parametersStart === end ? '' : text.slice(parametersStart, end),
    );
  }
  const parts = scanUri(whole);
  if (parts === undefined) return undefined;
  return new Uri(
    whole,
    parts.scheme,
    parts.user,
    unbracketed(parts.host.toLowerCase()),
    parts.port,
    parts.parameters,
    parts,
  );
}

function unbracketed(host: string): string {
  return host.charCodeAt(0) === 91 ? host.slice(1, -1) : host;
}
