// The application as back-to-back user agent (JSR 289 §14's B2buaHelper), and the bridge.
import type * as sdk from '@siplet/sdk';
import { CallFailedError, IllegalStateError } from '@siplet/sdk';
import { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import type { OwnRequest } from '../servlet/sender.js';
import { SentRequest } from '../servlet/sent-request.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { Awaited } from '../session/awaited.js';
import type { Turn } from '../session/mailbox.js';
import type { SipSession } from '../session/sip-session.js';
import { Bridge } from './bridge.js';
import { CalleeSearch } from './callee-search.js';
import { responseToOriginal } from './forked-response.js';
import { applyTo, limitsOf } from './leg-options.js';
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
    const standing = this.request.isInitial ? undefined : Bridge.of(this.request.session);
    if (standing !== undefined) return standing.transfer({ ...options, leaving: this.request.session });
    const answering = Answering.of(this.request);
    assertInitial(answering, 'bridge');
    const what = `bridge: the ${this.request.method} ${this.request.callId}`;
    if (answering.request.method !== 'INVITE')
      throw new IllegalStateError(`${what} is not an INVITE: see createRequest`);
    if (answering.isBridging) throw new IllegalStateError(`${what} has a bridge under way`);
    if (answering.received.isCancelled || answering.isGivenUp)
      return failed(new CallFailedError(487), answering.services.invocation.turn);
    if (answering.answered) throw new IllegalStateError(`${what} has its final response`);
    const callees = calleesOf(options.to);
    const limits = limitsOf(options, answering.received.options.proxyTimeout);
    const refused = answering.refuseAsAgent(true);
    if (refused !== undefined) return failed(new CallFailedError(refused), answering.services.invocation.turn);
    const invites = this.#invite(answering, callees, options);
    return new CalleeSearch(answering, invites).start(limits);
  }

  /** The INVITE to each callee; when one cannot be made, nothing is left of the others. */
  #invite(answering: Answering, callees: readonly sdk.AddressLike[], options: sdk.BridgeOptions): OwnRequest[] {
    const { from, headers, body } = options;
    const invites: OwnRequest[] = [];
    try {
      for (const to of callees) {
        const sent = createLegRequest(answering, { to, ...(from && { from }), ...(headers && { headers }) }, body);
        invites.push(sent);
        applyTo(sent, options, answering.services);
      }
    } catch (error) {
      for (const { session } of invites) session.invalidate();
      throw error;
    }
    for (const { session } of invites.toReversed()) relink(this.leg, legOf(session, 'createRequest'));
    return invites;
  }
}

function calleesOf(to: sdk.BridgeOptions['to']): readonly sdk.AddressLike[] {
  const callees = Array.isArray(to) ? (to as readonly sdk.AddressLike[]) : [to as sdk.AddressLike];
  if (callees.length === 0) throw new TypeError('bridge: `to` names no callee');
  return callees;
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
