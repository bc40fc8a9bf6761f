// Writes the source of a request into its topmost Via (§18.2.1, RFC 3581 §4), and finds the destination of a response
// from it (§18.2.2).
import { defaultPort, Field, type Request, Via } from '../message/index.js';
import { canonical, familyOf, isUnicast } from './address.js';
import type { SocketAddress } from './network.js';

/**
 * Adds `received` when sent-by does not name the source or rport is requested, and fills in `rport`. It overwrites any
 * values that the peer wrote there.
 */
export function stampSource(request: Request, address: string, port: number): void {
  const via = request.via;
  if (via === undefined) return;
  const asked = via.rport !== undefined;
  if (!asked && via.received === undefined && isSame(via.host, address)) return;
  const value = stamped(via.text, address, asked ? port : undefined);
  const { fields } = request;
  const at = fields.findIndex(({ key }) => key === 'via');
  const field = fields[at];
  if (field === undefined) return;
  // The rest of the line, usually other values, remains, and the line keeps its position.
  const whole = field.value;
  fields[at] = Field.trusted('Via', value + (whole.startsWith(via.text) ? whole.slice(via.text.length) : ''));
}

/** A name is never the same. Another spelling of an IPv6 address is the same address. */
function isSame(host: string, address: string): boolean {
  return host === address || (host.indexOf(':') >= 0 && canonical(host) === canonical(address));
}

/** The value with the parameter `received` and, if given, `rport` set; the rest is unchanged. */
function stamped(text: string, address: string, port: number | undefined): string {
  let from = text.indexOf(';');
  if (from < 0) return `${text};received=${address}`;
  let value = '';
  // The start of the part that is not copied yet.
  let kept = 0;
  while (from < text.length) {
    const end = parameterEnd(text, from + 1);
    const name = sourceParameter(text, from + 1, end);
    if (name !== '') {
      value += text.slice(kept, from);
      if (name === 'rport' && port !== undefined) value += `;rport=${port}`;
      kept = end;
    }
    from = end;
  }
  return `${value}${text.slice(kept)};received=${address}`;
}

/** Offset of the next ';' outside quotes. */
function parameterEnd(text: string, at: number): number {
  let quoted = false;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 34) quoted = !quoted;
    else if (c === 92 && quoted) at++;
    else if (c === 59 && !quoted) return at;
  }
  return text.length;
}

/** 'rport' or 'received' when the parameter is one of them, otherwise ''. */
function sourceParameter(text: string, start: number, end: number): string {
  while (start < end && (text.charCodeAt(start) === 32 || text.charCodeAt(start) === 9)) start++;
  if ((text.charCodeAt(start) | 32) !== 114) return '';
  const equal = text.indexOf('=', start);
  const name = trimBlankEnd(text, start, equal < 0 || equal > end ? end : equal).toLowerCase();
  return name === 'rport' || name === 'received' ? name : '';
}

function trimBlankEnd(text: string, start: number, end: number): string {
  while (end > start && (text.charCodeAt(end - 1) === 32 || text.charCodeAt(end - 1) === 9)) end--;
  return text.slice(start, end);
}

/**
 * The destination of a response over UDP, by its topmost Via. Undefined when there is none: for broadcast and the like
 * (RFC 4475 §3.3.10), or a name.
 */
export function datagramTarget(via: Via, honourMaddr: boolean): SocketAddress | undefined {
  const port = via.port ?? defaultPort(via.transport);
  const maddr = honourMaddr && via.maddr !== undefined ? unbracketed(via.maddr) : undefined;
  if (maddr !== undefined && familyOf(maddr) !== 0) return checked(maddr, port);
  if (via.received !== undefined)
    return checked(unbracketed(via.received), typeof via.rport === 'number' ? via.rport : port);
  return checked(via.host, typeof via.rport === 'number' ? via.rport : port);
}

/**
 * Like `datagramTarget`, for a topmost Via that cannot be read: the source of the request, with the port of the
 * readable part (RFC 4475 §3.1.2.1).
 */
export function unreadableTarget(value: string, source: SocketAddress): SocketAddress {
  if (value.toLowerCase().indexOf(';rport') >= 0) return source;
  let end = 0;
  while (end < value.length && value.charCodeAt(end) !== 59 && value.charCodeAt(end) !== 44) end++;
  const via = Via.parse(trimBlankEnd(value, 0, end));
  const port = via === undefined ? source.port : (via.port ?? defaultPort(via.transport));
  return { address: source.address, port: port > 0 ? port : source.port };
}

/**
 * Where to open a connection for a response when the request's connection is closed: the port that the peer listens on,
 * not the one that the request came from.
 */
export function connectionTarget(via: Via): SocketAddress | undefined {
  const address = via.received === undefined ? via.host : unbracketed(via.received);
  return checked(address, via.port ?? defaultPort(via.transport));
}

function checked(address: string, port: number): SocketAddress | undefined {
  return port > 0 && familyOf(address) !== 0 && isUnicast(address) ? { address, port } : undefined;
}

function unbracketed(host: string): string {
  return host.charCodeAt(0) === 91 ? host.slice(1, -1) : host;
}
