// Whether a request in a dialog may be accepted now (§12.2.2, §14.2, RFC 3262 §3, RFC 3311 §5.2).
import type { Identifiers } from '../base/identifiers.js';
import type { Request } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';
import type { Dialog } from './dialog.js';
import { refusalOfExtensions } from './extensions.js';
import type { OfferAnswer } from './offer-answer.js';
import type { ReliableProvisionals } from './reliable-provisionals.js';
import type { SessionTimer } from './session-timer.js';

/** A leg, with its requests under way. */
interface AdmittingLeg {
  readonly dialog: Dialog | undefined;
  /** The other leg of its call, and the bridge that relays to it, when there is one. */
  readonly linked: object | undefined;
  readonly user: object | undefined;
  readonly received: Iterable<{ readonly request: Request }>;
  readonly sent: Iterable<{ readonly request: Request }>;
  readonly reliables: ReliableProvisionals | undefined;
  readonly timer: SessionTimer;
  readonly offers: OfferAnswer;
  readonly services: { readonly identifiers: Identifiers };
}

/** The seconds that a peer must wait when its INVITE overlaps an earlier one (§14.2). */
const MAX_RETRY_AFTER = 10;

/**
 * The reason why the request is refused; undefined: it is accepted. Its CSeq number counts in any case; as a PRACK it
 * counts only when accepted.
 */
export function refusalInDialog(request: Request, leg: AdmittingLeg): Refusal | undefined {
  if (leg.dialog?.takes(request) !== true) return { status: 500, reason: 'CSeq out of order' };
  return (
    refusalOfExtensions(request, leg.linked !== undefined || leg.user !== undefined) ??
    (request.method === 'INVITE' ? refusalOfOverlap(leg) : undefined) ??
    (request.method === 'PRACK' ? acknowledgeProvisional(request, leg) : undefined) ??
    leg.timer.refusalOf(request) ??
    refusalOfOffer(request, leg)
  );
}

/** §14.2: one INVITE at a time, in either direction. */
function refusalOfOverlap(leg: AdmittingLeg): Refusal | undefined {
  for (const { request } of leg.received) if (request.method === 'INVITE') return later(leg);
  for (const { request } of leg.sent) if (request.method === 'INVITE') return { status: 491 };
  return undefined;
}

/** RFC 3262 §3: a PRACK that acknowledges nothing gets 481. */
function acknowledgeProvisional(prack: Request, leg: AdmittingLeg): Refusal | undefined {
  return leg.reliables === undefined ? { status: 481 } : leg.reliables.acknowledge(prack);
}

/** RFC 3311 §5.2, RFC 6337 §4: an offer while another is unanswered, and an UPDATE while another is. */
function refusalOfOffer(request: Request, leg: AdmittingLeg): Refusal | undefined {
  if (request.method === 'PRACK') return undefined;
  if (request.method === 'UPDATE')
    for (const other of leg.received) if (other.request.method === 'UPDATE') return later(leg);
  if (leg.offers.meaningOf('remote', request) !== 'offer') return undefined;
  const { state } = leg.offers;
  if (state === 'offer sent') return { status: 491 };
  return state === 'offer received' ? later(leg) : undefined;
}

/** The request may be sent again after a while. */
export function later(leg: Pick<AdmittingLeg, 'services'>): Refusal {
  const seconds = Math.floor(leg.services.identifiers.fraction() * (MAX_RETRY_AFTER + 1));
  return { status: 500, headers: [['Retry-After', String(seconds)]] };
}
