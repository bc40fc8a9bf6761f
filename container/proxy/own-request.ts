// A request in a dialog that the container sends on its own account, and whose response nobody but the container waits for (§17.1, RFC 3263).
import type { Request, Response } from '../message/index.js';
import type { ClientTransaction, ClientUser, TransactionFailure } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';
import { addContentLength, postprocessRouting, sizeOf } from './forwarding.js';
import type { ProxyServices } from './services.js';

export class OwnRequest implements ClientUser {
  readonly #done: () => void;
  #hops: readonly Hop[] = [];
  #hop = 0;

  private constructor(
    readonly services: ProxyServices,
    readonly request: Request,
    done: () => void,
  ) {
    this.#done = done;
  }

  /** Resolves when it has been answered, or when nobody can be reached who would. `like` is a flow of ours, for what stays in the container. */
  static send(services: ProxyServices, request: Request, like: Flow): Promise<void> {
    return new Promise((resolve) => new OwnRequest(services, request, resolve).#start(like));
  }

  #start(like: Flow): void {
    const next = postprocessRouting(this.request);
    addContentLength(this.request);
    if (next === undefined) return this.#done();
    const internal = this.services.internalFlow(next, like);
    if (internal !== undefined) return this.#begin([hopOf(internal)]);
    Promise.resolve()
      .then(() => this.services.locate(next, sizeOf(this.request, next, like)))
      .then(
        (hops) => this.#begin(hops),
        (error) => this.#unreachable(error),
      );
  }

  #begin(hops: readonly Hop[]): void {
    this.#hops = hops;
    if (hops.length === 0) this.#done();
    else this.#attempt();
  }

  #attempt(): void {
    const request = this.request.clone();
    this.services.transactions.send(request, this.#hops[this.#hop]!, this);
  }

  #unreachable(error: unknown): void {
    this.services.problem(`${this.request.method} cannot be sent to ${this.request.uri}`, error);
    this.#done();
  }

  response(response: Response): void {
    if (response.status >= 200) this.#done();
  }

  failed(failure: TransactionFailure, _transaction: ClientTransaction): void {
    if (++this.#hop < this.#hops.length) this.#attempt();
    else if (failure.cause === 'transport') this.#unreachable(failure.error);
    else this.#done();
  }
}
