// What the requests and responses that an application holds have in common. Thin: no protocol logic here.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError } from '@siplet/sdk';
import { type Message, textOf, wireOf } from '../message/index.js';
import type { ApplicationSession } from '../session/application-session.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import { Headers } from './headers.js';

export abstract class SipMessage<M extends Message> implements sdk.SipMessage {
  #headers: Headers | undefined;
  #attributes: Map<string, unknown> | undefined;

  constructor(
    /** Wire message behind it. */
    readonly message: M,
    readonly session: SipSession,
    /** Where it came from, or will go. */
    protected readonly flow: Flow | undefined,
  ) {}

  abstract readonly method: string;
  abstract readonly isCommitted: boolean;

  /** 'the INVITE a84b4c76e66710': for errors. */
  protected get label(): string {
    return `the ${this.method} ${this.callId}`;
  }

  get applicationSession(): ApplicationSession {
    return this.session.applicationSession;
  }

  get headers(): Headers {
    return (this.#headers ??= new Headers(this.message, () => this.assertOpen()));
  }

  get callId(): string {
    return textOf(this.message.callId);
  }

  get from(): Address {
    return Address.parse(textOf(this.message.from.text));
  }

  get to(): Address {
    return Address.parse(textOf(this.message.to.text));
  }

  get cseq(): sdk.CSeq {
    const { number, method } = this.message.cseq;
    return { number, method, toString: () => `${number} ${method}` };
  }

  get contentType(): string | undefined {
    return this.headers.get('Content-Type');
  }

  get body(): Uint8Array {
    return Buffer.from(this.message.body, 'latin1');
  }

  get text(): string {
    return textOf(this.message.body);
  }

  setBody(content: string | Uint8Array, type: string): void {
    this.assertOpen();
    const wire = typeof content === 'string' ? wireOf(content) : Buffer.from(content).toString('latin1');
    this.message.setBody(wire, wireOf(type));
  }

  get remote(): sdk.Endpoint | undefined {
    const { flow } = this;
    return flow === undefined ? undefined : { address: flow.remoteAddress, port: flow.remotePort, transport: flow.transport };
  }

  get local(): sdk.Endpoint | undefined {
    const { flow } = this;
    return flow === undefined ? undefined : { address: flow.localAddress, port: flow.localPort, transport: flow.transport };
  }

  get attributes(): Map<string, unknown> {
    return (this.#attributes ??= new Map());
  }

  /** The message as it would be sent. */
  toString(): string {
    return textOf(this.message.toWire());
  }

  protected assertOpen(): void {
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent: it cannot be changed any more`);
  }
}
