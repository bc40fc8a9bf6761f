// A scanner for the URIs, hosts and parameters of nearly every message. It accepts a subset of §25.1 without
// allocating. If it refuses a text, that says nothing about it: the full grammar in @siplet/sdk/grammar decides.
import { ALPHA, ALPHANUM, CLASS, PLAIN_PARAMETER, PLAIN_USER, TOKEN } from './text.js';

// Local copies: V8 inlines constants of this module, but not imported ones.
const classes = CLASS;
const alpha = ALPHA;
const alphanum = ALPHANUM;
const plainParameter = PLAIN_PARAMETER;
const plainUser = PLAIN_USER;
const token = TOKEN;

/** The parts of the last accepted host or URI. All scans share it, because a caller reads it before it scans again. */
const parts = { userEnd: -1, hostStart: 0, hostEnd: 0, hasUpper: false, port: -1, parametersStart: 0 };

export { parts as found };

/** The end of the hostname or IPv4 address that starts here, or -1 for anything else, such as IPv6 (§25.1). */
export function plainHostEnd(octets: Uint8Array, start: number, end: number): number {
  const i = plainIPv4End(octets, start, end);
  return i < 0 ? plainNameEnd(octets, start, end) : i;
}

/** The end of an IPv4 address that no token octet follows: the common case. -1 leaves the host undecided. */
function plainIPv4End(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (let dots = 0; ; dots++) {
    i = byteEnd(octets, i);
    if (i < 0) return -1;
    if (dots === 3) break;
    if (octets[i++] !== 46) return -1;
  }
  if (i > end || (i < end && isOf(octets, i, token))) return -1;
  parts.hasUpper = false;
  return i;
}

/** The end of a number from 0 to 255 without a leading zero, or -1. The caller notices a fourth digit. */
function byteEnd(octets: Uint8Array, start: number): number {
  const a = (octets[start] as number) - 48;
  if (a < 0 || a > 9) return -1;
  const b = (octets[start + 1] as number) - 48;
  if (a === 0 || b < 0 || b > 9) return start + 1;
  const c = (octets[start + 2] as number) - 48;
  if (c < 0 || c > 9) return start + 2;
  return a * 100 + b * 10 + c > 255 ? -1 : start + 3;
}

/** End of a hostname, whose last label starts with a letter, or -1. */
function plainNameEnd(octets: Uint8Array, start: number, end: number): number {
  parts.hasUpper = false;
  let label = start;
  let i = labelEnd(octets, label, end);
  while (i >= 0 && i < end && octets[i] === 46) {
    label = i + 1;
    i = labelEnd(octets, label, end);
  }
  return i >= 0 && isOf(octets, label, alpha) ? i : -1;
}

/**
 * The end of the label that starts here, or -1 when it is empty or begins or ends with a hyphen. Records upper case.
 */
function labelEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = octets[i] ?? 0;
    if (((classes[c] ?? 0) & alphanum) === 0) {
      if (c !== 45) break;
    } else if (c > 64 && c < 97) parts.hasUpper = true;
  }
  return i === start || octets[start] === 45 || octets[i - 1] === 45 ? -1 : i;
}

/**
 * The end of the plain sip or sips URI without escapes and headers that starts here, or -1. Its parts are in `found`.
 */
export function plainSipEnd(octets: Uint8Array, start: number, end: number): number {
  const i = plainAddressEnd(octets, start, end);
  return i < 0 || i === end ? i : plainParametersEnd(octets, i, end);
}

/** Like `plainSipEnd`, up to the parameters. */
export function plainAddressEnd(octets: Uint8Array, start: number, end: number): number {
  const userStart = schemeEnd(octets, start, end);
  if (userStart < 0) return -1;
  let i = userStart;
  while (i < end && ((classes[octets[i] as number] as number) & plainUser) !== 0) i++;
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
  if (i < end && octets[i] === 58) i = portEnd(octets, i + 1, end);
  parts.parametersStart = i;
  return i;
}

/** The end of the port that starts here, 1*DIGIT up to 65535, or -1. Its value is in `found` (§25.1). */
export function portEnd(octets: Uint8Array, start: number, end: number): number {
  let value = 0;
  let i = start;
  for (; i < end; i++) {
    const digit = (octets[i] as number) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > 65535) return -1;
  }
  parts.port = value;
  return i === start ? -1 : i;
}

/** The offset after 'sip:' or 'sips:' in any case, or -1. */
function schemeEnd(octets: Uint8Array, start: number, end: number): number {
  if (end - start < 5) return -1;
  const isSip =
    ((octets[start] as number) | 32) === 115 &&
    ((octets[start + 1] as number) | 32) === 105 &&
    ((octets[start + 2] as number) | 32) === 112;
  if (!isSip) return -1;
  if (octets[start + 3] === 58) return start + 4;
  return ((octets[start + 3] as number) | 32) === 115 && octets[start + 4] === 58 ? start + 5 : -1;
}

/** A name in lower case, for `isNamed`. */
export function nameOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Whether that name is at that offset, in any case. */
export function isNamed(octets: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (((octets[start + i] as number) | 32) !== name[i]) return false;
  return true;
}

/** The end of *( ";" name [ "=" value ] ), or -1 when a name or a value is missing. */
function plainParametersEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && octets[i] === 59) {
    const name = ++i;
    i = runEnd(octets, i, end, plainParameter);
    if (i === name) return -1;
    if (i < end && octets[i] === 61) {
      const value = ++i;
      i = runEnd(octets, i, end, plainParameter);
      if (i === value) return -1;
    }
  }
  return i;
}

/** The end of a run of octets of a class that starts here; `start` when there is none. */
export function runEnd(octets: Uint8Array, start: number, end: number, bits: number): number {
  let i = start;
  while (i < end && ((classes[octets[i] as number] as number) & bits) !== 0) i++;
  return i;
}

/** Like `runEnd`, for token octets (§25.1). */
export function tokenEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && ((classes[octets[i] as number] as number) & token) !== 0) i++;
  return i;
}

/** Whether the octet at that offset is of one of these classes. */
function isOf(octets: Uint8Array, at: number, bits: number): boolean {
  return ((classes[octets[at] ?? 0] ?? 0) & bits) !== 0;
}

/** The offset after the closing quote of the quoted-string that starts here, or -1 when it never closes (§25.1). */
export function quotedEnd(octets: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const c = octets[i];
    if (c === 34) return i + 1;
    if (c === 92) i++;
  }
  return -1;
}

/** Like `quotedEnd`, for printable ASCII without escapes; -1 for any other. */
export function plainQuotedEnd(octets: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const c = octets[i] as number;
    if (c === 34) return i + 1;
    if (c < 32 || c > 126 || c === 92) return -1;
  }
  return -1;
}
