// Hosts: names, IPv4 and [IPv6] addresses (§25.1 host).

import { COLON, DOT, HEX, HYPHEN, isDigit, isIn, LABEL } from './characters.js';

/** Whether the text is a hostname, an IPv4 address or an IPv6 address in brackets. */
export function isHost(text: string): boolean {
  return text.length > 0 && hostEnd(text, 0, text.length) === text.length;
}

/** Index after the host that begins at `start`, or -1. What may follow is for the caller to say. */
export function hostEnd(text: string, start: number, end: number): number {
  if (start < end && text.charCodeAt(start) === 0x5b) {
    const close = text.indexOf(']', start);
    return close > 0 && close < end && isIPv6(text, start + 1, close) ? close + 1 : -1;
  }
  let i = start;
  let label = start;
  let labels = 0;
  let numeric = true;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      // domainlabel: neither empty nor with a hyphen at its end (§25.1). A dot at the end
      // closes a fully-qualified name.
      if (i === label || text.charCodeAt(i - 1) === HYPHEN) return -1;
      labels++;
      if (i + 1 >= end || !isIn(text.charCodeAt(i + 1), LABEL)) return numeric ? -1 : i + 1;
      label = i + 1;
      numeric = true;
    } else if (code === HYPHEN) {
      if (i === label) return -1;
      numeric = false;
    } else if (!isIn(code, LABEL)) break;
    else if (!isDigit(code)) numeric = false;
  }
  if (i === label || text.charCodeAt(i - 1) === HYPHEN) return -1;
  // toplabel: one of digits alone is no name, so it must be an IPv4 address (§25.1). One that only begins with
  // a digit passes (RFC 1123 §2.1).
  if (numeric) return labels === 3 && isIPv4(text, start, i) ? i : -1;
  return i;
}

/** Four numbers 0-255, with no leading zeros that some would read as octal (RFC 3986 §3.2.2). */
export function isIPv4(text: string, start: number, end: number): boolean {
  let numbers = 0;
  let i = start;
  for (;;) {
    const first = i;
    let value = 0;
    while (i < end && i < first + 4 && isDigit(text.charCodeAt(i))) value = value * 10 + text.charCodeAt(i++) - 0x30;
    const digits = i - first;
    if (digits === 0 || value > 255 || (digits > 1 && text.charCodeAt(first) === 0x30)) return false;
    numbers++;
    if (i === end) return numbers === 4;
    if (text.charCodeAt(i) !== DOT || numbers === 4) return false;
    i++;
  }
}

/** IPv6address without brackets, "::" at most once, the last 32 bits also as IPv4 (RFC 4291 §2.2). */
export function isIPv6(text: string, start: number, end: number): boolean {
  let i = start;
  let groups = 0;
  let compressed = false;
  if (end - start >= 2 && text.charCodeAt(start) === COLON && text.charCodeAt(start + 1) === COLON) {
    compressed = true;
    i += 2;
    if (i === end) return true;
  }
  for (;;) {
    const first = i;
    while (i < end && i < first + 5 && isIn(text.charCodeAt(i), HEX)) i++;
    if (i < end && text.charCodeAt(i) === DOT) {
      return (compressed ? groups <= 5 : groups === 6) && isIPv4(text, first, end);
    }
    if (i === first || i > first + 4) return false;
    groups++;
    if (i === end) return compressed ? groups <= 7 : groups === 8;
    if (groups === 8 || text.charCodeAt(i) !== COLON) return false;
    i++;
    if (i === end) return false;
    if (text.charCodeAt(i) === COLON) {
      if (compressed) return false;
      compressed = true;
      i++;
      if (i === end) return groups <= 7;
    }
  }
}
