// Two legs that are held together: the fate of both (RULES.md section 3, RFC 7092 §3).

import type * as sdk from '@siplet/sdk';
import type { Request } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import { Awaited } from '../session/awaited.js';
import type { SipSession } from '../session/sip-session.js';
import type { BridgedLeg, LegOwner } from './bridged-leg.js';

/** The Reason with which a leg ends when the other one is lost (RFC 3326). */
const LOST = 'SIP;cause=481;text="The other leg is lost"';

export class Bridge implements sdk.Bridge, LegOwner {
  #tellEnded: (() => void) | undefined;
  readonly #whenEnded: Promise<void>;

  constructor(
    readonly callerLeg: BridgedLeg,
    readonly calleeLeg: BridgedLeg,
    /** The 2xx that has answered the call. */
    readonly response: ReceivedResponse,
  ) {
    this.#whenEnded = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    callerLeg.owner = calleeLeg.owner = this;
  }

  get caller(): SipSession {
    return this.callerLeg.leg.session;
  }

  get callee(): SipSession {
    return this.calleeLeg.leg.session;
  }

  get ended(): Promise<void> {
    return Awaited.of(this.#whenEnded, this.callerLeg.leg.services.invocation.turn);
  }

  terminate(): Promise<void> {
    const both = Promise.all([this.callerLeg.end(undefined), this.calleeLeg.end(undefined)]);
    return Awaited.of(
      both.then(() => {}),
      this.callerLeg.leg.services.invocation.turn,
    );
  }

  /**
   * One leg has ended: by a BYE of the peer, which is relayed when its handler has seen it; by one of ours, whose
   * Reason goes to the other leg, too; or because it was lost.
   */
  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void {
    const { peer } = leg;
    if (peer === undefined || peer.hasEnded) this.#tellEnded?.();
    else if (!byPeer) void peer.end(undefined, bye?.values('reason').join(', ') || LOST);
  }

  hungUp({ peer }: BridgedLeg, bye: Request): void {
    void peer?.end(bye);
  }
}
