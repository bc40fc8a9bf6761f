// Tokens, escapes, quoted strings and comma lists (§25.1, §7.3.1).

import {
  BACKSLASH,
  COMMA,
  hexValue,
  isEscape,
  LESS,
  PERCENT,
  QUOTE,
  SPACE,
  skip,
  skipSpace,
  TAB,
  TOKEN,
  trimEnd,
} from './characters.js';

/** token, of at least one char (§25.1). */
export function isToken(text: string): boolean {
  return text.length > 0 && skip(text, 0, text.length, TOKEN) === text.length;
}

/**
 * Replaces each %HH by its octet (a latin1 char), once and never recursively. A '%' that does not begin an escape stays
 * (§19.1.2).
 */
export function unescaped(text: string): string {
  let at = text.indexOf('%');
  if (at < 0) return text;
  const end = text.length;
  let out = '';
  let from = 0;
  while (at >= 0) {
    if (isEscape(text, at, end)) {
      const octet = hexValue(text.charCodeAt(at + 1)) * 16 + hexValue(text.charCodeAt(at + 2));
      out += text.slice(from, at) + String.fromCharCode(octet);
      from = at + 3;
    }
    at = text.indexOf('%', Math.max(from, at + 1));
  }
  return out + text.slice(from);
}

/** The content of a quoted-string, without quotes and backslashes; other text is unchanged (§25.1). */
export function unquote(text: string): string {
  const last = text.length - 1;
  if (last < 1 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(last) !== QUOTE) return text;
  let at = text.indexOf('\\', 1);
  if (at < 0) return text.slice(1, last);
  let out = '';
  let from = 1;
  while (at >= 0 && at < last) {
    out += text.slice(from, at);
    from = at + 1;
    at = text.indexOf('\\', at + 2);
  }
  return out + text.slice(from, last);
}

/**
 * The text as a quoted-string. CR and LF are not allowed in one and become spaces; other controls, '"' and '\' get a
 * backslash (§25.1).
 */
export function quote(text: string): string {
  let out = '"';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= SPACE && code !== QUOTE && code !== BACKSLASH && code !== 0x7f) continue;
    if (code === TAB) continue;
    out += text.slice(from, i);
    if (code === 0x0a || code === 0x0d) {
      out += ' ';
      from = i + 1;
    } else {
      out += '\\';
      from = i;
    }
  }
  return `${out}${text.slice(from)}"`;
}

/**
 * Elements of a comma-separated list, trimmed, without empty ones. Commas in quotes and in <> do not separate elements
 * (§7.3.1).
 */
export function splitList(value: string): string[] {
  const elements: string[] = [];
  const end = value.length;
  let from = 0;
  for (let i = 0; i < end; i++) {
    const code = value.charCodeAt(i);
    if (code === COMMA) {
      addElement(elements, value, from, i);
      from = i + 1;
    } else if (code === QUOTE) {
      i = closingQuote(value, i, end);
    } else if (code === LESS) {
      const close = value.indexOf('>', i);
      i = close < 0 ? end : close;
    }
  }
  addElement(elements, value, from, end);
  return elements;
}

/** Index of the quote that closes the one at `start`, or `end`. Only backslashes are special. */
export function closingQuote(text: string, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return end;
}

function addElement(elements: string[], value: string, start: number, end: number): void {
  start = skipSpace(value, start, end);
  end = trimEnd(value, start, end);
  if (end > start) elements.push(value.slice(start, end));
}

/**
 * Whether [start, end) of the text is the name, which must be in lower case. ASCII letters are compared without case
 * (§7.3.1).
 */
export function sameName(text: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    let code = text.charCodeAt(start + i);
    if (code >= 0x41 && code <= 0x5a) code |= 0x20;
    if (code !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether the text contains a possible escape. */
export function hasEscape(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) === PERCENT) return true;
  return false;
}
