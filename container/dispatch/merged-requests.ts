// Merged requests (§8.2.2.2): the same request arrives by another path while an application of ours answers it as a
// user agent.
import type { Clock } from '../base/clock.js';
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { originOf } from '../transport/internal-flow.js';

/** A request that an application has taken. */
interface TakenRequest {
  /** The application answers it itself, and does not proxy it. */
  readonly isUserAgent: boolean;
  /** The application has chosen between the two. */
  readonly isDecided: boolean;
}

/** Called when it is known whether a request is merged. */
type Decided = (isMerged: boolean) => void;

/** One that arrived from outside and has no final response yet. */
export class PendingRequest {
  /** Another with the same identification. */
  next: PendingRequest | undefined;
  /** An application behind the one that took it is its user agent. */
  isServed = false;
  #waiting: Decided[] | undefined;

  constructor(
    private readonly requests: MergedRequests,
    readonly key: string,
    readonly uri: string,
    readonly taken: TakenRequest,
  ) {}

  /** It is answered by an application, and not proxied. */
  get isAnswered(): boolean {
    return this.isServed || this.taken.isUserAgent;
  }

  whenDecided(then: Decided): void {
    this.#waiting ??= [];
    this.#waiting.push(then);
  }

  /** The application has chosen its role, or the request has its final response. */
  decided(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    const isMerged = this.isAnswered;
    // Not within the handler that has just chosen.
    this.requests.clock.start(0, { expire: () => waiting.forEach((then) => void then(isMerged)) }, 'merged requests');
  }

  /** It has its final response. */
  leave(): void {
    this.requests.remove(this);
    this.decided();
  }
}

export class MergedRequests {
  readonly #pending = new Map<string, PendingRequest>();

  constructor(readonly clock: Clock) {}

  /**
   * Whether it is one: from outside, with the Request-URI of a pending one. Proxies forward both, and an application
   * may get several requests that another one has made of one. When that is not known yet it returns undefined, and
   * `decided` is called later.
   */
  has(request: Request, flow: Flow, decided: Decided): boolean | undefined {
    if (this.#pending.size === 0 || originOf(flow) !== flow) return false;
    let isUndecided: PendingRequest | undefined;
    for (let each = this.#pending.get(keyOf(request)); each !== undefined; each = each.next) {
      if (each.uri !== request.uri) continue;
      if (each.isAnswered) return true;
      if (!each.taken.isDecided) isUndecided = each;
    }
    isUndecided?.whenDecided(decided);
    return isUndecided === undefined ? false : undefined;
  }

  /** An application has taken it; undefined for one that another application of ours has sent. */
  add(request: Request, flow: Flow, taken: TakenRequest): PendingRequest | undefined {
    if (originOf(flow) !== flow) return undefined;
    const pending = new PendingRequest(this, keyOf(request), request.uri, taken);
    pending.next = this.#pending.get(pending.key);
    this.#pending.set(pending.key, pending);
    return pending;
  }

  /** An application has become the user agent in a request that another application of ours has proxied to it. */
  served(request: Request): void {
    for (let each = this.#pending.get(keyOf(request)); each !== undefined; each = each.next) each.isServed = true;
  }

  remove(pending: PendingRequest): void {
    let first = this.#pending.get(pending.key);
    if (first === pending) {
      first = pending.next;
      if (first === undefined) this.#pending.delete(pending.key);
      else this.#pending.set(pending.key, first);
      return;
    }
    for (let each = first; each !== undefined; each = each.next) if (each.next === pending) each.next = pending.next;
  }
}

/** The fields that merged requests share. */
function keyOf(request: Request): string {
  return `${request.from.tag} ${request.cseq.number} ${request.method} ${request.callId}`;
}
