// How a phone writes a request: RFC 3261 §8.1.1, with everything that a test wants to say otherwise.
import type { Transport } from './phone-wire.js';
import { TextMessage } from './text-message.js';

/** What a test may say about a message; what it does not say is as it should be. */
export interface MessageOptions {
  /** Instead of the fields with these names, or besides the others. Undefined: no such field. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: string;
  /** application/sdp unless told. */
  readonly contentType?: string;
  /** URI or whole value of Contact. */
  readonly contact?: string;
}

export interface RequestOptions extends MessageOptions {
  /**
   * The next hop, whatever Route and Request-URI say: 'siplet', '10.0.0.9', '[fd00::1]:5070', 'siplet;transport=tcp'.
   */
  readonly via?: string;
  /** Instead of the phone's own. */
  readonly transport?: Transport;
  /** Values of From and To, without tags. */
  readonly from?: string;
  readonly to?: string;
  readonly fromTag?: string;
  readonly callId?: string;
  readonly sequence?: number;
  readonly branch?: string;
  /** Values of Route, in order. */
  readonly route?: readonly string[];
}

export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  /** The whole value of Via. */
  readonly via: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: number;
  readonly route: readonly string[];
  readonly contact: string | undefined;
}

export function composeRequest(parts: RequestParts, options: MessageOptions): TextMessage {
  const message = new TextMessage(`${parts.method} ${parts.uri} SIP/2.0`);
  message.add('Via', parts.via).add('Max-Forwards', '70');
  message.add('From', parts.from).add('To', parts.to);
  message.add('Call-ID', parts.callId).add('CSeq', `${parts.sequence} ${parts.method}`);
  message.add('Route', ...parts.route);
  const contact = options.contact ?? parts.contact;
  if (contact !== undefined) message.add('Contact', bracketed(contact));
  return finish(message, options);
}

/** The body, its headers and what the test wants otherwise. */
export function finish(message: TextMessage, options: MessageOptions): TextMessage {
  message.body = options.body ?? '';
  if (message.body !== '') message.add('Content-Type', options.contentType ?? 'application/sdp');
  message.add('Content-Length', String(message.body.length));
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    message.set(name, ...(value === undefined ? [] : typeof value === 'string' ? [value] : value));
  }
  return message;
}

export function bracketed(value: string): string {
  return value.includes('<') || value === '*' ? value : `<${value}>`;
}
