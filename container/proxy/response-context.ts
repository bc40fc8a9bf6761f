// The response context of a stateful proxy (§16.7): the target set, the branches, and the responses that go upstream.
// The C-rules are in RULES.md section 4.
import type { Deadline, Timed } from '../base/clock.js';
import { present } from '../base/present.js';
import { type Request, type Response, responseTo } from '../message/index.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import { becomeServerError } from './best-response.js';
import { Branch, type BranchContext, type CancelCause } from './branch.js';
import { BranchQueue } from './branch-queue.js';
import { cancelOpen } from './branches.js';
import { ResponseChoice, type Search } from './choice.js';
import { Lingering } from './lingering.js';
import { ProxyOptions } from './proxy-options.js';
import type { ProxyServices } from './services.js';
import { passProvisional, passSuccess, passSuccessOnce, type Supervisor } from './supervisor.js';
import { contactsOf, TargetSet } from './target-set.js';

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

const NO_BRANCHES: readonly Branch[] = [];

export class ResponseContext extends ProxyOptions implements BranchContext, Search, Timed {
  /** Branches that the application asked for, in order; those of a redirection are below them. */
  branches: readonly Branch[] = NO_BRANCHES;
  readonly isInvite: boolean;
  readonly inbound: Flow;
  /** The caller sent CANCEL. */
  cancelledUpstream = false;
  /** A final response went upstream, or a 2xx is on its way through its handler. */
  completed = false;
  #succeeded = false;
  readonly #targets = new TargetSet();
  /** Made when there is something to choose from. */
  #choice: ResponseChoice | undefined;
  readonly #queue: BranchQueue;
  /** Final responses whose handlers have not had their turn. */
  #uncounted = 0;
  #branchCount = 0;
  #openTransactions = 1;
  #started = false;
  #sixth = false;
  #limit: Deadline | undefined;

  constructor(
    readonly services: ProxyServices,
    readonly server: ServerTransaction,
    /** The request as received, after route preprocessing. The application's changes to it apply to every branch. */
    readonly original: Request,
    /** The second part of our branches (RFC 5393), or ''. */
    readonly loopPart: string,
    /** Hears of responses before they go upstream (C-4). */
    readonly supervisor: Supervisor,
  ) {
    super();
    this.isInvite = server.isInvite;
    this.inbound = server.flow;
    this.#queue = new BranchQueue(original);
  }

  /** No branch may be added any more, and why; undefined when one may. */
  get refusal(): string | undefined {
    if (this.isInDialog) return 'the container forwards requests inside a dialog';
    if (this.#sixth) return 'a branch has answered 6xx';
    if (this.completed) return 'a final response has been chosen';
    return undefined;
  }

  /** No further target may be tried. */
  get isOver(): boolean {
    return this.completed || this.#sixth || this.cancelledUpstream;
  }

  /** A branch was started, or would have been if the caller had not cancelled. */
  get started(): boolean {
    return this.#started;
  }

  // Adding branches (C-16 … C-19) ------------------------------------------------------------------

  /**
   * New branches for those targets that are not in the target set yet (§16.5). After the caller's CANCEL they have
   * ended from the start: the caller no longer waits. Throws RangeError beyond the bound on branches.
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
      this.branches = [...this.branches, branch]; // nearly always one: a list that grows would have room for 17
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

  /** Starts every waiting branch: at once when parallel, one after another when sequential. */
  start(): void {
    const waiting = this.branches.filter((branch) => branch.state === 'waiting' && !this.#queue.has(branch));
    this.#begin(waiting, false);
  }

  #begin(branches: readonly Branch[], first: boolean): void {
    if (branches.length === 0 || this.completed || this.#sixth) return;
    this.#started = true;
    this.#choice?.outdate();
    const queue = this.#queue;
    if (queue.isClosed) {
      this.#refuseAll(branches);
      return;
    }
    if (this.parallel && queue.pending === 0) this.#restartLimit();
    const [only] = branches;
    if (this.parallel && only !== undefined && branches.length === 1 && queue.startAlone(only)) return;
    queue.add(branches, first);
    if (this.parallel) queue.startAll();
    else if (queue.pending === 0) queue.startNext();
  }

  /** RFC 5393 §5.3.3: with a Max-Breadth of 0 nothing is forwarded. */
  #refuseAll(branches: readonly Branch[]): void {
    for (const branch of branches) branch.state = 'ended';
    this.#chooser.add(this.generate(440));
    this.progress();
  }

  #restartLimit(): void {
    this.#limit?.stop();
    if (this.timeout > 0) this.#limit = this.services.clock.start(this.timeout, this, 'timeout');
  }

  /** The time limit of one branch: C-23, or the one that the application set for it. */
  limitOf(branch: Branch): number | undefined {
    return branch.options?.timeout ?? (this.parallel || this.timeout === 0 ? undefined : this.timeout);
  }

  // What the branches tell -------------------------------------------------------------------------

  opened(): void {
    this.#openTransactions++;
  }

  /** A transaction has ended: one of a branch, or the server transaction. */
  closed(): void {
    if (--this.#openTransactions === 0) this.supervisor.ended();
  }

  /** A branch's time is over; the next one does not wait for the answer to its CANCEL (C-23). */
  timedOut(): void {
    if (!this.parallel && !this.completed && !this.#sixth) this.#queue.startNext();
  }

  /** §16.7 step 5: 101-199 go upstream at once (C-6). */
  provisional(branch: Branch, response: Response): void {
    if (this.completed) return;
    // One that arrived before the final response goes upstream before it, however long its handler takes.
    this.supervisor.provisional(branch, response, passProvisional);
  }

  /** §16.7 step 5: a 2xx to INVITE; each goes upstream (C-10, C-10a, C-10b). */
  succeeded(branch: Branch, response: Response, isRetransmission: boolean): void {
    // a final response has gone upstream: no 2xx may follow it (RFC 6026 §8.9)
    if (this.completed && !this.#succeeded) return;
    if (!this.#succeeded) this.#succeed(branch);
    this.supervisor.success(branch, response, isRetransmission, passSuccess);
  }

  /** Also when the caller's transaction has ended: a branch that was not cancelled may be answered late (C-10). */
  forwardSuccess(response: Response): void {
    if (this.server.state === 'terminated') this.services.respondByVia(response, this.inbound);
    else this.server.respond(response);
    this.#linger();
  }

  forwardOnce(response: Response): void {
    this.server.respond(response);
    this.#linger();
  }

  /** From here on it only waits for retransmissions (RFC 6026). Until one arrives, messages are kept as octets. */
  #linger(): void {
    this.supervisor.forwarded();
    // The application is told of a retransmitted 2xx (C-10b), and of nothing else.
    if (!(this.isInvite && this.#succeeded) && this.server.state === 'completed' && this.#leave(undefined)) return;
    this.original.pack();
    for (const branch of this.branches) branch.linger();
  }

  /** The application is no longer involved: if the INVITE was accepted, retransmissions go upstream without it. */
  condense(): void {
    const { server } = this;
    if (this.isInvite && this.#succeeded && server.state !== 'proceeding') this.#leave(server);
  }

  /** Hands its transactions to a user that needs nothing from it. False where more than retransmissions can come. */
  #leave(accepted: ServerTransaction | undefined): boolean {
    if (!this.supervisor.mayEnd) return false;
    const open: Branch[] = [];
    if (!this.branches.every((branch) => branch.hasEnded(open))) return false;
    const isOpen = this.server.state !== 'terminated';
    // The transaction of an earlier hop may still be answered.
    if (open.length + (isOpen ? 1 : 0) !== this.#openTransactions) return false;
    const { services } = this;
    const lingering = accepted === undefined ? services.lingering : new Lingering(services, accepted);
    if (isOpen) this.server.user = lingering;
    for (const branch of open) branch.leave(lingering);
    this.supervisor.ended();
    return true;
  }

  #succeed(branch: Branch | undefined): void {
    this.#succeeded = true;
    this.#complete();
    if (!this.noCancel && (branch === undefined || this.#branchCount > 1))
      cancelOpen(this.branches, branch, 'elsewhere', ELSEWHERE); // step 10
  }

  /** Every branch ends here once, except with a 2xx to INVITE. */
  ended(branch: Branch, response: Response): void {
    this.#queue.ended(branch);
    if (this.completed) return;
    if (branch.isUnroutable && branch.parent !== undefined) {
      this.#dropContact(branch.parent);
      return;
    }
    const { status } = response;
    if (status < 300) {
      this.#succeededOnce(branch, response);
      return;
    }
    this.#uncounted++; // from here on the choice waits for it
    if (status >= 600) this.#refuse(branch);
    const redirected = status < 400 && this.#mayRecurse(branch);
    if (this.parallel && !this.#queue.isEmpty) this.#queue.startAll();
    // Asked when its turn has come: the handler of an earlier one may have added branches meanwhile.
    const isIntermediate = (): boolean => redirected || this.#queue.pending > 0 || !this.#queue.isEmpty;
    this.supervisor.intermediate(branch, response, isIntermediate, () => this.#counted(branch, response, redirected));
  }

  #mayRecurse(branch: Branch): boolean {
    if (branch.cancelCause !== undefined || this.cancelledUpstream || this.#sixth) return false;
    return (branch.options?.recurse ?? this.recurse) && branch.depth < this.services.settings.maxRecursion;
  }

  /** §16.7 step 4: a 3xx whose Contacts are tried is not a candidate (C-26); every other response is. */
  #counted(branch: Branch, response: Response, redirected: boolean): void {
    this.#uncounted--;
    if (this.completed) return;
    if (!(redirected && this.#recurse(branch, response))) this.#chooser.add(response);
    this.progress();
  }

  #recurse(branch: Branch, response: Response): boolean {
    const added: Branch[] = [];
    for (const contact of contactsOf(response, this.original.target.scheme === 'sips')) {
      const isFull = this.#branchCount >= this.services.settings.maxBranches;
      const next = isFull ? undefined : this.#createBranch(contact, branch);
      if (next !== undefined) added.push(next);
    }
    branch.recursed = [...branch.recursed, ...added];
    this.#begin(added, true);
    return added.length > 0;
  }

  /** A Contact cannot be tried; if none of the 3xx can, the 3xx itself is a candidate (C-26). */
  #dropContact({ recursed, latest }: Branch): void {
    if (recursed.every((branch) => branch.isUnroutable)) this.#chooser.add(present(latest, 'the 3xx'));
    this.progress();
  }

  /** C-13: a 6xx ends the search, but is sent only when every branch has ended. */
  #refuse(branch: Branch | undefined): void {
    this.#sixth = true;
    this.#queue.clear();
    cancelOpen(this.branches, branch, 'elsewhere', undefined);
  }

  /** C-10d: a 2xx to another method than INVITE; only the first goes upstream. */
  #succeededOnce(branch: Branch, response: Response): void {
    this.#succeeded = true;
    this.#complete();
    this.supervisor.success(branch, response, false, passSuccessOnce);
  }

  get isUnderWay(): boolean {
    return this.#queue.pending > 0 || this.#uncounted > 0;
  }

  /** After a branch has ended: the next of a sequential search, or the choice. */
  progress(): void {
    if (this.completed || this.isUnderWay) return;
    if (!this.#sixth && this.#queue.startNext()) return;
    this.#chooser.make();
  }

  get #chooser(): ResponseChoice {
    this.#choice ??= new ResponseChoice(this);
    return this.#choice;
  }

  /** §16.7 steps 8 to 10. */
  forward(response: Response, isReplacement: boolean): void {
    this.#complete();
    if (response.status === 503 && !isReplacement) becomeServerError(response);
    if (response.status === 408 && !this.isInvite) {
      // RFC 4320 §4.2: it is too late to be of use. The caller's retransmissions must still not count as new requests.
      this.#limit = this.services.clock.start(this.services.settings.linger, this, 'abandon');
    } else {
      this.server.respond(response);
    }
    cancelOpen(this.branches, undefined, 'elsewhere', undefined); // step 10
    this.#linger();
  }

  #complete(): void {
    this.completed = true;
    this.supervisor.completed();
    this.#limit?.stop();
    this.#queue.clear();
  }

  /** A response of our own, with our To tag where the request had none. */
  generate(status: number): Response {
    return responseTo(this.original, status, undefined, this.server.toTag);
  }

  // The application's own responses (C-6, C-12) ----------------------------------------------------

  /**
   * A final response that the application made while proxying: a candidate like one from a branch, or the replacement
   * of the best response.
   */
  answer(response: Response): void {
    const { status } = response;
    if (status < 300) {
      this.#succeed(undefined);
      this.server.respond(response);
    } else if (!this.#started) {
      this.#complete(); // nothing was proxied after all
      this.server.respond(response);
    } else if (this.#choice?.replace(response) !== true) {
      this.#chooser.add(response);
      if (status >= 600) this.#refuse(undefined);
      this.progress();
    }
  }

  // CANCEL and time (§16.8, §16.10) ----------------------------------------------------------------

  /** C-29: the caller's CANCEL, which has been answered; Reason is copied (RFC 3326). */
  cancelled(cancel: Request): void {
    if (this.cancelledUpstream) return;
    const reasons = cancel.values('reason');
    const reason = reasons.length === 0 ? undefined : reasons.join(', ');
    if (this.completed) {
      // A 2xx is on its way through its handler: branches that noCancel has left running go on for no one.
      if (this.server.state === 'proceeding') cancelOpen(this.branches, undefined, 'upstream', reason);
      return;
    }
    this.cancelledUpstream = true;
    this.#cancelAll('upstream', reason);
    this.progress();
  }

  /** C-18: the application gives up what is under way; it may add other branches then. False: there was nothing. */
  cancel(reason?: string): boolean {
    if (this.completed) return false;
    const had = this.#queue.pending > 0 || !this.#queue.isEmpty;
    const has = this.#cancelAll('application', reason);
    if (had) this.progress();
    return has || had;
  }

  expire(which: string): void {
    if (which === 'abandon') {
      this.server.abandon();
      this.closed();
    } else if (!this.completed) {
      this.#cancelAll('timeout', 'SIP;cause=408;text="Request Timeout"');
      this.progress();
    }
  }

  #cancelAll(cause: CancelCause, reason: string | undefined): boolean {
    for (const branch of this.#queue.clear()) branch.cancel(cause);
    return cancelOpen(this.branches, undefined, cause, reason);
  }
}
