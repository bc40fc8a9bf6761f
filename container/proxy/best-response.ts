// The best response of a response context (§16.7 steps 6 and 7): one pure function over the final responses of the branches.
import type { Response } from '../message/index.js';

/** A final response that may be forwarded upstream. */
export interface Candidate {
  readonly response: Response;
  /** The 487 that a branch gave because it was cancelled. */
  readonly ofCancelled: boolean;
}

/** §16.7 step 6: within 4xx these tell the caller how to do better. */
const HELPFUL = [401, 407, 415, 420, 484];

/** How late a response is chosen within its class: smaller is better. */
function rank({ response: { status }, ofCancelled }: Candidate): number {
  if (ofCancelled) return 3;
  if (HELPFUL.includes(status)) return 0;
  // A 503 would go upstream as 500 (§16.7 step 6), and a 408 says least: any other of the class tells more.
  return status === 503 || status === 408 ? 2 : 1;
}

/**
 * Chooses among final responses, in the order in which they came: a 2xx if any, else a 6xx if any, else one of the lowest class; within a class
 * what helps the caller most, and of equals the first. Undefined when there is none.
 */
export function bestResponse(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const family = Math.floor(candidate.response.status / 100);
    const score = (family === 6 ? 2.5 : family) * 10 + rank(candidate);
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

const CHALLENGES = [
  ['www-authenticate', 'WWW-Authenticate'],
  ['proxy-authenticate', 'Proxy-Authenticate'],
] as const;

/** §16.7 step 7: a 401 or 407 carries the challenges of all 401s and 407s received, each unmodified, those of the chosen one first. */
export function aggregateChallenges(chosen: Candidate, candidates: readonly Candidate[]): void {
  const { status } = chosen.response;
  if (status !== 401 && status !== 407) return;
  for (const other of candidates) {
    if (other === chosen || (other.response.status !== 401 && other.response.status !== 407)) continue;
    for (const [key, name] of CHALLENGES) {
      const present = new Set(chosen.response.fieldsOf(key).map((field) => field.value));
      for (const field of other.response.fieldsOf(key)) {
        if (!present.has(field.value)) chosen.response.append(name, field.value);
      }
    }
  }
}

/** §16.7 step 6: a 503 tells of one server and not of this proxy, so it goes upstream as 500. */
export function becomeServerError(response: Response): void {
  response.status = 500;
  response.reason = 'Server Internal Error';
  response.delete('Retry-After');
}
