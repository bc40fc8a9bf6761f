// The first half of a Via value, scanned in one pass: the sent-protocol and the sent-by (§20.42, §25.1 via-parm).
import { isHost } from '@siplet/sdk/grammar';
import { skipBlank } from './octets.js';
import { found, plainHostEnd, portEnd, tokenEnd } from './plain.js';

// A local copy: V8 inlines constants of this module, but not imported ones.
const hostFound = found;

/** The first half of one Via value, before its parameters. */
export class ViaSentBy {
  protocol = '';
  transport = '';
  hostStart = 0;
  hostEnd = 0;
  /** Undefined when the host is [hostStart, hostEnd) as written. */
  host: string | undefined = undefined;
  port: number | undefined = undefined;

  /** Reads it from an unfolded value. Returns the offset after it and the blanks that follow, or -1. */
  read(octets: Uint8Array, text: string, start: number, end: number): number {
    let i = start + 12;
    if (isSip2Udp(octets, start)) {
      this.protocol = 'SIP/2.0';
      this.transport = 'UDP';
    } else {
      i = this.readProtocol(octets, text, start, end);
      if (i < 0) return -1;
    }
    i = this.readHost(octets, text, skipBlank(octets, i, end), end);
    if (i < 0) return -1;
    this.port = undefined;
    i = skipBlank(octets, i, end);
    if (i >= end || octets[i] !== 58) return i;
    i = portEnd(octets, skipBlank(octets, i + 1, end), end);
    if (i < 0) return -1;
    this.port = hostFound.port;
    return skipBlank(octets, i, end);
  }

  /** Reads `protocol-name SLASH protocol-version SLASH transport` and the blanks that must follow. */
  private readProtocol(octets: Uint8Array, text: string, start: number, end: number): number {
    const isUsual = isSip2(octets, start);
    const protocolEnd = isUsual ? start + 8 : secondSlashEnd(octets, start, end);
    if (protocolEnd < 0) return -1;
    const transport = skipBlank(octets, protocolEnd, end);
    const transportEnd = tokenEnd(octets, transport, end);
    const i = skipBlank(octets, transportEnd, end);
    if (transportEnd === transport || i === transportEnd) return -1;
    this.protocol = isUsual ? 'SIP/2.0' : protocolIn(text, start, protocolEnd);
    this.transport = transportAt(octets, text, transport, transportEnd);
    return i;
  }

  private readHost(octets: Uint8Array, text: string, start: number, end: number): number {
    this.hostStart = start;
    let i = plainHostEnd(octets, start, end);
    // If anything else follows, such as an underscore, the full grammar may read a longer host.
    if (i >= 0 && (i === end || octets[i] === 58 || octets[i] === 59)) {
      this.host = hostFound.hasUpper ? text.slice(start, i).toLowerCase() : undefined;
    } else {
      i = anyHostEnd(octets, text, start, end);
      if (i < 0) return -1;
      this.host = unbracketed(text.slice(start, i)).toLowerCase();
    }
    this.hostEnd = i;
    return i;
  }
}

/** 'SIP/2.0/UDP ', the usual spelling. */
function isSip2Udp(octets: Uint8Array, at: number): boolean {
  return (
    isSip2(octets, at) &&
    octets[at + 8] === 85 &&
    octets[at + 9] === 68 &&
    octets[at + 10] === 80 &&
    octets[at + 11] === 32
  );
}

/** 'SIP/2.0/' in upper case. */
function isSip2(octets: Uint8Array, at: number): boolean {
  return (
    octets[at] === 83 &&
    octets[at + 1] === 73 &&
    octets[at + 2] === 80 &&
    octets[at + 3] === 47 &&
    octets[at + 4] === 50 &&
    octets[at + 5] === 46 &&
    octets[at + 6] === 48 &&
    octets[at + 7] === 47
  );
}

/** The offset after `protocol-name SLASH protocol-version SLASH`, or -1. */
function secondSlashEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (let part = 0; part < 2; part++) {
    const from = skipBlank(octets, i, end);
    i = tokenEnd(octets, from, end);
    if (i === from) return -1;
    i = skipBlank(octets, i, end);
    if (i >= end || octets[i] !== 47) return -1;
    i++;
  }
  return i;
}

/** The protocol in [start, end), which ends with a slash: in upper case, without blanks. */
function protocolIn(text: string, start: number, end: number): string {
  return text.slice(start, end).replace(/[ \t]/g, '').slice(0, -1).toUpperCase();
}

function transportAt(octets: Uint8Array, text: string, start: number, end: number): string {
  if (end - start === 3) {
    const a = octets[start];
    const b = octets[start + 1];
    const c = octets[start + 2];
    if (a === 85 && b === 68 && c === 80) return 'UDP';
    if (a === 84 && b === 67 && c === 80) return 'TCP';
    if (a === 84 && b === 76 && c === 83) return 'TLS';
  }
  return text.slice(start, end).toUpperCase();
}

/** The end of the host that starts here by the full grammar, for example IPv6, or -1. */
function anyHostEnd(octets: Uint8Array, text: string, start: number, end: number): number {
  let i = start;
  if (octets[i] === 91) {
    const close = text.indexOf(']', i);
    if (close < 0 || close >= end) return -1;
    i = close + 1;
  } else {
    i = tokenEnd(octets, i, end);
  }
  return isHost(text.slice(start, i)) ? i : -1;
}

/** An IPv6 address without its brackets; any other host unchanged. */
export function unbracketed(host: string): string {
  return host.charCodeAt(0) === 91 && host.endsWith(']') ? host.slice(1, -1) : host;
}
