// A scheme with its parameters, as in all four header fields of authentication: read in one pass, and written (§25.1 challenge, credentials; RFC 7235 §2.1).
import { isToken, quote, unquote } from '@siplet/sdk/grammar';

/** Octets of one value, and parameters in it: nobody who is honest comes near. */
const LONGEST = 8192;
const MOST = 64;

export interface Parameters {
  /** As written: 'Digest'. */
  readonly scheme: string;
  /** Without quotes, names in lower case; wire strings. */
  readonly values: ReadonlyMap<string, string>;
}

/** What is wrong with a value that cannot be read. */
export class Fault {
  constructor(readonly text: string) {}
}

/** `value` is a wire string. A fault where the scheme is none, quotes do not end, a parameter has no name or value, or comes twice. */
export function parseParameters(value: string): Parameters | Fault {
  if (value.length > LONGEST) return new Fault('it is too long');
  const scheme = schemeOf(value);
  if (!isToken(scheme)) return new Fault('it names no scheme');
  const values = new Map<string, string>();
  const { length } = value;
  let at = skipBlanks(value, scheme.length);
  while (at < length) {
    const equals = value.indexOf('=', at);
    const name = equals < 0 ? '' : value.slice(at, equals).trimEnd().toLowerCase();
    if (!isToken(name)) return new Fault('a parameter has no name, or no value');
    const start = skipBlanks(value, equals + 1);
    const end = value[start] === '"' ? quotedEnd(value, start) : plainEnd(value, start);
    if (end < 0) return new Fault(`the quotes of ${name} do not end`);
    if (end === start) return new Fault(`${name} has no value`);
    if (values.has(name)) return new Fault(`${name} is there twice`);
    if (values.size === MOST) return new Fault('it has too many parameters');
    values.set(name, unquote(value.slice(start, end)));
    at = skipBlanks(value, end);
    if (at === length) break;
    if (value[at] !== ',') return new Fault(`something stands behind ${name}`);
    at = skipBlanks(value, at + 1);
    if (at === length) return new Fault('it ends with a comma');
  }
  return { scheme, values };
}

/** What stands before the first blank, whatever is behind it. */
export function schemeOf(value: string): string {
  const space = value.search(/[ \t]/);
  return space < 0 ? value : value.slice(0, space);
}

/** Whether it is of the scheme that is built here; names of schemes have no case (RFC 7235 §2.1). */
export function isDigest(scheme: string): boolean {
  return scheme.toLowerCase() === 'digest';
}

/** `Digest a="…", b=…`: names with their values, and whether these stand in quotes. Undefined ones are left out. */
export function writeDigest(
  parameters: readonly (readonly [name: string, value: string | undefined, quoted: boolean])[],
): string {
  const written: string[] = [];
  for (const [name, value, quoted] of parameters)
    if (value !== undefined) written.push(`${name}=${quoted ? quote(value) : value}`);
  return `Digest ${written.join(', ')}`;
}

function skipBlanks(text: string, start: number): number {
  let i = start;
  while (text[i] === ' ' || text[i] === '\t') i++;
  return i;
}

/** Index after the closing quote, or -1. */
function quotedEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '"') return i + 1;
    if (text[i] === '\\') i++;
  }
  return -1;
}

/** Not only a token: peers leave the quotes off their URIs and nonces. */
function plainEnd(text: string, start: number): number {
  let i = start;
  while (i < text.length && !' \t,"'.includes(text[i]!)) i++;
  return i;
}
