// The response context of a stateful proxy (§16.7): the target set, the branches, and what of their responses goes upstream. C-rules: shared contract, section 4.
import type { Deadline, Timed } from '../base/clock.js';
import { type Request, type Response, responseTo } from '../message/index.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import { aggregateChallenges, bestResponse, type Candidate } from './best-response.js';
import { Branch, type CancelCause } from './branch.js';
import { Lingering } from './lingering.js';
import { MaxBreadth } from './max-breadth.js';
import type { ProxyServices, Settled, Supervisor } from './services.js';
import { contactsOf, TargetSet } from './target-set.js';

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

const NO_BRANCHES: readonly Branch[] = [];

export class ResponseContext implements Timed {
  /** Branches that the application asked for, in order; those of a redirection are below them. */
  branches: readonly Branch[] = NO_BRANCHES;
  readonly isInvite: boolean;
  readonly inbound: Flow;
  parallel = true;
  recurse = true;
  noCancel = false;
  /** Milliseconds: of the whole when parallel (C-22), of each branch when sequential (C-23); 0: what the transactions allow. */
  timeout = 180_000;
  /** Parameters of our Record-Route URI with a leading ';', or undefined: this element does not stay on the path (§16.6 step 4). */
  recordRoute: string | undefined;
  /** The same for Path (RFC 3327). */
  path: string | undefined;
  /** Local address that requests are to leave from (JSR 289 §14.2); undefined: whichever fits. */
  outboundInterface: string | undefined;
  /**
   * Gives the flow to the next application of the composition, when there is one; a status where none can be told; pushes routes onto the request by which
   * it leaves (contract section 5).
   */
  toNextApplication: ((request: Request) => Flow | number | undefined) | undefined;
  /** The request is inside a dialog: it has one target, and no other is added (C-34). */
  isInDialog = false;
  /** The caller sent CANCEL. */
  cancelledUpstream = false;
  /** A final response went upstream, or a 2xx is on its way through its handler. */
  completed = false;
  #succeeded = false;
  readonly #targets = new TargetSet();
  readonly #candidates: Candidate[] = [];
  /** Sequential search: what has not been started. */
  #queue: Branch[] = [];
  readonly #breadth: MaxBreadth;
  /** Final responses whose handlers have not had their turn. */
  #uncounted = 0;
  #pending = 0;
  #branchCount = 0;
  #openTransactions = 1;
  #started = false;
  #sixth = false;
  #choosing = false;
  #chosen: Candidate | undefined;
  #added = false;
  /** What the application answered in the place of the best response (C-12). */
  #replacement: Response | undefined;
  #limit: Deadline | undefined;

  constructor(
    readonly services: ProxyServices,
    readonly server: ServerTransaction,
    /** As received, after route preprocessing; what the application changed in it goes onto every branch. */
    readonly original: Request,
    /** The second part of our branches (RFC 5393), or ''. */
    readonly loopPart: string,
    /** Hears of responses before they go upstream (C-4). */
    readonly supervisor: Supervisor,
  ) {
    this.isInvite = server.isInvite;
    this.inbound = server.flow;
    this.#breadth = new MaxBreadth(original);
  }

  /** No branch may be added any more, and why; undefined when one may. */
  get refusal(): string | undefined {
    if (this.isInDialog) return 'the container forwards requests inside a dialog';
    if (this.#sixth) return 'a branch has answered 6xx';
    if (this.completed) return 'a final response has been chosen';
    return undefined;
  }

  /** Nothing may be tried any more. */
  get isOver(): boolean {
    return this.completed || this.#sixth || this.cancelledUpstream;
  }

  /** Whether a branch was started, or would have been if the caller had not given up. */
  get started(): boolean {
    return this.#started;
  }

  // Adding branches (C-16 … C-19) ---------------------------------------------------------------------------------------------------------------------------

  /**
   * New branches for those targets that are not in the target set yet (§16.5). After the caller's CANCEL they are born ended: nobody waits for them.
   * Throws RangeError beyond the bound on branches.
   */
  createBranches(targets: readonly string[]): Branch[] {
    const { maxBranches } = this.services.settings;
    if (this.#branchCount + targets.length > maxBranches) {
      throw new RangeError(`a proxy has at most ${maxBranches} branches`);
    }
    const created: Branch[] = [];
    for (const target of targets) {
      const branch = this.#createBranch(target, undefined);
      if (branch === undefined) continue;
      // Nearly always one: a list that grows would have room for 17.
      this.branches = [...this.branches, branch];
      created.push(branch);
    }
    return created;
  }

  #createBranch(target: string, parent: Branch | undefined): Branch | undefined {
    if (!this.#targets.add(target)) return undefined;
    this.#branchCount++;
    const branch = new Branch(this, target, parent);
    if (this.cancelledUpstream) branch.state = 'ended';
    return branch;
  }

  /** Starts every branch that is waiting: at once when parallel, one after another when sequential. */
  start(): void {
    const waiting = this.branches.filter((branch) => branch.state === 'waiting' && !this.#queue.includes(branch));
    this.#begin(waiting, false);
  }

  #begin(branches: readonly Branch[], first: boolean): void {
    if (branches.length === 0 || this.completed || this.#sixth) return;
    this.#started = this.#added = true;
    if (this.#pending === 0 && this.#breadth.free < 1) return this.#tooBroad(branches);
    if (this.parallel && this.#pending === 0) this.#restartLimit();
    // Nearly always there is one, and nothing before it.
    if (this.parallel && branches.length === 1 && this.#queue.length === 0 && this.#breadth.free > 0)
      return this.#startBranch(branches[0]!, 1);
    if (first) this.#queue.unshift(...branches);
    else this.#queue.push(...branches);
    if (this.parallel) this.#startAll();
    else if (this.#pending === 0) this.#startNext();
  }

  /** RFC 5393 §5.3.3: a Max-Breadth of 0 lets nothing be forwarded. */
  #tooBroad(branches: readonly Branch[]): void {
    for (const branch of branches) branch.state = 'ended';
    this.#candidates.push({ response: this.generate(440), ofCancelled: false });
    this.#progress();
  }

  /** C-22; what Max-Breadth leaves no room for waits until another branch has ended (RFC 5393 §5.3.3.1 allows serial forking). */
  #startAll(): void {
    const waiting = this.#queue.filter((branch) => branch.state === 'waiting');
    let count = Math.min(waiting.length, this.#breadth.free);
    const starting = waiting.slice(0, count);
    this.#queue = waiting.slice(count);
    for (const branch of starting) this.#startBranch(branch, count--);
  }

  #startBranch(branch: Branch, together: number): void {
    if (branch.state !== 'waiting') return;
    this.#pending++;
    branch.breadth = this.#breadth.take(together);
    branch.start();
  }

  /** C-23; false when none is left. */
  #startNext(): boolean {
    while (this.#queue.length > 0 && this.#breadth.free > 0) {
      const next = this.#queue.shift()!;
      if (next.state !== 'waiting') continue;
      // Half of what is free: the next may start before this one has its final response (C-23).
      this.#startBranch(next, Math.min(2, this.#breadth.free));
      return true;
    }
    return false;
  }

  #restartLimit(): void {
    this.#limit?.stop();
    if (this.timeout > 0) this.#limit = this.services.clock.start(this.timeout, this, 'timeout');
  }

  /** What bounds one branch: C-23, or what the application set for it. */
  limitOf(branch: Branch): number | undefined {
    return branch.timeout ?? (this.parallel || this.timeout === 0 ? undefined : this.timeout);
  }

  // What the branches tell ------------------------------------------------------------------------------------------------------------------------------------

  opened(): void {
    this.#openTransactions++;
  }

  /** A transaction has ended: one of a branch, or the server transaction. */
  closed(): void {
    if (--this.#openTransactions === 0) this.supervisor.ended(this);
  }

  /** A branch's time is over; the next one does not wait for the answer to its CANCEL (C-23). */
  timedOut(): void {
    if (!this.parallel && !this.completed && !this.#sixth) this.#startNext();
  }

  /** §16.7 step 5: 101-199 go upstream at once (C-6). */
  provisional(branch: Branch, response: Response): void {
    if (this.completed) return;
    // One that came before the final response goes before it, however long its handler takes; behind it, it is absorbed.
    this.supervisor.provisional(branch, response, ResponseContext.#passOn);
  }

  /** §16.7 step 5: a 2xx to INVITE; each goes upstream (C-10, C-10a, C-10b). */
  succeeded(branch: Branch, response: Response, isRetransmission: boolean): void {
    if (this.completed && !this.#succeeded) return; // a final response has gone upstream: RFC 6026 §8.9 lets no 2xx follow it
    if (!this.#succeeded) this.#succeed(branch);
    this.supervisor.success(branch, response, isRetransmission, ResponseContext.#passSuccess);
  }

  // What is done with a response once its handler has settled.

  static readonly #passOn: Settled = (branch, response) => void branch.context.server.respond(response);

  static readonly #passSuccess: Settled = (branch, response) => branch.context.#forwardSuccess(response);

  static readonly #passSuccessOnce: Settled = ({ context }, response) => {
    context.server.respond(response);
    context.#linger();
  };

  /** Also when the caller's transaction has ended: a branch that was not cancelled may be answered late (C-10). */
  #forwardSuccess(response: Response): void {
    if (this.server.state === 'terminated') this.services.respondByVia(response, this.inbound);
    else this.server.respond(response);
    this.#linger();
  }

  /** From here on it waits for what is sent again, if anything is (RFC 6026): messages are kept as octets until then. */
  #linger(): void {
    this.supervisor.forwarded();
    // The application hears of a 2xx that comes again (C-10b), of nothing else.
    if (!(this.isInvite && this.#succeeded) && this.server.state === 'completed' && this.#leave(undefined)) return;
    this.original.pack();
    for (const branch of this.branches) branch.linger();
  }

  /** The application has no part in it any more: if it was accepted, what comes again goes upstream without it. */
  condense(): void {
    const { server } = this;
    if (this.isInvite && this.#succeeded && server.state !== 'proceeding') this.#leave(server);
  }

  /** Leaves its transactions to who needs nothing of it. False where something else than a retransmission can come. */
  #leave(accepted: ServerTransaction | undefined): boolean {
    if (!this.supervisor.mayEnd) return false;
    const open: Branch[] = [];
    if (!this.branches.every((branch) => branch.hasEnded(open))) return false;
    const isOpen = this.server.state !== 'terminated';
    // One of a hop that was tried before may still be answered.
    if (open.length + (isOpen ? 1 : 0) !== this.#openTransactions) return false;
    const { services } = this;
    const lingering = accepted === undefined ? services.lingering : new Lingering(services, accepted);
    if (isOpen) this.server.user = lingering;
    for (const branch of open) branch.leave(lingering);
    this.supervisor.ended(this);
    return true;
  }

  #succeed(branch: Branch | undefined): void {
    this.#succeeded = true;
    this.#complete();
    // Nearly always it is the only one.
    if (!this.noCancel && (branch === undefined || this.#branchCount > 1))
      this.#cancelPending('elsewhere', ELSEWHERE, branch); // step 10
  }

  /** Every branch ends here once, unless with a 2xx to INVITE. */
  ended(branch: Branch, response: Response): void {
    this.#pending--;
    this.#breadth.give(branch.breadth);
    if (this.completed) return;
    const { status } = response;
    if (status < 300) return this.#succeededOnce(branch, response);
    this.#uncounted++; // from here on the choice waits for it
    if (status >= 600) this.#refuse(branch);
    const redirected = status < 400 && this.#mayRecurse(branch);
    if (this.parallel && this.#queue.length > 0) this.#startAll();
    // Asked when its turn has come: the handler of an earlier one may have added branches meanwhile.
    const isIntermediate = (): boolean => redirected || this.#pending > 0 || this.#queue.length > 0;
    this.supervisor.intermediate(branch, response, isIntermediate, () => this.#counted(branch, response, redirected));
  }

  #mayRecurse(branch: Branch): boolean {
    if (branch.cancelCause !== undefined || this.cancelledUpstream || this.#sixth) return false;
    return (branch.recurse ?? this.recurse) && branch.depth < this.services.settings.maxRecursion;
  }

  /** §16.7 step 4: a 3xx whose Contacts are tried is no candidate (C-26); everything else is. */
  #counted(branch: Branch, response: Response, redirected: boolean): void {
    this.#uncounted--;
    if (this.completed) return;
    if (!(redirected && this.#recurse(branch, response))) {
      const ofCancelled = branch.cancelCause !== undefined && response.status === 487;
      this.#candidates.push({ response, ofCancelled });
    }
    this.#progress();
  }

  #recurse(branch: Branch, response: Response): boolean {
    const added: Branch[] = [];
    for (const contact of contactsOf(response, this.original.target.scheme === 'sips')) {
      if (this.#branchCount >= this.services.settings.maxBranches) break;
      const next = this.#createBranch(contact, branch);
      if (next !== undefined) added.push(next);
    }
    branch.recursed = [...branch.recursed, ...added];
    this.#begin(added, true);
    return added.length > 0;
  }

  /** C-13: a 6xx ends the search, but is sent only when every branch has ended. */
  #refuse(branch: Branch | undefined): void {
    this.#sixth = true;
    this.#queue = [];
    this.#cancelPending('elsewhere', undefined, branch);
  }

  /** C-10d: a 2xx to another method than INVITE; only the first goes upstream. */
  #succeededOnce(branch: Branch, response: Response): void {
    this.#succeeded = true;
    this.#complete();
    this.supervisor.success(branch, response, false, ResponseContext.#passSuccessOnce);
  }

  /** After a branch has ended: the next of a sequential search, or the choice. */
  #progress(): void {
    if (this.completed || this.#pending > 0 || this.#uncounted > 0) return;
    if (!this.#sixth && this.#queue.length > 0 && this.#startNext()) return;
    this.#choose();
  }

  // The best response (§16.7 steps 6 to 10) -------------------------------------------------------------------------------------------------------------------

  #choose(): void {
    if (this.#choosing) return;
    this.#choosing = true;
    this.#chosen = undefined;
    this.supervisor.best(() => this.#offer(), this.#settled);
  }

  /** The choice is made when the handler's turn has come: an earlier handler may have added branches meanwhile. */
  #offer(): { branch: Branch | undefined; response: Response } | undefined {
    const chosen = this.#select();
    if (chosen === undefined) return undefined;
    const branch = this.#branchOf(this.branches, chosen.response);
    return { branch, response: chosen.response };
  }

  #branchOf(branches: readonly Branch[], response: Response): Branch | undefined {
    for (const branch of branches) {
      if (branch.latest === response) return branch;
      const below = this.#branchOf(branch.recursed, response);
      if (below !== undefined) return below;
    }
    return undefined;
  }

  #select(): Candidate | undefined {
    this.#chosen = undefined;
    if (this.completed || this.#pending > 0 || this.#uncounted > 0) return undefined;
    this.#added = false;
    let chosen = bestResponse(this.#candidates);
    if (chosen === undefined) {
      chosen = { response: this.generate(this.cancelledUpstream ? 487 : 408), ofCancelled: this.cancelledUpstream };
      this.#candidates.push(chosen);
    }
    aggregateChallenges(chosen, this.#candidates);
    this.#chosen = chosen;
    return chosen;
  }

  /** The best response's handler has settled (C-16, C-17). */
  #settled = (): void => {
    this.#choosing = false;
    if (this.completed) return;
    if (this.#replacement !== undefined) return this.#forward(this.#replacement);
    if (this.#chosen === undefined || this.#added) return this.#progress();
    this.#forward(this.#chosen.response);
  };

  /** §16.7 steps 8 to 10. */
  #forward(response: Response): void {
    this.#complete();
    if (response.status === 503 && response !== this.#replacement) {
      response.status = 500; // step 6: a 503 tells of one server, not of this proxy
      response.reason = 'Server Internal Error';
      response.delete('Retry-After');
    }
    if (response.status === 408 && !this.isInvite) {
      // RFC 4320 §4.2: too late to be of use. What the caller sends again until it gives up is still no new request.
      this.#limit = this.services.clock.start(this.services.settings.linger, this, 'abandon');
    } else {
      this.server.respond(response);
    }
    this.#cancelPending('elsewhere', undefined, undefined); // step 10
    this.#linger();
  }

  #complete(): void {
    this.completed = true;
    this.supervisor.completed();
    this.#limit?.stop();
    if (this.#queue.length > 0) this.#queue = [];
  }

  /** A response of our own, with our To tag where the request had none. */
  generate(status: number): Response {
    return responseTo(this.original, status, undefined, this.server.toTag);
  }

  // The application's own responses (C-6, C-12) ---------------------------------------------------------------------------------------------------------------

  /** A final response that the application made while proxying: a candidate like one from a branch, or the replacement of the best response. */
  answer(response: Response): void {
    const { status } = response;
    if (status < 300) {
      this.#succeed(undefined);
      this.server.respond(response);
    } else if (!this.#started) {
      this.#complete(); // nothing was proxied after all
      this.server.respond(response);
    } else if (this.#choosing && this.#chosen !== undefined) {
      this.#replacement = response;
    } else {
      this.#candidates.push({ response, ofCancelled: false });
      if (status >= 600) this.#refuse(undefined);
      this.#progress();
    }
  }

  // CANCEL and time (§16.8, §16.10) ---------------------------------------------------------------------------------------------------------------------------

  /** C-29: the caller's CANCEL, which has been answered; Reason is copied (RFC 3326). */
  cancelled(cancel: Request): void {
    if (this.cancelledUpstream) return;
    const reasons = cancel.values('reason');
    const reason = reasons.length === 0 ? undefined : reasons.join(', ');
    if (this.completed) {
      // A 2xx is on its way through its handler: what noCancel has left goes on for nobody.
      if (this.server.state === 'proceeding') this.#cancelPending('upstream', reason, undefined);
      return;
    }
    this.cancelledUpstream = true;
    this.#cancelAll('upstream', reason);
    this.#progress();
  }

  /** C-18: the application gives up what is under way; it may add other branches then. */
  cancel(reason?: string): void {
    if (this.completed) return;
    const had = this.#pending + this.#queue.length > 0;
    this.#cancelAll('application', reason);
    if (had) this.#progress();
  }

  expire(which: string): void {
    if (which === 'abandon') {
      this.server.abandon();
      this.closed();
    } else if (!this.completed) {
      this.#cancelAll('timeout', 'SIP;cause=408;text="Request Timeout"');
      this.#progress();
    }
  }

  #cancelAll(cause: CancelCause, reason: string | undefined): void {
    for (const branch of this.#queue.splice(0)) branch.cancel(cause);
    this.#cancelPending(cause, reason, undefined);
  }

  #cancelPending(cause: CancelCause, reason: string | undefined, except: Branch | undefined): void {
    // Told first: what a handler adds while they are cancelled is not among them.
    const pending: Branch[] = [];
    const visit = (branches: readonly Branch[]): void => {
      for (const branch of branches) {
        if (branch !== except && branch.state !== 'ended') pending.push(branch);
        if (branch.recursed.length > 0) visit(branch.recursed);
      }
    };
    visit(this.branches);
    for (const branch of pending) branch.cancel(cause, reason);
  }
}
