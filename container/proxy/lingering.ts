// The user of transactions whose request has been dealt with (§17.1.2, §17.2.2, RFC 6026). It keeps nothing that was
// needed to forward the request.
import type { Response } from '../message/index.js';
import type { ClientUser, ServerTransaction, ServerUser, TransactionFailure } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';

/** The way back to the caller, without a transaction. */
export interface Upstream {
  /** A response whose server transaction is gone follows its Via (§16.7 step 9). */
  respondByVia(response: Response, inbound: Flow): void;
  /** Something about one call that an operator may want to know. */
  problem(text: string, error: unknown): void;
}

export class Lingering implements ClientUser, ServerUser {
  readonly #upstream: Upstream;
  readonly #accepted: ServerTransaction | undefined;

  /**
   * `accepted` is the INVITE that was answered with a 2xx: a retransmitted 2xx, or one of another fork, still goes
   * upstream.
   */
  constructor(upstream: Upstream, accepted: ServerTransaction | undefined) {
    this.#upstream = upstream;
    this.#accepted = accepted;
  }

  /** §16.7 steps 3 and 5, RFC 6026 §8.9. Everything else is a retransmission, which the transactions have absorbed. */
  response(response: Response): void {
    const server = this.#accepted;
    if (server === undefined) return;
    response.shift('via');
    if (response.status < 200 || response.status > 299 || !response.has('via')) return;
    if (server.state === 'terminated') this.#upstream.respondByVia(response, server.flow);
    else server.respond(response);
  }

  failed(failure: TransactionFailure): void {
    if (failure.cause === 'transport') this.#upstream.problem('the way back to the caller has failed', failure.error);
  }
}
