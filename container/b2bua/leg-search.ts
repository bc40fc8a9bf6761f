// A search on the application's own account, for a leg that will be joined with a standing one: nothing is relayed.
import type { CallFailedError } from '@siplet/sdk';
import type { AgentServices } from '../agent/services.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import type { SessionOwner } from '../session/owner.js';
import type { BridgedLeg } from './bridged-leg.js';
import type { Limits } from './leg-options.js';
import { Search } from './search.js';

/** A callee that has answered, and has no ACK yet. */
export interface Found {
  readonly leg: BridgedLeg;
  readonly response: ReceivedResponse;
}

export class LegSearch extends Search {
  #resolve: ((found: Found) => void) | undefined;
  #reject: ((error: CallFailedError) => void) | undefined;

  constructor(services: AgentServices, { application }: SessionOwner, invites: readonly OwnRequest[]) {
    super(services, application.table, invites);
  }

  /** Rejects with CallFailedError. */
  start(limits: Limits): Promise<Found> {
    const found = new Promise<Found>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.begin(limits);
    return found;
  }

  /** The other party has left: all are cancelled, and it fails with 487. */
  abandon(): void {
    if (!this.isOver) this.cancel(undefined);
  }

  pair(): void {
    // The callee's early media have nowhere to go.
  }

  legEnded(leg: BridgedLeg): void {
    if (!this.isOver) this.callOf(leg)?.left(leg);
  }

  hungUp(): void {
    // `legEnded` has done it.
  }

  protected found(leg: BridgedLeg, response: ReceivedResponse): void {
    this.#resolve?.({ leg, response });
  }

  protected notFound(error: CallFailedError): void {
    this.#reject?.(error);
  }
}
