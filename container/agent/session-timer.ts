// The session timer of one user agent: it refreshes the session, or ends it when the peer has not refreshed it (RFC
// 4028 §7, §10).
import type { Deadline, Timed } from '../base/clock.js';
import type { Message, Request, Response } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { ExchangeLeg, ExchangeUser, LegTimer } from './exchanges.js';
import { delayAfterGlare } from './glare.js';
import { type Description, descriptionOf, isSame } from './session-description.js';
import { agree, askFor, minSEOf, refusalOfInterval, type Terms, type TimerSettings, termsOf } from './session-terms.js';

/**
 * Seconds before the end of the interval, or a third of it, when a session that was not refreshed is ended (RFC
 * 4028 §10).
 */
const MARGIN = 32;

/** The milliseconds that a refresh waits while another request blocks it. */
const BUSY = 4000;

/** RFC 4028 §10. */
const REASON = 'SIP;cause=408;text="Session timer expired"';

export class SessionTimer implements Timed, ExchangeUser, LegTimer {
  #terms: Terms | undefined;
  /** The largest Min-SE that was received (RFC 4028 §7.4). */
  #minSE: number;
  /** The terms that we have written last. */
  #asked: string | undefined;
  /** The peer has said that it accepts UPDATE (RFC 4028 §7.4, RFC 3311 §4). */
  #takesUpdate = false;
  #refresh: Deadline | undefined;
  #expiry: Deadline | undefined;
  /** The peer's description before our refresh. */
  #before: Description | undefined;
  readonly #settings: TimerSettings;

  constructor(readonly leg: ExchangeLeg) {
    const { settings } = leg.services;
    const own = leg.session.applicationSession.application.siplets.find(
      ({ options }) => options.sessionTimer !== undefined,
    );
    const sessionExpires = own?.options.sessionTimer ?? settings.sessionExpires;
    this.#settings = { sessionExpires, minSE: settings.minSE };
    this.#minSE = settings.minSE;
  }

  // Asking -----------------------------------------------------------------------------------------

  /** Writes the terms that we ask for into an INVITE or UPDATE of ours. */
  ask(request: Request): void {
    if (this.#settings.sessionExpires === 0 || !this.#concerns(request.method)) return;
    const refresher = this.#terms === undefined ? undefined : this.#terms.refreshedBy === 'us' ? 'uac' : 'uas';
    const wrote = !request.has('session-expires');
    askFor(request, this.#terms?.interval ?? this.#settings.sessionExpires, this.#minSE, refresher);
    if (wrote) this.#asked = request.value('session-expires');
  }

  /**
   * RFC 4028 §7.3: a 422 names a longer interval, which the request then asks for. False: it is not sent again, or not
   * by us.
   */
  raise(request: Request, response: Response): boolean {
    const minSE = minSEOf(response);
    if (minSE === undefined || minSE <= this.#minSE) return false;
    this.#minSE = minSE;
    if (request.value('session-expires') !== this.#asked) return false;
    request.delete('Session-Expires');
    this.ask(request);
    return true;
  }

  /** An INVITE asks, a re-INVITE too; an UPDATE only in an established session. */
  #concerns(method: string): boolean {
    return method === 'INVITE' || (method === 'UPDATE' && this.leg.session.state === 'confirmed');
  }

  // Agreeing ---------------------------------------------------------------------------------------

  refusalOf(request: Request): Refusal | undefined {
    const { method } = request;
    return method === 'INVITE' || method === 'UPDATE' ? refusalOfInterval(request, this.#settings) : undefined;
  }

  /** Writes the terms to which we agree into a 2xx of ours. */
  answering(request: Request, response: Response): void {
    const { status, cseq } = response;
    if (status < 200 || status >= 300 || !this.#concerns(cseq.method)) return;
    this.#noteAllow(request);
    this.#minSE = Math.max(this.#minSE, minSEOf(request) ?? 0);
    agree(request, response, this.#settings, this.#terms);
  }

  /** A 2xx has been sent or received: the interval starts again with its terms (RFC 4028 §7.2, §9). */
  answered(response: Response, isOurs: boolean): void {
    if (!this.#concerns(response.cseq.method) || !this.leg.isInvited) return;
    if (!isOurs) this.#noteAllow(response);
    this.#terms = termsOf(response, isOurs, this.#settings.minSE);
    this.#start();
  }

  #noteAllow(message: Message): void {
    if (message.has('allow')) this.#takesUpdate = message.values('allow').includes('UPDATE');
  }

  /**
   * Whether an unanswered request only refreshes the session: it does not change the agreement
   * (RFC 4028 §7.4).
   */
  isRefresh(request: Request): boolean {
    if (!request.has('session-expires') || !this.#concerns(request.method)) return false;
    const { remote } = this.leg.offers;
    const description = descriptionOf(request);
    return description === undefined || (remote !== undefined && isSame(description, remote));
  }

  // Time -------------------------------------------------------------------------------------------

  #start(): void {
    this.stop();
    const terms = this.#terms;
    if (terms === undefined) return;
    const { clock } = this.leg.services;
    const { interval } = terms;
    if (terms.refreshedBy === 'us') this.#refresh = clock.start((interval * 1000) / 2, this, 'refresh');
    this.#expiry = clock.start((interval - Math.min(MARGIN, interval / 3)) * 1000, this, 'expiry');
  }

  stop(): void {
    this.#refresh?.stop();
    this.#expiry?.stop();
  }

  expire(which: string): void {
    if (!this.leg.isInvited) {
      this.stop();
      return;
    }
    if (which === 'refresh') this.#refreshNow();
    else this.#end();
  }

  #end(): void {
    this.stop();
    const bye = this.leg.createRequest('BYE');
    bye.message.set('Reason', REASON);
    void this.leg.sendForContainer(bye);
  }

  #again(milliseconds: number): void {
    this.#refresh?.stop();
    this.#refresh = this.leg.services.clock.start(milliseconds, this, 'refresh');
  }

  /**
   * RFC 4028 §7.4: an UPDATE without a description if the peer accepts UPDATE, else a re-INVITE with the agreed
   * description.
   */
  #refreshNow(): void {
    const { leg } = this;
    const method = this.#takesUpdate ? 'UPDATE' : 'INVITE';
    if (leg.hasPendingInvite || [...leg.sent].some(({ request }) => request.method === 'UPDATE')) {
      this.#again(BUSY);
      return;
    }
    const request = leg.createRequest(method);
    const { local, remote } = leg.offers;
    this.#before = remote;
    if (method === 'INVITE' && local !== undefined) request.message.setBody(local.body, local.type);
    leg.sendFor(this, request);
  }

  /** ExchangeUser. */
  provisional(response: ReceivedResponse): void {
    if (response.isReliable) void this.leg.sendForContainer(response.createPrack());
  }

  /** The answer may be another one than before: the session changes with it. */
  #refreshed(response: ReceivedResponse): void {
    void response.createAck().send();
    const before = this.#before;
    const now = descriptionOf(response.message);
    if (now !== undefined && before !== undefined && !isSame(now, before)) this.leg.user?.redescribed(now);
  }

  /**
   * ExchangeUser: a 2xx begins the next interval. The dialog is ended with a BYE when the peer no longer knows it
   * (§12.2.1.2).
   */
  final(response: ReceivedResponse): void {
    const { status, method } = response;
    if (status < 300) {
      if (method === 'INVITE') this.#refreshed(response);
      return;
    }
    if (!this.leg.isInvited || this.#terms === undefined) return;
    if (method === 'UPDATE' && (status === 405 || status === 501)) {
      this.#takesUpdate = false;
      this.#refreshNow();
    } else if (status === 491) {
      this.#again(delayAfterGlare(this.leg));
    } else {
      // A later refresh may succeed; otherwise the end of the interval ends the session.
      const seconds = response.message.integer('retry-after', 2 ** 31) ?? this.#terms.interval / 10;
      this.#again(Math.max(1, seconds) * 1000);
    }
  }
}
