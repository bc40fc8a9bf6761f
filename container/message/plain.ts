// One scanner over what nearly every URI, host and parameter on the wire looks like. It accepts a subset of §25.1 without allocating;
// what it does not accept is left to the full grammar in @siplet/sdk/grammar, so a refusal here is no verdict.
import { ALPHA, CLASS, DIGIT, integerAt, PLAIN_PARAMETER, PLAIN_USER, TOKEN } from './text.js';

/** Where the last host or URI that was accepted has its parts. One for all: it is read before anything else is scanned. */
export const found = { userEnd: -1, hostStart: 0, hostEnd: 0, hasUpper: false, port: -1, parametersStart: 0 };

/** End of a hostname or IPv4 address from `start` on, or -1 when it is anything else, IPv6 among it (§25.1). */
export function plainHostEnd(text: string, start: number, end: number): number {
  let i = start;
  let label = start;
  let dots = 0;
  let numeric = true;
  let upper = false;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    const bits = CLASS[c]!;
    if ((bits & DIGIT) !== 0) continue;
    if ((bits & ALPHA) !== 0) {
      numeric = false;
      if (c < 97) upper = true;
    } else if (c === 46) {
      if (i === label || text.charCodeAt(i - 1) === 45) return -1;
      if (numeric && !isByte(text, label, i)) return -1;
      label = i + 1;
      dots++;
    } else if (c === 45) {
      if (i === label) return -1;
      numeric = false;
    } else break;
  }
  if (i === label || text.charCodeAt(i - 1) === 45) return -1;
  found.hasUpper = upper;
  // The last label of a hostname starts with a letter; four numbers are an IPv4 address. All else is for the full grammar.
  if ((CLASS[text.charCodeAt(label)]! & ALPHA) !== 0) return i;
  return numeric && dots === 3 && isByte(text, label, i) ? i : -1;
}

/** 0-255 without a leading zero. */
function isByte(text: string, start: number, end: number): boolean {
  return (
    end - start <= 3 && integerAt(text, start, end, 255) >= 0 && (text.charCodeAt(start) !== 48 || end - start === 1)
  );
}

/** Whether [start, end) is a plain sip or sips URI without escapes and headers; `found` then tells its parts. */
export function isPlainSip(text: string, start: number, end: number): boolean {
  let i = schemeEnd(text, start, end);
  if (i < 0) return false;
  const userStart = i;
  while (i < end) {
    const c = text.charCodeAt(i);
    if ((CLASS[c]! & PLAIN_USER) === 0) break;
    i++;
  }
  found.userEnd = -1;
  if (i < end && text.charCodeAt(i) === 64) {
    if (i === userStart) return false;
    found.userEnd = i;
    i++;
  } else {
    i = userStart;
  }
  found.hostStart = i;
  i = plainHostEnd(text, i, end);
  if (i < 0) return false;
  found.hostEnd = i;
  found.port = -1;
  if (i < end && text.charCodeAt(i) === 58) {
    const portStart = ++i;
    while (i < end && (CLASS[text.charCodeAt(i) & 255]! & DIGIT) !== 0) i++;
    found.port = integerAt(text, portStart, i, 65535);
    if (found.port < 0) return false;
  }
  found.parametersStart = i;
  return arePlainParameters(text, i, end);
}

/** After 'sip:' or 'sips:' in any case, or -1. */
export function schemeEnd(text: string, start: number, end: number): number {
  if (end - start < 5) return -1;
  if ((text.charCodeAt(start) | 32) !== 115 || (text.charCodeAt(start + 1) | 32) !== 105) return -1;
  if ((text.charCodeAt(start + 2) | 32) !== 112) return -1;
  if (text.charCodeAt(start + 3) === 58) return start + 4;
  return (text.charCodeAt(start + 3) | 32) === 115 && text.charCodeAt(start + 4) === 58 ? start + 5 : -1;
}

function arePlainParameters(text: string, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    if (text.charCodeAt(i) !== 59) return false;
    const name = ++i;
    i = plainEnd(text, i, end);
    if (i === name) return false;
    if (i < end && text.charCodeAt(i) === 61) {
      const value = ++i;
      i = plainEnd(text, i, end);
      if (i === value) return false;
    }
  }
  return true;
}

function plainEnd(text: string, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    if ((CLASS[c]! & PLAIN_PARAMETER) === 0) break;
  }
  return i;
}

/** End of a run of token octets from `start` on (§25.1); `start` when there is none. */
export function tokenEnd(text: string, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    if ((CLASS[c]! & TOKEN) === 0) break;
  }
  return i;
}

/** After the closing quote of the quoted-string that starts at `start`, or -1 when it never closes (§25.1). */
export function quotedEnd(text: string, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i + 1;
    if (c === 92) i++;
  }
  return -1;
}
