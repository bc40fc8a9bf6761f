// Who hears of transactions whose request is done with (§17.1.2, §17.2.2, RFC 6026): it keeps nothing of what was needed to forward it.
import type { Response } from '../message/index.js';
import type { ClientUser, ServerTransaction, ServerUser, TransactionFailure } from '../transaction/user.js';
import type { ProxyServices } from './services.js';

/** What it needs of the house. */
type Services = Pick<ProxyServices, 'respondByVia' | 'problem'>;

export class Lingering implements ClientUser, ServerUser {
  readonly #services: Services;
  readonly #accepted: ServerTransaction | undefined;

  /** `accepted` is the INVITE that was answered with a 2xx: a 2xx that comes again, or of another fork, still goes upstream. */
  constructor(services: Services, accepted: ServerTransaction | undefined) {
    this.#services = services;
    this.#accepted = accepted;
  }

  /** §16.7 steps 3 and 5, RFC 6026 §8.9. What else comes is a retransmission, which the transactions have absorbed. */
  response(response: Response): void {
    const server = this.#accepted;
    if (server === undefined) return;
    response.shift('via');
    if (response.status < 200 || response.status > 299 || !response.has('via')) return;
    if (server.state === 'terminated') this.#services.respondByVia(response, server.flow);
    else server.respond(response);
  }

  failed(failure: TransactionFailure): void {
    if (failure.cause === 'transport') this.#services.problem('the way back to the caller has failed', failure.error);
  }
}
