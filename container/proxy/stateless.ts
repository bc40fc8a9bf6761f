// The stateless proxy (§16.11, contract section 6): one target for each request, the same branch for each retransmission, nothing kept.
import { type HashKey, KeyedHash } from '../keyed-hash.js';
import { Malformed, type Request, Response, type Uri } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Flow, Hop } from '../transport/flow.js';
import { addContentLength, decrementMaxForwards, postprocessRouting, replaceRequestUri, sizeOf } from './forwarding.js';
import { cookieOf } from './route-cookie.js';
import { isForElement, type Own, preprocessRoute } from './route-preprocessing.js';
import { type Refusal, refusalOf, validate } from './validation.js';

/** Where a stateless siplet sends a request: wire text of the target's URI; undefined when it names none. May not throw. */
export type StatelessRoute = (request: Request, flow: Flow, popped: Uri | undefined) => string | undefined;

export interface StatelessParts {
  readonly transactions: Transactions & { receive(message: Request | Response | Malformed, flow: Flow): void };
  readonly own: Own;
  readonly key: HashKey;
  /** Of a request that carries none (§16.6 step 3). */
  readonly maxForwards: number;
  /** Whether some stateless siplet is deployed. */
  hasRoutes(): boolean;
  /** The stateless siplet that takes a request, if it is one that does. */
  routeOf(request: Request, flow: Flow): StatelessRoute | undefined;
  /** Whether it is in a dialog in which an application of ours is a user agent. */
  isInDialog(request: Request): boolean;
  /** Whether an initial request asks for a session that is here. */
  namesSession(request: Request, flow: Flow): boolean;
  /** RFC 3263 with the chance given: the same request is to choose the same server (§4.2 there). */
  locate(uri: Uri, size: number, chance: () => number): readonly Hop[] | Promise<readonly Hop[]>;
  /** The flow for a response whose own Via was taken off (§16.7 step 9). */
  flowForResponse(response: Response, arrivedOn: Flow): Flow | undefined;
  problem(text: string, error: unknown): void;
  /** Nothing new is taken: its responses and its CANCEL would find nobody here. */
  isStopping(): boolean;
}

const STOPPING: Refusal = { status: 503, headers: [['Retry-After', '10']] };

/** Marks a branch as one of ours without a transaction. Hashes are 14 characters each. */
const MARK = 'z9hG4bKs-';
const HASH = 14;
const BRANCH = MARK.length + 2 * HASH;

export class StatelessProxy {
  readonly #parts: StatelessParts;
  readonly #hash: KeyedHash;
  /** Plain numbers, for metrics. */
  readonly counters = { requests: 0, responses: 0, refused: 0, strays: 0 };

  constructor(parts: StatelessParts) {
    this.#parts = parts;
    this.#hash = new KeyedHash(parts.key);
  }

  /** What the transport layer passes up: what no stateless siplet takes goes to the transactions. */
  receive(message: Request | Response | Malformed, flow: Flow): void {
    if (message instanceof Malformed) this.#parts.transactions.receive(message, flow);
    else if (message instanceof Response) this.#response(message, flow);
    else this.#request(message, flow);
  }

  // Responses ---------------------------------------------------------------------------------------------------------------------------------------------------

  /** §16.11: our Via is taken off and the response goes by the next one, when its branch is one that we made for that one. 100 too. */
  #response(response: Response, flow: Flow): void {
    const { via } = response;
    // Nearly all are another's: they tell by their length.
    const branch = via !== undefined && via.branchLength === BRANCH ? via.branch! : '';
    if (!branch.startsWith(MARK)) {
      this.#parts.transactions.receive(response, flow);
      return;
    }
    response.shift('via');
    const next = response.via;
    const part = branch.slice(MARK.length, MARK.length + HASH);
    if (next === undefined || this.#check(part, next.sentBy) !== branch.slice(MARK.length + HASH)) {
      this.counters.strays++; // nobody's, or somebody's who wants a third one to get it
      return;
    }
    this.counters.responses++;
    this.#parts.flowForResponse(response, flow)?.send(response.toWire());
  }

  // Requests ----------------------------------------------------------------------------------------------------------------------------------------------------

  #request(request: Request, flow: Flow): void {
    const { method } = request;
    const route = this.#routeOf(request, flow);
    if (route === undefined) {
      this.#parts.transactions.receive(request, flow);
      return;
    }
    this.counters.requests++;
    const branch = this.#branchOf(request);
    const isAnswered = method !== 'ACK';
    const isNew = isAnswered && method !== 'CANCEL' && request.to.tag === undefined;
    if (isNew && this.#parts.isStopping()) return this.#refuse(request, flow, STOPPING, branch);
    if (isAnswered) {
      const refusal = method === 'CANCEL' ? undefined : validate(request);
      if (refusal !== undefined) return this.#refuse(request, flow, refusal, branch);
    } else if (request.to.tag === this.#tagOf(branch)) {
      return; // to an answer of ours (§8.2.7)
    }
    if (request.maxForwards === 0) return isAnswered ? this.#refuse(request, flow, { status: 483 }, branch) : undefined;
    const popped = preprocessRoute(request, this.#parts.own, flow);
    // What was routed here by a Route value of ours is on its way already (§16.5: the target is the Request-URI).
    const target = popped === undefined || request.to.tag === undefined ? route(request, flow, popped) : request.uri;
    if (target === undefined) return isAnswered ? this.#refuse(request, flow, { status: 404 }, branch) : undefined;
    this.#forward(request, flow, target, branch);
  }

  #routeOf(request: Request, flow: Flow): StatelessRoute | undefined {
    if (!this.#parts.hasRoutes() || this.#isStateful(request, flow) || isForElement(request, this.#parts.own))
      return undefined;
    return this.#parts.routeOf(request, flow);
  }

  /** It belongs to a transaction, a dialog or a session that is kept: this container has stateful applications too. */
  #isStateful(request: Request, flow: Flow): boolean {
    const { tag } = request.to;
    // One in a dialog may come again when it has ended the dialog (§17.2.2).
    if (tag !== undefined || request.method === 'CANCEL' || request.method === 'ACK') {
      if (this.#parts.transactions.targetOf(request) !== undefined) return true;
    }
    if (tag === undefined) return this.#parts.namesSession(request, flow);
    if (this.#parts.isInDialog(request)) return true;
    if (!request.has('route')) return false;
    const [first] = request.routes('route');
    return first !== undefined && cookieOf(first.target) !== undefined;
  }

  /** The message is nobody else's: it is forwarded without a copy. */
  #forward(request: Request, flow: Flow, target: string, branch: string): void {
    replaceRequestUri(request, target);
    decrementMaxForwards(request, this.#parts.maxForwards);
    const next = postprocessRouting(request);
    addContentLength(request);
    if (next === undefined)
      return request.method === 'ACK' ? undefined : this.#refuse(request, flow, { status: 400 }, branch);
    const located = this.#parts.locate(next, sizeOf(request, next, flow), () => fractionOf(branch));
    if (located instanceof Promise) {
      located.then(
        (hops) => this.#send(request, hops, branch),
        (error) => this.#unreachable(request, flow, next, error, branch),
      );
    } else {
      this.#send(request, located, branch);
    }
  }

  #send(request: Request, hops: readonly Hop[], branch: string): void {
    this.#parts.transactions.sendStateless(request, hops[0]!, branch);
  }

  /** §16.11 leaves no retry: what cannot be sent is answered, and forgotten. */
  #unreachable(request: Request, flow: Flow, next: Uri, error: unknown, branch: string): void {
    this.#parts.problem(`${request.method} cannot be sent to ${next.text}`, error);
    if (request.method !== 'ACK') this.#refuse(request, flow, { status: 500 }, branch);
  }

  #refuse(request: Request, flow: Flow, refusal: Refusal, branch: string): void {
    this.counters.refused++;
    this.#parts.transactions.respondStateless(request, flow, refusalOf(request, refusal, this.#tagOf(branch)));
  }

  /** §8.2.7: the To tag of what we answer; retransmissions have the same one, and their ACK is known by it. */
  #tagOf(branch: string): string {
    return this.#hash.begin().add(branch).end();
  }

  // The branch ----------------------------------------------------------------------------------------------------------------------------------------------------

  /**
   * §16.11: a function of what retransmissions, the CANCEL and the ACK share: the branch and sent-by of the received Via; of an RFC 2543 peer, of its Via,
   * From tag, Call-ID and CSeq number. (The To tag and the Request-URI, which §16.11 names too, would part the ACK from its INVITE and add nothing.)
   * Behind it a check of the sent-by, so that a forged response goes nowhere.
   */
  #branchOf(request: Request): string {
    const via = request.via!;
    const hash = this.#hash.begin();
    if (via.branch?.startsWith('z9hG4bK') && via.branch.length > 7) {
      hash.add(via.branch).add(via.sentBy);
    } else {
      hash.add(via.branch).add(via.sentBy).add(request.from.tag).add(request.callId).add(String(request.cseq.number));
    }
    const part = hash.end();
    return MARK + part + this.#check(part, via.sentBy);
  }

  #check(part: string, sentBy: string): string {
    return this.#hash.begin().add(part).add(sentBy).end();
  }
}

/** A number from 0 up to 1 that the branch alone decides: half of its hash, 32 bits. */
function fractionOf(branch: string): number {
  return Number.parseInt(branch.slice(MARK.length, MARK.length + HASH / 2), 36) / 2 ** 32;
}
