// What waits for the end of transactions whose request is done with (§17.1.2, §17.2.2): a counter, in the place of all that was needed to forward it.
import type { ClientUser, ServerUser, TransactionFailure } from '../transaction/user.js';
import type { ProxyServices } from './services.js';

/** What is to be done when the last of the transactions has ended. */
export interface Remains {
  ended(): void;
}

/** Only for requests other than INVITE: nothing but retransmissions, which the transactions answer, can come after their final response. */
export class Lingering implements ClientUser, ServerUser {
  #left: number;
  readonly #remains: Remains;
  readonly #services: ProxyServices;

  constructor(transactions: number, remains: Remains, services: ProxyServices) {
    this.#left = transactions;
    this.#remains = remains;
    this.#services = services;
  }

  response(): void {}

  failed(failure: TransactionFailure): void {
    if (failure.cause === 'transport') this.#services.problem('the way back to the caller has failed', failure.error);
  }

  terminated(): void {
    if (--this.#left === 0) this.#remains.ended();
  }
}
