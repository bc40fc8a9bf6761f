// The Via header field value (§20.42, §25.1 via-parm), read in one pass.
import { isHost } from '@siplet/sdk/grammar';
import { integerIn, octetsOf, skipBlank } from './octets.js';
import { found, plainHostEnd, portEnd, quotedEnd, tokenEnd } from './plain.js';
import { CLASS, TOKEN, VALUE } from './text.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const classes = CLASS;
const token = TOKEN;
const valueBits = VALUE;
const hostFound = found;

/** One Via value: who sent the message and where its response goes (§18.2.2); immutable. It keeps offsets and cuts the parts out when they are asked for. */
export class Via {
  declare private readonly source: string;
  declare private readonly start: number;
  declare private readonly last: number;
  declare private readonly hostStart: number;
  declare private readonly hostEnd: number;
  declare private readonly branchStart: number;
  declare private readonly branchEnd: number;
  /** 'SIP/2.0' */
  declare readonly protocol: string;
  /** Upper case. */
  declare readonly transport: string;
  declare readonly port: number | undefined;
  declare readonly received: string | undefined;
  /** True where the parameter has no value yet (RFC 3581 §3). */
  declare readonly rport: number | true | undefined;
  declare readonly maddr: string | undefined;
  declare readonly ttl: number | undefined;
  /** Offset behind the value where it was read: the end, or the comma before the next one. */
  declare readonly end: number;
  declare private hostText: string | undefined;
  declare private branchText: string | undefined;
  declare private sentByText: string | undefined;

  /** [start, last) of `source` is the value; `host` is given where it is not what [hostStart, hostEnd) says; `branchStart` is below 0 where there is none. */
  constructor(
    source: string,
    start: number,
    last: number,
    protocol: string,
    transport: string,
    hostStart: number,
    hostEnd: number,
    host: string | undefined,
    port: number | undefined,
    end: number,
    branchStart: number,
    branchEnd: number,
    received: string | undefined,
    rport: number | true | undefined,
    maddr: string | undefined,
    ttl: number | undefined,
  ) {
    this.source = source;
    this.start = start;
    this.last = last;
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.branchStart = branchStart;
    this.branchEnd = branchEnd;
    this.protocol = protocol;
    this.transport = transport;
    this.port = port;
    this.received = received;
    this.rport = rport;
    this.maddr = maddr;
    this.ttl = ttl;
    this.end = end;
    this.hostText = host;
    this.branchText = undefined;
    this.sentByText = undefined;
  }

  /** The value as written. */
  get text(): string {
    return this.source.slice(this.start, this.last);
  }

  /** Lower case, IPv6 without brackets. */
  get host(): string {
    return (this.hostText ??= this.source.slice(this.hostStart, this.hostEnd));
  }

  get branch(): string | undefined {
    if (this.branchStart < 0) return undefined;
    return (this.branchText ??= this.source.slice(this.branchStart, this.branchEnd));
  }

  /** Octets of the branch; 0 where there is none. */
  get branchLength(): number {
    return this.branchStart < 0 ? 0 : this.branchEnd - this.branchStart;
  }

  /** The octet of the branch that stands there; 0 behind its end, and where there is none. */
  branchOctet(index: number): number {
    const at = this.branchStart + index;
    return at < this.branchEnd ? this.source.charCodeAt(at) : 0;
  }

  /** Whether that is its branch, as written. */
  hasBranch(branch: string): boolean {
    const { source, branchStart } = this;
    const { length } = branch;
    if (this.branchEnd - branchStart !== length) return false;
    for (let i = 0; i < length; i++) if (source.charCodeAt(branchStart + i) !== branch.charCodeAt(i)) return false;
    return true;
  }

  /** Lower-case host:port with the default port filled in, IPv6 in brackets: what transactions are matched by (§17.2.3). */
  get sentBy(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return (this.sentByText ??= `${host}:${this.port ?? defaultPort(this.transport)}`);
  }

  /** Undefined when the text is no single via-parm. */
  static parse(text: string): Via | undefined {
    const via = scanVia(octetsOf(text), text, 0, text.length);
    return via !== undefined && via.end === text.length ? via : undefined;
  }
}

/** §19.1.2, §18.1.1, RFC 7118 §5: the port that no port means. */
export function defaultPort(transport: string): number {
  switch (transport) {
    case 'TLS':
      return 5061;
    case 'WS':
      return 80;
    case 'WSS':
      return 443;
    default:
      return 5060;
  }
}

/**
 * The first via-parm of an unfolded value in [start, end) of a text and its octets, up to its end or a comma. Undefined when it is none. `tolerant` ends it at the first parameter
 * that is none: a 400 can still be sent to the sent-by (§18.2.2).
 */
export function scanVia(
  octets: Uint8Array,
  text: string,
  start: number,
  end: number,
  tolerant = false,
): Via | undefined {
  let protocol = 'SIP/2.0';
  let i: number;
  if (isSip2(octets, start)) {
    i = start + 8;
  } else {
    i = protocolEnd(octets, start, end);
    if (i < 0) return undefined;
    protocol = text.slice(start, i).replace(/[ \t]/g, '').slice(0, -1).toUpperCase();
  }
  i = skipBlank(octets, i, end);
  const transportEnd = isUdp(octets, i) ? i + 3 : tokenEnd(octets, i, end);
  if (transportEnd === i) return undefined;
  const transport = transportAt(octets, text, i, transportEnd);
  i = skipBlank(octets, transportEnd, end);
  if (i === transportEnd) return undefined;

  const hostStart = i;
  let hostEnd = plainHostEnd(octets, i, end);
  let host: string | undefined;
  // An octet of a token behind it, an underscore say, means that the host goes on: that is for the full grammar.
  if (hostEnd >= 0 && (hostEnd === end || (classes[octets[hostEnd]!]! & token) === 0)) {
    if (hostFound.hasUpper) host = text.slice(hostStart, hostEnd).toLowerCase();
  } else {
    hostEnd = anyHostEnd(octets, text, hostStart, end);
    if (hostEnd < 0) return undefined;
    host = unbracketed(text.slice(hostStart, hostEnd)).toLowerCase();
  }
  i = skipBlank(octets, hostEnd, end);
  let port: number | undefined;
  if (i < end && octets[i]! === 58) {
    i = portEnd(octets, skipBlank(octets, i + 1, end), end);
    if (i < 0) return undefined;
    port = hostFound.port;
    i = skipBlank(octets, i, end);
  }
  // Nearly every Via ends with a branch, and perhaps an rport without a value behind it (RFC 3581 §3).
  if (i < end && octets[i]! === 59 && isBranch(octets, i + 1) && octets[i + 7]! === 61) {
    const branch = i + 8;
    const branchEnd = tokenEnd(octets, branch, end);
    const rport = branchEnd + 6 === end && octets[branchEnd]! === 59 && isNamed(octets, branchEnd + 1, 'rport');
    if (branchEnd > branch && (branchEnd === end || rport))
      return new Via(
        text,
        start,
        end,
        protocol,
        transport,
        hostStart,
        hostEnd,
        host,
        port,
        end,
        branch,
        branchEnd,
        undefined,
        rport || undefined,
        undefined,
        undefined,
      );
  }
  parameters.clear();
  i = parameters.scan(octets, text, i, end);
  if (i < 0 && !tolerant) return undefined;
  if (i < 0) i = end;
  let last = i;
  while (last > start && (octets[last - 1]! === 32 || octets[last - 1]! === 9)) last--;
  const { branchStart, branchEnd, receivedStart, receivedEnd, rport, maddrStart, maddrEnd, ttl } = parameters;
  return new Via(
    text,
    start,
    last,
    protocol,
    transport,
    hostStart,
    hostEnd,
    host,
    port,
    i,
    branchStart,
    branchEnd,
    receivedStart < 0 ? undefined : unbracketed(text.slice(receivedStart, receivedEnd)),
    rport === ABSENT ? undefined : rport === FLAG || rport,
    maddrStart < 0 ? undefined : unbracketed(text.slice(maddrStart, maddrEnd)).toLowerCase(),
    ttl < 0 ? undefined : ttl,
  );
}

/** 'SIP/2.0/' as nearly everyone writes it. */
function isSip2(octets: Uint8Array, at: number): boolean {
  return (
    octets[at]! === 83 &&
    octets[at + 1]! === 73 &&
    octets[at + 2]! === 80 &&
    octets[at + 3]! === 47 &&
    octets[at + 4]! === 50 &&
    octets[at + 5]! === 46 &&
    octets[at + 6]! === 48 &&
    octets[at + 7]! === 47
  );
}

/** 'UDP ' likewise. */
function isUdp(octets: Uint8Array, at: number): boolean {
  return octets[at]! === 85 && octets[at + 1]! === 68 && octets[at + 2]! === 80 && octets[at + 3]! === 32;
}

/** Behind `protocol-name SLASH protocol-version SLASH`, or -1. */
function protocolEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (let part = 0; part < 2; part++) {
    const from = skipBlank(octets, i, end);
    i = tokenEnd(octets, from, end);
    if (i === from) return -1;
    i = skipBlank(octets, i, end);
    if (i >= end || octets[i]! !== 47) return -1;
    i++;
  }
  return i;
}

function transportAt(octets: Uint8Array, text: string, start: number, end: number): string {
  if (end - start === 3) {
    const a = octets[start]!;
    const b = octets[start + 1]!;
    const c = octets[start + 2]!;
    if (a === 85 && b === 68 && c === 80) return 'UDP';
    if (a === 84 && b === 67 && c === 80) return 'TCP';
    if (a === 84 && b === 76 && c === 83) return 'TLS';
  }
  return text.slice(start, end).toUpperCase();
}

/** End of the host that starts here, IPv6 or what the plain scanner left open, or -1. */
function anyHostEnd(octets: Uint8Array, text: string, start: number, end: number): number {
  let i = start;
  if (octets[i]! === 91) {
    const close = text.indexOf(']', i);
    if (close < 0 || close >= end) return -1;
    i = close + 1;
  } else {
    i = tokenEnd(octets, i, end);
  }
  return isHost(text.slice(start, i)) ? i : -1;
}

function unbracketed(host: string): string {
  return host.charCodeAt(0) === 91 && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Of a parameter that is a number. */
const ABSENT = -1;
const FLAG = -2;

/** Where the parameters of one via-parm are, while they are read; below 0 what is not there. A known one that comes twice is a fault (§7.3.1). */
class ViaParameters {
  branchStart = -1;
  branchEnd = 0;
  receivedStart = -1;
  receivedEnd = 0;
  rport = ABSENT;
  maddrStart = -1;
  maddrEnd = 0;
  ttl = ABSENT;

  clear(): void {
    this.branchStart = -1;
    this.receivedStart = -1;
    this.rport = ABSENT;
    this.maddrStart = -1;
    this.ttl = ABSENT;
  }

  /** From the first ';' to the end or a comma: that offset, or -1. */
  scan(octets: Uint8Array, text: string, start: number, end: number): number {
    let i = start;
    while (i < end) {
      const c = octets[i]!;
      if (c === 44) return i;
      if (c !== 59) return -1;
      const name = skipBlank(octets, i + 1, end);
      const nameEnd = tokenEnd(octets, name, end);
      if (nameEnd === name) return -1;
      i = skipBlank(octets, nameEnd, end);
      let value = -1;
      let valueEnd = -1;
      if (i < end && octets[i]! === 61) {
        value = skipBlank(octets, i + 1, end);
        valueEnd = valueEndAt(octets, value, end);
        if (valueEnd <= value) return -1;
        i = skipBlank(octets, valueEnd, end);
      }
      if (!this.take(octets, text, name, nameEnd, value, valueEnd)) return -1;
    }
    return i;
  }

  private take(
    octets: Uint8Array,
    text: string,
    name: number,
    nameEnd: number,
    value: number,
    valueEnd: number,
  ): boolean {
    switch (nameEnd - name) {
      case 3:
        return !isNamed(octets, name, 'ttl') || this.takeTtl(integerIn(octets, value, valueEnd, 255));
      case 5:
        if (isNamed(octets, name, 'rport'))
          return this.takeRport(value < 0 ? FLAG : integerIn(octets, value, valueEnd, 65535));
        return !isNamed(octets, name, 'maddr') || this.takeMaddr(text, value, valueEnd);
      case 6:
        return !isBranch(octets, name) || this.takeBranch(value, valueEnd);
      case 8:
        return !isNamed(octets, name, 'received') || this.takeReceived(octets, value, valueEnd);
      default:
        return true;
    }
  }

  private takeTtl(ttl: number): boolean {
    if (this.ttl !== ABSENT || ttl < 0) return false;
    this.ttl = ttl;
    return true;
  }

  private takeRport(rport: number): boolean {
    if (this.rport !== ABSENT || rport === -1) return false;
    this.rport = rport;
    return true;
  }

  private takeMaddr(text: string, start: number, end: number): boolean {
    if (this.maddrStart >= 0 || start < 0 || !isHost(text.slice(start, end))) return false;
    this.maddrStart = start;
    this.maddrEnd = end;
    return true;
  }

  private takeBranch(start: number, end: number): boolean {
    if (this.branchStart >= 0 || start < 0 || (valueClass & token) === 0) return false;
    this.branchStart = start;
    this.branchEnd = end;
    return true;
  }

  private takeReceived(octets: Uint8Array, start: number, end: number): boolean {
    if (this.receivedStart >= 0 || start < 0 || octets[start] === 34) return false;
    this.receivedStart = start;
    this.receivedEnd = end;
    return true;
  }
}

/** One for all: no Via is read while another one is. */
const parameters = new ViaParameters();

/** As `isNamed`, for what every Via has. */
function isBranch(octets: Uint8Array, at: number): boolean {
  return (
    (octets[at]! | 32) === 98 &&
    (octets[at + 1]! | 32) === 114 &&
    (octets[at + 2]! | 32) === 97 &&
    (octets[at + 3]! | 32) === 110 &&
    (octets[at + 4]! | 32) === 99 &&
    (octets[at + 5]! | 32) === 104
  );
}

function isNamed(octets: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if ((octets[start + i]! | 32) !== name.charCodeAt(i)) return false;
  return true;
}

/** The classes that all octets of the last unquoted value are in. */
let valueClass = 0;

function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  valueClass = 0;
  if (start < end && octets[start]! === 34) return quotedEnd(octets, start, end);
  let common = 255;
  let i = start;
  for (; i < end; i++) {
    const bits = classes[octets[i]!]!;
    if ((bits & valueBits) === 0) break;
    common &= bits;
  }
  valueClass = common;
  return i;
}
