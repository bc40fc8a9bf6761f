// A scheme with its parameters, the form of all four header fields of authentication: reads it in one pass, and writes
// it (§25.1 challenge, credentials; RFC 7235 §2.1).
import { isToken, quote, unquote } from '@siplet/sdk/grammar';

/** Limits for the octets of one value and for its parameters; honest peers stay far below them. */
const LONGEST = 8192;
const MOST = 64;

export interface Parameters {
  /** As written: 'Digest'. */
  readonly scheme: string;
  /** Without quotes, with names in lower case; wire strings. */
  readonly values: ReadonlyMap<string, string>;
}

/** Why a value cannot be read. */
export class Fault {
  constructor(readonly text: string) {}
}

/**
 * `value` is a wire string. It is a fault when the scheme is not a token, quotes are not closed, or a parameter lacks
 * its name or value or is repeated.
 */
export function parseParameters(value: string): Parameters | Fault {
  if (value.length > LONGEST) return new Fault('it is too long');
  const scheme = schemeOf(value);
  if (!isToken(scheme)) return new Fault('it names no scheme');
  const values = new Map<string, string>();
  let at = skipBlanks(value, scheme.length);
  while (at < value.length) {
    const read = readParameter(value, at);
    if (read instanceof Fault) return read;
    const { name, text } = read;
    if (values.has(name)) return new Fault(`${name} occurs twice`);
    if (values.size === MOST) return new Fault('it has too many parameters');
    values.set(name, text);
    const next = nextParameter(value, read.end, name);
    if (next instanceof Fault) return next;
    at = next;
  }
  return { scheme, values };
}

/** Reads `name=value` from that offset on; `end` is the offset after it. */
function readParameter(value: string, at: number): { name: string; text: string; end: number } | Fault {
  const equals = value.indexOf('=', at);
  const name = equals < 0 ? '' : value.slice(at, equals).trimEnd().toLowerCase();
  if (!isToken(name)) return new Fault('a parameter has no name, or no value');
  const start = skipBlanks(value, equals + 1);
  const end = value[start] === '"' ? quotedEnd(value, start) : plainEnd(value, start);
  if (end < 0) return new Fault(`the quotes of ${name} are not closed`);
  if (end === start) return new Fault(`${name} has no value`);
  return { name, text: unquote(value.slice(start, end)), end };
}

/** Where the parameter after the comma begins; the end of the value when there is no comma. */
function nextParameter(value: string, end: number, name: string): number | Fault {
  const at = skipBlanks(value, end);
  if (at === value.length) return at;
  if (value[at] !== ',') return new Fault(`unexpected text follows ${name}`);
  const next = skipBlanks(value, at + 1);
  return next === value.length ? new Fault('it ends with a comma') : next;
}

/** The text before the first blank. */
export function schemeOf(value: string): string {
  const space = value.search(/[ \t]/);
  return space < 0 ? value : value.slice(0, space);
}

/** Whether the scheme is Digest; scheme names are not case-sensitive (RFC 7235 §2.1). */
export function isDigest(scheme: string): boolean {
  return scheme.toLowerCase() === 'digest';
}

/** `Digest a="…", b=…`: names with their values, and whether to quote them. Undefined values are left out. */
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

/** Accepts more than tokens: some peers do not quote their URIs and nonces. */
function plainEnd(text: string, start: number): number {
  let i = start;
  while (i < text.length && !' \t,"'.includes(text.charAt(i))) i++;
  return i;
}
