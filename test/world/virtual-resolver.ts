// DNS as a table: what the tests say is there, and nothing else.
import type { Resolver } from '../../container/transport/network.js';
import { canonical, familyOf } from './transmission.js';

type Service = { name: string; port: number; priority: number; weight: number };
type Naptr = { order: number; preference: number; flags: string; service: string; replacement: string };

export class VirtualResolver implements Resolver {
  /** How often each question was asked: 'addresses bob.example'. */
  readonly asked: string[] = [];
  readonly #addresses = new Map<string, string[]>();
  readonly #services = new Map<string, Service[]>();
  readonly #naptr = new Map<string, Naptr[]>();
  readonly #broken = new Set<string>();

  /** Adds A or AAAA records. */
  address(host: string, ...addresses: string[]): this {
    return this.#add(this.#addresses, host, addresses.map(canonical));
  }

  /** Adds SRV records: `name` is '_sip._udp.example.com'. */
  service(name: string, ...records: Service[]): this {
    return this.#add(this.#services, name, records);
  }

  naptrRecord(domain: string, ...records: Naptr[]): this {
    return this.#add(this.#naptr, domain, records);
  }

  /** Every question about this name fails, as when the server does not answer. */
  breakDown(name: string): this {
    this.#broken.add(name.toLowerCase());
    return this;
  }

  /** The first address of a name, for phones. */
  first(host: string): string | undefined {
    return this.#addresses.get(host.toLowerCase())?.[0];
  }

  async addresses(host: string): Promise<{ address: string; family: 4 | 6 }[]> {
    return this.#ask('addresses', this.#addresses, host).map((address) => ({ address, family: familyOf(address) }));
  }

  async services(name: string): Promise<Service[]> {
    return this.#ask('services', this.#services, name);
  }

  async naptr(domain: string): Promise<Naptr[]> {
    return this.#ask('naptr', this.#naptr, domain);
  }

  #ask<T>(kind: string, table: Map<string, T[]>, name: string): T[] {
    this.asked.push(`${kind} ${name}`);
    const key = name.toLowerCase();
    if (this.#broken.has(key)) throw Object.assign(new Error(`query ${name} ESERVFAIL`), { code: 'ESERVFAIL' });
    return [...(table.get(key) ?? [])];
  }

  #add<T>(table: Map<string, T[]>, name: string, records: T[]): this {
    const key = name.toLowerCase();
    table.set(key, [...(table.get(key) ?? []), ...records]);
    return this;
  }
}
