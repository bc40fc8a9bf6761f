// Character classes of §25.1 and RFC 3966 §3 as one table of bits, and the two loops that run over them.

/** user, without escapes (§25.1). */
export const USER = 1;
/** password, without escapes (§25.1). */
export const PASSWORD = 2;
/** paramchar, without escapes (§25.1; RFC 3966 §3 has the same). */
export const PARAM = 4;
/** hname and hvalue, without escapes (§25.1). */
export const HEADER = 8;
/** token (§25.1): `%` is a token character like any other and does not begin an escape. */
export const TOKEN = 16;
/** alphanum and "_", which §25.1 does not allow in host names, but real networks use. */
export const LABEL = 32;
/** HEXDIG. */
export const HEX = 64;
/** uric, without escapes, with the brackets that RFC 2732 §3 added (§25.1). */
export const URIC = 128;

export const TAB = 0x09;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PERCENT = 0x25;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const HYPHEN = 0x2d;
export const DOT = 0x2e;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;

const CLASSES = new Uint8Array(128);

function allow(mask: number, characters: string): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    CLASSES[code] = (CLASSES[code] ?? 0) | mask;
  }
}

const ALPHANUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNRESERVED = `${ALPHANUM}-_.!~*'()`;
allow(USER, `${UNRESERVED}&=+$,;?/`);
allow(PASSWORD, `${UNRESERVED}&=+$,`);
allow(PARAM, `${UNRESERVED}[]/:&+$`);
allow(HEADER, `${UNRESERVED}[]/?:+$`);
allow(TOKEN, `${ALPHANUM}-.!%*_+\`'~`);
allow(LABEL, `${ALPHANUM}_`);
allow(HEX, '0123456789abcdefABCDEF');
allow(URIC, `${UNRESERVED};/?:@&=+$,[]`);

/** Whether the char code is in the class. */
export function isIn(code: number, mask: number): boolean {
  return code < 128 && ((CLASSES[code] ?? 0) & mask) !== 0;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAlpha(code: number): boolean {
  code |= 0x20;
  return code >= 0x61 && code <= 0x7a;
}

/** Index of the first char in [start, end) that is not in the class, or `end`. */
export function skip(text: string, start: number, end: number, mask: number): number {
  let i = start;
  while (i < end && isIn(text.charCodeAt(i), mask)) i++;
  return i;
}

/** Like `skip`, but accepts "%" HEXDIG HEXDIG as well (§25.1 escaped). */
export function skipEscaped(text: string, start: number, end: number, mask: number): number {
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (isIn(code, mask)) i++;
    else if (code === PERCENT && isEscape(text, i, end)) i += 3;
    else break;
  }
  return i;
}

/** Whether "%" at `i` begins an escape that ends before `end`. */
export function isEscape(text: string, i: number, end: number): boolean {
  return i + 2 < end && isIn(text.charCodeAt(i + 1), HEX) && isIn(text.charCodeAt(i + 2), HEX);
}

/**
 * Index of the first char in [start, end) that is neither SP nor HT, or `end`. Folded lines have been unfolded
 * (§7.3.1).
 */
export function skipSpace(text: string, start: number, end: number): number {
  let i = start;
  while (i < end && isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** Index after the last char in [start, end) that is neither SP nor HT, or `start`. */
export function trimEnd(text: string, start: number, end: number): number {
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return end;
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

/**
 * Index after the quoted-string that begins at `start`, or -1 when it does not end or contains a forbidden character
 * (§25.1).
 */
export function quotedEnd(text: string, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) {
      i++;
      if (i >= end || !isQuotable(text.charCodeAt(i))) return -1;
    } else if (isControl(code)) return -1;
  }
  return -1;
}

/** The second char of a quoted-pair: any ASCII, also NUL, but never CR and LF (§25.1). */
function isQuotable(code: number): boolean {
  return code <= 0x7f && code !== 0x0a && code !== 0x0d;
}

/** A control character that needs a backslash in quotes; HT does not. */
function isControl(code: number): boolean {
  return (code < SPACE && code !== TAB) || code === 0x7f;
}

/** Value of a char code that is known to be an ASCII hexadecimal digit. */
export function hexValue(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}
