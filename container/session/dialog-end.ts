// One of the two ends of a dialog, as the other end or a proxy between them knows it: where requests for it go, and the
// number of its last request (§12.1, §12.2).
import { flat, Party, Request, type Response } from '../message/index.js';

/** Requests that refresh the remote target (§12.2, RFC 3311 §5.1, RFC 6665 §4.4.1). */
const TARGET_REFRESH: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** CSeq numbers are less than 2^31 (§8.1.1.5). */
const MAX_SEQUENCE = 2 ** 31 - 1;

/** The values that requests of one dialog have in common, as wire text; the tags are in From and To. */
interface Names {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
}

/** The number of the next request of an end (§12.2.1.1). */
export function numberAfter(sequence: number): number {
  if (sequence >= MAX_SEQUENCE) throw new RangeError('the CSeq numbers of the dialog are used up');
  return sequence + 1;
}

export class DialogEnd {
  /** Its URI and the values of Route, a line each. One short text, which lives for hours and keeps no message alive. */
  #place: string;
  /** The number of its last INVITE that the application has answered itself, in place of the other end. */
  answeredInvite: number | undefined;
  /** The 2xx to that INVITE, until its ACK arrives (§13.3.1.4). */
  successes: { acknowledge(ack: Request): boolean; stop(): void } | undefined;

  private constructor(
    target: string,
    routes: readonly string[],
    /** CSeq number of the last request that it sent in the dialog; undefined: it has sent none (§12.1.2). */
    public sequence: number | undefined,
  ) {
    this.#place = placeOf(target, routes);
  }

  /** §12.1.1: the end that has sent the request which makes the dialog; for a NOTIFY see RFC 6665 §4.4.1. */
  static ofSender(request: Request): DialogEnd {
    const target = contactUriOf(request) ?? request.from.uri;
    return new DialogEnd(target, request.values('record-route'), request.cseq.number);
  }

  /** §12.1.2: the end that has answered it. */
  static ofRecipient(request: Request, response: Response): DialogEnd {
    return new DialogEnd(contactUriOf(response) ?? request.uri, routesIn(response), undefined);
  }

  /** The same end in the dialog with another fork. */
  copy(): DialogEnd {
    return new DialogEnd(this.target, this.routes, this.sequence);
  }

  /** URI that its Contact named last; wire text. */
  get target(): string {
    return this.#place.slice(0, this.#place.indexOf('\n'));
  }

  /** Values of Route in a request to it, the first hop first. */
  get routes(): readonly string[] {
    const routes = this.#place.slice(this.#place.indexOf('\n') + 1);
    return routes === '' ? [] : routes.split('\n');
  }

  /** It has given its present address, if this is a target refresh (§12.2.1.2, §12.2.2). */
  refresh(message: Request | Response): void {
    if (!TARGET_REFRESH.has(message.cseq.method)) return;
    const uri = contactUriOf(message);
    if (uri !== undefined && uri !== this.target) this.#place = placeOf(uri, this.routes);
  }

  /** §13.2.2.4: the 2xx determines its route set, whatever that of the early dialog was. */
  confirm(response: Response): void {
    this.#place = placeOf(contactUriOf(response) ?? this.target, routesIn(response));
  }

  /** §12.2.2: whether a request of it is in order; its number is then remembered. A gap is not a fault. */
  takes(request: Request): boolean {
    const { number } = request.cseq;
    if (this.sequence !== undefined && number < this.sequence) return false;
    this.sequence = number;
    return true;
  }

  /** §12.2.1.1: a request to it. Via and Contact are added when it is sent. */
  request(method: string, sequence: number, { from, to, callId }: Names, routes = this.routes): Request {
    const request = new Request(method, this.target);
    for (const route of routes) request.append('Route', route);
    request.append('From', from);
    request.append('To', to);
    request.append('Call-ID', callId);
    request.append('CSeq', `${sequence} ${method}`);
    request.append('Max-Forwards', '70');
    return request;
  }
}

function placeOf(target: string, routes: readonly string[]): string {
  return flat(`${target}\n${routes.join('\n')}`);
}

function routesIn(response: Response): readonly string[] {
  return response.values('record-route').reverse();
}

/** URI of the first Contact, wire text; undefined: it names none that can be read. */
function contactUriOf(message: Request | Response): string | undefined {
  const [contact] = message.values('contact');
  if (contact === undefined || contact === '*') return undefined;
  const party = Party.parse(contact);
  return party?.isReadable ? party.uri : undefined;
}
