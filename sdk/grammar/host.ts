// Hosts: names, IPv4 and [IPv6] addresses (§25.1 host).

import { COLON, DOT, HEX, HYPHEN, isDigit, isIn, LABEL, skip } from './characters.js';

/** Whether the text is a hostname, an IPv4 address or an IPv6 address in brackets. */
export function isHost(text: string): boolean {
  return text.length > 0 && hostEnd(text, 0, text.length) === text.length;
}

/** Index after the host that begins at `start`, or -1. The caller checks what follows it. */
export function hostEnd(text: string, start: number, end: number): number {
  if (start >= end || text.charCodeAt(start) !== 0x5b) return nameEnd(text, start, end);
  const close = text.indexOf(']', start);
  return close > 0 && close < end && isIPv6(text, start + 1, close) ? close + 1 : -1;
}

/** Index after the hostname or IPv4 address that begins at `start`, or -1. */
function nameEnd(text: string, start: number, end: number): number {
  let label = start;
  for (let labels = 1; ; labels++) {
    const stop = labelEnd(text, label, end);
    if (stop < 0) return -1;
    if (stop === end || text.charCodeAt(stop) !== DOT) return isLast(text, start, label, stop, labels) ? stop : -1;
    const next = stop + 1;
    // A dot at the end closes a fully-qualified name (§25.1).
    if (next === end || !isIn(text.charCodeAt(next), LABEL)) return isNumber(text, label, stop) ? -1 : next;
    label = next;
  }
}

/**
 * Whether the label from `label` to `stop` may be the last. A label of digits alone is not a toplabel, so it must end
 * an IPv4 address (§25.1). A label that merely begins with a digit passes (RFC 1123 §2.1).
 */
function isLast(text: string, start: number, label: number, stop: number, labels: number): boolean {
  return !isNumber(text, label, stop) || (labels === 4 && isIPv4(text, start, stop));
}

/** Index after the label at `start`, or -1 when it is empty, or begins or ends with a hyphen (§25.1). */
function labelEnd(text: string, start: number, end: number): number {
  let i = start;
  let code = HYPHEN;
  while (i < end) {
    const next = text.charCodeAt(i);
    if (!isIn(next, LABEL) && (next !== HYPHEN || i === start)) break;
    code = next;
    i++;
  }
  return code === HYPHEN ? -1 : i;
}

function isNumber(text: string, start: number, end: number): boolean {
  let i = start;
  while (i < end && isDigit(text.charCodeAt(i))) i++;
  return i === end;
}

/** Four numbers 0-255 without leading zeros, which some would read as octal (RFC 3986 §3.2.2). */
function isIPv4(text: string, start: number, end: number): boolean {
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
function isIPv6(text: string, start: number, end: number): boolean {
  const gap = gapOf(text, start, end);
  if (gap === end) return groupsIn(text, start, end, true) === 8;
  const before = gap === start ? 0 : groupsIn(text, start, gap, false);
  const after = gap + 2 === end ? 0 : groupsIn(text, gap + 2, end, true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

/** Index of the first "::" in [start, end), or `end`. */
function gapOf(text: string, start: number, end: number): number {
  for (let i = start; i + 1 < end; i++) {
    if (text.charCodeAt(i) === COLON && text.charCodeAt(i + 1) === COLON) return i;
  }
  return end;
}

/**
 * The number of groups of 16 bits in [start, end), or -1 when it consists of anything else. An IPv4 address counts as
 * two.
 */
function groupsIn(text: string, start: number, end: number, mayEndInIPv4: boolean): number {
  let groups = 0;
  let i = start;
  for (;;) {
    const first = i;
    i = skip(text, first, Math.min(first + 5, end), HEX);
    if (i < end && text.charCodeAt(i) === DOT) return mayEndInIPv4 && isIPv4(text, first, end) ? groups + 2 : -1;
    if (i === first || i > first + 4) return -1;
    groups++;
    if (i === end) return groups;
    if (text.charCodeAt(i) !== COLON) return -1;
    i++;
  }
}
