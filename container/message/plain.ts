// One scanner over what nearly every URI, host and parameter on the wire looks like. It accepts a subset of §25.1 without allocating;
// what it does not accept is left to the full grammar in @siplet/sdk/grammar, so a refusal here is no verdict.
import { ALPHA, CLASS, DIGIT, PLAIN_PARAMETER, PLAIN_USER, TOKEN } from './text.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const classes = CLASS;
const alpha = ALPHA;
const digit = DIGIT;
const plainParameter = PLAIN_PARAMETER;
const plainUser = PLAIN_USER;
const token = TOKEN;

/** Where the last host or URI that was accepted has its parts. One for all: it is read before anything else is scanned. */
const parts = { userEnd: -1, hostStart: 0, hostEnd: 0, hasUpper: false, port: -1, parametersStart: 0 };

export { parts as found };

/** End of a hostname or IPv4 address from `start` on, or -1 when it is anything else, IPv6 among it (§25.1). */
export function plainHostEnd(octets: Uint8Array, start: number, end: number): number {
  const i = plainIPv4End(octets, start, end);
  return i < 0 ? plainNameEnd(octets, start, end) : i;
}

/** End of an IPv4 address with no octet of a token behind it, which most hosts are; -1 says nothing. */
function plainIPv4End(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (let dots = 0; ; dots++) {
    let value = octets[i]! - 48;
    if (value < 0 || value > 9) return -1;
    let digit = octets[++i]! - 48;
    if (value > 0) {
      for (; digit >= 0 && digit <= 9; digit = octets[++i]! - 48) {
        value = value * 10 + digit;
        if (value > 255) return -1;
      }
    }
    if (dots === 3) break;
    if (digit !== -2) return -1;
    i++;
  }
  if (i > end || (i < end && (classes[octets[i]!]! & token) !== 0)) return -1;
  parts.hasUpper = false;
  return i;
}

/** As `plainHostEnd`, at some more length. */
function plainNameEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  let label = start;
  let dots = 0;
  let numeric = true;
  let upper = false;
  let value = 0;
  for (; i < end; i++) {
    const c = octets[i]!;
    const bits = classes[c]!;
    if ((bits & digit) !== 0) {
      value = (value * 10 + c - 48) | 0;
    } else if ((bits & alpha) !== 0) {
      numeric = false;
      if (c < 97) upper = true;
    } else if (c === 46) {
      if (i === label || octets[i - 1] === 45) return -1;
      if (numeric && !isByte(value, i - label, octets[label]!)) return -1;
      label = i + 1;
      value = 0;
      dots++;
    } else if (c === 45) {
      if (i === label) return -1;
      numeric = false;
    } else break;
  }
  if (i === label || octets[i - 1] === 45) return -1;
  parts.hasUpper = upper;
  // The last label of a hostname starts with a letter; four numbers are an IPv4 address. All else is for the full grammar.
  if ((classes[octets[label]!]! & alpha) !== 0) return i;
  return numeric && dots === 3 && isByte(value, i - label, octets[label]!) ? i : -1;
}

/** 0-255 without a leading zero. The value of more than three digits may be any. */
function isByte(value: number, digits: number, first: number): boolean {
  return digits <= 3 && value <= 255 && (first !== 48 || digits === 1);
}

/** End of the plain sip or sips URI without escapes and headers that starts here, or -1; `found` then tells its parts. */
export function plainSipEnd(octets: Uint8Array, start: number, end: number): number {
  const i = plainAddressEnd(octets, start, end);
  return i < 0 || i === end ? i : plainParametersEnd(octets, i, end);
}

/** As `plainSipEnd`, up to the parameters. */
export function plainAddressEnd(octets: Uint8Array, start: number, end: number): number {
  let i = schemeEnd(octets, start, end);
  if (i < 0) return -1;
  const userStart = i;
  while (i < end && (classes[octets[i]!]! & plainUser) !== 0) i++;
  parts.userEnd = -1;
  if (i < end && octets[i] === 64) {
    if (i === userStart) return -1;
    parts.userEnd = i;
    i++;
  } else {
    i = userStart;
  }
  parts.hostStart = i;
  i = plainHostEnd(octets, i, end);
  if (i < 0) return -1;
  parts.hostEnd = i;
  parts.port = -1;
  if (i < end && octets[i] === 58) {
    i = portEnd(octets, ++i, end);
    if (i < 0) return -1;
  }
  parts.parametersStart = i;
  return i;
}

/** End of the port that starts here, 1*DIGIT up to 65535, or -1; `found` then tells it (§25.1). */
export function portEnd(octets: Uint8Array, start: number, end: number): number {
  let value = 0;
  let i = start;
  for (; i < end; i++) {
    const digit = octets[i]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > 65535) return -1;
  }
  parts.port = value;
  return i === start ? -1 : i;
}

/** After 'sip:' or 'sips:' in any case, or -1. */
function schemeEnd(octets: Uint8Array, start: number, end: number): number {
  if (end - start < 5) return -1;
  if ((octets[start]! | 32) !== 115 || (octets[start + 1]! | 32) !== 105 || (octets[start + 2]! | 32) !== 112)
    return -1;
  if (octets[start + 3] === 58) return start + 4;
  return (octets[start + 3]! | 32) === 115 && octets[start + 4] === 58 ? start + 5 : -1;
}

/** End of *( ";" name [ "=" value ] ), or -1 where a name or a value is missing. */
function plainParametersEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && octets[i] === 59) {
    const name = ++i;
    i = plainEnd(octets, i, end);
    if (i === name) return -1;
    if (i < end && octets[i] === 61) {
      const value = ++i;
      i = plainEnd(octets, i, end);
      if (i === value) return -1;
    }
  }
  return i;
}

function plainEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (classes[octets[i]!]! & plainParameter) !== 0) i++;
  return i;
}

/** End of a run of token octets from `start` on (§25.1); `start` when there is none. */
export function tokenEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (classes[octets[i]!]! & token) !== 0) i++;
  return i;
}

/** After the closing quote of the quoted-string that starts at `start`, or -1 when it never closes (§25.1). */
export function quotedEnd(octets: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const c = octets[i];
    if (c === 34) return i + 1;
    if (c === 92) i++;
  }
  return -1;
}

/** As `quotedEnd`, of printable ASCII without escapes; -1 for any other. */
export function plainQuotedEnd(octets: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const c = octets[i]!;
    if (c === 34) return i + 1;
    if (c < 32 || c > 126 || c === 92) return -1;
  }
  return -1;
}
