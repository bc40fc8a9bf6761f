// A request that is sent without a transaction (§13.2.2.4, §16.11): to its first hop, and to the next one where the
// transport fails (RFC 3263 §4.3, §18.1.1).
import type { Request, Uri } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, FlowUser, Hop } from '../transport/flow.js';
import { sizeOf } from './forwarding.js';
import { type HopUser, type Location, NextHop } from './next-hop.js';

interface StatelessServices extends Location {
  readonly transactions: Transactions;
  problem(text: string, error: unknown): void;
}

export class StatelessRequest implements HopUser, FlowUser, Location {
  readonly #hops: NextHop;

  constructor(
    /** Without our Via. */
    protected readonly request: Request,
    protected readonly services: StatelessServices,
    /** A flow with the address that the request will have; undefined where `sizeFor` knows it. */
    protected readonly like: Flow | undefined,
    /** The branch parameter of our Via; undefined: a new one for each hop. */
    protected readonly branch?: string,
    /** In a dialog: the flow on which the recipient was heard last. */
    readonly heardOn?: Flow,
  ) {
    this.#hops = new NextHop(this, this);
  }

  get isBrief(): boolean {
    return true;
  }

  /** Sends it towards that URI, or on a flow of the container to itself. */
  start(next: Uri | undefined, internal: Flow | undefined): void {
    const hop = this.#hops.find(next, internal);
    if (hop !== undefined) this.attempt(hop);
  }

  locate(uri: Uri, size: number): ReturnType<Location['locate']> {
    return this.services.locate(uri, size);
  }

  avoid(hop: Hop): void {
    this.services.avoid(hop);
  }

  avoids(hop: Hop): boolean {
    return this.services.avoids(hop);
  }

  /** Sends it again, to the hop that was tried last. */
  again(): void {
    this.#hops.again();
  }

  /** What is sent to the hop whose turn it is. */
  protected get message(): Request {
    return this.#hops.isLast ? this.request : this.request.clone();
  }

  sizeFor(next: Uri): number {
    return this.like === undefined ? 0 : sizeOf(this.request, next, this.like);
  }

  attempt(hop: Hop): void {
    this.services.transactions.sendStateless(this.message, hop, this.branch, this);
  }

  transportFailed(error: Error): void {
    if (!this.#hops.tryNext()) this.unreachable(error);
  }

  unreachable(error: unknown): void {
    this.services.problem(`${this.request.method} cannot be sent to ${this.request.uri}`, error);
  }

  mayGoOn(): boolean {
    return true;
  }
}
