// Answers of further forks of the callee to the caller's one INVITE (JSR 289 §14.6): each fork has a dialog of its own.
import { IllegalStateError, type SipResponse as SdkResponse } from '@siplet/sdk';
import { Answering } from '../agent/answering.js';
import type { RequestReceived } from '../agent/exchanges.js';
import { Leg } from '../agent/leg.js';
import { present } from '../base/present.js';
import { type Response, responseTo, wireOf } from '../message/index.js';
import { ServedResponse } from '../servlet/served-response.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { SipResponse } from '../servlet/sip-response.js';
import type { SipSession } from '../session/sip-session.js';
import { link } from './linking.js';

/**
 * A response to the initial request of the leg, in the leg's dialog. For the leg of another fork of the callee, which
 * is not linked yet, it is in a new dialog with the caller, and the two are linked. After the first 2xx each further
 * one has a To tag and a session of its own. Throws IllegalStateError when the
 * session is not linked with that of a caller, and when the caller's request takes no further response.
 */
export function responseToOriginal(leg: Leg, status: number, reason?: string): SdkResponse {
  const caller = callerLegOf(leg);
  const text = reason === undefined ? undefined : wireOf(reason);
  const { set, calleeTag } = caller.session;
  const pending = [...Leg.of(set.first, leg.services).received].find(({ isInitial }) => isInitial);
  if (pending === undefined) return furtherSuccess(caller, status, text);
  const tag = pending.transaction.toTag;
  if (calleeTag === undefined || calleeTag === tag || status >= 300)
    return pending.servlet.createResponse(status, reason);
  const response = made(pending, caller.session, calleeTag, status, text);
  const { received } = present(Answering.of(pending.servlet as SipRequest), 'the answering of a request');
  return new ServedResponse(response, received, caller.session, undefined, 'created');
}

/** The caller's leg that the response goes out on. */
function callerLegOf(leg: Leg): Leg {
  const first = leg.legOf(leg.session.set.first);
  if (first.original === undefined) return leg; // it is the caller's own
  if (leg.linked !== undefined) return leg.linked;
  const original = first.linked?.session.set.first;
  if (original === undefined)
    throw new IllegalStateError(
      `createResponseToOriginal: the session of ${leg.session.callId} is not linked with that of a caller`,
    );
  const derived = leg.legOf(original.set.sessionOfTag(leg.services.identifiers.tag()));
  link(derived, leg);
  return derived;
}

function furtherSuccess(leg: Leg, status: number, reason: string | undefined): SdkResponse {
  const { session } = leg;
  const { accepted } = Leg.of(session.set.first, leg.services);
  if (accepted === undefined)
    throw new IllegalStateError(
      `createResponseToOriginal: the session of ${session.callId} has no initial request that can be answered`,
    );
  if (status < 200 || status > 299)
    throw new IllegalStateError(
      `createResponseToOriginal: the INVITE ${session.callId} was answered with a 2xx: only further 2xx can follow, not ${status}`,
    );
  const isNew = session === session.set.first || session.state === 'confirmed';
  const tag = isNew ? leg.services.identifiers.tag() : present(session.calleeTag, 'the tag of an early dialog');
  const own = isNew ? session.set.sessionOfTag(tag) : session;
  leg.legOf(own);
  return new ForkedResponse(made(accepted, own, tag, status, reason), accepted, own);
}

function made(
  { request, transaction }: RequestReceived,
  session: SipSession,
  tag: string,
  status: number,
  reason: string | undefined,
): Response {
  const response = responseTo(request, status, reason, tag, true);
  response.append('Contact', session.contactFor(transaction.flow));
  return response;
}

class ForkedResponse extends SipResponse {
  constructor(
    message: Response,
    readonly received: RequestReceived,
    session: SipSession,
  ) {
    super(message, session, received.transaction.flow, 'created');
  }

  get request(): RequestReceived['servlet'] {
    return this.received.servlet;
  }

  get proxy(): undefined {
    return undefined;
  }

  get branch(): undefined {
    return undefined;
  }

  /** RFC 6026 §8.7: the transaction takes a further 2xx while it is in Accepted. */
  send(): void {
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent already`);
    if (this.received.transaction.state !== 'accepted')
      throw new IllegalStateError(`${this.label} comes too late: its transaction has ended`);
    this.received.sendNow(this.message);
    this.commit();
  }

  sendReliably(): never {
    throw new IllegalStateError(`${this.label} is a final response: only a 101 to 199 is sent reliably (RFC 3262 §3)`);
  }

  createAck(): never {
    throw new IllegalStateError(`${this.label} is the application's own: its ACK is the caller's`);
  }

  createPrack(): never {
    throw new IllegalStateError(`${this.label} is a final response: it has no PRACK`);
  }
}
