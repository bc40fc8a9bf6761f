// A response as an application holds it (JSR 289 §5.7).
import type * as sdk from '@siplet/sdk';
import { type Response, textOf, wireOf } from '../message/index.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import { challengesOf } from './challenges.js';
import { SipMessage } from './sip-message.js';

/**
 * The origin of a response: the application made it, it is the best or only one, it is a retransmitted 2xx, or it is
 * that of one branch among others (C-14).
 */
export type Origin = 'created' | 'received' | 'retransmitted' | 'intermediate';

export abstract class SipResponse extends SipMessage<Response> implements sdk.SipResponse {
  #sent = false;
  #received: Response | undefined;

  constructor(
    message: Response,
    session: SipSession,
    flow: Flow | undefined,
    readonly origin: Origin,
  ) {
    super(message, session, flow);
  }

  get method(): string {
    return this.message.cseq.method;
  }

  protected override get label(): string {
    return `the ${this.status} to the ${this.method} ${this.callId}`;
  }

  get status(): number {
    return this.message.status;
  }

  get reason(): string {
    return textOf(this.message.reason);
  }

  set reason(reason: string) {
    this.assertOpen();
    this.message.reason = wireOf(reason);
  }

  abstract get request(): sdk.SipRequest;

  abstract get proxy(): sdk.SipProxy | undefined;

  abstract get branch(): sdk.ProxyBranch | undefined;

  /** The address of its request. */
  override get initialRemote(): sdk.Endpoint | undefined {
    return this.request.initialRemote;
  }

  abstract send(): void;

  abstract sendReliably(): void;

  abstract createAck(): sdk.SipRequest;

  abstract createPrack(): sdk.SipRequest;

  get isBranchResponse(): boolean {
    return this.origin === 'intermediate';
  }

  get isRetransmission(): boolean {
    return this.origin === 'retransmitted';
  }

  /** RFC 3262 §3. */
  get isReliable(): boolean {
    const { message } = this;
    return (
      message.status < 200 &&
      message.has('rseq') &&
      message.values('require').some((tag) => tag.toLowerCase() === '100rel')
    );
  }

  get isCommitted(): boolean {
    return this.#sent;
  }

  /** The handler has settled and the container sends it on: it cannot be changed any more. */
  commit(): void {
    this.#sent = true;
  }

  /** The handler has failed: the response becomes what it was when it arrived (C-41). */
  restore(): void {
    const received = this.#received;
    if (received === undefined) return;
    this.message.fields = received.fields;
    this.message.body = received.body;
    this.message.reason = received.reason;
    this.#received = undefined;
  }

  /** Keeps the original of a response that a handler changes, in case the handler fails. */
  protected override assertOpen(): void {
    super.assertOpen();
    if (this.origin !== 'created') this.#received ??= this.message.clone();
  }

  get challenges(): readonly sdk.Challenge[] {
    return challengesOf(this.message);
  }
}
