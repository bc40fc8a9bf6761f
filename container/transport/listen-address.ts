// An address to listen on, as the operator writes it: 'udp:127.0.0.1:5060', 'tcp:[::1]'; with the address to advertise,
// if that differs.
import { isHost } from '@siplet/sdk/grammar';
import { defaultPort } from '../message/index.js';
import { bracketed, canonical, familyOf, inNetwork, isLoopback, isWildcard } from './address.js';
import type { LocalInterface, SocketAddress, TransportName } from './network.js';

export interface ListenSpec {
  readonly transport: TransportName;
  /** Numeric, IPv6 without brackets. */
  readonly address: string;
  /** 0 means any free port. */
  readonly port: number;
  /** host or host:port for Via and Record-Route instead of the bound address. */
  readonly advertise?: string | undefined;
}

const TRANSPORTS: readonly string[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'];

/** Throws a TypeError that says what is wrong with the text. */
export function parseListen(text: string, advertise?: string): ListenSpec {
  const colon = text.indexOf(':');
  const transport = text.slice(0, Math.max(0, colon)).toUpperCase();
  if (!TRANSPORTS.includes(transport))
    throw new TypeError(`listen '${text}': begins with udp:, tcp:, tls:, ws: or wss:`);
  const { host, port } = hostPort(text.slice(colon + 1), text);
  const address = host.charCodeAt(0) === 91 ? host.slice(1, -1) : host;
  if (familyOf(address) === 0) throw new TypeError(`listen '${text}': '${host}' is not a numeric address`);
  if (advertise !== undefined) hostPort(advertise, advertise);
  return { transport: transport as TransportName, address, port: port ?? defaultPort(transport), advertise };
}

function hostPort(text: string, whole: string): { host: string; port: number | undefined } {
  const bracket = text.lastIndexOf(']');
  const colon = text.indexOf(':', Math.max(0, bracket));
  const host = colon < 0 ? text : text.slice(0, colon);
  if (!isHost(host)) throw new TypeError(`'${whole}': '${host}' is not a host (IPv6 needs brackets)`);
  if (colon < 0) return { host, port: undefined };
  const digits = text.slice(colon + 1);
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 65536;
  if (port > 65535) throw new TypeError(`'${whole}': '${digits}' is not a port`);
  return { host, port };
}

/** One address that we listen on, and its names in Via, which depend on the reader (§18.1.1). */
export class Listening {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly wildcard: boolean;
  /** The advertised host:port, or undefined. */
  readonly #advertised: string | undefined;
  /** The addresses by which others reach it; loopback addresses last. */
  readonly reachable: readonly LocalInterface[];
  readonly #outside: string;
  readonly #inside: string;

  constructor(transport: TransportName, local: SocketAddress, advertise: string | undefined, host: LocalInterface[]) {
    this.transport = transport;
    this.address = local.address;
    this.port = local.port;
    this.family = familyOf(local.address) === 6 ? 6 : 4;
    this.wildcard = isWildcard(local.address);
    const bound = canonical(local.address);
    this.reachable = host
      .filter((one) => one.family === this.family && (this.wildcard || canonical(one.address) === bound))
      .sort((a, b) => Number(a.internal) - Number(b.internal));
    const loopback = this.family === 6 ? '::1' : '127.0.0.1';
    this.#outside = this.wildcard ? (this.reachable[0]?.address ?? loopback) : local.address;
    this.#inside = this.wildcard ? loopback : local.address;
    if (advertise !== undefined) {
      const { host: name, port } = hostPort(advertise, advertise);
      this.#advertised = `${name.toLowerCase()}:${port ?? this.port}`;
    }
  }

  /** Whether the text names this address, with or without transport and port. */
  isNamed(text: string): boolean {
    return text.toLowerCase() === this.text || canonical(text) === canonical(this.address);
  }

  /** The address as the operator would write it. */
  get text(): string {
    return `${this.transport.toLowerCase()}:${bracketed(this.address)}:${this.port}`;
  }

  /** Our address as this peer sees it. */
  localFor(peer: string): string {
    if (!this.wildcard) return this.address;
    if (isLoopback(peer)) return this.#inside;
    if (this.reachable.length < 2) return this.#outside;
    for (const one of this.reachable)
      if (one.prefix > 0 && inNetwork(peer, one.address, one.prefix)) return one.address;
    return this.#outside;
  }

  /** host:port for Via and Record-Route. */
  sentByFor(peer: string): string {
    return this.#advertised ?? `${bracketed(this.localFor(peer))}:${this.port}`;
  }

  /** Every sent-by that it may use. */
  sentBys(): string[] {
    const all = this.reachable.map((one) => `${bracketed(one.address)}:${this.port}`);
    all.push(`${bracketed(this.#outside)}:${this.port}`, `${bracketed(this.#inside)}:${this.port}`);
    if (this.#advertised !== undefined) all.push(this.#advertised);
    return all;
  }

  /** How suitable it is for reaching this peer: an interface in the peer's network is better. */
  suits(peer: string): number {
    if (this.wildcard) return 2;
    if (isLoopback(this.address)) return isLoopback(peer) ? 4 : 0;
    if (isLoopback(peer)) return 1;
    return this.reachable.some((one) => one.prefix > 0 && inNetwork(peer, one.address, one.prefix)) ? 4 : 3;
  }
}

/** The item with the highest value, the first of equals; undefined when all values are negative. */
export function mostSuitable<T>(all: readonly T[], suits: (one: T) => number): T | undefined {
  let found: T | undefined;
  let most = -1;
  for (const one of all) {
    const value = suits(one);
    if (value <= most) continue;
    found = one;
    most = value;
  }
  return found;
}
