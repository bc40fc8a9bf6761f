// Calls that are paid in advance: each call pays from an account while it lasts. The caller is warned before the money
// runs out; then both legs end.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  type Bridge,
  Bye,
  Config,
  Invite,
  Logger,
  OnTimer,
  PreDestroy,
  Siplet,
  type SipRequest,
  type SipTimer,
  SipUri,
  TelUri,
  type Uri,
  type UriLike,
} from '@siplet/sdk';
import { Accounts } from './accounts.js';
import { Meter } from './meter.js';
import { type Settings, schema } from './settings.js';
import type { Tariff } from './tariff.js';

/** A call of an account. Times are milliseconds of a clock that nobody sets. */
interface PaidCall {
  readonly meter: Meter;
  /** Undefined until the call was answered. */
  answer?: { readonly bridge: Bridge; readonly at: number };
  /** When somebody hung up: the time that the other leg takes to end is free. */
  endedAt?: number;
  isWarned?: boolean;
}

/** What a call costs whom; `to` is the number that is paid for. */
interface Price {
  readonly account: string;
  readonly tariff: Tariff;
  readonly to: UriLike;
}

/** A call that nobody pays for, the status of a refusal, or the price. */
type Charge = 'free' | 403 | 484 | Price;

const EXHAUSTED = 'SIP;cause=402;text="Credit exhausted"';

@Siplet({ name: 'b2b-prepaid', config: schema })
export class B2bPrepaid {
  readonly #calls = new Map<string, PaidCall>();

  constructor(
    @Config() private readonly settings: Settings,
    private readonly accounts: Accounts,
    private readonly log: Logger,
  ) {}

  @Invite()
  async call(request: SipRequest): Promise<void> {
    const charge = await this.#chargeFor(request);
    if (charge === 'free') request.forward();
    else if (typeof charge === 'number') request.createResponse(charge).send();
    else await this.#connect(request, new Meter(this.accounts, charge.account, charge.tariff), charge.to);
  }

  /** The time that is paid for comes to its end: the call pays for more, or the caller is warned, or both legs end. */
  @OnTimer('paid')
  async paid({ applicationSession }: SipTimer): Promise<void> {
    const call = this.#calls.get(applicationSession.id);
    if (call?.answer === undefined) return;
    const { before } = this.settings.warning;
    const paidBefore = call.meter.seconds;
    await call.meter.extendTo(secondsOf(call) + before + this.settings.reserve);
    // Somebody has hung up meanwhile.
    if (call.answer.bridge.caller.state !== 'confirmed') return;
    const left = call.meter.seconds - secondsOf(call);
    if (call.meter.seconds > paidBefore) call.isWarned = false;
    else if (left <= 0) return this.#cutOff(call, call.answer.bridge);
    if (left <= before && !call.isWarned) {
      call.isWarned = true;
      this.#warn(call.answer.bridge, Math.ceil(left));
    }
    this.#watch(applicationSession, call);
  }

  @Bye()
  hangUp({ applicationSession }: SipRequest): void {
    const call = this.#calls.get(applicationSession.id);
    if (call) call.endedAt ??= performance.now();
  }

  /** However a call ends, it gets back what it has not used. */
  @ApplicationSessionDestroyed()
  async forget({ id }: ApplicationSession): Promise<void> {
    await this.#settle(id);
  }

  @PreDestroy()
  async close(): Promise<void> {
    await Promise.all([...this.#calls.keys()].map((id) => this.#settle(id)));
  }

  /** A number without a rate is refused, and so is a caller without an account: neither is free. */
  async #chargeFor(request: SipRequest): Promise<Charge> {
    const { numbers, rates } = this.settings;
    const { kind, user } = numbers.resolve(request.uri);
    if (rates.size === 0 || kind === 'emergency' || kind === 'name') return 'free';
    if (kind === 'invalid') return 484;
    const tariff = rates.get(user);
    const account = numbers.canonical(request.user ?? request.from.uri);
    if (tariff !== undefined && (await this.accounts.has(account)))
      return { account, tariff, to: kind === 'number' ? inE164(request.uri, user) : request.uri };
    const reason = tariff === undefined ? `there is no rate for ${user}` : `'${account}' has no account`;
    this.log.info('%s: %s must not call %s: %s', request.callId, request.from.uri, request.uri, reason);
    return 403;
  }

  async #connect(request: SipRequest, meter: Meter, to: UriLike): Promise<void> {
    const session = request.applicationSession;
    const call: PaidCall = { meter };
    this.#calls.set(session.id, call);
    try {
      await meter.extendTo(Math.max(this.settings.reserve, meter.tariff.minimum));
      if (meter.seconds <= 0) {
        await this.#settle(session.id);
        request.createResponse(402).send();
        return;
      }
      const bridge = await request.b2bua().bridge({ to });
      call.answer = { bridge, at: performance.now() };
      this.#watch(session, call);
      void bridge.ended.then(() => this.#settle(session.id));
    } catch (error) {
      await this.#settle(session.id);
      throw error;
    }
  }

  /** Looks again in time for the warning, and after it at the very end. */
  #watch(session: ApplicationSession, call: PaidCall): void {
    if (call.meter.seconds === Number.POSITIVE_INFINITY) return;
    const next = call.meter.seconds - (call.isWarned ? 0 : this.settings.warning.before);
    session.setTimer('paid', Math.max(0, Math.ceil((next - secondsOf(call)) * 1000)));
  }

  #warn({ caller }: Bridge, left: number): void {
    const { method, text } = this.settings.warning;
    const warning = caller.createRequest(method);
    warning.setBody(text.replace('%d', String(left)), 'text/plain');
    // A phone that does not understand it answers with an error, and the call goes on.
    void warning.send();
  }

  /** The bridge ends the other leg, for the same reason. */
  #cutOff(call: PaidCall, { caller }: Bridge): void {
    call.endedAt = performance.now();
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
      await call.meter.close(call.answer && secondsOf(call));
    } catch (error) {
      this.log.error({ err: error }, `what ${call.meter.account} has left of a call could not be put back`);
    }
  }
}

/** How long the call has lasted since its answer. */
function secondsOf({ answer, endedAt = performance.now() }: PaidCall): number {
  return answer === undefined ? 0 : (endedAt - answer.at) / 1000;
}

/** The same URI for the number that was read from it: no application after this one may read another. */
function inE164(uri: Uri, number: string): UriLike {
  if (!(uri instanceof SipUri)) return new TelUri({ number });
  const same = uri.clone();
  same.user = number;
  return same;
}
