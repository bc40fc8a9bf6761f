// Whether a host and port are ours: in a Route or Request-URI (§16.4, §16.5), and in the Via of a response (§18.1.2).
import { copied, defaultPort } from '../message/index.js';
import { canonical, familyOf, isLoopback } from './address.js';
import type { Listening } from './listen-address.js';
import type { TransportName } from './network.js';

/** One of our ports, for some host. */
interface Place {
  readonly transport: TransportName;
  readonly port: number;
}

/** How many answers are cached; a power of two. */
const ANSWERS = 64;

/** A cached answer: every message asks about the same few hosts. */
interface Answer {
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: string | undefined;
  readonly isOwn: boolean;
}

export class OwnAddresses {
  readonly #places = new Map<string, Place[]>();
  readonly #listenings: Listening[] = [];
  /** Hosts by port. */
  readonly #sentBys = new Map<number, Set<string>>();
  readonly #domains: ReadonlySet<string>;
  readonly #answers = new Array<Answer | undefined>(ANSWERS).fill(undefined);

  constructor(domains: readonly string[]) {
    this.#domains = new Set(domains.map((domain) => canonical(domain)));
  }

  add(listening: Listening): void {
    this.#listenings.push(listening);
    this.#answers.fill(undefined);
    for (const sentBy of listening.sentBys()) this.#add(sentBy, listening.transport);
  }

  #add(sentBy: string, transport: TransportName): void {
    this.addSentBy(sentBy);
    const colon = sentBy.lastIndexOf(':');
    const host = canonical(sentBy.slice(0, colon));
    const place = { transport, port: Number(sentBy.slice(colon + 1)) };
    const there = this.#places.get(host);
    if (there === undefined) this.#places.set(host, [place]);
    else there.push(place);
  }

  addSentBy(sentBy: string): void {
    const colon = sentBy.lastIndexOf(':');
    const port = Number(sentBy.slice(colon + 1));
    const hosts = this.#sentBys.get(port);
    const host = hostKey(sentBy.slice(0, colon));
    if (hosts === undefined) this.#sentBys.set(port, new Set([host]));
    else hosts.add(host);
  }

  /** Whether a Via with this sent-by is ours. */
  isSentBy(host: string, port: number): boolean {
    return this.#sentBys.get(port)?.has(hostKey(host)) ?? false;
  }

  isOwn(host: string, port: number | undefined, transport: string | undefined): boolean {
    const place = (host.charCodeAt(host.length - 1) + host.length + (port ?? 0)) & (ANSWERS - 1);
    const last = this.#answers[place];
    if (last !== undefined && last.port === port && last.transport === transport && last.host === host)
      return last.isOwn;
    const isOwn = this.#finds(host, port, transport);
    this.#answers[place] = { host: copied(host), port, transport: transport && copied(transport), isOwn };
    return isOwn;
  }

  #finds(host: string, port: number | undefined, transport: string | undefined): boolean {
    const name = canonical(host);
    const places = this.#places.get(name);
    // Most hosts belong to others and are numeric.
    if (places === undefined && isNumericElsewhere(name) && this.#domains.size === 0) return false;
    const asked = transport?.toUpperCase();
    const wanted = port ?? defaultPort(asked ?? 'UDP');
    const matches = (one: Place): boolean => one.port === wanted && (!asked || one.transport === asked);
    // A domain without a port is located by SRV, so any port that SRV gives is ours too.
    if (this.#domains.has(name) && (port === undefined || this.#listenings.some(matches))) return true;
    if (places?.some(matches)) return true;
    const isLocalhost = name === 'localhost';
    if (!isLocalhost && !isLoopback(name)) return false;
    return this.#listenings.some((one) => matches(one) && (one.wildcard || (isLocalhost && isLoopback(one.address))));
  }
}

/** Whether it is an IPv4 address outside loopback. */
function isNumericElsewhere(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57 && familyOf(name) === 4 && !name.startsWith('127.');
}

/** One spelling for each host, because IPv6 has many. */
function hostKey(host: string): string {
  return host.indexOf(':') >= 0 ? canonical(host) : host;
}
