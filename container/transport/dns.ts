// Resolves names with the system's resolver, within a time limit and with a small cache. The hosts file comes first, as
// usual on the host.
import { promises as dns } from 'node:dns';
import type { Clock } from '../base/clock.js';
import { bounded } from './bounded.js';
import { HostsFile } from './hosts-file.js';
import type { Resolver } from './network.js';

interface DnsOptions {
  /** Addresses of DNS servers instead of the system's. */
  readonly servers?: readonly string[];
  /** Milliseconds for one question. */
  readonly time?: number;
  readonly maxEntries?: number;
  readonly hostsFile?: string;
}

/** Answers are cached for a time within these limits, whatever their TTL. SRV and NAPTR records come without a TTL. */
const SHORTEST = 1_000;
const LONGEST = 300_000;
const UNKNOWN = 30_000;
/** A failure is cached this long: a burst of calls to an unknown name asks once. */
const NEGATIVE = 5_000;

interface Entry {
  readonly answer: Promise<unknown>;
  until: number;
}

interface Answer<T> {
  readonly value: T;
  readonly ttl: number;
}

export class DnsResolver implements Resolver {
  readonly #clock: Clock;
  readonly #resolver: dns.Resolver;
  readonly #time: number;
  readonly #maxEntries: number;
  readonly #hosts: HostsFile;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, options: DnsOptions = {}) {
    this.#clock = clock;
    this.#time = options.time ?? 5_000;
    this.#maxEntries = options.maxEntries ?? 1_000;
    this.#hosts = new HostsFile(clock, options.hostsFile);
    this.#resolver = new dns.Resolver({ timeout: Math.max(1, Math.floor(this.#time / 3)), tries: 2 });
    if (options.servers !== undefined) this.#resolver.setServers(options.servers);
  }

  addresses(host: string): Promise<{ address: string; family: 4 | 6 }[]> {
    return this.#ask(`A ${host}`, () => this.#addresses(host));
  }

  services(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]> {
    return this.#ask(`SRV ${name}`, async () => ({
      value: await this.#resolver.resolveSrv(name).catch(nothing),
      ttl: UNKNOWN,
    }));
  }

  naptr(domain: string): ReturnType<Resolver['naptr']> {
    return this.#ask(`NAPTR ${domain}`, async () => ({
      value: await this.#resolver.resolveNaptr(domain).catch(nothing),
      ttl: UNKNOWN,
    }));
  }

  async #addresses(host: string): Promise<Answer<{ address: string; family: 4 | 6 }[]>> {
    const local = await this.#hosts.addresses(host);
    if (local !== undefined) return { value: local, ttl: SHORTEST };
    let failure: Error | undefined;
    const failed = (error: Error): never[] => {
      if (!isNothing(error)) failure = error;
      return [];
    };
    const [four, six] = await Promise.all([
      this.#resolver.resolve4(host, { ttl: true }).catch(failed),
      this.#resolver.resolve6(host, { ttl: true }).catch(failed),
    ]);
    if (four.length + six.length === 0 && failure !== undefined) throw failure;
    let ttl = Number.POSITIVE_INFINITY;
    const value: { address: string; family: 4 | 6 }[] = [];
    for (const one of four) {
      value.push({ address: one.address, family: 4 });
      ttl = Math.min(ttl, one.ttl * 1000);
    }
    for (const one of six) {
      value.push({ address: one.address, family: 6 });
      ttl = Math.min(ttl, one.ttl * 1000);
    }
    return { value, ttl: value.length === 0 ? NEGATIVE : ttl };
  }

  /** Identical questions share one query; answers and failures are cached. */
  #ask<T extends object[]>(question: string, work: () => Promise<Answer<T>>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#entries.get(question);
    if (known !== undefined && known.until > now) return known.answer as Promise<T>;
    const late = new Error(`DNS did not answer within ${this.#time} ms`);
    const entry: Entry = {
      until: now + this.#time + NEGATIVE,
      answer: bounded(this.#clock, this.#time, work(), late).then(
        ({ value, ttl }) => {
          const kept = value.length === 0 ? NEGATIVE : Math.min(LONGEST, Math.max(SHORTEST, ttl));
          entry.until = this.#clock.now() + kept;
          return value;
        },
        (error) => {
          entry.until = this.#clock.now() + NEGATIVE;
          throw error;
        },
      ),
    };
    this.#entries.delete(question);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= this.#maxEntries) this.#entries.delete(oldest);
    this.#entries.set(question, entry);
    return entry.answer as Promise<T>;
  }
}

/** Whether the name does not exist or has no such record: this is an answer, not a failure. */
function isNothing(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

function nothing(error: Error): never[] {
  if (isNothing(error)) return [];
  throw error;
}
