// One branch of a response context: a target, its hops (RFC 3263), its client transactions one after another, Timer C
// (§16.8).
import type { Deadline, Timed } from '../base/clock.js';
import type { Request, Response, Uri } from '../message/index.js';
import type { ClientTransaction, ClientUser, ServerTransaction, TransactionFailure } from '../transaction/user.js';
import { type Flow, type Hop, leavingFrom } from '../transport/flow.js';
import {
  addContentLength,
  addRecordRoute,
  addSessionExpires,
  decrementMaxForwards,
  postprocessRouting,
  replaceRequestUri,
  sizeOf,
  writeMaxBreadth,
} from './forwarding.js';
import { type HopUser, NextHop } from './next-hop.js';
import type { BranchOptions } from './proxy-options.js';
import type { ProxyServices } from './services.js';

/**
 * `waiting`: not started. `pending`: started, without a final response. `ended`: has one, or was abandoned.
 */
type BranchState = 'waiting' | 'pending' | 'ended';

/** Why a branch was cancelled: it decides what counts as its response. */
export type CancelCause = 'upstream' | 'application' | 'timeout' | 'elsewhere';

/** How many different 2xx of one branch are passed on: forks downstream (security: a flood of them). */
const MAX_FORKS = 32;

const NO_BRANCHES: readonly Branch[] = [];
const NO_TAGS: readonly string[] = [];

/** The response context, as its branches see it. */
export interface BranchContext {
  readonly services: ProxyServices;
  readonly server: ServerTransaction;
  readonly original: Request;
  readonly inbound: Flow;
  readonly isInvite: boolean;
  /** The second part of the branch parameter (RFC 5393), or ''. */
  readonly loopPart: string;
  readonly recordRoute: string | undefined;
  readonly path: string | undefined;
  readonly sessionExpires: number | undefined;
  readonly isInDialog: boolean;
  readonly outboundInterface: string | undefined;
  readonly timeout: number;
  readonly provisionalTimeout: number | undefined;
  readonly recurse: boolean;
  readonly toNextApplication: ((request: Request) => Flow | number | undefined) | undefined;
  /** No further target may be tried. */
  readonly isOver: boolean;
  /** In a dialog: the flow on which the recipient was heard last. */
  readonly heardOn: Flow | undefined;
  /** Milliseconds that the branch may take (C-23); undefined: as long as its transaction allows. */
  limitOf(branch: Branch): number | undefined;
  generate(status: number): Response;
  /** A client transaction has begun, or ended. */
  opened(): void;
  closed(): void;
  provisional(branch: Branch, response: Response): void;
  succeeded(branch: Branch, response: Response, isRetransmission: boolean): void;
  ended(branch: Branch, response: Response): void;
  /** Its time is over, although the response to its CANCEL may still come. */
  timedOut(): void;
  /** Sends a 2xx to INVITE upstream. Others may follow it. */
  forwardSuccess(response: Response): void;
  /** Sends a 2xx to another method upstream: the only one. */
  forwardOnce(response: Response): void;
}

export class Branch implements ClientUser, HopUser, Timed {
  state: BranchState = 'waiting';
  /** The last response received on this branch: a 1xx, then the final one. */
  latest: Response | undefined;
  /** The options that the application has set for this branch alone. */
  options: BranchOptions | undefined;
  /** Whether the request went out with a Record-Route of ours. */
  isRecordRouted = false;
  /** Its target's scheme cannot be sent to, and no Route says how. */
  isUnroutable = false;
  /** The branches that its 3xx added (C-26). */
  recursed: readonly Branch[] = NO_BRANCHES;
  /** The To tags of its 1xx: its early dialogs. */
  earlyTags = NO_TAGS;
  /** The object that the application holds for it. */
  facade: object | undefined;
  cancelCause: CancelCause | undefined;
  /** Its share of Max-Breadth while it is pending (RFC 5393 §5.3.3.1). */
  breadth = 0;
  #request: Request | undefined;
  #transaction: ClientTransaction | undefined;
  #flow: Flow | undefined;
  readonly #hops: NextHop;
  /** A 1xx has arrived, 100 included: a CANCEL may be sent (§9.1). */
  #provisional = false;
  #timerC: Deadline | undefined;
  #limit: Deadline | undefined;
  /** Until its first 1xx. */
  #silence: Deadline | undefined;
  /**
   * The To tags of the 2xx that were passed on: a new tag is a fork's, a known one a retransmission's (C-10a, C-10b).
   */
  #successTags: string[] | undefined;

  constructor(
    readonly context: BranchContext,
    /** The target, as the application or a Contact wrote it. */
    readonly target: string,
    readonly parent: Branch | undefined,
  ) {
    this.#request = this.#prepared();
    this.#hops = new NextHop(context.services, this);
  }

  #prepared(): Request {
    const request = this.context.original.clone(); // step 1
    replaceRequestUri(request, this.target); // step 2
    return request;
  }

  /**
   * Prepared by §16.6 steps 1 and 2; the application may edit it until the branch starts. For a lingering branch it is
   * made again.
   */
  get request(): Request {
    this.#request ??= this.#prepared();
    return this.#request;
  }

  /** The flow on which it was sent last. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  /** How many redirections led here. */
  get depth(): number {
    return this.parent === undefined ? 0 : this.parent.depth + 1;
  }

  /** Sends the request to the first hop that takes it (§16.6 steps 3 to 11). */
  start(): void {
    this.state = 'pending';
    const { services } = this.context;
    decrementMaxForwards(this.request, services.settings.maxForwards); // step 3
    writeMaxBreadth(this.request, this.breadth);
    const { sessionExpires, isInDialog } = this.context;
    if (sessionExpires !== undefined && (isInDialog || this.#recordRouteParameters !== undefined))
      addSessionExpires(this.request, sessionExpires);
    const limit = this.context.limitOf(this);
    if (limit !== undefined) this.#limit = services.clock.start(limit, this, 'timeout');
    const { provisionalTimeout } = this.context;
    if (provisionalTimeout !== undefined)
      this.#silence = services.clock.start(provisionalTimeout, this, 'provisional timeout');
    const application = this.context.toNextApplication?.(this.request);
    if (typeof application === 'number') {
      this.#end(this.context.generate(application));
      return;
    }
    const next = application === undefined ? postprocessRouting(this.request) : this.request.target; // steps 6 and 7
    if (application === undefined && next !== undefined && !next.isSip) {
      this.isUnroutable = true;
      this.#end(this.context.generate(416));
      return;
    }
    addContentLength(this.request); // step 9
    const internal =
      application ?? (next === undefined ? undefined : services.internalFlow(next, this.context.inbound));
    const hop = this.#hops.find(next, internal);
    if (hop !== undefined) this.attempt(hop);
  }

  /**
   * Cancels it (§9.1, §16.10): a CANCEL goes out once a 1xx has arrived. If a timeout or the application cancels, the
   * branch is abandoned when no response to the CANCEL can come, or none came soon. If the caller or the final response
   * of another branch cancels, the branch is awaited (64*T1 after the CANCEL). `reason` is the value of a Reason header
   * (RFC 3326).
   */
  cancel(cause: CancelCause, reason?: string): void {
    if (this.state === 'waiting') this.state = 'ended';
    if (this.state !== 'pending' || this.cancelCause !== undefined) return;
    const mayWait = cause === 'upstream' || cause === 'elsewhere';
    if (!this.context.isInvite && mayWait) return; // §9.1: only INVITE is cancelled
    this.cancelCause = cause;
    this.#limit?.stop();
    this.#silence?.stop();
    this.#transaction?.cancel(reason);
    if (this.#transaction === undefined) this.#giveUp();
    else if (mayWait) return;
    else if (!this.#provisional) this.#giveUp();
    else this.#limit = this.context.services.clock.start(this.context.services.settings.cancelGrace, this, 'grace');
  }

  /** The parameters of our Record-Route URI on this branch; undefined: there is none. */
  get #recordRouteParameters(): string | undefined {
    const own = this.options?.recordRoute;
    return own === undefined ? this.context.recordRoute : own?.();
  }

  /** The parameters of our Path URI (RFC 3327). */
  get #pathParameters(): string | undefined {
    const own = this.options?.path;
    return own === undefined ? this.context.path : own?.();
  }

  get heardOn(): Flow | undefined {
    return this.context.heardOn;
  }

  sizeFor(next: Uri): number {
    return sizeOf(this.request, next, this.context.inbound, this.#recordRouteParameters, this.#pathParameters);
  }

  /** Meanwhile the branch, or the whole search, may have ended. */
  mayGoOn(): boolean {
    if (this.state !== 'pending') return false;
    if (!this.context.isOver) return true;
    this.#giveUp();
    return false;
  }

  /**
   * §16.6 steps 4, 8, 10 and 11 for the hop whose turn it is: each has its own transaction and branch parameter (RFC
   * 3263 §4.3).
   */
  attempt(hop: Hop): void {
    const { context } = this;
    const { services } = context;
    // The last hop takes the prepared request itself: it is not needed afterwards.
    const request = this.#hops.isLast ? this.request : this.request.clone();
    const from = this.options?.outboundInterface ?? context.outboundInterface;
    const flow = hop.flow ?? services.open(leavingFrom(from, hop));
    this.#flow = flow;
    const recordRoute = this.#recordRouteParameters;
    this.isRecordRouted = recordRoute !== undefined;
    addRecordRoute(request, recordRoute, this.#pathParameters, context.inbound, flow);
    this.#provisional = false;
    if (context.isInvite) this.#startTimerC();
    const bound = { transport: hop.transport, address: hop.address, port: hop.port, host: hop.host, flow };
    context.opened();
    this.#transaction = services.transactions.send(request, bound, this, context.loopPart);
  }

  /** RFC 3263 §4.3: a hop that fails is followed by the next one, unless the branch was cancelled. */
  #tryNextHop(isUnsent: boolean): boolean {
    if (this.cancelCause !== undefined || this.context.isOver) return false;
    return isUnsent ? this.#hops.tryNext() : this.#hops.tryNextServer();
  }

  /** §16.9: a target that cannot be reached counts as a 503. */
  unreachable(error: unknown): void {
    this.context.services.problem(`${this.context.original.method} cannot be sent to ${this.target}`, error);
    this.#end(this.context.generate(503));
  }

  /**
   * Whether it has its final response, and so have those below it; branches whose transactions linger are added to
   * `open`.
   */
  hasEnded(open: Branch[]): boolean {
    if (this.state === 'pending') return false;
    if (this.#transaction !== undefined && this.#transaction.state !== 'terminated') open.push(this);
    return this.recursed.every((branch) => branch.hasEnded(open));
  }

  /** Its transaction ends without it. */
  leave(user: ClientUser): void {
    if (this.#transaction !== undefined) this.#transaction.user = user;
  }

  /** It has ended, and so has the search. */
  linger(): void {
    if (this.state !== 'ended') return;
    this.#request = undefined; // an application that has it keeps it
    this.latest?.pack();
    this.#hops.forget();
    this.earlyTags = NO_TAGS;
    for (const branch of this.recursed) branch.linger();
  }

  #giveUp(): void {
    this.#end(this.context.generate(this.cancelCause === 'timeout' ? 408 : 487));
  }

  #end(response: Response): void {
    this.state = 'ended';
    this.latest = response;
    this.#stopTimers();
    this.context.ended(this, response);
  }

  #stopTimers(): void {
    this.#timerC?.stop();
    this.#limit?.stop();
    this.#silence?.stop();
    this.#timerC = this.#limit = this.#silence = undefined;
  }

  /** §16.6 step 11, §16.7 step 2. */
  #startTimerC(): void {
    this.#timerC?.stop();
    this.#timerC = this.context.services.clock.start(this.context.services.settings.timerC, this, 'C');
  }

  expire(which: string): void {
    if (this.state !== 'pending') return;
    if (which === 'grace') {
      this.#giveUp();
      return;
    }
    if (which === 'C' && this.cancelCause !== undefined) return;
    // §16.8: after a 1xx it sends CANCEL, before one it acts as if a 408 had arrived. The branch's own timeouts (C-23)
    // do the same.
    this.cancel('timeout', 'SIP;cause=408;text="Request Timeout"');
    // A branch that was abandoned at once has ended already.
    if (this.state === 'pending') this.context.timedOut();
  }

  /** §16.7 from step 3 on. */
  response(response: Response, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction) return;
    response.shift('via'); // step 3
    const { status } = response;
    if (status < 200) this.#provisionalReceived(response);
    else if (!response.has('via'))
      return; // ours was the only one: there is no one to forward it to
    else if (status < 300 && this.context.isInvite) this.#success(response);
    else if (this.state === 'pending') this.#final(response);
  }

  #provisionalReceived(response: Response): void {
    this.#provisional = true;
    this.#silence?.stop();
    if (response.status === 100 || this.state !== 'pending' || !response.has('via')) return;
    this.latest = response;
    const { tag } = response.to;
    if (tag !== undefined && this.earlyTags.length < MAX_FORKS && !this.earlyTags.includes(tag))
      this.earlyTags = [...this.earlyTags, tag];
    if (this.context.isInvite && this.cancelCause === undefined) this.#startTimerC(); // step 2
    this.context.provisional(this, response);
  }

  /** A 2xx to INVITE, the first one or a further one; also on a branch that was abandoned (C-23). */
  #success(response: Response): void {
    const tag = response.to.tag ?? '';
    const isRetransmission = this.#successTags?.includes(tag) ?? false;
    if (!isRetransmission) {
      if (this.#successTags !== undefined && this.#successTags.length >= MAX_FORKS) return;
      this.#successTags = this.#successTags === undefined ? [tag] : [...this.#successTags, tag];
    }
    this.state = 'ended';
    this.latest = response;
    this.#stopTimers();
    this.context.succeeded(this, response, isRetransmission);
  }

  #final(response: Response): void {
    if (response.status === 503 && this.#tryNextHop(false)) return;
    // A branch that we cancelled because it was late has not answered: its 487 tells the caller nothing (C-22).
    if (response.status === 487 && this.cancelCause === 'timeout') this.#giveUp();
    else this.#end(response);
  }

  failed(failure: TransactionFailure, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction || this.state !== 'pending') return;
    if (failure.cause === 'timeout') {
      if (this.cancelCause !== undefined) this.#giveUp();
      else if (!this.#tryNextHop(false)) this.#end(this.context.generate(408)); // §16.7 step 6
    } else if (!this.#tryNextHop(true)) {
      this.unreachable(failure.error);
    }
  }

  terminated(transaction: ClientTransaction): void {
    if (transaction === this.#transaction && this.state === 'pending') this.#end(this.context.generate(408));
    this.context.closed();
  }
}
