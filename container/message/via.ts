// The Via header field value (§20.42, §25.1 via-parm), read in one pass.
import { octetsOf } from './octets.js';
import { ABSENT, FLAG, ViaParameters } from './via-parameters.js';
import { unbracketed, ViaSentBy } from './via-sent-by.js';

/**
 * One Via value: the sender of the message, and the destination of its response (§18.2.2). It is immutable; it keeps
 * offsets, and cuts out its parts when they are used.
 */
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
  /** True when the parameter has no value yet (RFC 3581 §3). */
  declare readonly rport: number | true | undefined;
  declare readonly maddr: string | undefined;
  declare readonly ttl: number | undefined;
  /** The offset after the value in the text that was read: its end, or the comma before the next value. */
  declare readonly end: number;
  declare private hostText: string | undefined;
  declare private branchText: string | undefined;
  declare private sentByText: string | undefined;

  /** The value is [start, last) of `source`; blanks may follow it up to `end`. */
  constructor(
    source: string,
    start: number,
    last: number,
    end: number,
    { protocol, transport, hostStart, hostEnd, host, port }: ViaSentBy,
    { branchStart, branchEnd, receivedStart, receivedEnd, rport, maddrStart, maddrEnd, ttl }: ViaParameters,
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
    this.received = receivedStart < 0 ? undefined : unbracketed(source.slice(receivedStart, receivedEnd));
    this.rport = rport === ABSENT ? undefined : rport === FLAG || rport;
    this.maddr = maddrStart < 0 ? undefined : unbracketed(source.slice(maddrStart, maddrEnd)).toLowerCase();
    this.ttl = ttl < 0 ? undefined : ttl;
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
    this.hostText ??= this.source.slice(this.hostStart, this.hostEnd);
    return this.hostText;
  }

  get branch(): string | undefined {
    if (this.branchStart < 0) return undefined;
    this.branchText ??= this.source.slice(this.branchStart, this.branchEnd);
    return this.branchText;
  }

  /** Octets of the branch; 0 when there is none. */
  get branchLength(): number {
    return this.branchStart < 0 ? 0 : this.branchEnd - this.branchStart;
  }

  /** The octet of the branch at that index; 0 after its end and when there is no branch. */
  branchOctet(index: number): number {
    const at = this.branchStart + index;
    return at < this.branchEnd ? this.source.charCodeAt(at) : 0;
  }

  /** Whether it has that branch, compared letter by letter. */
  hasBranch(branch: string): boolean {
    const { source, branchStart } = this;
    const { length } = branch;
    if (this.branchEnd - branchStart !== length) return false;
    for (let i = 0; i < length; i++) if (source.charCodeAt(branchStart + i) !== branch.charCodeAt(i)) return false;
    return true;
  }

  /**
   * The host:port that transactions are matched by (§17.2.3): lower case, with the default port, and IPv6 in brackets.
   */
  get sentBy(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    this.sentByText ??= `${host}:${this.port ?? defaultPort(this.transport)}`;
    return this.sentByText;
  }

  /** Undefined unless the text is a single via-parm. */
  static parse(text: string): Via | undefined {
    const via = scanVia(octetsOf(text), text, 0, text.length);
    return via !== undefined && via.end === text.length ? via : undefined;
  }
}

/** §19.1.2, §18.1.1, RFC 7118 §5: the port when none is given. */
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

// Shared: one Via is read at a time.
const sentBy = new ViaSentBy();
const parameters = new ViaParameters();

/**
 * The first via-parm of an unfolded value in [start, end) of a text and its octets, up to its end or a comma; undefined
 * when it is malformed. With `tolerant` it ends before the first malformed parameter: a 400 can still be sent to the
 * sent-by (§18.2.2).
 */
export function scanVia(
  octets: Uint8Array,
  text: string,
  start: number,
  end: number,
  tolerant = false,
): Via | undefined {
  let i = sentBy.read(octets, text, start, end);
  if (i < 0) return undefined;
  i = parameters.read(octets, text, i, end);
  if (i < 0 && !tolerant) return undefined;
  if (i < 0) i = end;
  let last = i;
  while (last > start && (octets[last - 1] === 32 || octets[last - 1] === 9)) last--;
  return new Via(text, start, last, i, sentBy, parameters);
}
