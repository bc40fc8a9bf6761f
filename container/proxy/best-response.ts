// The best response of a response context (§16.7 steps 6 and 7): one pure function over the final responses of the
// branches.
import type { Response } from '../message/index.js';

/** A final response that may be forwarded upstream. */
export interface Candidate {
  readonly response: Response;
  /** The 487 that a branch gave because it was cancelled. */
  readonly ofCancelled: boolean;
}

/** §16.7 step 6: within 4xx these tell the caller how to succeed. */
const HELPFUL = [401, 407, 415, 420, 484];

/** How late a response is chosen within its class: smaller is better. */
function rank({ response: { status }, ofCancelled }: Candidate): number {
  if (ofCancelled) return 3;
  if (HELPFUL.includes(status)) return 0;
  // A 503 would go upstream as 500 (§16.7 step 6), and a 408 says the least: any other response of its class says more.
  return status === 503 || status === 408 ? 2 : 1;
}

/**
 * Chooses among final responses, which are in the order of their arrival: a 2xx if there is one, else a 6xx, else one
 * of the lowest class. Within a class it is the one that helps the caller most, and among equals the first. Undefined
 * when there are no responses.
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

/**
 * §16.7 step 7: a 401 or 407 carries the challenges of all 401s and 407s received, each unmodified, those of the chosen
 * one first.
 */
export function aggregateChallenges(chosen: Candidate, candidates: readonly Candidate[]): void {
  if (!isChallenge(chosen.response)) return;
  for (const { response } of candidates)
    if (response !== chosen.response && isChallenge(response)) addChallenges(chosen.response, response);
}

function isChallenge({ status }: Response): boolean {
  return status === 401 || status === 407;
}

/** Adds those that the response does not have yet. */
function addChallenges(to: Response, from: Response): void {
  for (const [key, name] of CHALLENGES) {
    const present = new Set(to.fieldsOf(key).map((field) => field.value));
    for (const { value } of from.fieldsOf(key)) if (!present.has(value)) to.append(name, value);
  }
}

/** §16.7 step 6: a 503 is about one server, not about this proxy, so it goes upstream as 500. */
export function becomeServerError(response: Response): void {
  response.status = 500;
  response.reason = 'Server Internal Error';
  response.delete('Retry-After');
}
