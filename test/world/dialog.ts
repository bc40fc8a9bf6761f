// A phone's side of a dialog (RFC 3261 §12): its tags, its counter, its route set, and the requests that it sends in
// it.

import { present } from '../../container/base/present.js';
import type { RequestOptions } from './compose.js';
import { bracketed } from './compose.js';
import type { ClientRequest } from './outgoing.js';
import type { Phone } from './phone.js';
import { type TextMessage, uriIn, uriParts } from './text-message.js';

export class Dialog {
  /** The CSeq number of the last request of ours. */
  sequence: number;
  /** Where the next request is meant for: the other's Contact. */
  remoteTarget: string;

  private constructor(
    private readonly phone: Phone,
    readonly callId: string,
    /** Values of From and To in requests of ours, tags included. */
    readonly local: string,
    readonly remote: string,
    /** In the order in which requests of ours travel. */
    readonly routeSet: readonly string[],
    remoteTarget: string,
    sequence: number,
  ) {
    this.remoteTarget = remoteTarget;
    this.sequence = sequence;
  }

  /** §12.1.2: the Record-Routes of the response in reverse order. */
  static ofCaller(phone: Phone, request: TextMessage, response: TextMessage): Dialog {
    const contact = response.list('Contact')[0];
    return new Dialog(
      phone,
      request.callId,
      present(request.header('From')),
      present(response.header('To')),
      response.list('Record-Route').reverse(),
      contact === undefined ? request.uri : uriIn(contact),
      request.sequence,
    );
  }

  /** §12.1.1: the Record-Routes of the request as they stand. */
  static ofCallee(phone: Phone, request: TextMessage, response: TextMessage): Dialog {
    const contact = request.list('Contact')[0] ?? present(request.header('From'));
    return new Dialog(
      phone,
      request.callId,
      present(response.header('To')),
      present(request.header('From')),
      request.list('Record-Route'),
      uriIn(contact),
      0,
    );
  }

  /** A request in the dialog, as §12.2.1.1 has it; sent. */
  request(method: string, options: RequestOptions = {}): ClientRequest {
    this.sequence = options.sequence ?? this.sequence + 1;
    return this.phone.request(method, this.#requestUri(), this.#options(options, this.sequence));
  }

  bye(options: RequestOptions = {}): ClientRequest {
    return this.request('BYE', options);
  }

  /** The ACK to a 2xx (§13.2.2.4): it has the number of its INVITE; sent. */
  ack(inviteSequence: number, options: RequestOptions = {}): ClientRequest {
    return this.phone.request('ACK', this.#requestUri(), this.#options(options, inviteSequence));
  }

  /** INVITE and UPDATE of the other may move it (§12.2.2), and so do the responses to ours. */
  refresh(message: TextMessage): void {
    const contact = message.list('Contact')[0];
    if (contact !== undefined && (message.method === 'INVITE' || message.method === 'UPDATE')) {
      this.remoteTarget = uriIn(contact);
    }
  }

  /** The first proxy is a strict router of RFC 2543 when its URI has no lr. */
  get #strict(): boolean {
    const first = this.routeSet[0];
    return first !== undefined && !uriParts(uriIn(first)).parameters.has('lr');
  }

  #requestUri(): string {
    return this.#strict ? uriIn(present(this.routeSet[0])) : this.remoteTarget;
  }

  #options(options: RequestOptions, sequence: number): RequestOptions {
    const route = this.#strict ? [...this.routeSet.slice(1), bracketed(this.remoteTarget)] : this.routeSet;
    // A strict router is the Request-URI: it is the next hop, not the first Route that is left.
    const via = this.#strict ? uriIn(present(this.routeSet[0])) : undefined;
    const inDialog = { from: this.local, to: this.remote, callId: this.callId, fromTag: '', sequence, route };
    return { ...(via !== undefined && { via }), ...inDialog, ...options };
  }
}
