// Octets and characters: the classes of §25.1 as a table, integers on the wire, and conversion between text and wire
// strings.

/** Bits of CLASS: the rules of §25.1 that an octet may be part of. */
export const TOKEN = 1;
export const WORD = 2;
const DIGIT = 4;
export const ALPHA = 8;
export const ALPHANUM = DIGIT | ALPHA;
/** What `user` may contain unescaped, except '?' ';' '/' and ',', which are left to the full grammar. */
export const PLAIN_USER = 16;
/** paramchar without '%' (§25.1). */
export const PLAIN_PARAMETER = 32;
/** What an unquoted parameter value may contain: a token, a host, an IPv6 address with or without brackets. */
export const VALUE = 64;
/** Tokens with blanks between them, as in a display name without quotes. */
export const TOKENS = 128;

/** Class bits per octet. */
export const CLASS = new Uint8Array(256);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i++) {
    const c = characters.charCodeAt(i);
    CLASS[c] = (CLASS[c] ?? 0) | bits;
  }
}
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
mark(letters, ALPHA | TOKEN | TOKENS | WORD | PLAIN_USER | PLAIN_PARAMETER | VALUE);
mark('0123456789', DIGIT | TOKEN | TOKENS | WORD | PLAIN_USER | PLAIN_PARAMETER | VALUE);
mark("-.!%*_+`'~", TOKEN | TOKENS | WORD | VALUE);
mark(' \t', TOKENS);
mark('()<>:\\"/[]?{}', WORD);
mark("-_.!~*'()&=+$", PLAIN_USER);
mark("-_.!~*'()[]/:&+$", PLAIN_PARAMETER);
mark('[]:', VALUE);

/** Whether [start, end) is not empty and every octet in it is of the class. */
export function isAll(text: string, start: number, end: number, bits: number): boolean {
  for (let i = start; i < end; i++) {
    if (((CLASS[text.charCodeAt(i)] ?? 0) & bits) === 0) return false;
  }
  return end > start;
}

/** Parses 1*DIGIT in [start, end), up to `max`; otherwise -1. Signs, blanks and digits of other scripts are refused. */
export function integerAt(text: string, start: number, end: number, max: number): number {
  if (end <= start) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Removes SP and HTAB at both ends. String.trim would also remove 0xa0, which may be part of a UTF-8 character. */
export function trimBlank(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** SP or HTAB. */
export function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}

const UNSAFE = /[\0\n\r\u0100-\uffff]/;

/**
 * Whether the text is safe within one line of a head: only octets, without CR, LF and NUL. A char above 0xff would be
 * truncated to an octet: U+010D would become a CR.
 */
export function isLineSafe(text: string): boolean {
  return !UNSAFE.test(text);
}

/** Whether each char is one octet, so that the text can be sent unchanged. */
export function isWire(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return false;
  return true;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-16 text as UTF-8 octets, one octet in each char (§7: SIP is UTF-8). */
export function wireOf(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Octets read as UTF-8, or as latin1 when they are not UTF-8 (§7). */
export function textOf(wire: string): string {
  if (isAscii(wire)) return wire;
  try {
    return utf8.decode(Buffer.from(wire, 'latin1'));
  } catch {
    return wire;
  }
}

/**
 * The same string, detached from the parts that it was joined from: a string that is kept for 32 s must not keep the
 * whole message alive whose slices it consists of. Reading a character makes V8 flatten a concatenation.
 */
export function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** V8 copies slices up to this length; a longer slice keeps the string that it was cut from. */
const COPIED = 12;

/** A copy of a piece of a message that does not keep the message alive. */
export function copied(text: string): string {
  return text.length <= COPIED ? text : flat(`${text}\n`).slice(0, -1);
}
