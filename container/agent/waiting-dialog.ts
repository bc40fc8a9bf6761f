// Requests of a caller in an early dialog behind which no callee rings: before a bridge, between two callees, or beside
// the dialog of the one that rings (RFC 3262 §3, RFC 3311 §5.2). A 481 would end the call (§12.2.1.2).
import { refusalOf } from '../proxy/validation.js';
import { later } from './admission.js';
import type { Answering } from './answering.js';
import type { Leg } from './leg.js';
import { descriptionOf } from './session-description.js';

/** False: the dialog is not such a one, or the container answers the request as in any other. */
export function answerWaiting(answering: Answering, leg: Leg): boolean {
  if (leg.session.state !== 'early' || leg.original !== undefined) return false;
  const { request, transaction } = answering;
  const isOffer = descriptionOf(request) !== undefined;
  if (request.method === 'OPTIONS') return false;
  if (request.method === 'PRACK') answering.answerAs(isOffer && leg.offers.state === 'offer received' ? 488 : 200);
  else if (request.method === 'UPDATE' && !isOffer) answering.answerAs(200);
  else answering.answerAsAgent(refusalOf(request, later(leg), transaction.toTag));
  return true;
}

/** Whether a B2BUA of the application has yet to answer the INVITE of this dialog. */
export function isWaiting({ received }: Leg): boolean {
  for (const { isInitial, isB2bua } of received) if (isInitial && isB2bua === true) return true;
  return false;
}
