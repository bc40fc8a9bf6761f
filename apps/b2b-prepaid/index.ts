// Calls that are paid in advance: each takes its money from an account as it goes on, and ends, with a warning
// before, when there is none left.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  type Bridge,
  Bye,
  Invite,
  LOGGER,
  type Logger,
  OnTimer,
  Siplet,
  type SipRequest,
  type SipTimer,
  SipUri,
} from '@siplet/sdk';
import { inject, preDestroy } from 'inversify';
import { ACCOUNTS, type Accounts } from './accounts.js';
import { Meter } from './meter.js';
import { CLOCK, type Clock } from './services.js';
import { Settings } from './settings.js';

export { services } from './services.js';

/** A call of an account. */
interface PaidCall {
  readonly meter: Meter;
  /** Undefined as long as nobody has answered. */
  answer?: Answer;
  /** When somebody hung up: what a leg takes to end is free. */
  endedAt?: number;
  isWarned?: boolean;
}

interface Answer {
  readonly bridge: Bridge;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const EXHAUSTED = 'SIP;cause=402;text="Credit exhausted"';

@Siplet({ name: 'b2b-prepaid' })
export class B2bPrepaid {
  readonly #calls = new Map<string, PaidCall>();

  constructor(
    @inject(Settings) private readonly settings: Settings,
    @inject(ACCOUNTS) private readonly accounts: Accounts,
    @inject(CLOCK) private readonly now: Clock,
    @inject(LOGGER) private readonly log: Logger,
  ) {}

  @Invite()
  async call(request: SipRequest): Promise<void> {
    const tariff = this.settings.tariffFor(request.uri);
    const account = accountOf(request);
    // Free calls, and calls of those who pay otherwise, are the next application's.
    if (tariff === undefined || !(await this.accounts.has(account))) {
      request.proxy({ supervised: false }).proxyTo(request.uri);
      return;
    }
    const meter = new Meter(this.accounts, account, tariff);
    const session = request.applicationSession;
    const call: PaidCall = { meter };
    this.#calls.set(session.id, call);
    try {
      await meter.extendTo(Math.max(this.settings.reserve, tariff.minimum));
      if (meter.seconds > 0) await this.#bridge(request, session, call);
      else await this.#refuse(request, session);
    } catch (error) {
      await this.#settle(session.id);
      throw error;
    }
  }

  /**
   * The time that is paid for comes to its end: more is taken from the account, or the caller is
   * warned, or both legs are ended.
   */
  @OnTimer('paid')
  async paid({ applicationSession }: SipTimer): Promise<void> {
    const call = this.#calls.get(applicationSession.id);
    if (call?.answer === undefined) return;
    const { meter, answer } = call;
    const before = meter.seconds;
    await meter.extendTo(this.#secondsOf(call, answer) + this.settings.warning.seconds + this.settings.reserve);
    // Somebody has hung up meanwhile.
    if (answer.bridge.caller.state !== 'confirmed') return;
    const left = meter.seconds - this.#secondsOf(call, answer);
    if (meter.seconds > before) call.isWarned = false;
    else if (left <= 0) return this.#cutOff(call, answer.bridge);
    if (left <= this.settings.warning.seconds && !call.isWarned) {
      call.isWarned = true;
      this.#warn(answer.bridge, Math.ceil(left));
    }
    this.#watch(applicationSession, call, answer);
  }

  @Bye()
  hangUp(bye: SipRequest): void {
    const call = this.#calls.get(bye.applicationSession.id);
    if (call !== undefined) call.endedAt ??= this.now();
  }

  /** However a call ends, what it has not used is given back. */
  @ApplicationSessionDestroyed()
  async forget(session: ApplicationSession): Promise<void> {
    await this.#settle(session.id);
  }

  @preDestroy()
  async close(): Promise<void> {
    await Promise.all([...this.#calls.keys()].map((id) => this.#settle(id)));
  }

  async #bridge(request: SipRequest, session: ApplicationSession, call: PaidCall): Promise<void> {
    const bridge = await request.b2bua().bridge({ to: request.uri });
    const answer = { bridge, at: this.now() };
    call.answer = answer;
    this.#watch(session, call, answer);
    void bridge.ended.then(() => this.#settle(session.id));
  }

  async #refuse(request: SipRequest, session: ApplicationSession): Promise<void> {
    await this.#settle(session.id);
    request.createResponse(402).send();
  }

  /** Looks again in time for the warning, and after it at the very end. */
  #watch(session: ApplicationSession, call: PaidCall, answer: Answer): void {
    if (call.meter.seconds === Number.POSITIVE_INFINITY) return;
    const at = call.meter.seconds - (call.isWarned ? 0 : this.settings.warning.seconds);
    session.setTimer('paid', Math.max(0, Math.ceil(answer.at + at * 1000 - this.now())));
  }

  /** How long the call has lasted since its answer. */
  #secondsOf({ endedAt = this.now() }: PaidCall, { at }: Answer): number {
    return (endedAt - at) / 1000;
  }

  #warn({ caller }: Bridge, left: number): void {
    const { method, text } = this.settings.warning;
    const warning = caller.createRequest(method);
    warning.setBody(text.replace('%d', String(left)), 'text/plain');
    // Whether the phone understands it is its own business.
    void warning.send();
  }

  /** The bridge ends the other leg, for the same reason. */
  #cutOff(call: PaidCall, { caller }: Bridge): void {
    call.endedAt = this.now();
    this.log.info('%s: the credit of %s is exhausted', caller.callId, call.meter.account);
    const bye = caller.createRequest('BYE');
    bye.headers.set('Reason', EXHAUSTED);
    void bye.send();
  }

  /** Once for each call. */
  async #settle(id: string): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    try {
      await call.meter.close(call.answer && this.#secondsOf(call, call.answer));
    } catch (error) {
      this.log.error({ err: error }, `what ${call.meter.account} has left of a call could not be put back`);
    }
  }
}

/** Who was authenticated, or else who says that he calls. */
function accountOf({ user, from }: SipRequest): string {
  return user ?? (from.uri instanceof SipUri ? (from.uri.user ?? '') : '');
}
