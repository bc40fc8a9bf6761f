// The role of user agent in a received request (C-1): answering it, for the application or in its place (§8.2,
// §13.3, §15.1.2).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Handler, SipletDefaults } from '../application/handler.js';
import type { Request, Response } from '../message/index.js';
import { refusalOf } from '../proxy/validation.js';
import type { Answerer } from '../servlet/answerer.js';
import type { OwnRequest } from '../servlet/sender.js';
import { ServedResponse } from '../servlet/served-response.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { DIALOG_METHODS, namesContact } from '../session/dialog-set.js';
import { call } from '../session/notices.js';
import type { SipSession } from '../session/sip-session.js';
import { writeCapabilities } from './capabilities.js';
import type { RequestReceived } from './exchanges.js';
import { refusalOfExtensions } from './extensions.js';
import { EXPIRED, InvitationExpiry } from './invitation-expiry.js';
import { Leg } from './leg.js';
import { answeredInPlace } from './proxied-answers.js';
import { ReliableProvisionals, type ReliableUser, reliabilityOf } from './reliable-provisionals.js';
import type { AgentServices } from './services.js';
import { nameShortestInterval } from './session-terms.js';

/** The first RSeq is one of so many values (RFC 3262 §3). */
const MAX_FIRST_RSEQ = 2 ** 31 - 1;

/** The request to answer, with the steps that accompany the answer. */
export interface AnsweredRequest extends Answerer {
  answered: boolean;
  readonly servlet: SipRequest;
  /** The role of user agent in it. */
  readonly answering: Answering;
  readonly services: Answerer['services'] & { readonly agent: AgentServices };
  /** The defaults for proxies and sessions of the siplet that took it. */
  readonly options: SipletDefaults;
  /** The caller has cancelled it. */
  readonly isCancelled: boolean;
  /** Takes the role of user agent. Throws IllegalStateError when it is proxied (C-1). */
  becomeUserAgent(purpose: string): void;
  /** Sends a response of ours; the caller has checked that it may be sent. */
  answer(response: Response): void;
  /** After a final `answer`, and what follows from it: the request is left to its transaction. */
  finish(): void;
  generate(status: number): Response;
  /** Calls its handler in its turn; a message waits for it. `settled` is given the error of the handler. */
  serveBy(handler: Handler, settled: (error: unknown) => void): void;
  /** It is being answered for the application: from now on an equal request is a merged one (§8.2.2.2). */
  claim(): void;
  /** It will be answered later: the container logs a warning when that takes long (C-41a). */
  awaitAnswer(): void;
  stopAwaiting(): void;
  /** Its handler has settled without an answer: the application means to answer it later. */
  beSettled(): void;
  /** It will not be answered: its transaction ends (RFC 4320 §4.2). */
  abandon(): void;
}

export class Answering implements ReliableUser, RequestReceived {
  /** The application is its B2BUA. */
  isB2bua = false;
  /** A bridge is being made from it: no one else may answer. */
  isBridging = false;
  /**
   * Told of the caller's CANCEL, with its Reason, or of the end of the INVITE's time; true: it answers the request
   * itself.
   */
  whenCancelled: ((reason: string | undefined) => boolean) | undefined;
  #expiry: InvitationExpiry | undefined;
  /** The last request of the other leg that was made from this one (JSR 289 §14.4). */
  madeInto: OwnRequest | undefined;
  /** Provisional responses that the caller acknowledges by PRACK, for each dialog with it (RFC 3262 §3). */
  #reliables: ReliableProvisionals[] | undefined;
  /** Its sender was challenged, and will send it again with credentials. */
  isChallenged = false;
  /** The caller has ended it by a BYE in its early dialog. */
  isGivenUp = false;

  constructor(readonly received: AnsweredRequest) {}

  /** The answering of a request that the application holds; undefined for one that cannot be answered. */
  static of(request: SipRequest): Answering | undefined {
    return (request.answerer as AnsweredRequest | undefined)?.answering;
  }

  get request(): Request {
    return this.received.request;
  }

  get transaction(): AnsweredRequest['transaction'] {
    return this.received.transaction;
  }

  get isInitial(): boolean {
    return this.received.isInitial;
  }

  get answered(): boolean {
    return this.received.answered;
  }

  get session(): SipSession {
    return this.received.session;
  }

  get servlet(): SipRequest {
    return this.received.servlet;
  }

  get services(): AgentServices {
    return this.received.services.agent;
  }

  /** Provisional responses are not yet acknowledged, or a 2xx waits for that. */
  get hasReliables(): boolean {
    return this.#reliables !== undefined;
  }

  #leg(): Leg {
    return Leg.of(this.session, this.services);
  }

  /** A BYE has arrived from a peer that may send it (§15.1.2). */
  endInvitation(): void {
    if (this.request.method === 'BYE') Leg.find(this.session)?.endInvitation(this.request);
  }

  dialogEnded(): void {
    // A bridge knows whether the caller has other dialogs.
    if (!this.answered && !this.isBridging) this.giveUp();
  }

  /** The caller has left its only dialog (§15.1.2). */
  giveUp(): void {
    this.isGivenUp = true;
    this.answerAs(487);
  }

  // Answering --------------------------------------------------------------------------------------

  /** C-1, C-6, C-12: sends a response that the application made; the caller has checked that it may. */
  answerByApplication(response: Response): void {
    const { received } = this;
    const { status } = response;
    const isProvisional = status < 200;
    if (isProvisional && !received.isProxied && this.transaction.isInvite && this.#reliability === 'required') {
      this.#takeReliably(response);
      return;
    }
    if (!isProvisional && !received.isProxied) received.becomeUserAgent('answer it');
    received.claim();
    const isSuccess = status >= 200 && status < 300;
    if (!isSuccess || received.isProxied || this.refuseAsAgent() === undefined) this.answerAsAgent(response);
  }

  /** RFC 3262 §3. Throws when the response cannot be sent reliably; the caller has checked that one may be sent. */
  answerReliably(response: Response): void {
    const { received, request } = this;
    const what = `${received.application.name} cannot send a ${response.status} to the ${request.method} ${request.callId} reliably`;
    if (!this.transaction.isInvite || response.status >= 200)
      throw new IllegalStateError(`${what}: only a 101 to 199 to an INVITE is (RFC 3262 §3)`);
    if (received.isProxied) throw new IllegalStateError(`${what}: it proxies it`);
    if (this.#reliability === 'unknown')
      throw new IllegalStateError(`${what}: the caller does not support 100rel (RFC 3262 §3)`);
    this.#takeReliably(response);
  }

  #takeReliably(response: Response): void {
    this.received.becomeUserAgent('answer it');
    this.received.claim();
    this.answerReliablyAsAgent(response);
  }

  get #reliability(): ReturnType<typeof reliabilityOf> {
    return reliabilityOf(this.request);
  }

  /**
   * Refuses what a user agent must refuse, whatever its application would answer (§8.2.2.3, RFC 4028 §9). The check is
   * made when the application takes that role, because a proxy forwards such requests. Returns the status of the
   * refusal, if there was one.
   */
  refuseAsAgent(isPassedOn = this.madeInto !== undefined): number | undefined {
    if (!this.isInitial) return undefined;
    const { request } = this;
    const refusal =
      refusalOfExtensions(request, isPassedOn) ??
      (this.transaction.isInvite ? this.#leg().timer.refusalOf(request) : undefined);
    if (refusal === undefined) return undefined;
    this.answerAsAgent(refusalOf(request, refusal, this.transaction.toTag));
    return refusal.status;
  }

  answerAs(status: number): void {
    if (this.answered && !this.#dropHeld()) return;
    this.answerAsAgent(this.received.generate(status));
  }

  #dropHeld(): boolean {
    const was = this.#reliables?.some((each) => each.dropHeld()) ?? false;
    if (was) this.received.answered = false;
    return was;
  }

  /**
   * Sends a response of a user agent; a 2xx only when the reliable 1xx before it have been acknowledged (RFC 3262 §3).
   */
  answerAsAgent(response: Response): void {
    if (response.status >= 200 && this.#reliables !== undefined && this.#isHeld(response, this.#reliables)) {
      this.received.answered = true;
      this.received.stopAwaiting();
    } else {
      this.sendNow(response);
    }
  }

  /** The dialogs that a final response does not belong to are over. */
  #isHeld(response: Response, reliables: readonly ReliableProvisionals[]): boolean {
    const own = this.#agentOf(response)?.reliables;
    let isHeld = false;
    for (const each of reliables)
      if (each === own || response.status >= 300) isHeld = each.holds(response) || isHeld;
      else each.stop();
    return isHeld;
  }

  /** ReliableUser. */
  sendNow(response: Response): void {
    const { request, session } = this;
    session.touch();
    const leg = this.received.isProxied ? undefined : this.#agentOf(response);
    leg?.timer.answering(request, response);
    writeCapabilities(response, leg);
    if (response.status >= 200) this.#expiry?.stop();
    if (response.status === 422) nameShortestInterval(response, this.services.settings);
    if (namesContact(request.method, response.status)) this.#writeContact(response);
    this.received.answer(response);
    this.#agentAnswered(response);
    if (!this.isInitial) answeredInPlace(this, response, session, this.services);
    if (this.isB2bua && this.transaction.state === 'accepted') this.#leg().accepted = this;
    if (response.status >= 200) this.received.finish();
  }

  /** The application may have chosen another Contact since the response was made. */
  #writeContact(response: Response): void {
    const { session, transaction, request, isInitial } = this;
    const isInPlace = !isInitial && session.proxied !== undefined;
    const contact = isInPlace ? session.contactInPlace(request) : session.sendContact(transaction.flow);
    if (isInPlace || session.set.contact !== undefined || !response.has('contact')) response.set('Contact', contact);
  }

  /** Sends a provisional response of a user agent that the caller has to acknowledge, after those before it. */
  answerReliablyAsAgent(response: Response): void {
    const leg = this.#agentOf(response);
    if (leg === undefined) throw new IllegalStateError('a reliable provisional response has a dialog (RFC 3262 §3)');
    let { reliables } = leg;
    if (reliables?.user !== this) {
      const { clock, identifiers, settings } = this.services;
      const first = 1 + Math.floor(identifiers.fraction() * MAX_FIRST_RSEQ);
      reliables = leg.reliables = new ReliableProvisionals(clock, settings, this, first);
      this.#reliables ??= [];
      this.#reliables.push(reliables);
    }
    reliables.send(response);
  }

  /** ReliableUser, RFC 3262 §3: the application is told, and the INVITE is refused unless other dialogs go on. */
  unacknowledged(response: Response): void {
    const { applicationSession } = this.session;
    const handler = applicationSession.application.table.life('noPrackReceived');
    if (handler !== undefined) call(applicationSession, handler, this.presentOwn(response));
    if (this.#agentOf(response)?.user?.unacknowledged() !== true) this.answerAs(500);
  }

  /** The transaction has ended: nothing is sent again. */
  stop(): void {
    this.#expiry?.stop();
    for (const each of this.#reliables ?? []) each.stop();
    const leg = this.isB2bua ? Leg.find(this.session) : undefined;
    if (leg?.accepted === this) leg.accepted = undefined;
  }

  /** The user agent that the response belongs to; undefined where it makes no dialog. */
  #agentOf(response: Response): Leg | undefined {
    if (!this.isInitial) return Leg.find(this.session);
    const { status } = response;
    if (status >= 300 || !DIALOG_METHODS.has(this.request.method)) return undefined;
    const session = status < 200 && this.received.isProxied ? this.session : this.session.set.sessionFor(response);
    return Leg.of(session, this.services);
  }

  /** A response of a user agent was sent: a dialog begins, goes on or ends with it (§12.1.1). */
  #agentAnswered(response: Response): void {
    const agent = this.#agentOf(response);
    if (this.isInitial && response.status >= 200 && !this.received.isProxied) this.#endOtherDialogs(response, agent);
    if (agent !== undefined) {
      agent.answered(this, response);
    } else if (this.isInitial && response.status >= 200) {
      const own = Leg.find(this.session);
      if (own !== undefined) own.answered(this, response);
      else if (!this.received.isProxied) this.session.state = 'terminated';
    }
  }

  /** Its final response. The other dialogs of the request stop waiting; a failure ends them all (§12.3). */
  #endOtherDialogs({ status }: Response, own: Leg | undefined): void {
    for (const session of this.session.set.sessions) {
      const leg = Leg.find(session);
      if (leg === undefined || leg === own) continue;
      leg.received.delete(this);
      if (status >= 300 && session !== this.session) leg.end(undefined);
    }
  }

  presentOwn(response: Response): sdk.SipResponse {
    const session = this.isInitial ? this.session.set.sessionFor(response) : this.session;
    const servlet = new ServedResponse(response, this.received, session, undefined, 'created');
    servlet.commit();
    return servlet;
  }

  /** §22.1: the request is authenticated. */
  authenticated(): void {
    if (this.session.state !== 'terminated') this.endInvitation();
  }

  /** §22.1: the application takes it only from an authenticated sender. Its dialog remains unchanged. */
  refuseUnauthenticated(response: Response): void {
    this.isChallenged = true;
    this.received.answer(response);
    this.#agentAnswered(response);
    if (response.status >= 200) this.received.finish();
  }

  // Back-to-back user agents -----------------------------------------------------------------------

  /** The application is its B2BUA from now on. */
  beB2bua(): void {
    this.isB2bua = true;
    this.#leg().received.add(this);
  }

  /** A second leg is being called: until it answers, no one else may. */
  bridging(whenCancelled: (reason: string | undefined) => boolean): void {
    this.isBridging = true;
    this.whenCancelled = whenCancelled;
    this.received.stopAwaiting();
    this.received.claim();
    this.obeyExpires();
  }

  /** No call was established: the application may try another callee, or answer. */
  bridgingFailed(): void {
    this.isBridging = false;
    this.whenCancelled = undefined;
    if (!this.answered) this.received.awaitAnswer();
  }

  /**
   * Sends the response of the other leg; a provisional one reliably, where that is required.
   */
  relay(response: Response, isReliable = false): void {
    if (this.answered) return;
    if (response.status >= 200) {
      this.isBridging = false;
      this.whenCancelled = undefined;
    }
    if (isReliable) this.answerReliablyAsAgent(response);
    else this.answerAsAgent(response);
  }

  /** It is no longer answered, and must not be (RFC 4320 §4.2). */
  leaveUnanswered(): void {
    if (this.answered) return;
    Leg.find(this.session)?.received.delete(this);
    this.received.abandon();
  }

  /** The caller has cancelled it (§9.2). */
  cancelled(cancel: Request): void {
    this.#isOver(cancel.values('reason').join(', ') || undefined);
  }

  #isOver(reason: string | undefined): void {
    if (this.whenCancelled?.(reason) !== true) this.answerAs(487);
  }

  /** §13.3.1: where the application is the user agent. */
  obeyExpires(): void {
    if (!this.isInitial) return;
    this.#expiry ??= InvitationExpiry.of(this.request, this.services.clock, () => {
      if (!this.answered && !this.received.isProxied) this.#isOver(EXPIRED);
    });
  }
}
