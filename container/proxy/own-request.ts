// A request in a dialog that the container sends on its own account: no one else waits for its response (§17.1, RFC
// 3263).
import type { Request, Response, Uri } from '../message/index.js';
import type { ClientTransaction, ClientUser, TransactionFailure } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import { addContentLength, postprocessRouting, sizeOf } from './forwarding.js';
import { type HopUser, NextHop } from './next-hop.js';
import type { ProxyServices } from './services.js';

export class OwnRequest implements ClientUser, HopUser {
  readonly #hops: NextHop;

  private constructor(
    readonly services: ProxyServices,
    readonly request: Request,
    /** A flow with the address that the request will have. */
    readonly like: Flow,
    readonly heardOn: Flow | undefined,
    readonly done: () => void,
  ) {
    this.#hops = new NextHop(services, this);
  }

  /**
   * Resolves when it has been answered, or when no hop can be reached. `like` is a flow of ours, for a request that
   * stays in the container.
   */
  static send(services: ProxyServices, request: Request, like: Flow, heardOn: Flow | undefined): Promise<void> {
    return new Promise((resolve) => new OwnRequest(services, request, like, heardOn, resolve).#start());
  }

  #start(): void {
    const next = postprocessRouting(this.request);
    addContentLength(this.request);
    const internal = next === undefined ? undefined : this.services.internalFlow(next, this.like);
    const hop = this.#hops.find(next, internal);
    if (hop !== undefined) this.attempt(hop);
  }

  sizeFor(next: Uri): number {
    return sizeOf(this.request, next, this.like);
  }

  attempt(hop: Hop): void {
    this.services.transactions.send(this.request.clone(), hop, this);
  }

  mayGoOn(): boolean {
    return true;
  }

  unreachable(error: unknown): void {
    this.services.problem(`${this.request.method} cannot be sent to ${this.request.uri}`, error);
    this.done();
  }

  response(response: Response): void {
    if (response.status >= 200) this.done();
  }

  failed(failure: TransactionFailure, _transaction: ClientTransaction): void {
    if (failure.cause === 'transport' ? this.#hops.tryNext() : this.#hops.tryNextServer()) return;
    if (failure.cause === 'transport') this.unreachable(failure.error);
    else this.done();
  }
}
