// Merged requests (§8.2.2.2): the same request arrives by another path while an application of ours answers it as a
// user agent.
import type { Request } from '../message/index.js';

/** A request that an application has taken. */
interface TakenRequest {
  readonly request: Request;
  /** The application answers it itself, and does not proxy it. */
  readonly isUserAgent: boolean;
}

export class MergedRequests {
  readonly #answered = new Map<string, TakenRequest>();

  /** Whether it is one. Proxies forward both. */
  has(request: Request): boolean {
    return this.#answered.size > 0 && (this.#answered.get(keyOf(request))?.isUserAgent ?? false);
  }

  /** An application has begun to answer this request itself. */
  add(taken: TakenRequest): void {
    this.#answered.set(keyOf(taken.request), taken);
  }

  /** It has ended. */
  remove(taken: TakenRequest): void {
    const key = keyOf(taken.request);
    if (this.#answered.get(key) === taken) this.#answered.delete(key);
  }
}

/** The fields that merged requests share. */
function keyOf(request: Request): string {
  return `${request.from.tag} ${request.cseq.number} ${request.method} ${request.callId}`;
}
