// A response as an application holds it (JSR 289 §5.7): one that came, on its way upstream, or one that the application made.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Incoming } from '../dispatch/incoming.js';
import { type Response, textOf, wireOf } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { SipSession } from '../session/sip-session.js';
import { challengesOf } from './challenges.js';
import type { Proxy } from './proxy.js';
import type { ProxyBranch } from './proxy-branch.js';
import { SipMessage } from './sip-message.js';

/** Where it is from: made by the application, the best or only one, a further copy of a 2xx, or one branch's among others (C-14). */
export type Origin = 'created' | 'received' | 'retransmitted' | 'intermediate';

export class SipResponse extends SipMessage<Response> implements sdk.SipResponse {
  #sent = false;
  #received: Response | undefined;

  constructor(
    message: Response,
    readonly incoming: Incoming,
    session: SipSession,
    readonly coreBranch: Branch | undefined,
    readonly origin: Origin,
  ) {
    super(message, session, origin === 'created' ? incoming.transaction.flow : coreBranch?.flow);
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

  get request(): sdk.SipRequest {
    return this.incoming.servlet;
  }

  get proxy(): Proxy | undefined {
    return this.incoming.servletProxy;
  }

  get branch(): ProxyBranch | undefined {
    return this.coreBranch === undefined ? undefined : this.incoming.servletProxy?.facadeOf(this.coreBranch);
  }

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

  /** The handler has failed: the response is again as it came (C-41). */
  restore(): void {
    const received = this.#received;
    if (received === undefined) return;
    this.message.fields = received.fields;
    this.message.body = received.body;
    this.message.reason = received.reason;
    this.#received = undefined;
  }

  /** What a handler changes is kept as it was, in case the handler fails. */
  protected override assertOpen(): void {
    super.assertOpen();
    if (this.origin !== 'created') this.#received ??= this.message.clone();
  }

  get challenges(): readonly sdk.Challenge[] {
    return challengesOf(this.message);
  }

  send(): void {
    if (this.origin !== 'created') {
      throw new IllegalStateError(
        `${this.label} was received on a branch: the container sends it upstream when the handler has settled (C-4)`,
      );
    }
    if (this.#sent) throw new IllegalStateError(`${this.label} has been sent already`);
    this.incoming.answerByApplication(this.message);
    this.#sent = true;
  }

  sendReliably(): void {
    throw new IllegalStateError(
      'sendReliably: this version of the container sends no reliable provisional responses of its own',
    );
  }

  createAck(): sdk.SipRequest {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its ACK is the caller's, or the container's`);
  }

  createPrack(): sdk.SipRequest {
    throw new IllegalStateError(`${this.label} came on a proxied branch: its PRACK is the caller's`);
  }
}
