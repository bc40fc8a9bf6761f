// Requests that must not be sent in a dialog now (§14.1, RFC 3311 §5.1, RFC 3264 §4).
import type { Request } from '../message/index.js';
import type { OfferAnswer } from './offer-answer.js';

/** The leg of that dialog. */
interface BusyLeg {
  readonly hasPendingInvite: boolean;
  readonly sent: Iterable<{ readonly request: Request }>;
  readonly offers: OfferAnswer;
}

/** Why it must not be sent: an INVITE, an UPDATE or an offer while another is under way. Undefined: it may be sent. */
export function obstacleIn(leg: BusyLeg, request: Request): string | undefined {
  const { method } = request;
  if (method === 'INVITE' && leg.hasPendingInvite) return 'an INVITE of this dialog is under way (§14.1)';
  if (method === 'UPDATE')
    for (const other of leg.sent)
      if (other.request.method === 'UPDATE') return 'an UPDATE of this dialog is under way (RFC 3311 §5.2)';
  if (leg.offers.meaningOf('local', request) !== 'offer') return undefined;
  const { state } = leg.offers;
  if (state === 'offer sent') return 'an offer of ours has no answer yet (RFC 3264 §4)';
  return state === 'offer received' ? "the peer's offer has no answer yet (RFC 3264 §4)" : undefined;
}
