// The stateless proxy (§16.11, RULES.md section 6): one target for each request, the same branch for each
// retransmission, nothing kept.
import type { Clock } from '../base/clock.js';
import { type HashKey, KeyedHash } from '../base/keyed-hash.js';
import type { Request, Response, Uri } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import { FormerRoutes, type StatelessRoute } from './former-routes.js';
import { addContentLength, decrementMaxForwards, postprocessRouting, replaceRequestUri } from './forwarding.js';
import type { Location } from './next-hop.js';
import { type Own, preprocessRoute } from './route-preprocessing.js';
import { StatelessRequest } from './stateless-request.js';
import { type Refusal, refusalOf, validate } from './validation.js';

/** What the stateless proxy needs from the container. */
interface StatelessServices extends Location {
  readonly transactions: Transactions;
  readonly own: Own;
  readonly key: HashKey;
  /** Max-Forwards of a request that carries none (§16.6 step 3). */
  readonly maxForwards: number;
  /** The flow for a response from which our own Via was removed (§16.7 step 9). */
  flowForResponse(response: Response, arrivedOn: Flow): Flow | undefined;
  problem(text: string, error: unknown): void;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly t1: number;
  /** True while new requests are refused: no one would be here for their responses and their CANCEL. */
  isStopping(): boolean;
}

const STOPPING: Refusal = { status: 503, headers: [['Retry-After', '10']] };

/** Marks a branch as one of ours without a transaction. Hashes are 14 characters each. */
const MARK = 'z9hG4bKs-';
const HASH = 14;
const BRANCH = MARK.length + 2 * HASH;

export class StatelessProxy {
  readonly #services: StatelessServices;
  readonly #hash: KeyedHash;
  readonly #former: FormerRoutes;
  /** Plain numbers, for metrics. */
  readonly counters = { requests: 0, responses: 0, refused: 0, strays: 0 };

  constructor(services: StatelessServices) {
    this.#services = services;
    this.#hash = new KeyedHash(services.key);
    this.#former = new FormerRoutes(services.clock, 64 * services.t1);
  }

  /** Applications were deployed or removed. */
  applicationsChanged(): void {
    this.#former.changed();
  }

  /** Whether versions may be asked that are no longer in service. */
  get hasFormer(): boolean {
    return this.#former.hasFormer;
  }

  /** The version that routed this request before it was taken out of service. */
  formerRouteOf(request: Request): StatelessRoute | undefined {
    return this.#former.of(this.#branchOf(request), undefined);
  }

  /**
   * §16.11: removes our Via and sends the response by the next one. False: its branch is not one that we made without a
   * transaction. A 100 passes, too.
   */
  response(response: Response, flow: Flow): boolean {
    const { via } = response;
    // Nearly all branches are not ours, and their length shows it.
    const branch = via?.branchLength === BRANCH ? (via.branch ?? '') : '';
    if (!branch.startsWith(MARK)) return false;
    response.shift('via');
    const next = response.via;
    const part = branch.slice(MARK.length, MARK.length + HASH);
    if (next === undefined || this.#check(part, next.sentBy) !== branch.slice(MARK.length + HASH)) {
      this.counters.strays++; // unknown, or forged to reach someone else
      return true;
    }
    this.counters.responses++;
    this.#services.flowForResponse(response, flow)?.send(response.toWire());
    return true;
  }

  /**
   * Forwards a request to the target that `route` names, or refuses it. No one else uses the message, so it is
   * forwarded without a copy.
   */
  request(request: Request, flow: Flow, current: StatelessRoute): void {
    const { method } = request;
    this.counters.requests++;
    const branch = this.#branchOf(request);
    const route = this.#former.of(branch, current) ?? current;
    const isAnswered = method !== 'ACK';
    if (!isAnswered && request.to.tag === this.#tagOf(branch)) return; // acknowledges a response of ours (§8.2.7)
    const refusal = isAnswered && method !== 'CANCEL' ? this.#refusalOf(request) : undefined;
    if (refusal !== undefined) {
      this.refuse(request, flow, refusal, branch);
      return;
    }
    if (request.maxForwards === 0) {
      if (isAnswered) this.refuse(request, flow, { status: 483 }, branch);
      return;
    }
    const popped = preprocessRoute(request, this.#services.own, flow);
    // A request that a Route value of ours routed here is on its way already (§16.5: the target is the Request-URI).
    const target = popped === undefined || request.to.tag === undefined ? route(request, flow, popped) : request.uri;
    if (target !== undefined) this.#forward(request, flow, target, branch);
    else if (isAnswered) this.refuse(request, flow, { status: 404 }, branch);
  }

  #refusalOf(request: Request): Refusal | undefined {
    return request.to.tag === undefined && this.#services.isStopping() ? STOPPING : validate(request);
  }

  #forward(request: Request, flow: Flow, target: string, branch: string): void {
    replaceRequestUri(request, target);
    decrementMaxForwards(request, this.#services.maxForwards);
    const next = postprocessRouting(request);
    addContentLength(request);
    if (next === undefined) {
      if (request.method !== 'ACK') this.refuse(request, flow, { status: 400 }, branch);
      return;
    }
    new Forwarded(request, this.#services, flow, branch, this).start(next, undefined);
  }

  refuse(request: Request, flow: Flow, refusal: Refusal, branch: string): void {
    this.counters.refused++;
    this.#services.transactions.respondStateless(request, flow, refusalOf(request, refusal, this.#tagOf(branch)));
  }

  /** §8.2.7: the To tag of our responses. Retransmissions get the same tag, and their ACK is recognized by it. */
  #tagOf(branch: string): string {
    return this.#hash.begin().add(branch).end();
  }

  // The branch -------------------------------------------------------------------------------------

  /**
   * §16.11: a function of the fields that retransmissions, the CANCEL and the ACK share: the branch and sent-by of the
   * received Via; for an RFC 2543 peer, its Via, From tag, Call-ID and CSeq number. (The To tag and the Request-URI,
   * which §16.11 names too, would separate the ACK from its INVITE and add nothing.) It is followed by a check of the
   * sent-by, so that a forged response goes nowhere.
   */
  #branchOf(request: Request): string {
    const { via } = request;
    const sentBy = via?.sentBy ?? '';
    const hash = this.#hash.begin();
    if (via?.branch?.startsWith('z9hG4bK') && via.branch.length > 7) {
      hash.add(via.branch).add(sentBy);
    } else {
      hash.add(via?.branch).add(sentBy).add(request.from.tag).add(request.callId).add(String(request.cseq.number));
    }
    const part = hash.end();
    return MARK + part + this.#check(part, sentBy);
  }

  #check(part: string, sentBy: string): string {
    return this.#hash.begin().add(part).add(sentBy).end();
  }
}

/** A request on its way. All messages of its transaction take one way, which depends on what they share (§16.11). */
class Forwarded extends StatelessRequest {
  #isSent = false;

  constructor(
    request: Request,
    protected override readonly services: StatelessServices,
    protected override readonly like: Flow,
    protected override readonly branch: string,
    readonly proxy: StatelessProxy,
  ) {
    super(request, services, like, branch);
  }

  /** The server. */
  override locate(uri: Uri, size: number): ReturnType<Location['locate']> {
    return this.services.locate(uri, size, () => fractionOf(this.branch));
  }

  /**
   * The transport, where its URI does not name one: a CANCEL and an ACK are small, however large their INVITE is, so
   * the size does not decide. They arrive by the transport of their INVITE.
   */
  override sizeFor(next: Uri): number {
    const { method } = this.request;
    if (method !== 'INVITE' && method !== 'CANCEL' && method !== 'ACK') return super.sizeFor(next);
    return this.like.reliable ? Number.POSITIVE_INFINITY : 0;
  }

  override attempt(hop: Hop): void {
    this.#isSent = true;
    super.attempt(hop);
  }

  /** A request that has no place to go to is answered; one that does not leave is lost (§16.11). */
  override unreachable(error: unknown): void {
    super.unreachable(error);
    if (this.#isSent || this.request.method === 'ACK') return;
    this.proxy.refuse(this.request, this.like, { status: 500 }, this.branch);
  }
}

/** A number from 0 up to 1 that the branch alone decides: half of its hash, 32 bits. */
function fractionOf(branch: string): number {
  return Number.parseInt(branch.slice(MARK.length, MARK.length + HASH / 2), 36) / 2 ** 32;
}
