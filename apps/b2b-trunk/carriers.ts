// Carriers and their circuits: how many calls each has, and that it never has more than it may.
import type { SipUri } from '@siplet/sdk';
import type { Rewrite } from './numbers.js';

/** Headers that a carrier is not shown, and those that it is shown instead. */
export interface HeaderPolicy {
  readonly remove: readonly string[];
  readonly set: ReadonlyMap<string, string>;
}

export interface Carrier {
  readonly name: string;
  /** Where it is reached; the number becomes its user. */
  readonly uri: SipUri;
  /** Calls at one time. */
  readonly limit: number;
  /** Seconds until it must have answered. */
  readonly timeout: number;
  readonly rewrite: readonly Rewrite[];
  /** The caller that it is shown, whoever calls; undefined is who does. */
  readonly callerId: string | undefined;
  /** Whether it is told who calls when the caller does not want to be shown (RFC 3325 §7). */
  readonly trusted: boolean;
  readonly headers: HeaderPolicy;
}

/** One call at one carrier. */
export interface Circuit {
  /** Gives it back; a second time does nothing. */
  release(): void;
}

/** Counts the calls of each carrier. */
export class Circuits {
  readonly #taken = new Map<string, number>();

  /** Undefined when the carrier has as many calls as it may. */
  take({ name, limit }: Pick<Carrier, 'name' | 'limit'>): Circuit | undefined {
    const taken = this.taken(name);
    if (taken >= limit) return undefined;
    this.#taken.set(name, taken + 1);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#taken.set(name, this.taken(name) - 1);
        isHeld = false;
      },
    };
  }

  taken(name: string): number {
    return this.#taken.get(name) ?? 0;
  }
}
