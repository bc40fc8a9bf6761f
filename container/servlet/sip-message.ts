// The common part of the requests and responses that an application holds. It contains no protocol logic.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import { type Message, textOf, wireOf } from '../message/index.js';
import type { SessionOwner } from '../session/owner.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import { MessageView } from './message-view.js';

export abstract class SipMessage<M extends Message> extends MessageView<M> implements sdk.SipMessage {
  #attributes: Map<string, unknown> | undefined;

  constructor(
    message: M,
    readonly session: SipSession,
    flow: Flow | undefined,
  ) {
    super(message, flow);
  }

  abstract readonly isCommitted: boolean;

  /** 'the INVITE a84b4c76e66710': for errors. */
  protected get label(): string {
    return `the ${this.method} ${this.callId}`;
  }

  get applicationSession(): SessionOwner {
    return this.session.applicationSession;
  }

  setBody(content: string | Uint8Array, type: string): void {
    this.assertOpen();
    const wire = typeof content === 'string' ? wireOf(content) : Buffer.from(content).toString('latin1');
    this.message.setBody(wire, wireOf(type));
  }

  get attributes(): Map<string, unknown> {
    this.#attributes ??= new Map();
    return this.#attributes;
  }

  /** The message as it would be sent. */
  override toString(): string {
    return textOf(this.message.toWire());
  }

  /** The message goes on to another leg, to which the header does not pass. */
  protected staysHere(name: string): IllegalStateError {
    return new IllegalStateError(
      `${name} of ${this.label} does not pass to the other leg of the bridge: each leg has its own`,
    );
  }

  protected override assertOpen(): void {
    if (this.isCommitted) throw new IllegalStateError(`${this.label} has been sent: it cannot be changed any more`);
  }
}
