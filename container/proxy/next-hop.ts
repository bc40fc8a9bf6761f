// The hops of one request (RFC 3263 §4.3), tried one after another.
import type { Uri } from '../message/index.js';
import type { Flow, Hop } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';

/** Where hops are found. */
export interface Location {
  /** RFC 3263; a promise only where names are to be resolved. `size` is the request's in octets. May throw. */
  locate(uri: Uri, size: number): readonly Hop[] | Promise<readonly Hop[]>;
  /** This hop has failed: for a while it comes last (RFC 3263 §4.3). */
  avoid(hop: Hop): void;
}

/** Who sends the request. */
export interface HopUser {
  /** Octets of the request as it will be sent to that URI, about (§18.1.1). */
  sizeFor(next: Uri): number;
  /** Sends it to this hop. */
  attempt(hop: Hop, isLast: boolean): void;
  /** No hop was found (§8.1.3.1, §16.9). */
  unreachable(error: unknown): void;
  /** Asked when a name has been resolved. False: the request is not to be sent any longer, and the user has dealt with that. */
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
   * Finds the hops and tries the first one: at once, unless a name is to be resolved. `next` is undefined where the first Route value is not a URI;
   * `internal` is a flow of the container to itself that the request takes instead.
   */
  find(next: Uri | undefined, internal: Flow | undefined): void {
    if (internal !== undefined) this.#begin([hopOf(internal)]);
    else if (next === undefined) this.user.unreachable(new Error('the first Route value is not a URI'));
    else this.#locate(next);
  }

  #locate(next: Uri): void {
    let located: readonly Hop[] | Promise<readonly Hop[]>;
    try {
      located = this.location.locate(next, this.user.sizeFor(next));
    } catch (error) {
      located = Promise.reject(error);
    }
    if (!(located instanceof Promise)) {
      this.#begin(located);
      return;
    }
    located.then(
      (hops) => {
        if (this.user.mayGoOn()) this.#begin(hops);
      },
      (error: unknown) => {
        if (this.user.mayGoOn()) this.user.unreachable(error);
      },
    );
  }

  #begin(hops: readonly Hop[]): void {
    this.#hops = hops;
    const [first] = hops;
    if (first === undefined) this.user.unreachable(new Error('no place to send it to'));
    else this.user.attempt(first, hops.length === 1);
  }

  /** Sends it again to the hop that was tried last. */
  again(): void {
    const hop = this.#hops[this.#at];
    if (hop !== undefined) this.user.attempt(hop, this.#at === this.#hops.length - 1);
  }

  /** The hop that was tried last has failed: tries the next one. False when there is none. */
  tryNext(): boolean {
    const failed = this.#hops[this.#at];
    const next = this.#hops[this.#at + 1];
    if (failed === undefined || next === undefined) return false;
    this.location.avoid(failed);
    this.#at++;
    this.user.attempt(next, this.#at === this.#hops.length - 1);
    return true;
  }

  /** No other hop will be tried. */
  forget(): void {
    this.#hops = NO_HOPS;
  }
}
