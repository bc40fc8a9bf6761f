// A re-INVITE of the container's own in a standing leg, repeated where another request is in its way (§14.1).

import { CallFailedError } from '@siplet/sdk';
import type { ExchangeUser } from '../agent/exchanges.js';
import { delayAfterGlare } from '../agent/glare.js';
import type { Leg } from '../agent/leg.js';
import type { Timed } from '../base/clock.js';
import type { ReceivedResponse } from '../servlet/received-response.js';

/** How often it is tried. */
const ATTEMPTS = 5;

const SDP = 'application/sdp';

/**
 * `offer` is undefined where the peer is asked for one. Resolves with the final response; rejects with 487 after the
 * end of the dialog.
 */
export function reinvite(leg: Leg, offer: string | undefined): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => new Reinvite(leg, offer, resolve, reject).attempt());
}

class Reinvite implements ExchangeUser, Timed {
  #attempts = 0;

  constructor(
    private readonly leg: Leg,
    private readonly offer: string | undefined,
    private readonly resolve: (response: ReceivedResponse) => void,
    private readonly reject: (error: CallFailedError) => void,
  ) {}

  attempt(): void {
    const { leg, offer } = this;
    this.#attempts++;
    if (leg.session.state !== 'confirmed') {
      this.reject(new CallFailedError(487));
      return;
    }
    if (leg.awaitsAck || leg.hasPendingInvite || leg.offers.state === 'offer sent') {
      this.#again();
      return;
    }
    const request = leg.createRequest('INVITE');
    if (offer !== undefined) request.setBody(offer, SDP);
    leg.sendFor(this, request);
  }

  #again(): void {
    if (this.#attempts >= ATTEMPTS) {
      this.reject(new CallFailedError(491));
      return;
    }
    this.leg.services.clock.start(delayAfterGlare(this.leg), this, 'again');
  }

  expire(): void {
    this.attempt();
  }

  provisional(response: ReceivedResponse): void {
    if (response.isReliable) void this.leg.sendForContainer(response.createPrack());
  }

  final(response: ReceivedResponse): void {
    if (response.status === 491 && this.#attempts < ATTEMPTS) this.#again();
    else this.resolve(response);
  }
}
