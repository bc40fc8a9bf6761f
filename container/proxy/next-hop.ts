// The hops of one request (RFC 3263 §4.3), tried one after another.
import type { Uri } from '../message/index.js';
import type { Flow, Hop } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';

/** Where hops are found. */
export interface Location {
  /** RFC 3263; a promise only where names must be resolved. `size` is that of the request, in octets. May throw. */
  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]>;
  /** This hop has failed: for a while it is tried last (RFC 3263 §4.3). */
  avoid(hop: Hop): void;
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
        if (this.user.mayGoOn()) this.user.unreachable(error);
      },
    );
    return undefined;
  }

  private resolved(hops: readonly Hop[]): void {
    const first = this.user.mayGoOn() ? this.first(hops) : undefined;
    if (first !== undefined) this.user.attempt(first);
  }

  private first(hops: readonly Hop[]): Hop | undefined {
    this.#hops = hops;
    const [first] = hops;
    if (first === undefined) this.user.unreachable(new Error('no place to send it to'));
    return first;
  }

  /** No hop is left after the one given last. */
  get isLast(): boolean {
    return this.#at + 1 >= this.#hops.length;
  }

  /** Sends it again to the hop that was tried last. */
  again(): void {
    const hop = this.#hops[this.#at];
    if (hop !== undefined) this.user.attempt(hop);
  }

  /** The hop that was tried last has failed: tries the next one. False when there is none. */
  tryNext(): boolean {
    const failed = this.#hops[this.#at];
    const next = this.#hops[this.#at + 1];
    if (failed === undefined || next === undefined) return false;
    this.location.avoid(failed);
    this.#at++;
    this.user.attempt(next);
    return true;
  }

  /** No other hop will be tried. */
  forget(): void {
    this.#hops = NO_HOPS;
  }
}
