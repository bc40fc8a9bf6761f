// A response to a request that the application sent (JSR 289 §5.7), as it holds it.
import { IllegalStateError } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Response } from '../message/index.js';
import type { OwnRequest, Sender, SentExchange } from './sender.js';
import { SipResponse } from './sip-response.js';

export class ReceivedResponse extends SipResponse {
  #prack: OwnRequest | undefined;

  constructor(
    message: Response,
    readonly exchange: SentExchange,
    readonly sender: Sender,
    /** No peer has sent it: the container made it in place of a peer that did not answer. */
    isLocal: boolean,
  ) {
    super(message, sender.session, isLocal ? undefined : exchange.flow, 'received');
  }

  get request(): OwnRequest {
    return this.exchange.servlet;
  }

  get proxy(): undefined {
    return undefined;
  }

  get branch(): undefined {
    return undefined;
  }

  override assertMayWrite(key: string, name: string): void {
    super.assertMayWrite(key, name);
    if (!this.exchange.mayPass(key)) throw this.staysHere(name);
  }

  /** The ACK has been sent. */
  get isAcknowledged(): boolean {
    return this.sender.hasAcknowledged(this.message.cseq.number);
  }

  get isUnacknowledgedSuccess(): boolean {
    return this.#isInviteSuccess && !this.isAcknowledged;
  }

  get #isInviteSuccess(): boolean {
    return this.method === 'INVITE' && this.status >= 200 && this.status < 300;
  }

  send(): void {
    throw new IllegalStateError(`${this.label} was received: it cannot be sent`);
  }

  sendReliably(): void {
    this.send();
  }

  createAck(): OwnRequest {
    if (!this.#isInviteSuccess)
      throw new IllegalStateError(
        `createAck: ${this.label} is not a 2xx to an INVITE; the container acknowledges other responses`,
      );
    if (this.isAcknowledged) throw new IllegalStateError(`createAck: ${this.label} has been acknowledged`);
    const ack = this.sender.createAck(this.message.cseq.number);
    // §22.1: an ACK cannot be challenged, so it has the credentials of its INVITE.
    for (const field of this.request.message.fields)
      if (field.key === 'authorization' || field.key === 'proxy-authorization') ack.message.fields.push(field);
    return ack;
  }

  createPrack(): OwnRequest {
    if (!this.isReliable)
      throw new IllegalStateError(`createPrack: ${this.label} is not a reliable provisional response`);
    if (this.#prack !== undefined) throw new IllegalStateError(`createPrack: ${this.label} has its PRACK`);
    const { number, method } = this.message.cseq;
    this.#prack = this.sender.createRequest('PRACK');
    this.#prack.message.set('RAck', `${this.message.value('rseq')} ${number} ${method}`);
    return this.#prack;
  }

  /** It has its PRACK, or will have. */
  get isPracked(): boolean {
    return this.#prack !== undefined;
  }

  /** Calls a handler with it in its turn, then `done`; without a handler it calls only `done`, in its turn. */
  present(handler: Handler | undefined, done?: () => void): void {
    this.session.touch();
    this.session.applicationSession.mailbox.post({
      isWaitedFor: true,
      handler: () => handler,
      argument: () => this,
      settled: handler === undefined && done !== undefined ? done : (error) => this.presented(error, handler, done),
    });
  }

  private presented(error: unknown, handler: Handler | undefined, done: (() => void) | undefined): void {
    if (error !== undefined && handler !== undefined) {
      const { application, services } = this.session.applicationSession;
      services.invocation.failed(handler.label, application, error, this.request.message);
      this.restore();
    }
    done?.();
  }
}
