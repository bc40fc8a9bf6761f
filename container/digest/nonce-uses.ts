// Counts how often the client has used a peer's nonce: nc grows with each request; the cnonce stays the same, and with
// it the session key (RFC 7616 §3.4).
import type { Challenge } from '@siplet/sdk';
import type { Identifiers } from '../base/identifiers.js';
import type { Use } from './request-digest.js';

/**
 * How many nonces are remembered. Beyond that, those used longest ago are forgotten; their count starts again, with
 * another cnonce.
 */
const MOST = 4096;
const HIGHEST = 0xffff_ffff;

export class NonceUses {
  readonly #uses = new Map<string, { readonly cnonce: string; count: number }>();
  readonly #chance: Identifiers;

  constructor(chance: Identifiers) {
    this.#chance = chance;
  }

  get size(): number {
    return this.#uses.size;
  }

  /** The next use of the challenge's nonce. */
  readonly next = ({ realm, parameters }: Challenge): Use => {
    const key = `${realm}\0${parameters.get('nonce')}`;
    let use = this.#uses.get(key);
    if (use === undefined || use.count === HIGHEST) use = { cnonce: this.#chance.id(), count: 0 };
    use.count++;
    this.#uses.delete(key);
    this.#uses.set(key, use);
    const [oldest] = this.#uses.keys();
    if (oldest !== undefined && this.#uses.size > MOST) this.#uses.delete(oldest);
    return { cnonce: use.cnonce, nc: use.count.toString(16).padStart(8, '0') };
  };
}
