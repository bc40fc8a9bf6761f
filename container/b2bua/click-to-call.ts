// Click-to-call (RFC 3725 §4.4, flow IV): the one is called with an offer that has no media; when it has answered, the
// other is called without an offer, and its offer goes to the one in a re-INVITE. Flow III where the one needs media.

import { CallFailedError, type CallOptions } from '@siplet/sdk';
import { withoutMedia } from '../agent/refused-offer.js';
import type { AgentServices } from '../agent/services.js';
import type { OwnRequest } from '../servlet/sender.js';
import { addressOf } from '../servlet/values.js';
import { Awaited } from '../session/awaited.js';
import type { SessionOwner } from '../session/owner.js';
import { Bridge } from './bridge.js';
import type { BridgedLeg, LegOwner } from './bridged-leg.js';
import { heldAnswer } from './continued-description.js';
import { joinWithCallee, sdpOf } from './joining.js';
import type { Limits } from './leg-options.js';
import { type Found, LegSearch } from './leg-search.js';
import { createCall, limitsFor } from './own-calls.js';
import { reasonOf } from './uncaught.js';

/** The session of an offer is one of so many. */
const MAX_SESSION = 2 ** 31;

const SDP = 'application/sdp';

/** A phone that takes no offer without media is called without an offer (RFC 3725 §4.3, flow III). */
const NEEDS_MEDIA: ReadonlySet<number> = new Set([400, 415, 488, 580, 606]);

/** Rejects with CallFailedError when one of the two does not answer. */
export function callBoth(services: AgentServices, session: SessionOwner, options: CallOptions): Promise<Bridge> {
  const limits = limitsFor(session, options);
  return Awaited.of(new ClickToCall(services, session, options, limits).run(), services.invocation.turn);
}

class ClickToCall implements LegOwner {
  #search: LegSearch | undefined;
  /** The Call-ID of the first INVITE. */
  #callId: string | undefined;

  constructor(
    private readonly services: AgentServices,
    private readonly session: SessionOwner,
    private readonly options: CallOptions,
    private readonly limits: Limits,
  ) {}

  async run(): Promise<Bridge> {
    const { leg } = await this.#callFirst();
    leg.owner = this;
    try {
      if (leg.hasEnded) throw new CallFailedError(487);
      const found = await this.#callSecond();
      await joinWithCallee(leg, found);
      const bridge = new Bridge(leg, found.leg, found.response);
      if (found.leg.hasEnded) void leg.end(undefined);
      return bridge;
    } catch (error) {
      void leg.end(undefined, reasonOf(error));
      throw error;
    }
  }

  /** Its display shows the party that it will talk to. */
  async #callFirst(): Promise<Found> {
    const { body } = this.options;
    const { identifiers, ownSentBy } = this.services;
    const host = ownSentBy.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    const id = Math.floor(identifiers.fraction() * MAX_SESSION);
    try {
      const found = await this.#invite(body?.content ?? withoutMedia(host, id), body?.type);
      await found.response.createAck().send();
      return found;
    } catch (error) {
      if (body !== undefined || !(error instanceof CallFailedError) || !NEEDS_MEDIA.has(error.status)) throw error;
    }
    const found = await this.#invite(undefined, undefined);
    const ack = found.response.createAck();
    const offer = sdpOf(found.response);
    if (offer !== '') ack.setBody(heldAnswer(offer, host, id), SDP);
    await ack.send();
    return found;
  }

  #invite(offer: string | Uint8Array | undefined, type = SDP): Promise<Found> {
    const { services, session, options } = this;
    const invite = createCall(services, session, addressOf(options.callee), addressOf(options.caller), options);
    if (offer !== undefined) invite.setBody(offer, type);
    this.#join(invite);
    return new LegSearch(services, session, [invite]).start(this.limits);
  }

  #callSecond(): Promise<Found> {
    const { services, session, options } = this;
    const invite = createCall(services, session, addressOf(options.caller), addressOf(options.callee), options);
    this.#join(invite);
    this.#search = new LegSearch(services, session, [invite]);
    return this.#search.start(this.limits);
  }

  #join({ session: { callId } }: OwnRequest): void {
    if (this.#callId === undefined) this.#callId = callId;
    else this.services.joined(this.#callId, callId);
  }

  legEnded(_leg: BridgedLeg): void {
    this.#search?.abandon();
  }

  hungUp(): void {
    // `legEnded` has done it.
  }
}
