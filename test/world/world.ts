// A whole network in one process: phones, whatever is tested, and the wires between them, under a clock and a seed.
import { Agenda } from '../../container/base/agenda.js';
import type { Clock } from '../../container/base/clock.js';
import type { Identifiers } from '../../container/base/identifiers.js';
import type { Network, Resolver } from '../../container/transport/network.js';
import { CountingIdentifiers } from './counting-identifiers.js';
import { drawLadder, type LadderOptions } from './ladder.js';
import { Phone, type PhoneOptions } from './phone.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { canonical, endpoint, isWildcard } from './transmission.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualNetwork } from './virtual-network.js';
import { VirtualResolver } from './virtual-resolver.js';

export interface WorldOptions {
  readonly seed?: number;
}

/**
 * What a system under test gets of the world instead of the host's own: everything that is not a function of its
 * inputs.
 */
export interface Ports {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly network: Network;
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly identifiers: Identifiers;
  readonly resolver: Resolver;
  /** Tells the test of a fault that nobody else hears of: the next wait fails with it. */
  fault(error: unknown): void;
}

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly identifiers: CountingIdentifiers;
  /** Names: those of phones and of what is attached are in it. */
  readonly resolver = new VirtualResolver();
  readonly scheduler: Scheduler;
  /** Jobs are done as in the container: when the event at hand has been dealt with, before the next. */
  readonly agenda: Agenda;

  constructor(options: WorldOptions = {}) {
    this.seed = options.seed ?? 1;
    this.random = new Random(this.seed);
    this.network = new VirtualNetwork(this.clock, this.random.fork('network'));
    this.identifiers = new CountingIdentifiers(this.random.fork('identifiers'));
    this.scheduler = new Scheduler(this.clock, (what, cause) => this.failure(what, cause));
    this.agenda = new Agenda(queueMicrotask, (error) => this.scheduler.fault(error));
  }

  /** Puts a phone on the network. */
  phone(name: string, address: string, options: PhoneOptions = {}): Phone {
    const phone = new Phone(this, name, address, options);
    this.#name(name, [phone.address], phone.port);
    return phone;
  }

  /** Gives a system under test its place on the network, a column in the ladder, and the ports that it runs on. */
  attach(name: string, addresses: readonly string[]): Ports {
    const own = addresses.map(canonical);
    if (own.some(isWildcard)) throw new Error(`${name} needs addresses of its own`);
    this.#name(name, own);
    return {
      name,
      addresses: own,
      network: this.network.host(own),
      clock: this.clock,
      agenda: this.agenda,
      identifiers: this.identifiers,
      resolver: this.resolver,
      fault: (error) => this.scheduler.fault(error),
    };
  }

  /** Lets `ms` pass, event by event; all promises settle in between. */
  run(ms: number): Promise<void> {
    return this.scheduler.run(ms);
  }

  /** Lets time pass until nothing is under way on the network. Deadlines that are far away stay there. */
  deliver(limit = 60_000): Promise<void> {
    return this.scheduler.until(
      () => (this.network.underway === 0 ? null : undefined),
      limit,
      () => {
        throw this.failure(`the network is not quiet after ${limit / 1000} s`);
      },
    ) as Promise<unknown> as Promise<void>;
  }

  /** Lets time pass until nothing is to come, no deadline either; at most `limit` ms. */
  async runUntilIdle(limit = 3_600_000): Promise<void> {
    await this.scheduler.until<boolean>(
      () => this.clock.pending === 0 || undefined,
      limit,
      () => true,
    );
  }

  /**
   * Lets time pass until what the system under test has promised has come: `await world.complete(container.stop())`.
   */
  async complete<T>(promise: Promise<T>, within = 60_000): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    promise.then(end, end);
    await this.scheduler.until<boolean>(
      () => ended || undefined,
      within,
      () => {
        throw this.failure(`what was promised did not come within ${within / 1000} s`);
      },
    );
    return promise;
  }

  ladder(options: LadderOptions = {}): string {
    return drawLadder(this.network.record, (address) => this.network.nameOf(address), options);
  }

  /** An error that tells how to see it again. */
  failure(what: string, cause?: unknown): Error {
    const place = `seed ${this.seed}, ${(this.clock.now() / 1000).toFixed(3)} s`;
    return new Error(`${what} (${place})\n\n${this.ladder({ last: 100 })}\n`, { cause });
  }

  #name(name: string, addresses: readonly string[], port?: number): void {
    this.resolver.address(name, ...addresses);
    for (const address of addresses) {
      if (port !== undefined) this.network.names.set(endpoint(address, port), name);
      if (!this.network.names.has(address)) this.network.names.set(address, name);
    }
  }
}
