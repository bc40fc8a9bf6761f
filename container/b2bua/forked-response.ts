// Answers of further forks of the callee to the caller's one INVITE (JSR 289 §14.6): each 2xx is a dialog of its own.
import { IllegalStateError, type SipResponse as SdkResponse } from '@siplet/sdk';
import type { RequestReceived } from '../agent/exchanges.js';
import type { Leg } from '../agent/leg.js';
import { type Response, responseTo, wireOf } from '../message/index.js';
import { SipResponse } from '../servlet/sip-response.js';
import type { SipSession } from '../session/sip-session.js';

/**
 * A response to the initial request of the leg; after its first 2xx another one with its own To tag, in a session of
 * its own. Throws IllegalStateError where no response can be sent any more.
 */
export function responseToOriginal(leg: Leg, status: number, reason?: string): SdkResponse {
  for (const received of leg.received) if (received.isInitial) return received.servlet.createResponse(status, reason);
  const { accepted, session } = leg;
  if (accepted === undefined)
    throw new IllegalStateError(
      `createResponseToOriginal: the session of ${session.callId} has no initial request that can be answered`,
    );
  if (status < 200 || status > 299)
    throw new IllegalStateError(
      `createResponseToOriginal: the INVITE ${session.callId} was answered with a 2xx: only further 2xx can follow, not ${status}`,
    );
  const { request } = accepted;
  const tag = leg.services.identifiers.tag();
  const response = responseTo(request, status, reason === undefined ? undefined : wireOf(reason), tag, true);
  const derived = session.set.sessionFor(response);
  leg.legOf(derived);
  response.append('Contact', derived.contactFor(accepted.transaction.flow));
  return new ForkedResponse(response, accepted, derived);
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
