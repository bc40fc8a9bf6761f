// The credentials of one leg: they answer the challenges of its peer's side, and later requests have them from the
// start (§22.2, §22.3).
import type { Challenge, Credentials } from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Identifiers } from '../base/identifiers.js';
import { addAuthorization } from '../digest/index.js';
import type { Request, Response } from '../message/index.js';
import { challengesOf } from '../servlet/challenges.js';

/** How many realms are remembered (security: a peer that invents them). */
const MAX_REALMS = 8;

/** The challenges that one request has answered so far. */
export type AnsweredChallenges = Set<string>;

export class LegCredentials {
  /** The last challenge of each realm. */
  readonly #challenges = new Map<string, Challenge>();

  constructor(
    private readonly credentials: readonly Credentials[],
    private readonly chance: Identifiers,
  ) {}

  /** Writes the credentials for the realms that have challenged the leg before (§22.2: a client may do so). */
  authorize(request: Request): void {
    if (this.#challenges.size > 0) this.#write(request, [...this.#challenges.values()]);
  }

  /**
   * Writes the credentials that a 401 or 407 asks for. False: there are none for it, or the peer has refused them: the
   * same ones are not sent twice, except once when only the nonce was stale (RFC 7616 §3.3).
   */
  answer(request: Request, refusal: Response, answered: AnsweredChallenges): boolean {
    const challenges = challengesOf(refusal);
    for (const challenge of challenges) {
      const key = keyOf(challenge);
      const again = `${key} stale`;
      if (answered.has(key) && (!challenge.isStale || answered.has(again))) return false;
      answered.add(answered.has(key) ? again : key);
    }
    if (!this.#write(request, challenges)) return false;
    for (const challenge of challenges) {
      const key = keyOf(challenge);
      if (this.#challenges.size < MAX_REALMS || this.#challenges.has(key)) this.#challenges.set(key, challenge);
    }
    return true;
  }

  /** False when the application has no credentials for any of them. */
  #write(request: Request, challenges: readonly Challenge[]): boolean {
    try {
      addAuthorization(request, challenges, this.credentials, this.chance);
      return true;
    } catch (error) {
      if (error instanceof IllegalStateError) return false;
      throw error;
    }
  }
}

function keyOf({ status, realm }: Challenge): string {
  return `${status} ${realm}`;
}
