// What the network remembers of everything that was sent, and how addresses are written.
import { isIPv4, isIPv6 } from 'node:net';
import type { SocketAddress } from '../../container/transport/network.js';

/**
 * 'underway', then: heard by somebody, lost on the way (rule, partition, dropNext), or arrived where nobody listens.
 */
export type Fate = 'underway' | 'heard' | 'lost' | 'unheard';

/** A datagram; a write to a connection and the segments it became; what else happens to a connection. */
export type TransmissionKind = 'datagram' | 'write' | 'segment' | 'connect' | 'connected' | 'refused' | 'end' | 'reset';

export interface Transmission {
  /** When it was sent, in virtual milliseconds. */
  readonly time: number;
  readonly kind: TransmissionKind;
  readonly transport: 'UDP' | 'TCP';
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  /** Wire string; empty for what carries none. */
  readonly wire: string;
  /** Number of the connection; 0 for a datagram. */
  readonly connection: number;
  fate: Fate;
  /** When it arrived: two times when it was duplicated. */
  readonly arrivals: number[];
}

/** One spelling per address (RFC 5952 for IPv6, no brackets). Throws when it is not a literal. */
export function canonical(address: string): string {
  if (isIPv4(address)) return address;
  if (isIPv6(address)) return new URL(`http://[${address}]`).hostname.slice(1, -1);
  throw new Error(`${address} is not an IP address`);
}

export function familyOf(address: string): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** For keys and rules. */
export function endpoint(address: string, port: number): string {
  return isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}`;
}

/** An error as the host's sockets report it. */
export function hostError(code: string, what: string): Error {
  return Object.assign(new Error(`${what} ${code}`), { code });
}
