// Two legs that did not begin as one call become one: the offer of one goes to the other in a re-INVITE, and its answer
// back in the ACK (RFC 3725 §4.4, §7).

import { CallFailedError } from '@siplet/sdk';
import { refusalOf } from '../agent/refused-offer.js';
import { descriptionOf } from '../agent/session-description.js';
import { textOf } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { BridgedLeg } from './bridged-leg.js';
import { trimmed } from './continued-description.js';
import type { Found } from './leg-search.js';
import { reinvite } from './reinvite.js';

const SDP = 'application/sdp';

/** The standing leg gets the offer of a callee that was called without one. Rejects with CallFailedError. */
export async function joinWithCallee(standing: BridgedLeg, { leg, response }: Found): Promise<void> {
  const offer = sdpOf(response);
  if (offer === '') {
    acknowledge(response, undefined); // a phone without media
    return;
  }
  try {
    const answer = await offered(standing, offer);
    acknowledge(response, trimmed(answer, offer));
  } catch (error) {
    acknowledge(response, refusalOf(offer, leg.leg.services.ownSentBy.replace(/:\d+$/, '')));
    void leg.end(undefined);
    throw error;
  }
}

/** Both legs stand: the one makes an offer for the other. Where that fails, the one keeps its media. */
export async function joinStanding(one: BridgedLeg, other: BridgedLeg): Promise<void> {
  const { local } = one.leg.offers;
  const before = local === undefined ? undefined : textOf(local.body);
  const success = succeeded(await reinvite(one.leg, undefined));
  const offer = sdpOf(success);
  try {
    const answer = await offered(other, offer);
    acknowledge(success, one.continuing(trimmed(answer, offer), true));
  } catch (error) {
    acknowledge(success, before);
    throw error;
  }
}

/** Its answer. */
async function offered(leg: BridgedLeg, offer: string): Promise<string> {
  const success = succeeded(await reinvite(leg.leg, leg.continuing(offer, false)));
  acknowledge(success, undefined);
  const answer = sdpOf(success);
  if (answer === '') throw new CallFailedError(488, undefined, 'the call failed: an offer was not answered');
  return answer;
}

export function sdpOf({ message }: ReceivedResponse): string {
  return textOf(descriptionOf(message)?.body ?? '');
}

function succeeded(response: ReceivedResponse): ReceivedResponse {
  if (response.status >= 300) throw new CallFailedError(response.status, response);
  return response;
}

function acknowledge(success: ReceivedResponse, answer: string | undefined): void {
  if (success.isAcknowledged) return;
  const ack = success.createAck();
  if (answer !== undefined) ack.setBody(answer, SDP);
  void ack.send();
}
