// The parts that can be read from any message (JSR 289 §5.3).
import { TextDecoder } from 'node:util';
import type * as sdk from '@siplet/sdk';
import { Address } from '@siplet/sdk';
import { type Message, textOf } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { originOf } from '../transport/internal-flow.js';
import { Headers } from './headers.js';

export abstract class MessageView<M extends Message> {
  #headers: Headers | undefined;

  constructor(
    /** The wire message behind it. */
    readonly message: M,
    /** The flow on which it came, or will go. */
    protected readonly flow: Flow | undefined,
  ) {}

  abstract readonly method: string;

  /** Throws where the message cannot be changed any more. */
  protected abstract assertOpen(): void;

  get headers(): Headers {
    this.#headers ??= new Headers(this.message, this);
    return this.#headers;
  }

  /** Throws where this header cannot be written; `key` is its name in lower case, '' for one that is removed. */
  assertMayWrite(_key: string, _name: string): void {
    this.assertOpen();
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
    const charset = charsetOf(this.message.value('content-type'));
    return charset === undefined ? textOf(this.message.body) : charset.decode(this.body);
  }

  get remote(): sdk.Endpoint | undefined {
    return remoteOf(this.flow);
  }

  get local(): sdk.Endpoint | undefined {
    const { flow } = this;
    return flow === undefined
      ? undefined
      : { address: flow.localAddress, port: flow.localPort, transport: flow.transport.toLowerCase() };
  }

  /** The flow on which the message entered the container; undefined for a message that comes from an application. */
  get entryFlow(): Flow | undefined {
    return originOf(this.flow);
  }

  /** JSR 289 §5.2: getInitialRemoteAddr and its kind. */
  get initialRemote(): sdk.Endpoint | undefined {
    return remoteOf(this.entryFlow);
  }

  get isSecure(): boolean {
    const transport = this.entryFlow?.transport;
    return transport === 'TLS' || transport === 'WSS';
  }
}

function remoteOf(flow: Flow | undefined): sdk.Endpoint | undefined {
  return flow === undefined
    ? undefined
    : { address: flow.remoteAddress, port: flow.remotePort, transport: flow.transport.toLowerCase() };
}

/**
 * RFC 2045 §5.1: the decoder for the body. Undefined where it is UTF-8, which holds when the charset is missing or
 * unknown (§7.4.1).
 */
function charsetOf(contentType: string | undefined): TextDecoder | undefined {
  const label = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1];
  if (label === undefined || /^utf-?8$/i.test(label)) return undefined;
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
