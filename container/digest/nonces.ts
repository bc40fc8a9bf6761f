// Nonces without state (RFC 7616 §3.3): time, random characters, and a MAC over both and the realm, which only this
// host can make.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';

/**
 * Ours and valid; ours and too old; or not ours. A nonce is bound only to its realm: a client may use it again for
 * another call (Call-ID), from another address (mobile phones) and over another connection.
 */
type NonceState = 'fresh' | 'stale' | 'foreign';

interface CheckedNonce {
  readonly state: NonceState;
  /** Milliseconds on the clock. */
  readonly issued: number;
}

const FOREIGN: CheckedNonce = { state: 'foreign', issued: 0 };
/** The maximal length of our nonces. */
const LONGEST = 128;

export class Nonces {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #chance: Identifiers;
  /** Milliseconds. */
  readonly #lifetime: number;
  /**
   * Identifies this run of the container. It is unknown which uses an earlier run has seen, so nonces of earlier runs
   * are stale. Drawn when first needed.
   */
  #run: string | undefined;

  constructor(key: HashKey, clock: Clock, chance: Identifiers, lifetime: number) {
    this.#key = Buffer.alloc(8);
    this.#key.writeInt32LE(key[0], 0);
    this.#key.writeInt32LE(key[1], 4);
    this.#clock = clock;
    this.#chance = chance;
    this.#lifetime = lifetime;
  }

  get run(): string {
    this.#run ??= this.#chance.tag();
    return this.#run;
  }

  mint(realm: string): string {
    const head = `${Math.floor(this.#clock.now()).toString(36)}.${this.run}.${this.#chance.branch()}`;
    return `${head}.${this.#check(head, realm)}`;
  }

  check(nonce: string, realm: string): CheckedNonce {
    const dot = nonce.lastIndexOf('.');
    if (nonce.length > LONGEST || dot < 0) return FOREIGN;
    const head = nonce.slice(0, dot);
    const given = Buffer.from(nonce.slice(dot + 1), 'latin1');
    const own = Buffer.from(this.#check(head, realm), 'latin1');
    if (given.length !== own.length || !timingSafeEqual(given, own)) return FOREIGN;
    const [time = '', run] = head.split('.');
    const issued = Number.parseInt(time, 36);
    const isFresh = run === this.run && this.#clock.now() - issued <= this.#lifetime;
    return { state: isFresh ? 'fresh' : 'stale', issued };
  }

  #check(head: string, realm: string): string {
    return createHmac('sha256', this.#key)
      .update(`nonce\0${head}\0${realm}`, 'latin1')
      .digest('base64url')
      .slice(0, 22);
  }
}
