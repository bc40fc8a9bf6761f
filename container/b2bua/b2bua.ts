// The application as back-to-back user agent (JSR 289 §14's B2buaHelper), and the bridge.
import type * as sdk from '@siplet/sdk';
import { CallFailedError, IllegalStateError, timeLimit } from '@siplet/sdk';
import { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import { SentRequest } from '../servlet/sent-request.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { Awaited } from '../session/awaited.js';
import type { Turn } from '../session/mailbox.js';
import type { SipSession } from '../session/sip-session.js';
import { CalleeSearch } from './callee-search.js';
import { responseToOriginal } from './forked-response.js';
import { applyTo } from './leg-options.js';
import { assertInitial, createLegRequest, createRequestInDialog } from './leg-request.js';
import { link, relink, unlink } from './linking.js';

export class B2bua implements sdk.B2bua {
  constructor(
    readonly request: SipRequest,
    readonly leg: Leg,
  ) {}

  createRequest(options?: sdk.LegOptions): sdk.SipRequest;
  createRequest(session: sdk.SipSession, request: sdk.SipRequest, options?: sdk.LegOptions): sdk.SipRequest;
  createRequest(
    first?: sdk.LegOptions | sdk.SipSession,
    request?: sdk.SipRequest,
    options?: sdk.LegOptions,
  ): sdk.SipRequest {
    if (request !== undefined)
      return createRequestInDialog(legOf(first as SipSession, 'createRequest'), request as SipRequest, options);
    const answering = Answering.of(this.request);
    assertInitial(answering, 'createRequest');
    const sent = createLegRequest(answering, (first as sdk.LegOptions | undefined) ?? {});
    relink(this.leg, legOf(sent.session, 'createRequest'));
    return sent;
  }

  linkedSession(session: sdk.SipSession): SipSession | undefined {
    const linked = Leg.find(session as SipSession)?.linked?.session;
    return linked?.isValid ? linked : undefined;
  }

  linkedRequest(message: sdk.SipRequest | sdk.SipResponse): sdk.SipRequest | undefined {
    const request = ('status' in message ? message.request : message) as SipRequest | SentRequest;
    return request instanceof SentRequest ? request.madeFrom?.servlet : Answering.of(request)?.madeInto;
  }

  link(one: sdk.SipSession, other: sdk.SipSession): void {
    link(legOf(one as SipSession, 'link'), legOf(other as SipSession, 'link'));
  }

  unlink(session: sdk.SipSession): void {
    unlink(legOf(session as SipSession, 'unlink'));
  }

  createResponseToOriginal(session: sdk.SipSession, status: number, reason?: string): sdk.SipResponse {
    return responseToOriginal(legOf(session as SipSession, 'createResponseToOriginal'), status, reason);
  }

  pending(session: sdk.SipSession): sdk.SipRequest[] {
    const leg = legOf(session as SipSession, 'pending');
    return [...leg.received].map((answering) => answering.servlet);
  }

  bridge(options: sdk.BridgeOptions): Promise<sdk.Bridge> {
    const { from, headers, body, timeout, provisionalTimeout } = options;
    const to = onlyCallee(options);
    const answering = Answering.of(this.request);
    assertInitial(answering, 'bridge');
    const what = `bridge: the ${this.request.method} ${this.request.callId}`;
    if (answering.request.method !== 'INVITE')
      throw new IllegalStateError(`${what} is not an INVITE: see createRequest`);
    if (answering.isBridging) throw new IllegalStateError(`${what} has a bridge under way`);
    if (answering.received.isCancelled || answering.isGivenUp)
      return failed(new CallFailedError(487), answering.services.invocation.turn);
    if (answering.answered) throw new IllegalStateError(`${what} has its final response`);
    const limits = {
      answer:
        timeout === undefined ? answering.received.options.proxyTimeout : timeLimit(timeout, 'the timeout of a bridge'),
      progress:
        provisionalTimeout === undefined
          ? undefined
          : timeLimit(provisionalTimeout, 'the provisionalTimeout of a bridge'),
    };
    const refused = answering.refuseAsAgent();
    if (refused !== undefined) return failed(new CallFailedError(refused), answering.services.invocation.turn);
    const sent = createLegRequest(answering, { to, ...(from && { from }), ...(headers && { headers }) }, body);
    applyTo(sent, options, answering.services);
    relink(this.leg, legOf(sent.session, 'createRequest'));
    return new CalleeSearch(answering, [sent]).start(limits);
  }
}

function onlyCallee({ to }: sdk.BridgeOptions): sdk.AddressLike {
  if (Array.isArray(to)) throw new Error('bridge: several callees at once are not implemented yet');
  return to as sdk.AddressLike;
}

function failed(error: CallFailedError, turn: Turn | undefined): Promise<never> {
  const awaited = Awaited.in<never>(turn);
  awaited.fail(error);
  return awaited;
}

function legOf(session: SipSession, what: string): Leg {
  const leg = Leg.find(session);
  if (leg === undefined)
    throw new IllegalStateError(
      `${what}: the session of ${session.callId} is not a leg: the application is not a user agent in it`,
    );
  return leg;
}
