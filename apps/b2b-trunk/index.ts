// Takes calls to telephone numbers to the carriers: the best one first, the next one when it
// fails, and a record of each call.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  Bye,
  CallFailedError,
  Invite,
  LOGGER,
  type Logger,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { inject, postConstruct, preDestroy } from 'inversify';
import { Call } from './call.js';
import { type Carrier, Circuits } from './carriers.js';
import { failureOf, isCarriersFault, q850In } from './causes.js';
import { shownTo } from './headers.js';
import { dialled, normalised, rewritten } from './numbers.js';
import { Records } from './records.js';
import type { Chance } from './routes.js';
import { CHANCE, CLOCK, type Clock } from './services.js';
import { Settings } from './settings.js';

export { services } from './services.js';

/** Q.850: no circuit available. */
const NO_CIRCUIT = 'Q.850;cause=34;text="No circuit available"';

@Siplet({ name: 'b2b-trunk' })
export class B2bTrunk {
  readonly #calls = new Map<string, { readonly call: Call; readonly callerSession: string }>();
  readonly #circuits = new Circuits();

  constructor(
    @inject(Settings) private readonly settings: Settings,
    @inject(Records) private readonly records: Records,
    @inject(CLOCK) private readonly now: Clock,
    @inject(CHANCE) private readonly chance: Chance,
    @inject(LOGGER) private readonly log: Logger,
  ) {}

  @postConstruct()
  async prepare(): Promise<void> {
    if (this.settings.carriers.size > 0) await this.records.prepare();
  }

  @Invite()
  async place(request: SipRequest): Promise<void> {
    const written = dialled(request.uri);
    const number = written === undefined ? '' : normalised(written, this.settings.plan);
    const carriers = this.settings.carriersTo(number, this.chance);
    if (carriers.length === 0) return this.#passOn(request, number);
    const call = this.#begin(request, number);
    try {
      await this.#tryEach(carriers, number, request, call);
    } catch (error) {
      call.over(error instanceof CallFailedError ? error.status : 500, request.isCommitted ? 'caller' : null);
      throw error;
    }
  }

  /** Notes who hangs up first; the bridge does the rest. */
  @Bye()
  hangUp(bye: SipRequest): void {
    const entry = this.#calls.get(bye.applicationSession.id);
    entry?.call.hungUp(bye.session.id === entry.callerSession ? 'caller' : 'callee');
  }

  /** However a call ends, it has a record. */
  @ApplicationSessionDestroyed()
  forget(session: ApplicationSession): void {
    this.#calls.get(session.id)?.call.over(null, 'container');
  }

  @preDestroy()
  async close(): Promise<void> {
    for (const { call } of this.#calls.values()) call.over(null, 'container');
    await this.records.close();
  }

  /** What is no number of ours is the next application's. */
  #passOn(request: SipRequest, number: string): void {
    const isOurs = this.settings.carriers.size > 0 && number.startsWith('+');
    if (isOurs) request.createResponse(404).send();
    else request.proxy({ supervised: false }).proxyTo(request.uri);
  }

  #begin(request: SipRequest, number: string): Call {
    const { id } = request.applicationSession;
    const who = { callId: request.callId, from: `${request.from.uri}`, to: `${request.to.uri}`, number };
    const call = new Call(who, this.now, (record) => {
      this.#calls.delete(id);
      this.records.add(record);
    });
    this.#calls.set(id, { call, callerSession: request.session.id });
    return call;
  }

  async #tryEach(carriers: readonly Carrier[], number: string, request: SipRequest, call: Call): Promise<void> {
    let last: CallFailedError | undefined;
    for (const carrier of carriers) {
      const { name } = carrier;
      const circuit = this.#circuits.take(carrier);
      if (circuit === undefined) {
        call.isFull(name);
        continue;
      }
      call.tries(name, circuit);
      try {
        return await this.#bridge(carrier, number, request, call);
      } catch (error) {
        call.failed(failureOf(error instanceof CallFailedError ? error.status : 500, responseOf(error)));
        if (!(error instanceof CallFailedError) || request.isCommitted || !this.#isWorthAnother(error)) throw error;
        this.log.info('%s: %s failed with %d', request.callId, name, error.status);
        last = error;
      }
    }
    this.#refuse(request, last, call);
  }

  async #bridge(carrier: Carrier, number: string, request: SipRequest, call: Call): Promise<void> {
    const to = carrier.uri.clone();
    to.user = rewritten(number, carrier.rewrite);
    const shown = shownTo(carrier, request, this.settings.plan);
    const bridge = await request.b2bua().bridge({ to, ...shown, timeout: carrier.timeout });
    call.answered(bridge.response.status);
    void bridge.ended.then(() => call.over(bridge.response.status, 'container'));
  }

  #isWorthAnother(error: CallFailedError): boolean {
    const told = q850In(error.response?.headers.getAll('Reason') ?? []);
    return isCarriersFault(failureOf(error.status, error.response), told, this.settings.failover);
  }

  /**
   * No carrier is left. What the last one said goes to the caller as it is, unless the
   * configuration has another status for it.
   */
  #refuse(request: SipRequest, last: CallFailedError | undefined, call: Call): void {
    const status = last === undefined ? 503 : this.settings.statuses.get(last.status);
    if (status === undefined) throw last;
    const response = request.createResponse(status);
    const reasons = last === undefined ? [NO_CIRCUIT] : (last.response?.headers.getAll('Reason') ?? []);
    if (reasons.length > 0) response.headers.set('Reason', reasons);
    response.send();
    call.over(status, null);
  }
}

function responseOf(error: unknown) {
  return error instanceof CallFailedError ? error.response : undefined;
}
