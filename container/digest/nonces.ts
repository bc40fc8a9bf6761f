// Nonces without state (RFC 7616 §3.3): time, chance, and a check over both and the realm that nobody else can make.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';

/**
 * Ours and good; ours and too old; or not ours. Bound to the realm alone: a client may use it again for another call
 * (Call-ID), from another address (mobile phones) and over another connection.
 */
type NonceState = 'fresh' | 'stale' | 'foreign';

interface CheckedNonce {
  readonly state: NonceState;
  /** Milliseconds on the clock. */
  readonly issued: number;
}

const FOREIGN: CheckedNonce = { state: 'foreign', issued: 0 };
/** Characters of one of ours at most. */
const LONGEST = 128;

export class Nonces {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #chance: Identifiers;
  /** Milliseconds. */
  readonly #lifetime: number;
  /**
   * Of this run: which uses of an earlier run's nonces were seen is not known any more, so they are stale. Drawn when
   * it is needed.
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
