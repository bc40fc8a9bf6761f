// Locates SIP servers (RFC 3263): from a URI to a list of hops, best first. A numeric host needs no DNS.
import type { Clock } from '../base/clock.js';
import { copied, defaultPort, type Uri } from '../message/index.js';
import { canonical, familyOf, isUnicast } from './address.js';
import { bounded } from './bounded.js';
import type { Hop } from './flow.js';
import type { Resolver, TransportName } from './network.js';
import { orderServices } from './service-order.js';

/** Which hops are possible at all; implemented by the transport layer. */
interface Reach {
  reaches(transport: TransportName, family: 4 | 6): boolean;
  listens(transport: TransportName, family: 4 | 6): boolean;
}

export interface LocationOptions {
  /** Requests of more octets avoid UDP if possible; 0 means no limit (§18.1.1). */
  readonly udpMtu?: number;
  readonly maxHops?: number;
  /** Milliseconds for the whole look-up. */
  readonly time?: number;
  /** Milliseconds during which a failed hop is tried after the others (RFC 3263 §4.3). */
  readonly avoidTime?: number;
}

interface LocationPorts {
  readonly resolver: Resolver;
  readonly reach: Reach;
  readonly clock: Clock;
  /** A number in [0, 1), for the weights of SRV (RFC 2782). */
  readonly chance: () => number;
}

/** Nothing can be tried; the message says why. */
export class LocationError extends Error {
  override readonly name = 'LocationError';
}

const TRANSPORTS: ReadonlyMap<string, TransportName> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['ws', 'WS'],
  ['wss', 'WSS'],
]);
/** NAPTR services and SRV prefixes (RFC 3263 §4.1; RFC 7118 §8 defines none for WS). */
const SERVICES: ReadonlyMap<string, TransportName> = new Map([
  ['SIPS+D2T', 'TLS'],
  ['SIP+D2T', 'TCP'],
  ['SIP+D2U', 'UDP'],
]);
const PREFIXES: Readonly<Partial<Record<TransportName, string>>> = {
  UDP: '_sip._udp.',
  TCP: '_sip._tcp.',
  TLS: '_sips._tcp.',
};
const FAMILIES = [4, 6] as const;
/** How many failed hops are remembered; beyond that the oldest is forgotten. */
const MAX_AVOIDED = 1024;

/** The limits of the cache: hosts, URIs for each host, and the length of their parameters. */
const MAX_KNOWN = 1024;
const KEPT_OF_HOST = 4;
const MAX_KEPT_PARAMETERS = 64;

/** The hops of a numeric URI. */
interface Known {
  readonly port: number | undefined;
  readonly scheme: string;
  readonly parameters: string;
  readonly hops: readonly Hop[];
}

interface Target {
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: TransportName | undefined;
  readonly secure: boolean;
  readonly chance: () => number;
  /**
   * The same random number must give the same answer, in whatever order the records arrive and whatever has failed
   * (§16.11).
   */
  readonly isFixed: boolean;
}

export class ServerLocation {
  readonly #ports: LocationPorts;
  readonly #mtu: number;
  readonly #maxHops: number;
  readonly #time: number;
  readonly #avoidTime: number;
  readonly #avoided = new Map<string, number>();
  readonly #known = new Map<string, readonly Known[]>();

  constructor(ports: LocationPorts, options: LocationOptions = {}) {
    this.#ports = ports;
    this.#mtu = options.udpMtu ?? 1300;
    this.#maxHops = options.maxHops ?? 8;
    this.#time = options.time ?? 5_000;
    this.#avoidTime = options.avoidTime ?? 30_000;
  }

  /**
   * Never returns an empty list: when nothing can be reached, it rejects with a LocationError. `size` is that of the
   * request with our Via. `chance` makes the choice of a stateless proxy depend only on the request, because RFC 3263
   * §4.2 requires the same server again.
   */
  locate(uri: Uri, size = 0, chance?: () => number): readonly Hop[] | Promise<readonly Hop[]> {
    const known = this.#isSmall(size) ? this.#knownOf(uri) : undefined;
    if (known !== undefined) return known.hops;
    const isFixed = chance !== undefined;
    let hops: Hop[] | Promise<Hop[]>;
    try {
      const target = this.#targetOf(uri, chance ?? this.#ports.chance, isFixed);
      hops = familyOf(target.host) === 0 ? this.#resolve(target) : [this.#numeric(target)];
    } catch (error) {
      return Promise.reject(error);
    }
    if (Array.isArray(hops)) return this.#keep(uri, size, this.#finish(hops, size, isFixed));
    return hops.then((all) => this.#finish(all, size, isFixed));
  }

  /** §18.1.1. */
  #isSmall(size: number): boolean {
    return this.#mtu === 0 || size <= this.#mtu;
  }

  #knownOf(uri: Uri): Known | undefined {
    const { host, port, scheme, parameters } = uri;
    const all = this.#known.get(host);
    if (all === undefined) return undefined;
    for (const known of all) {
      if (known.port === port && known.scheme === scheme && known.parameters === parameters) return known;
    }
    return undefined;
  }

  /**
   * Numeric addresses always give the same hops. The latest are cached for each host: those for a call's target and for
   * its Contact.
   */
  #keep(uri: Uri, size: number, hops: Hop[]): Hop[] {
    if (!this.#isSmall(size) || hops.length !== 1 || uri.parameters.length > MAX_KEPT_PARAMETERS) return hops;
    const before = this.#known.get(uri.host);
    if (before === undefined && this.#known.size >= MAX_KNOWN) this.#known.clear();
    const known = { port: uri.port, scheme: uri.scheme, parameters: copied(uri.parameters), hops };
    this.#known.set(copied(uri.host), [known, ...(before ?? []).slice(0, KEPT_OF_HOST - 1)]);
    return hops;
  }

  /** Call when this hop did not answer or refused: for a while it comes last (RFC 3263 §4.3). */
  avoid(hop: Hop): void {
    const key = keyOf(hop);
    this.#avoided.delete(key);
    const [oldest] = this.#avoided.keys();
    if (oldest !== undefined && this.#avoided.size >= MAX_AVOIDED) this.#avoided.delete(oldest);
    this.#avoided.set(key, this.#ports.clock.now() + this.#avoidTime);
  }

  /** RFC 3263 §4: TARGET is maddr, otherwise the host; the URI names the transport or leaves it open. */
  #targetOf(uri: Uri, chance: () => number, isFixed: boolean): Target {
    if (uri.scheme !== 'sip' && uri.scheme !== 'sips') throw new LocationError(`${uri.scheme}: is not a SIP URI`);
    const secure = uri.scheme === 'sips';
    const host = canonical(uri.maddr ?? uri.host);
    const named = uri.transport;
    let transport: TransportName | undefined;
    if (named !== undefined) {
      transport = TRANSPORTS.get(named);
      if (transport === undefined) throw new LocationError(`transport=${printable(named)} is not supported`);
      if (secure) transport = secured(transport);
    }
    if (host === '') throw new LocationError('the URI has no host');
    if (uri.port === 0) throw new LocationError('port 0 cannot be reached');
    return { host, port: uri.port, transport, secure, chance, isFixed };
  }

  #numeric(target: Target): Hop {
    const transport = target.transport ?? (target.secure ? 'TLS' : 'UDP');
    if (!isUnicast(target.host)) throw new LocationError(`${target.host} is not the address of a single host`);
    const family = familyOf(target.host) as 4 | 6;
    if (!this.#ports.reach.reaches(transport, family)) throw unreachable(transport, family);
    return { transport, address: target.host, port: target.port ?? defaultPort(transport), host: target.host };
  }

  #resolve(target: Target): Promise<Hop[]> {
    const late = new LocationError(`${printable(target.host)}: no answer from DNS within ${this.#time} ms`);
    return bounded(this.#ports.clock, this.#time, this.#byName(target), late);
  }

  async #byName(target: Target): Promise<Hop[]> {
    const { host, port, transport, secure } = target;
    const name = printable(host);
    // RFC 3263 §4.2: with a port, or without SRV records, the name is a host name.
    if (port !== undefined) return this.#byAddress(target, transport ?? (secure ? 'TLS' : 'UDP'), host, port);
    if (transport !== undefined) {
      this.#check(transport);
      const hops = await this.#byService(target, transport, `${PREFIXES[transport] ?? ''}${host}`);
      return hops ?? this.#byAddress(target, transport, host, defaultPort(transport));
    }
    const hops = (await this.#byNaptr(target)) ?? (await this.#byEveryService(target));
    if (hops !== undefined) return hops;
    if (!secure && this.#speaks('UDP')) return this.#byAddress(target, 'UDP', host, defaultPort('UDP'));
    const last = secure ? 'TLS' : 'TCP';
    if (!this.#speaks(last)) throw new LocationError(`${name}: ${last} is not supported`);
    return this.#byAddress(target, last, host, defaultPort(last));
  }

  /** RFC 3263 §4.1: the first record, in order, for a service that we support. Undefined when there is none. */
  async #byNaptr(target: Target): Promise<Hop[] | undefined> {
    const records = await this.#ports.resolver.naptr(target.host).catch(() => []);
    records.sort((a, b) => a.order - b.order || a.preference - b.preference);
    let tries = 0;
    for (const record of records) {
      const transport = SERVICES.get(record.service.toUpperCase());
      if (transport === undefined || (target.secure && transport !== 'TLS') || !this.#speaks(transport)) continue;
      if (++tries > 3) break;
      const flags = record.flags.toLowerCase();
      const name = record.replacement;
      if (flags === 's') {
        const hops = await this.#byService(target, transport, name);
        if (hops !== undefined && hops.length > 0) return hops;
      } else if (flags === 'a') {
        return this.#byAddress(target, transport, name, defaultPort(transport));
      }
    }
    return undefined;
  }

  /**
   * RFC 3263 §4.1, without NAPTR: asks SRV for each transport that we support, and takes the first that has records.
   */
  async #byEveryService(target: Target): Promise<Hop[] | undefined> {
    const order: TransportName[] = target.secure ? ['TLS'] : ['UDP', 'TCP', 'TLS'];
    const asked = order
      .filter((one) => this.#speaks(one))
      .map((one) => this.#byService(target, one, `${PREFIXES[one]}${target.host}`));
    // All are asked at once, so that an unanswered one does not use up the time of the others; the answers are read in
    // order.
    for (const hops of await Promise.all(asked)) if (hops !== undefined && hops.length > 0) return hops;
    return undefined;
  }

  /** Undefined when there are no SRV records of that name. */
  async #byService(target: Target, transport: TransportName, name: string): Promise<Hop[] | undefined> {
    if (!name.startsWith('_')) return undefined;
    const records = await this.#ports.resolver.services(name).catch(() => []);
    if (records.length === 0) return undefined;
    const hops: Hop[] = [];
    // RFC 2782: a single record with the root as its target means that the service is not available.
    const real = records.filter((record) => record.name !== '' && record.name !== '.' && record.port > 0);
    if (target.isFixed) real.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port));
    const chosen = orderServices(real, target.chance).slice(0, this.#maxHops);
    const addresses = await Promise.all(
      chosen.map((record) => this.#byAddress(target, transport, record.name, record.port).catch(() => [])),
    );
    for (const some of addresses) hops.push(...some);
    if (hops.length === 0) throw new LocationError(`${printable(name)}: none of the servers has an address`);
    return hops;
  }

  async #byAddress(target: Target, transport: TransportName, name: string, port: number): Promise<Hop[]> {
    this.#check(transport);
    const numeric = familyOf(name);
    const found =
      numeric === 0
        ? await this.#ports.resolver.addresses(name).catch((error: Error) => {
            throw new LocationError(`${printable(name)}: ${error.message}`);
          })
        : [{ address: name, family: numeric }];
    const hops: Hop[] = [];
    for (const { address, family } of target.isFixed ? turned(found, target.chance()) : found) {
      if (hops.length === this.#maxHops) break;
      if (!isUnicast(address) || !this.#ports.reach.reaches(transport, family)) continue;
      hops.push({ transport, address, port, host: target.host });
    }
    if (hops.length > 0) return hops;
    const why = found.length === 0 ? 'no address' : `no address that our ${transport} can reach`;
    throw new LocationError(`${printable(name)}: ${why}`);
  }

  /**
   * Limits the list, moves hops that failed recently to the end, and puts TCP before UDP for a large request (§18.1.1),
   * unless the same server has refused it a short while ago.
   */
  #finish(all: Hop[], size: number, isFixed: boolean): Hop[] {
    let hops = all.length > this.#maxHops ? all.slice(0, this.#maxHops) : all;
    if (!isFixed && this.#avoided.size > 0 && hops.length > 1) {
      const good = hops.filter((hop) => !this.avoids(hop));
      if (good.length > 0 && good.length < hops.length) hops = [...good, ...hops.filter((hop) => !good.includes(hop))];
    }
    if (this.#isSmall(size)) return hops;
    return hops.flatMap((hop): Hop[] => {
      if (hop.transport !== 'UDP' || !this.#ports.reach.listens('TCP', familyOf(hop.address) as 4 | 6)) return [hop];
      const byTcp: Hop = { ...hop, transport: 'TCP' };
      return this.avoids(byTcp) ? [hop, byTcp] : [byTcp, hop];
    });
  }

  /** Whether it has failed a short while ago. */
  avoids(hop: Hop): boolean {
    if (this.#avoided.size === 0) return false;
    const key = keyOf(hop);
    const until = this.#avoided.get(key);
    if (until === undefined) return false;
    if (until > this.#ports.clock.now()) return true;
    this.#avoided.delete(key);
    return false;
  }

  #speaks(transport: TransportName): boolean {
    return FAMILIES.some((family) => this.#ports.reach.reaches(transport, family));
  }

  #check(transport: TransportName): void {
    if (!this.#speaks(transport)) throw new LocationError(`${transport} is not supported`);
  }
}

/** Sorts the addresses regardless of the order in which they arrived, then rotates the list by a random number. */
function turned<T extends { readonly address: string }>(found: readonly T[], chance: number): T[] {
  const sorted = [...found].sort((a, b) => (a.address < b.address ? -1 : 1));
  const first = Math.floor(chance * sorted.length);
  return [...sorted.slice(first), ...sorted.slice(0, first)];
}

/** §26.2.2: with sips every hop uses TLS, whatever transport the URI names. */
function secured(transport: TransportName): TransportName {
  if (transport === 'UDP') throw new LocationError('sips cannot be reached over UDP');
  return transport === 'WS' || transport === 'WSS' ? 'WSS' : 'TLS';
}

function unreachable(transport: TransportName, family: 4 | 6): LocationError {
  return new LocationError(`${transport} over IPv${family} is not supported`);
}

function keyOf(hop: Hop): string {
  return `${hop.transport}|${hop.address}|${hop.port}`;
}

/** A peer's text in a message of ours: shortened, and without control characters. */
function printable(text: string): string {
  let plain = '';
  for (let i = 0; i < text.length && i < 100; i++) {
    const c = text.charCodeAt(i);
    plain += c > 32 && c < 127 ? text[i] : '?';
  }
  return plain;
}
