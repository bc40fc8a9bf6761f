// Numeric addresses as text: their family, their spelling, and the ranges that must not be sent to. Linear, without
// regular expressions, and without asking the host.

/** 4 or 6 for a numeric address (IPv6 without brackets), 0 for a name or anything else. */
export function familyOf(text: string): 0 | 4 | 6 {
  if (text.length === 0 || text.length > 64) return 0;
  if (text.indexOf(':') >= 0) return groupsOf(text) === undefined ? 0 : 6;
  return ipv4Of(text) < 0 ? 0 : 4;
}

/** The 32 bits of a dotted IPv4 address, or -1. */
function ipv4Of(text: string): number {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (digits === 0 || ++dots > 3) return -1;
      value = value * 256 + part;
      part = 0;
      digits = 0;
    } else {
      part = part * 10 + c - 48;
      if (!isDigit(c) || ++digits > 3 || part > 255) return -1;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : -1;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** The eight groups of an IPv6 address without its zone, or undefined. */
function groupsOf(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  const gap = address.indexOf('::');
  if (gap < 0) {
    const all = sideOf(address);
    return all?.length === 8 ? all : undefined;
  }
  const before = gap === 0 ? [] : sideOf(address.slice(0, gap), false);
  const after = gap + 2 === address.length ? [] : sideOf(address.slice(gap + 2));
  if (before === undefined || after === undefined || before.length + after.length > 7) return undefined;
  while (before.length + after.length < 8) before.push(0);
  return before.concat(after);
}

/** The groups on one side of the '::'. The last one may be a dotted IPv4 address, which makes two groups. */
function sideOf(text: string, mayEndDotted = true): number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndDotted && index === parts.length - 1 && part.indexOf('.') >= 0) {
      const value = ipv4Of(part);
      if (value < 0) return undefined;
      groups.push(Math.floor(value / 65536), value % 65536);
    } else {
      const value = hexOf(part);
      if (value < 0) return undefined;
      groups.push(value);
    }
  }
  return groups.length > 8 ? undefined : groups;
}

function hexOf(text: string): number {
  if (text.length === 0 || text.length > 4) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i) | 32;
    const digit = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/**
 * One spelling for each address: IPv6 as in RFC 5952, IPv4 without leading zeros, ::ffff:1.2.3.4 as 1.2.3.4; no
 * brackets. A name in lower case.
 */
export function canonical(host: string): string {
  if (host.charCodeAt(0) === 91 && host.endsWith(']')) host = host.slice(1, -1);
  if (host.indexOf(':') >= 0) {
    const groups = groupsOf(host);
    if (groups === undefined) return host.toLowerCase();
    const mapped = mappedIn(groups);
    return mapped < 0 ? compressed(groups) : dotted(mapped);
  }
  const value = ipv4Of(host);
  if (value < 0) return host.toLowerCase();
  return hasLeadingZero(host) ? dotted(value) : host;
}

/** Whether a number of a dotted IPv4 address has a leading zero. */
function hasLeadingZero(address: string): boolean {
  for (let i = 0; i + 1 < address.length; i++) {
    if (address.charCodeAt(i) !== 48 || address.charCodeAt(i + 1) === 46) continue;
    if (i === 0 || address.charCodeAt(i - 1) === 46) return true;
  }
  return false;
}

/** RFC 5952 §4.2: the longest run of two or more zero groups is '::', the first of equals. */
function compressed(groups: number[]): string {
  let start = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > longest) {
      start = i;
      longest = end - i;
    }
    i = Math.max(i, end - 1);
  }
  const texts = groups.map((group) => group.toString(16));
  if (start < 0) return texts.join(':');
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + longest).join(':')}`;
}

function dotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2), or -1. */
function mappedIn(groups: readonly number[]): number {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  return a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff ? high * 65536 + low : -1;
}

export function isLoopback(address: string): boolean {
  if (address.charCodeAt(0) === 49) return address.startsWith('127.') && familyOf(address) === 4;
  if (address === '::1') return true;
  if (address.indexOf(':') < 0) return false;
  const plain = canonical(address);
  return plain === '::1' || plain.startsWith('127.');
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || canonical(address) === '::';
}

/** Whether it is the address of a single host: not 0/8, not multicast, not broadcast (RFC 4475 §3.3.10). */
export function isUnicast(address: string): boolean {
  if (address.indexOf(':') < 0) return isUnicastIPv4(ipv4Of(address));
  const groups = groupsOf(address);
  if (groups === undefined) return false;
  const [first = 0] = groups;
  if (first >= 0xff00) return false;
  const mapped = mappedIn(groups);
  return mapped < 0 ? groups.some((group) => group !== 0) : isUnicastIPv4(mapped);
}

function isUnicastIPv4(value: number): boolean {
  return value >= 0x01000000 && value < 0xe0000000;
}

/** The spelling in a URI or a Via: IPv6 in brackets. */
export function bracketed(address: string): string {
  return address.indexOf(':') >= 0 && address.charCodeAt(0) !== 91 ? `[${address}]` : address;
}

/** Whether the address is in a network whose mask has `prefix` bits. */
export function inNetwork(address: string, network: string, prefix: number): boolean {
  const a = bitsOf(address);
  const b = bitsOf(network);
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  let left = prefix;
  for (const [index, bits] of a.entries()) {
    if (left <= 0) return true;
    const shift = left >= 16 ? 0 : 16 - left;
    if ((bits ^ (b[index] ?? 0)) >> shift !== 0) return false;
    left -= 16;
  }
  return true;
}

/** The address in pieces of 16 bits. */
function bitsOf(address: string): number[] | undefined {
  if (address.indexOf(':') >= 0) return groupsOf(address);
  const value = ipv4Of(address);
  return value < 0 ? undefined : [Math.floor(value / 65536), value % 65536];
}
