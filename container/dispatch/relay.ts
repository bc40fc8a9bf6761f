// A request that is forwarded without an application: inside an unknown dialog by its Route set (§16, C-40), or because
// the router sends it out.
import type { Request, Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import { ResponseContext } from '../proxy/response-context.js';
import type { ProxyServices } from '../proxy/services.js';
import type { Choice, Settled, Supervisor } from '../proxy/supervisor.js';
import type { FlowInside } from '../routing/next-application.js';
import type { ServerTransaction, ServerUser, TransactionFailure } from '../transaction/user.js';

export class Relay implements Supervisor, ServerUser {
  readonly #context: ResponseContext;

  constructor(
    readonly services: ProxyServices,
    transaction: ServerTransaction,
    readonly request: Request,
    /** The second part of its branch (RFC 5393); '' in a dialog, where loops are not detected. */
    loopPart = '',
    /** Where the router sends it. */
    toNext?: (request: Request) => FlowInside,
  ) {
    this.#context = new ResponseContext(services, transaction, request, loopPart, this);
    this.#context.toNextApplication = toNext;
    this.#context.recurse = false;
    this.#context.timeout = 0;
    transaction.user = this;
  }

  start(): void {
    this.#context.createBranches([this.request.uri]);
    this.#context.start();
  }

  provisional(branch: Branch, response: Response, settled: Settled): void {
    settled(branch, response);
  }

  success(branch: Branch, response: Response, _isRetransmission: boolean, settled: Settled): void {
    settled(branch, response);
  }

  intermediate(_branch: Branch, _response: Response, _isIntermediate: () => boolean, settled: () => void): void {
    settled();
  }

  best(choose: () => Choice | undefined, settled: () => void): void {
    choose();
    settled();
  }

  completed(): void {}

  ended(): void {}

  forwarded(): void {}

  get mayEnd(): boolean {
    return true;
  }

  cancelled(cancel: Request): void {
    this.#context.cancelled(cancel);
  }

  failed(failure: TransactionFailure): void {
    if (failure.cause === 'transport') this.services.problem('the way back to the caller has failed', failure.error);
  }

  terminated(): void {
    this.#context.closed();
  }
}
