// Which hosts and ports are ours: for Route and Request-URI (§16.4, §16.5), and for the Via of a response (§18.1.2).
import { defaultPort } from '../message/index.js';
import { canonical, isLoopback } from './address.js';
import type { Listening } from './listen-address.js';

export class OwnAddresses {
  readonly #listenings = new Map<string, Listening[]>();
  readonly #all: Listening[] = [];
  readonly #sentBys = new Set<string>();
  readonly #domains: ReadonlySet<string>;

  constructor(domains: readonly string[]) {
    this.#domains = new Set(domains.map((domain) => canonical(domain)));
  }

  add(listening: Listening): void {
    this.#all.push(listening);
    const hosts = new Set([canonical(listening.address)]);
    for (const one of listening.reachable) hosts.add(canonical(one.address));
    for (const sentBy of listening.sentBys()) {
      this.addSentBy(sentBy);
      hosts.add(canonical(sentBy.slice(0, sentBy.lastIndexOf(':'))));
    }
    for (const host of hosts) {
      const there = this.#listenings.get(host);
      if (there === undefined) this.#listenings.set(host, [listening]);
      else there.push(listening);
    }
  }

  addSentBy(sentBy: string): void {
    const colon = sentBy.lastIndexOf(':');
    this.#sentBys.add(key(sentBy.slice(0, colon), sentBy.slice(colon + 1)));
  }

  /** Whether a Via with this sent-by is one that we wrote. */
  isSentBy(host: string, port: number): boolean {
    return this.#sentBys.has(key(host, port));
  }

  isOwn(host: string, port: number | undefined, transport: string | undefined): boolean {
    const name = canonical(host);
    const asked = transport?.toUpperCase();
    if (this.#domains.has(name)) {
      // A domain without a port is located by SRV; which port that gives is ours too.
      return port === undefined || this.#all.some((one) => one.port === port && (!asked || one.transport === asked));
    }
    const wanted = port ?? defaultPort(asked ?? 'UDP');
    const there = this.#listenings.get(name);
    if (there !== undefined) {
      for (const one of there) if (one.port === wanted && (!asked || one.transport === asked)) return true;
    }
    if (name !== 'localhost' && !isLoopback(name)) return false;
    return this.#all.some(
      (one) =>
        one.port === wanted &&
        (!asked || one.transport === asked) &&
        (one.wildcard || (name === 'localhost' && isLoopback(one.address))),
    );
  }
}

function key(host: string, port: number | string): string {
  return host.indexOf(':') >= 0 ? `${canonical(host)}|${port}` : `${host}|${port}`;
}
