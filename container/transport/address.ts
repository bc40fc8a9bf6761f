// Numeric addresses as text: which family, and which ranges nothing may be sent to. Linear, without regular expressions
// and without the host's help.

/** 4 or 6 for a numeric address (IPv6 without brackets), 0 for anything else, names among them. */
export function familyOf(text: string): 0 | 4 | 6 {
  if (text.length === 0 || text.length > 64) return 0;
  if (text.indexOf(':') >= 0) return groupsOf(text) === undefined ? 0 : 6;
  return ipv4Of(text) < 0 ? 0 : 4;
}

/** The 32 bits of a dotted IPv4 address, or -1. */
function ipv4Of(text: string): number {
  let value = 0;
  let start = 0;
  for (let dots = 0; dots < 4; dots++) {
    const dot = dots === 3 ? text.length : text.indexOf('.', start);
    const part = dot < 0 ? -1 : octetOf(text, start, dot);
    if (part < 0) return -1;
    value = value * 256 + part;
    start = dot + 1;
  }
  return value;
}

/** One to three digits up to 255, or -1. */
function octetOf(text: string, start: number, end: number): number {
  if (end === start || end - start > 3) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 255 ? value : -1;
}

/** The eight groups of an IPv6 address (a zone is left out), or undefined. */
function groupsOf(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  if (zone >= 0) text = text.slice(0, zone);
  const gap = text.indexOf('::');
  if (gap < 0) {
    const all = sideOf(text);
    return all?.length === 8 ? all : undefined;
  }
  const before = gap === 0 ? [] : sideOf(text.slice(0, gap), false);
  const after = gap + 2 === text.length ? [] : sideOf(text.slice(gap + 2));
  if (before === undefined || after === undefined || before.length + after.length > 7) return undefined;
  while (before.length + after.length < 8) before.push(0);
  return before.concat(after);
}

function sideOf(text: string, mayEndDotted = true): number[] | undefined {
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (mayEndDotted && i === parts.length - 1 && part.indexOf('.') >= 0) {
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
 * One spelling per address: IPv6 as in RFC 5952, IPv4 without leading zeros, ::ffff:1.2.3.4 as 1.2.3.4; a name in lower
 * case. Brackets are taken off.
 */
export function canonical(host: string): string {
  if (host.charCodeAt(0) === 91 && host.endsWith(']')) host = host.slice(1, -1);
  if (host.indexOf(':') >= 0) {
    const groups = groupsOf(host);
    if (groups === undefined) return host.toLowerCase();
    if (isMapped(groups)) return dotted(mappedIn(groups));
    return compressed(groups);
  }
  const value = ipv4Of(host);
  if (value < 0) return host.toLowerCase();
  return hasLeadingZero(host) ? dotted(value) : host;
}

/** Of a dotted IPv4 address: whether a number in it begins with a zero that says nothing. */
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

function isMapped(groups: number[]): boolean {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return false;
  return groups[5] === 0xffff;
}

/** The IPv4 address at its end. */
function mappedIn(groups: readonly number[]): number {
  return (groups[6] ?? 0) * 65536 + (groups[7] ?? 0);
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

/** Whether one host can be meant: not 0/8, not multicast, not broadcast (RFC 4475 §3.3.10). */
export function isUnicast(address: string): boolean {
  if (address.indexOf(':') >= 0) {
    const groups = groupsOf(address);
    if (groups === undefined || (groups[0] ?? 0) >= 0xff00) return false;
    if (isMapped(groups)) return isUnicast(dotted(mappedIn(groups)));
    return groups.some((group) => group !== 0);
  }
  const value = ipv4Of(address);
  return value >= 0x01000000 && value < 0xe0000000;
}

/** With brackets where it is IPv6: as it stands in a URI or a Via. */
export function bracketed(address: string): string {
  return address.indexOf(':') >= 0 && address.charCodeAt(0) !== 91 ? `[${address}]` : address;
}

/** Whether both are in the network whose mask is `prefix` bits long. */
export function inNetwork(address: string, network: string, prefix: number): boolean {
  const a = bitsOf(address);
  const b = bitsOf(network);
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length && prefix > 0; i++, prefix -= 16) {
    const shift = prefix >= 16 ? 0 : 16 - prefix;
    if ((a[i] ?? 0) >> shift !== (b[i] ?? 0) >> shift) return false;
  }
  return true;
}

function bitsOf(address: string): number[] | undefined {
  if (address.indexOf(':') >= 0) return groupsOf(address);
  const value = ipv4Of(address);
  return value < 0 ? undefined : [Math.floor(value / 65536), value % 65536];
}
