// A request that a phone has got, and how it answers: RFC 3261 §8.2.6, §12.1.1, §13.3.1, §18.2.2.
import { bracketed, finish, type MessageOptions, type RequestOptions } from './compose.js';
import { Dialog } from './dialog.js';
import type { ClientRequest } from './outgoing.js';
import type { Phone } from './phone.js';
import type { Arrival, Destination } from './phone-wire.js';
import { parameter, TextMessage } from './text-message.js';
import { LIFETIME, T1, T2 } from './timing.js';

export interface ReplyOptions extends MessageOptions {
  /** Instead of OK, Ringing … */
  readonly reason?: string;
  /** Instead of the one that all responses of this phone to this request have: a fork downstream. */
  readonly toTag?: string;
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  600: 'Busy Everywhere',
  603: 'Decline',
};

export class ServerRequest {
  /** What was answered, in order. */
  readonly replies: TextMessage[] = [];
  /** The ACK to it came. */
  acknowledged = false;
  readonly #dialogs = new Map<string, Dialog>();
  readonly #within: Dialog | undefined;

  constructor(
    private readonly phone: Phone,
    readonly message: TextMessage,
    readonly arrival: Arrival,
  ) {
    this.#within = phone.dialogWith(message);
    this.#within?.refresh(message);
  }

  get method(): string {
    return this.message.method;
  }

  get uri(): string {
    return this.message.uri;
  }

  get body(): string {
    return this.message.body;
  }

  header(name: string): string | undefined {
    return this.message.header(name);
  }

  list(name: string): string[] {
    return this.message.list(name);
  }

  /** Answers. The tag is the phone's, the Contact of what may begin a dialog too. */
  reply(status: number, options: ReplyOptions = {}): TextMessage {
    const response = this.#composed(status, options);
    this.replies.push(response);
    if (this.#establishes(status) && !this.#within) this.#remember(response);
    this.resend();
    if (status >= 200 && this.method === 'INVITE' && this.phone.reliable) this.#again(response, T1, LIFETIME);
    return response;
  }

  /** §8.2.6, §12.1.1. */
  #composed(status: number, options: ReplyOptions): TextMessage {
    const { message, phone } = this;
    const response = new TextMessage(`SIP/2.0 ${status} ${options.reason ?? REASONS[status] ?? 'Other'}`);
    const [top = '', ...below] = message.list('Via');
    response.add('Via', this.#received(top), ...below);
    const to = message.header('To') ?? '';
    const tagged = message.toTag !== undefined || (status === 100 && options.toTag === undefined);
    response
      .add('From', message.header('From') ?? '')
      .add('To', tagged ? to : `${to};tag=${options.toTag ?? phone.tagOf(this)}`);
    response.add('Call-ID', message.callId).add('CSeq', message.header('CSeq') ?? '');
    let { contact } = options;
    if (this.#establishes(status)) {
      response.add('Record-Route', ...message.list('Record-Route'));
      contact ??= phone.contactFor(this.arrival.transport);
    }
    if (contact !== undefined) response.add('Contact', bracketed(contact));
    return finish(response, options);
  }

  /** A response with this status may begin a dialog. */
  #establishes(status: number): boolean {
    return (this.method === 'INVITE' || this.method === 'SUBSCRIBE') && status > 100 && status < 300;
  }

  /** The last answer once more. */
  resend(response = this.replies.at(-1)): void {
    if (response) this.phone.send(response, this.#destination(response), this.arrival.connection);
  }

  /** The dialog that the last answer with a tag began, or that the request came in. */
  get dialog(): Dialog {
    const dialog = this.#within ?? [...this.#dialogs.values()].at(-1);
    if (!dialog) throw this.phone.failure(`${this.phone.name} has no dialog yet`);
    return dialog;
  }

  /** The dialog with this tag of ours. */
  dialogOf(toTag: string): Dialog {
    const dialog = this.#dialogs.get(toTag);
    if (!dialog) throw this.phone.failure(`${this.phone.name} has no dialog with tag ${toTag}`);
    return dialog;
  }

  bye(options: RequestOptions = {}): ClientRequest {
    return this.dialog.bye(options);
  }

  /** The ACK to it; time passes until it comes. */
  ack(within?: number): Promise<ServerRequest> {
    return this.phone.receive((request) => this.isAcknowledgedBy(request.message), within);
  }

  /** §17.1.1.3: to a non-2xx with the branch of the INVITE; §13.2.2.4: to a 2xx in its dialog. */
  isAcknowledgedBy(ack: TextMessage): boolean {
    const { callId, sequence, branch } = this.message;
    if (ack.method !== 'ACK' || ack.callId !== callId || ack.sequence !== sequence) return false;
    const final = this.replies.findLast(({ status }) => status >= 200);
    if (final && final.status >= 300) return ack.branch === branch;
    return this.replies.some(({ toTag }) => toTag === ack.toTag);
  }

  #remember(response: TextMessage): void {
    const tag = response.toTag ?? '';
    if (this.#dialogs.has(tag)) return;
    const dialog = Dialog.ofCallee(this.phone, this.message, response);
    this.#dialogs.set(tag, dialog);
    this.phone.keep(dialog);
  }

  /** §18.2.1 and RFC 3581 §4: what a server writes into the topmost Via. */
  #received(via: string): string {
    const { address, port } = this.arrival.from;
    const sentBy = sentByOf(via);
    const rport = parameter(via, 'rport') === '';
    let text = rport ? via.replace(/;\s*rport(?=\s*(;|$))/i, `;rport=${port}`) : via;
    if ((rport || sentBy.host !== address) && parameter(via, 'received') === undefined) text += `;received=${address}`;
    return text;
  }

  /** §18.2.2: where the response goes, by its topmost Via. */
  #destination(response: TextMessage): Destination {
    const via = response.list('Via')[0] ?? '';
    const sentBy = sentByOf(via);
    const rport = Number(parameter(via, 'rport') ?? '') || undefined;
    const received = parameter(via, 'received');
    const address = received ?? this.phone.resolve(parameter(via, 'maddr') ?? sentBy.host) ?? this.arrival.from.address;
    return { transport: this.arrival.transport, address, port: rport ?? sentBy.port ?? 5060 };
  }

  /** Timer G, and the 2xx of §13.3.1.4: until the ACK comes. */
  #again(response: TextMessage, interval: number, left: number): void {
    if (response.status >= 300 && this.arrival.transport === 'TCP') return;
    this.phone.after(interval, () => {
      if (this.acknowledged || left <= interval) return;
      this.resend(response);
      this.#again(response, Math.min(2 * interval, T2), left - interval);
    });
  }
}

/** Host and port of a Via value, brackets gone. */
function sentByOf(via: string): { host: string; port: number | undefined } {
  const match = /^[^/]*\/[^/]*\/\s*\S+\s+(\[[^\]]*\]|[^\s:;]+)\s*(?::\s*(\d+))?/.exec(via);
  return { host: (match?.[1] ?? '').replace(/[[\]]/g, ''), port: match?.[2] ? Number(match[2]) : undefined };
}
