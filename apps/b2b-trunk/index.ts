// Takes calls to telephone numbers to carriers: the best one first, the next one when it fails; and keeps a record of
// each call.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  Bye,
  CallFailedError,
  Config,
  Invite,
  Logger,
  PostConstruct,
  PreDestroy,
  ProvisionalResponse,
  Siplet,
  type SipRequest,
  type SipResponse,
} from '@siplet/sdk';
import { Call } from './call.js';
import { Circuits, carriersFor, dialledAt } from './carriers.js';
import { failureOf, isCarriersFault, q850In } from './causes.js';
import { shownTo } from './headers.js';
import { Records } from './records.js';
import { type Carrier, type Settings, schema } from './settings.js';

const NO_CIRCUIT = 'Q.850;cause=34;text="No circuit available"';

@Siplet({ name: 'b2b-trunk', config: schema })
export class B2bTrunk {
  /** By application session. */
  readonly #calls = new Map<string, Call>();
  readonly #circuits = new Circuits();

  constructor(
    @Config() private readonly settings: Settings,
    private readonly records: Records,
    private readonly log: Logger,
  ) {}

  @PostConstruct()
  async prepare(): Promise<void> {
    if (this.settings.routes.size > 0) await this.records.prepare();
  }

  @Invite()
  async place(request: SipRequest): Promise<void> {
    const { numbers, routes } = this.settings;
    const { kind, user: number } = numbers.resolve(request.uri);
    if (routes.size === 0 || kind === 'name') return void request.forward();
    if (kind === 'invalid') return request.createResponse(484).send();
    const carriers = carriersFor(number, routes);
    if (carriers.length > 0) return this.#call(request, number, carriers);
    if (kind === 'number') request.createResponse(404).send();
    else request.forward();
  }

  @ProvisionalResponse('INVITE')
  progress({ applicationSession }: SipResponse): void {
    const call = this.#calls.get(applicationSession.id);
    if (call) call.hasProgress = true;
  }

  /** Notes who hangs up first; the bridge does the rest. */
  @Bye()
  hangUp(bye: SipRequest): void {
    this.#calls.get(bye.applicationSession.id)?.hungUp(bye);
  }

  /** However a call ends, it has a record. */
  @ApplicationSessionDestroyed()
  forget({ id }: ApplicationSession): void {
    this.#calls.get(id)?.over(null, 'container');
  }

  @PreDestroy()
  async close(): Promise<void> {
    for (const call of this.#calls.values()) call.over(null, 'container');
    await this.records.close();
  }

  async #call(request: SipRequest, number: string, carriers: readonly Carrier[]): Promise<void> {
    const { id } = request.applicationSession;
    const call = new Call(request, number, (record) => {
      this.#calls.delete(id);
      this.records.add(record);
    });
    this.#calls.set(id, call);
    try {
      await this.#tryEach(carriers, number, request, call);
    } catch (error) {
      call.over(error instanceof CallFailedError ? error.status : 500, request.isCommitted ? 'caller' : null);
      throw error;
    }
  }

  async #tryEach(carriers: readonly Carrier[], number: string, request: SipRequest, call: Call): Promise<void> {
    const isEmergency = this.settings.numbers.isEmergency(request.uri);
    let last: CallFailedError | undefined;
    for (const carrier of carriers) {
      const circuit = this.#circuits.take(carrier, isEmergency);
      if (circuit === undefined) {
        call.isFull(carrier.name);
        continue;
      }
      call.tries(carrier.name, circuit);
      try {
        return await this.#bridge(carrier, number, request, call);
      } catch (error) {
        const failure = error instanceof CallFailedError ? error : new CallFailedError(500);
        call.failed(failureOf(failure.status, failure.response));
        if (failure !== error || request.isCommitted || !this.#isWorthAnother(failure, call)) throw error;
        this.log.info('%s: %s failed with %d', request.callId, carrier.name, failure.status);
        last = failure;
      }
    }
    this.#refuse(request, last, call);
  }

  async #bridge(carrier: Carrier, number: string, request: SipRequest, call: Call): Promise<void> {
    const to = carrier.uri.clone();
    to.user = dialledAt(carrier, number);
    const shown = shownTo(carrier, request, this.settings.numbers);
    const bridge = await request.b2bua().bridge({ to, ...shown, timeout: carrier.timeout });
    call.answered(bridge.response.status);
    void bridge.ended.then(() => call.over(bridge.response.status, 'container'));
  }

  /** A phone that rings must not be rung again through another carrier. */
  #isWorthAnother({ status, response }: CallFailedError, call: Call): boolean {
    if (status === 408 && call.hasProgress) return false;
    return isCarriersFault(status, q850In(response?.headers.getAll('Reason') ?? []), this.settings.failover);
  }

  /** No carrier is left. The caller gets the last one's answer, or the status that is configured for it. */
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
