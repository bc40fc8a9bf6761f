// The application as back-to-back user agent (JSR 289 §14's B2buaHelper), and the bridge.
import type * as sdk from '@siplet/sdk';
import { CallFailed, IllegalStateError } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';
import type { Incoming } from '../dispatch/incoming.js';
import type { SipRequest } from '../servlet/sip-request.js';
import type { SipResponse } from '../servlet/sip-response.js';
import { Awaited } from '../session/awaited.js';
import type { SipSession } from '../session/sip-session.js';
import { Bridge } from './bridge.js';
import { assertInitial, createLegRequest, createRequestInDialog } from './leg-request.js';
import { link, relink, unlink } from './linking.js';

export class B2bua implements sdk.B2bua {
  constructor(
    readonly request: SipRequest,
    readonly leg: Leg,
  ) {}

  createRequest(options?: sdk.LegOptions): SipRequest;
  createRequest(session: sdk.SipSession, request: sdk.SipRequest, options?: sdk.LegOptions): SipRequest;
  createRequest(
    first?: sdk.LegOptions | sdk.SipSession,
    request?: sdk.SipRequest,
    options?: sdk.LegOptions,
  ): SipRequest {
    if (request !== undefined)
      return createRequestInDialog(legOf(first as SipSession, 'createRequest'), request as SipRequest, options);
    const { incoming } = this.request;
    assertInitial(incoming, 'createRequest');
    const sent = createLegRequest(incoming, (first as sdk.LegOptions | undefined) ?? {});
    relink(this.leg, sent.leg);
    return sent;
  }

  linkedSession(session: sdk.SipSession): SipSession | undefined {
    const linked = (session as SipSession).leg?.linked?.session;
    return linked?.isValid ? linked : undefined;
  }

  linkedRequest(message: sdk.SipRequest | sdk.SipResponse): SipRequest | undefined {
    const request = ('status' in message ? message.request : message) as SipRequest;
    return request.incoming?.madeInto ?? (request as { madeFrom?: Incoming }).madeFrom?.servlet;
  }

  link(one: sdk.SipSession, other: sdk.SipSession): void {
    link(legOf(one as SipSession, 'link'), legOf(other as SipSession, 'link'));
  }

  unlink(session: sdk.SipSession): void {
    unlink(legOf(session as SipSession, 'unlink'));
  }

  createResponseToOriginal(session: sdk.SipSession, status: number, reason?: string): SipResponse {
    const leg = legOf(session as SipSession, 'createResponseToOriginal');
    for (const incoming of leg.received) if (incoming.isInitial) return incoming.servlet.createResponse(status, reason);
    throw new IllegalStateError(
      `createResponseToOriginal: the session of ${session.callId} has no initial request that waits for a final response`,
    );
  }

  pending(session: sdk.SipSession): SipRequest[] {
    const leg = legOf(session as SipSession, 'pending');
    return [...leg.received].map((incoming) => incoming.servlet);
  }

  bridge({ to, from, headers, body, timeout }: sdk.BridgeOptions): Promise<sdk.Bridge> {
    const { incoming } = this.request;
    assertInitial(incoming, 'bridge');
    const what = `bridge: the ${this.request.method} ${this.request.callId}`;
    if (incoming.request.method !== 'INVITE') throw new IllegalStateError(`${what} is no INVITE: see createRequest`);
    if (incoming.isBridging) throw new IllegalStateError(`${what} has a bridge under way`);
    if (incoming.isCancelled) return failed(new CallFailed(487), incoming.core.turn);
    if (incoming.answered) throw new IllegalStateError(`${what} has its final response`);
    const seconds = timeout ?? incoming.proxyTimeout;
    if (!(seconds >= 0)) throw new RangeError(`bridge: ${timeout} is no timeout in seconds`);
    const refused = incoming.refuseAsAgent();
    if (refused !== undefined) return failed(new CallFailed(refused), incoming.core.turn);
    const sent = createLegRequest(incoming, { to, ...(from && { from }), ...(headers && { headers }) }, body);
    relink(this.leg, sent.leg);
    return new Bridge(incoming, sent).start(seconds);
  }
}

function failed(error: CallFailed, turn: Leg['services']['turn']): Promise<never> {
  const awaited = Awaited.in<never>(turn);
  awaited.fail(error);
  return awaited;
}

function legOf(session: SipSession, what: string): Leg {
  const { leg } = session;
  if (leg === undefined)
    throw new IllegalStateError(
      `${what}: the session of ${session.callId} is no leg: the application is no user agent in it`,
    );
  return leg;
}
