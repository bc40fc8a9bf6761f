// Merged requests (§8.2.2.2): a second copy of a request arrives by another way while an application of ours has the
// first one without a final response.
import type { Clock, Timed } from '../base/clock.js';
import { type Request, responseTo } from '../message/index.js';
import type { ServerTransaction, ServerUser } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import { hopsInside } from '../transport/internal-flow.js';

/** A copy of a request. The application has not shown yet whether it answers or proxies the first one. */
interface Copy {
  /** The application proxies the first one: the copy is a request like any other (§16.3). */
  begin(): void;
  /** The application answers the first one as a user agent. */
  refuse(): void;
}

/** A request that an application has taken. */
interface TakenRequest {
  readonly request: Request;
  readonly application: { readonly name: string };
  readonly transaction: ServerTransaction;
  /** A final response was sent, or was handed over for sending. */
  readonly answered: boolean;
  readonly isProxied: boolean;
  readonly isUserAgent: boolean;
  readonly account: { readonly isClosed: boolean };
}

/** A request that an application has and may answer itself, with the copies that wait for its role. */
export class OpenRequest {
  #copies: Copy[] = [];

  constructor(
    private readonly all: Map<string, OpenRequest>,
    private readonly key: string,
    readonly taken: TakenRequest,
  ) {}

  get isUserAgent(): boolean {
    return this.taken.isUserAgent;
  }

  /** Keeps a copy back until the application has shown its role. */
  hold(copy: Copy): void {
    this.#copies.push(copy);
  }

  /** Something has changed. */
  look({ isProxied, answered, isUserAgent }: TakenRequest): void {
    if (isProxied) this.begins();
    else if (answered) this.ends();
    else if (isUserAgent) this.#refuse();
  }

  /** Copies of it are requests like any other. */
  begins(): void {
    this.#remove();
    for (const copy of this.#copies.splice(0)) copy.begin();
  }

  /** It has a final response, or has ended without one. */
  ends(): void {
    this.#remove();
    this.#refuse();
  }

  #refuse(): void {
    for (const copy of this.#copies.splice(0)) copy.refuse();
  }

  #remove(): void {
    if (this.all.get(this.key) === this) this.all.delete(this.key);
  }
}

export class MergedRequests {
  readonly #open = new Map<string, OpenRequest>();

  /**
   * The open request that this one copies, where the same application has it. Requests that another application of
   * ours made out of one received request, by forking, searching or redirecting it, do not copy each other.
   */
  originalOf(request: Request, application: string, flow: Flow): OpenRequest | undefined {
    if (this.#open.size === 0) return undefined;
    const original = this.#open.get(keyOf(request, application, request.uri));
    if (original === undefined) return undefined;
    const { taken } = original;
    return enteredBy(request, flow) === enteredBy(taken.request, taken.transaction.flow) ? undefined : original;
  }

  /**
   * The application has been called. Undefined when it has answered or proxied the request at once. `uri` is the
   * Request-URI as received.
   */
  opened(taken: TakenRequest, uri: string): OpenRequest | undefined {
    if (taken.answered || taken.isProxied || taken.account.isClosed) return undefined;
    const key = keyOf(taken.request, taken.application.name, uri);
    const open = new OpenRequest(this.#open, key, taken);
    this.#open.set(key, open);
    return open;
  }
}

/** A copy that is kept back: its transaction may be cancelled meanwhile. */
export class HeldCopy implements Copy, ServerUser, Timed {
  constructor(
    private readonly request: Request,
    private readonly transaction: ServerTransaction,
    private readonly clock: Clock,
    private readonly goOn: () => void,
  ) {
    transaction.user = this;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100)); // C-5
  }

  begin(): void {
    // Not within the handler that has just proxied the first one.
    this.clock.start(0, this, '');
  }

  expire(): void {
    if (this.#isOpen) this.goOn();
  }

  refuse(): void {
    this.#answer(482);
  }

  /** C-29. */
  cancelled(): void {
    this.#answer(487);
  }

  get #isOpen(): boolean {
    const { user, state } = this.transaction;
    return user === this && (state === 'proceeding' || state === 'trying');
  }

  #answer(status: number): void {
    const { request, transaction } = this;
    if (this.#isOpen) transaction.respond(responseTo(request, status, undefined, transaction.toTag));
  }
}

/** The fields that merged requests share, and the application that has them. */
function keyOf(request: Request, application: string, uri: string): string {
  return `${request.from.tag} ${request.cseq.number} ${request.method} ${application} ${uri} ${request.callId}`;
}

/** The Via with which it came to this container, by whatever applications of ours it has gone since. */
function enteredBy(request: Request, flow: Flow): string | undefined {
  return request.values('via')[hopsInside(flow)];
}
