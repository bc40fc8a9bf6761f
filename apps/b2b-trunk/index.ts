// Takes calls to telephone numbers to carriers: the best one first, the next one when it fails; and keeps a record of
// each call.
import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  BestResponse,
  Bye,
  CallFailedError,
  Config,
  Invite,
  Logger,
  PostConstruct,
  PreDestroy,
  ProvisionalResponse,
  Siplet,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  Status,
  Subsequent,
  SuccessResponse,
} from '@siplet/sdk';
import { Call } from './call.js';
import { Circuits, carriersFor, dialledAt } from './carriers.js';
import { failureOf, isCarriersFault, q850In, toldFor } from './causes.js';
import { copyRefusal, hideCaller, hideCarrier, shownTo, wantsPrivacy } from './headers.js';
import { Records } from './records.js';
import { type Carrier, type Settings, schema } from './settings.js';

/** A call, and the carrier that has it now. */
interface Placed {
  readonly call: Call;
  readonly isPrivate: boolean;
  carrier?: Carrier;
}

const NO_CIRCUIT = 'Q.850;cause=34;text="No circuit available"';

@Siplet({ name: 'b2b-trunk', config: schema })
export class B2bTrunk {
  /** By application session. */
  readonly #calls = new Map<string, Placed>();
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
    if (routes.size === 0 || kind === 'name') return this.#pass(request);
    if (kind === 'invalid') return request.createResponse(484).send();
    const carriers = carriersFor(number, routes);
    if (carriers.length > 0) return this.#call(request, number, carriers);
    if (kind === 'number') request.createResponse(404).send();
    else this.#pass(request);
  }

  /** The next application has it, or the place that its Request-URI names: this may be here, where nobody takes it. */
  #pass(request: SipRequest): void {
    request.proxyTo(request.uri, { recurse: false });
  }

  @Status(482, 'INVITE')
  nobody(response: SipResponse): void {
    if (response.proxy === undefined) this.shield(response);
    else response.proxy.originalRequest.createResponse(404).send();
  }

  @ProvisionalResponse('INVITE')
  progress(response: SipResponse): void {
    this.#callOf(response)?.call.progresses(response.status);
    this.shield(response);
  }

  /** Caller and carrier see nothing of each other, as long as the call lasts. */
  @Subsequent()
  @ProvisionalResponse()
  @SuccessResponse()
  @BestResponse()
  shield(message: SipRequest | SipResponse): void {
    const placed = this.#callOf(message);
    if (placed?.carrier === undefined) return;
    // A request is read on the leg by which it came, and so is a response.
    if (placed.call.isCallers(message)) hideCaller(message.headers, placed.carrier, placed.isPrivate);
    else hideCarrier(message.headers);
  }

  /** Notes who hangs up first; the bridge does the rest. */
  @Bye()
  hangUp(bye: SipRequest): void {
    this.#callOf(bye)?.call.hungUp(bye);
    this.shield(bye);
  }

  /** However a call ends, it has a record. */
  @ApplicationSessionDestroyed()
  forget({ id }: ApplicationSession): void {
    this.#calls.get(id)?.call.over(null, 'container');
  }

  @PreDestroy()
  async close(): Promise<void> {
    for (const { call } of this.#calls.values()) call.over(null, 'container');
    await this.records.close();
  }

  async #call(request: SipRequest, number: string, carriers: readonly Carrier[]): Promise<void> {
    const { id } = request.applicationSession;
    const call = new Call(request, number, (record) => {
      this.#calls.delete(id);
      this.records.add(record);
    });
    this.#calls.set(id, { call, isPrivate: wantsPrivacy(request) });
    try {
      await this.#tryEach(carriers, number, request, call);
    } catch (error) {
      const status = error instanceof CallFailedError ? error.status : 500;
      // Only a caller who gives up makes it 487.
      const by = status === 487 ? 'caller' : 'container';
      call.over(status, request.isCommitted ? by : null);
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
        if (failure !== error || request.isCommitted) throw error;
        if (!this.#isWorthAnother(failure, call)) return this.#refuse(request, toldFor(failure.status), failure, call);
        this.log.info('%s: %s failed with %d', request.callId, carrier.name, failure.status);
        last = failure;
      }
    }
    this.#refuse(request, this.#statusOf(last), last, call);
  }

  async #bridge(carrier: Carrier, number: string, request: SipRequest, call: Call): Promise<void> {
    const to = carrier.uri.clone();
    to.user = dialledAt(carrier, number);
    const shown = shownTo(carrier, request, this.settings.numbers);
    const placed = this.#callOf(request);
    if (placed !== undefined) placed.carrier = carrier;
    const bridge = await request.b2bua().bridge({ to, ...shown, provisionalTimeout: carrier.timeout });
    call.answered(bridge.response.status);
    void bridge.ended.then(() => call.over(bridge.response.status, 'container'));
  }

  /** A phone that rings must not be rung again through another carrier. */
  #isWorthAnother({ status, response }: CallFailedError, call: Call): boolean {
    if (call.hasRung || (status === 408 && call.hasProgress)) return false;
    return isCarriersFault(status, q850In(response?.headers.getAll('Reason') ?? []), this.settings.failover);
  }

  /** No carrier is left. */
  #statusOf(last: CallFailedError | undefined): number {
    if (last === undefined) return 503;
    return this.settings.statuses.get(last.status) ?? toldFor(last.status);
  }

  /** The refusal is made here: a carrier's own would name it. The record has what the caller gets. */
  #refuse(request: SipRequest, status: number, last: CallFailedError | undefined, call: Call): void {
    const response = request.createResponse(status);
    if (last === undefined) response.headers.set('Reason', NO_CIRCUIT);
    else if (last.response !== undefined) copyRefusal(last.response.headers, response.headers);
    response.send();
    call.over(status, null);
  }

  #callOf({ applicationSession }: SipMessage): Placed | undefined {
    return this.#calls.get(applicationSession.id);
  }
}
