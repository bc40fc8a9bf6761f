// A request that a phone has sent, the responses to it, and what a caller does next: ACK, CANCEL, BYE.

import { present } from '../../container/base/present.js';
import type { RequestOptions } from './compose.js';
import { finish } from './compose.js';
import { Dialog } from './dialog.js';
import type { Phone } from './phone.js';
import type { Destination } from './phone-wire.js';
import { TextMessage } from './text-message.js';
import { T1, T2 } from './timing.js';

/** A status, a class ('2xx'), 'final', or whatever is true of the response. */
export type Wanted =
  | number
  | '1xx'
  | '2xx'
  | '3xx'
  | '4xx'
  | '5xx'
  | '6xx'
  | 'final'
  | ((response: TextMessage) => boolean);

export class ClientRequest {
  /** All that came, in order, retransmissions too. */
  readonly responses: TextMessage[] = [];
  readonly #unread: TextMessage[] = [];
  readonly #dialogs = new Map<string, Dialog>();
  /** By To tag: ACKs to 2xx that were sent, to be sent again when the 2xx comes again. */
  readonly #acks = new Map<string, ClientRequest>();

  constructor(
    private readonly phone: Phone,
    readonly message: TextMessage,
    readonly destination: Destination,
    /** The dialog that it was sent in. */
    private readonly within?: Dialog,
  ) {}

  /** Sends it (again), and goes on as §17.1 has it if the phone is reliable. */
  send(): this {
    this.phone.send(this.message, this.destination);
    if (this.phone.reliable && this.destination.transport === 'UDP' && this.message.method !== 'ACK')
      this.#again(T1, 64 * T1);
    return this;
  }

  /** The same octets once more. */
  resend(): void {
    this.phone.send(this.message, this.destination);
  }

  /**
   * The next response of this kind that the test has not seen; time passes until it comes. A final response of another
   * kind is a failure.
   */
  response(wanted: Wanted = 'final', within?: number): Promise<TextMessage> {
    const what = `${this.phone.name} waits for ${typeof wanted === 'function' ? 'a response' : wanted} to ${this.message.method}`;
    return this.phone.until(what, within, () => {
      const index = this.#unread.findIndex((response) => matches(response, wanted));
      if (index >= 0) return this.#unread.splice(index, 1)[0];
      const other = this.responses.find(({ status }) => this.#excludes(status, wanted));
      if (other) throw this.phone.failure(`${what}; it got ${other.startLine}`);
      return undefined;
    });
  }

  /** The last response; undefined before the first. */
  get last(): TextMessage | undefined {
    return this.responses.at(-1);
  }

  /** CANCEL (§9.1), at once, whatever has come. */
  cancel(options: RequestOptions = {}): ClientRequest {
    return this.#hopByHop('CANCEL', present(this.message.header('To')), options);
  }

  /** ACK to the last final response, or to this one; a 2xx is acknowledged in its dialog. */
  ack(options: RequestOptions & { response?: TextMessage } = {}): ClientRequest {
    const response = options.response ?? this.responses.findLast(({ status }) => status >= 200);
    if (!response) throw this.phone.failure(`${this.phone.name} has nothing to acknowledge`);
    if (response.status >= 300) return this.#hopByHop('ACK', present(response.header('To')), options);
    const ack = this.dialogOf(response).ack(this.message.sequence, options);
    this.#acks.set(response.toTag ?? '', ack);
    return ack;
  }

  /** The dialog of the last response that has a To tag, or that this request was sent in. */
  get dialog(): Dialog {
    const response = this.responses.findLast(({ toTag, status }) => toTag !== undefined && status < 300);
    if (this.within) return this.within;
    if (!response) throw this.phone.failure(`${this.phone.name} has no dialog yet`);
    return this.dialogOf(response);
  }

  /** The dialog of one response: forks have one each. */
  dialogOf(response: TextMessage): Dialog {
    if (this.within) return this.within;
    return this.#dialogs.get(response.toTag ?? '') ?? this.#keep(response);
  }

  bye(options: RequestOptions = {}): ClientRequest {
    return this.dialog.bye(options);
  }

  /** Told by the phone. */
  receive(response: TextMessage): void {
    const repeated = this.responses.some((each) => each.status === response.status && each.toTag === response.toTag);
    this.responses.push(response);
    this.#unread.push(response);
    if (this.message.method !== 'INVITE') return;
    if (response.status >= 300 && this.phone.autoAck) this.ack({ response });
    else if (response.status >= 200 && !repeated) this.#confirm(response);
    else if (response.status >= 200) this.#acks.get(response.toTag ?? '')?.resend();
  }

  /** §13.2.2.4: the route set of a dialog is that of its 2xx, whatever earlier responses said. */
  #confirm(response: TextMessage): void {
    const tag = response.toTag ?? '';
    const early = this.#dialogs.get(tag);
    this.within?.refresh(response);
    if (!early) return;
    this.#keep(response).sequence = early.sequence;
  }

  #keep(response: TextMessage): Dialog {
    const dialog = Dialog.ofCaller(this.phone, this.message, response);
    this.#dialogs.set(response.toTag ?? '', dialog);
    this.phone.keep(dialog);
    return dialog;
  }

  /** After a final response with this status nothing of what is wanted can come. */
  #excludes(status: number, wanted: Wanted): boolean {
    if (status >= 300 || (status >= 200 && this.message.method !== 'INVITE')) return true;
    return status >= 200 && typeof wanted === 'number' && wanted >= 300;
  }

  /** What goes where the request went, with its Via: CANCEL (§9.1) and the ACK to a non-2xx (§17.1.1.3). */
  #hopByHop(method: string, to: string, options: RequestOptions): ClientRequest {
    const { message } = this;
    const copy = new TextMessage(`${method} ${message.uri} SIP/2.0`);
    copy.add('Via', present(message.list('Via')[0])).add('Max-Forwards', '70');
    copy
      .add('From', present(message.header('From')))
      .add('To', to)
      .add('Call-ID', message.callId);
    copy.add('CSeq', `${message.sequence} ${method}`).add('Route', ...message.list('Route'));
    return this.phone.track(new ClientRequest(this.phone, finish(copy, options), this.destination)).send();
  }

  /** Timers A and E, B and F: an INVITE until anything comes, others until a final response. */
  #again(interval: number, left: number): void {
    this.phone.after(interval, () => {
      const invite = this.message.method === 'INVITE';
      if (this.responses.some(({ status }) => invite || status >= 200) || left <= interval) return;
      this.resend();
      this.#again(invite ? 2 * interval : Math.min(2 * interval, T2), left - interval);
    });
  }
}

function matches(response: TextMessage, wanted: Wanted): boolean {
  if (typeof wanted === 'function') return wanted(response);
  if (typeof wanted === 'number') return response.status === wanted;
  if (wanted === 'final') return response.status >= 200;
  return String(response.status)[0] === wanted[0];
}
