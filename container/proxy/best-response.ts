// The best response of a response context (§16.7 steps 6 and 7): one pure function over the final responses of the
// branches.
import type { Response } from '../message/index.js';

/** A final response that may be forwarded upstream. */
export interface Candidate {
  readonly response: Response;
}

/** §16.7 step 6: within 4xx these tell the caller how to succeed. */
const HELPFUL = [401, 407, 415, 420, 484];

/** How late a response is chosen within its class: smaller is better. */
function rank({ response: { status } }: Candidate): number {
  // It says only that somebody gave up, and not what the callee would have said.
  if (status === 487) return 3;
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

/** Octets of challenges in one response: with the rest of it they must fit a datagram. */
const MAX_CHALLENGES = 16_384;

/**
 * §16.7 step 7: a 401 or 407 carries the challenges of all 401s and 407s received, each unmodified, those of the chosen
 * one first; those that exceed the bound are left out.
 */
export function aggregateChallenges(chosen: Candidate, candidates: readonly Candidate[]): void {
  const to = chosen.response;
  if (!isChallenge(to)) return;
  let room = boundChallenges(to);
  for (const { response } of candidates)
    if (response !== to && isChallenge(response)) room = addChallenges(to, response, room);
}

function isChallenge({ status }: Response): boolean {
  return status === 401 || status === 407;
}

/** Leaves the response only those of its own challenges that fit; returns the octets that are left. */
function boundChallenges(response: Response): number {
  let room = MAX_CHALLENGES;
  for (const [key, name] of CHALLENGES) {
    const values = response.fieldsOf(key).map((field) => field.value);
    const kept = values.filter((value) => {
      const fits = sizeOf(name, value) <= room;
      if (fits) room -= sizeOf(name, value);
      return fits;
    });
    if (kept.length < values.length) response.set(name, kept);
  }
  return room;
}

/** Adds those that the response does not have yet and that fit; returns the octets that are left. */
function addChallenges(to: Response, from: Response, octets: number): number {
  let room = octets;
  for (const [key, name] of CHALLENGES) {
    const present = new Set(to.fieldsOf(key).map((field) => field.value));
    for (const { value } of from.fieldsOf(key)) {
      if (present.has(value) || sizeOf(name, value) > room) continue;
      present.add(value);
      room -= sizeOf(name, value);
      to.append(name, value);
    }
  }
  return room;
}

/** Octets of the header field on the wire. */
function sizeOf(name: string, value: string): number {
  return name.length + value.length + 4;
}

/** §16.7 step 6: a 503 is about one server, not about this proxy, so it goes upstream as 500. */
export function becomeServerError(response: Response): void {
  response.status = 500;
  response.reason = 'Server Internal Error';
  response.delete('Retry-After');
}
