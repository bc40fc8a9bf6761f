// The challenges of a 401 or 407 (§20.27, §20.44, RFC 7616 §3.3), read for applications.
import type * as sdk from '@siplet/sdk';
import { parseChallenge } from '../digest/index.js';
import type { Response } from '../message/index.js';

const HEADERS = [
  ['www-authenticate', 401],
  ['proxy-authenticate', 407],
] as const;

/** In the order of the header fields; a malformed one is skipped. */
export function challengesOf(response: Response): sdk.Challenge[] {
  const challenges: sdk.Challenge[] = [];
  for (const [key, status] of HEADERS) {
    for (const field of response.fieldsOf(key)) {
      const challenge = parseChallenge(field.value, status);
      if (challenge !== undefined) challenges.push(challenge);
    }
  }
  return challenges;
}
