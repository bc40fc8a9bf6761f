// The choice of the best response (§16.7 steps 6 and 7): made when its handler has its turn, and again when that
// handler has added branches.
import type { Response } from '../message/index.js';
import { aggregateChallenges, bestResponse, type Candidate } from './best-response.js';
import type { Branch } from './branch.js';
import { branchWith } from './branches.js';
import type { Choice, Supervisor } from './supervisor.js';

/** The search, as far as the choice needs it. */
export interface Search {
  readonly supervisor: Supervisor;
  readonly branches: readonly Branch[];
  readonly completed: boolean;
  readonly cancelledUpstream: boolean;
  /** True while a branch has no final response, or has one whose handler waits for its turn. */
  readonly isUnderWay: boolean;
  generate(status: number): Response;
  /** Sends the response upstream: the best one, or the application's own in its place (C-12). */
  forward(response: Response, isReplacement: boolean): void;
  /** Goes on with the search, or makes the choice again. */
  progress(): void;
}

export class ResponseChoice {
  readonly #candidates: Candidate[] = [];
  #isBeingMade = false;
  #chosen: Candidate | undefined;
  /** A branch has begun since the choice was made. */
  #isOutdated = false;
  /** The response that the application gave in place of the best one (C-12). */
  #replacement: Response | undefined;

  constructor(private readonly search: Search) {}

  add(response: Response): void {
    this.#candidates.push({ response });
  }

  /** A branch has begun: the chosen response is a candidate again (C-17). */
  outdate(): void {
    this.#isOutdated = true;
  }

  /** The application answers in place of the best response. False when no handler of a best response is running. */
  replace(response: Response): boolean {
    if (!this.#isBeingMade || this.#chosen === undefined) return false;
    this.#replacement = response;
    return true;
  }

  /** Makes the choice, once: every branch has ended. */
  make(): void {
    if (this.#isBeingMade) return;
    this.#isBeingMade = true;
    this.#chosen = undefined;
    this.search.supervisor.best(
      () => this.#offer(),
      () => this.#settled(),
    );
  }

  /** An earlier handler may have added branches: undefined then. */
  #offer(): Choice | undefined {
    this.#chosen = undefined;
    const { search } = this;
    if (search.completed || search.isUnderWay) return undefined;
    this.#isOutdated = false;
    const { response } = this.#choose();
    return { branch: branchWith(response, search.branches), response };
  }

  #choose(): Candidate {
    const { search } = this;
    let chosen = bestResponse(this.#candidates);
    if (chosen === undefined) {
      const status = search.cancelledUpstream ? 487 : 408;
      chosen = { response: search.generate(status) };
      this.#candidates.push(chosen);
    }
    aggregateChallenges(chosen, this.#candidates);
    this.#chosen = chosen;
    return chosen;
  }

  /** The handler of the best response has settled (C-16, C-17). */
  #settled(): void {
    this.#isBeingMade = false;
    const { search } = this;
    if (search.completed) return;
    if (this.#replacement !== undefined) search.forward(this.#replacement, true);
    else if (this.#chosen === undefined || this.#isOutdated) search.progress();
    else search.forward(this.#chosen.response, false);
  }
}
