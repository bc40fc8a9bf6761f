// The hops of one request (RFC 3263 §4.3), tried one after another.
import type { Uri } from '../message/index.js';
import type { Flow, Hop } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';

/** Where hops are found. */
export interface Location {
  /**
   * RFC 3263; a promise only where names must be resolved. `size` is that of the request, in octets. The same `chance`
   * gives the same server. May throw.
   */
  locate(uri: Uri, size: number, chance?: () => number): readonly Hop[] | Promise<readonly Hop[]>;
  /** This hop has failed: for a while it is tried last (RFC 3263 §4.3). */
  avoid(hop: Hop): void;
  /** Whether it has failed a short while ago. */
  avoids(hop: Hop): boolean;
}

/** The sender of the request. */
export interface HopUser {
  /** The approximate size, in octets, of the request as it will be sent to that URI (§18.1.1). */
  sizeFor(next: Uri): number;
  /** Sends it to this hop. */
  attempt(hop: Hop): void;
  /** No hop was found (§8.1.3.1, §16.9). */
  unreachable(error: unknown): void;
  /**
   * Asked when a name has been resolved. False: the request must not be sent any more, and the user has dealt with
   * that.
   */
  mayGoOn(): boolean;
  /**
   * In a dialog: the flow on which the recipient was heard last. It is used where its URI leads nowhere, while a
   * connection stands.
   */
  readonly heardOn?: Flow | undefined;
}

const NO_HOPS: readonly Hop[] = [];

export class NextHop {
  #hops = NO_HOPS;
  #at = 0;

  constructor(
    private readonly location: Location,
    private readonly user: HopUser,
  ) {}

  /**
   * The first hop. Undefined when there is none, or when a name must be resolved; the user is told then. `next` is
   * undefined where the first Route value is not a URI; `internal` is a flow of the container to itself that the
   * request takes instead.
   */
  find(next: Uri | undefined, internal: Flow | undefined): Hop | undefined {
    if (internal !== undefined) return this.first([hopOf(internal)]);
    if (next !== undefined) return this.locate(next);
    this.user.unreachable(new Error('the first Route value is not a URI'));
    return undefined;
  }

  private locate(next: Uri): Hop | undefined {
    let located: readonly Hop[] | Promise<readonly Hop[]>;
    try {
      located = this.location.locate(next, this.user.sizeFor(next));
    } catch (error) {
      located = Promise.reject(error);
    }
    if (!(located instanceof Promise)) return this.first(located);
    located.then(
      (hops) => this.resolved(hops),
      (error: unknown) => {
        if (this.user.mayGoOn()) this.unresolved(error);
      },
    );
    return undefined;
  }

  private resolved(hops: readonly Hop[]): void {
    const first = this.user.mayGoOn() ? this.first(hops) : undefined;
    if (first !== undefined) this.user.attempt(first);
  }

  private unresolved(error: unknown): void {
    if (!this.tryHeardOn()) this.user.unreachable(error);
  }

  private first(hops: readonly Hop[]): Hop | undefined {
    this.#hops = hops;
    const { heardOn } = this;
    const isFirst = heardOn !== undefined && hops.every((hop) => this.location.avoids(hop));
    if (isFirst) this.#hops = [hopOf(heardOn), ...hops];
    const [first] = this.#hops;
    if (first === undefined) this.user.unreachable(new Error('no place to send it to'));
    return first;
  }

  /** The flow on which the recipient was heard last, unless a hop leads there. */
  private get heardOn(): Flow | undefined {
    const flow = this.user.heardOn;
    return flow?.open && !this.#hops.some((hop) => leadsTo(hop, flow)) ? flow : undefined;
  }

  /** No hop is left after the one given last. */
  get isLast(): boolean {
    return this.#at + 1 >= this.#hops.length && this.heardOn === undefined;
  }

  /** Sends it again to the hop that was tried last. */
  again(): void {
    const hop = this.#hops[this.#at];
    if (hop !== undefined) this.user.attempt(hop);
  }

  /** The hop that was tried last cannot be sent to: tries the next one. False when there is none. */
  tryNext(): boolean {
    const failed = this.#hops[this.#at];
    if (failed === undefined) return false;
    if (failed.flow === undefined) this.location.avoid(failed);
    return this.goOnTo(this.#at + 1) || this.tryHeardOn();
  }

  /** The server that was tried last has answered 503, or is silent: tries the next one. False when there is none. */
  tryNextServer(): boolean {
    const failed = this.#hops[this.#at];
    if (failed === undefined) return false;
    const next = this.#hops.findIndex((hop, at) => at > this.#at && !isSameServer(hop, failed));
    if (next < 0) return false;
    this.location.avoid(failed);
    return this.goOnTo(next);
  }

  private goOnTo(at: number): boolean {
    const next = this.#hops[at];
    if (next === undefined) return false;
    this.#at = at;
    this.user.attempt(next);
    return true;
  }

  private tryHeardOn(): boolean {
    const { heardOn } = this;
    if (heardOn === undefined) return false;
    this.#hops = [hopOf(heardOn)];
    return this.goOnTo(0);
  }

  /** No other hop will be tried. */
  forget(): void {
    this.#hops = NO_HOPS;
  }
}

/** A hop that forces the request onto a flow excludes all others. */
function leadsTo({ flow: forced, transport, address, port }: Hop, flow: Flow): boolean {
  if (forced !== undefined) return true;
  return port === flow.remotePort && address === flow.remoteAddress && transport === flow.transport;
}

/** A large request has two hops to one server (§18.1.1): UDP follows only where TCP is refused. */
function isSameServer(one: Hop, other: Hop): boolean {
  return one.address === other.address && one.port === other.port && one.host === other.host;
}
