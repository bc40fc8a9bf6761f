// One of the two ends of a dialog, as the other end or a proxy between them knows it: where requests for it go, and the
// number of its last request (§12.1, §12.2).
import { splitList } from '@siplet/sdk/grammar';
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
  /**
   * Its Contact and the Record-Routes on the way to it, as received, a line each: most dialogs never need more of them.
   * One short text, which lives for hours and keeps no message alive.
   */
  #place: string;
  /** The Record-Routes came in a response. */
  #isReversed: boolean;
  /** The number of its last INVITE that the application has answered itself, in place of the other end. */
  answeredInvite: number | undefined;
  /** The 2xx to that INVITE, until its ACK arrives (§13.3.1.4). */
  successes: { acknowledge(ack: Request): boolean; stop(): void } | undefined;

  private constructor(
    place: string,
    isReversed: boolean,
    /** CSeq number of the last request that it sent in the dialog; undefined: it has sent none (§12.1.2). */
    public sequence: number | undefined,
  ) {
    this.#place = place;
    this.#isReversed = isReversed;
  }

  /** §12.1.1: the end that has sent the request which makes the dialog; for a NOTIFY see RFC 6665 §4.4.1. */
  static ofSender(request: Request): DialogEnd {
    return new DialogEnd(placeOf(request, request.from.uri), false, request.cseq.number);
  }

  /** §12.1.2: the end that has answered it. */
  static ofRecipient(request: Request, response: Response): DialogEnd {
    return new DialogEnd(placeOf(response, request.uri), true, undefined);
  }

  /** The same end in the dialog with another fork. */
  copy(): DialogEnd {
    return new DialogEnd(this.#place, this.#isReversed, this.sequence);
  }

  get #contact(): string {
    return this.#place.slice(0, this.#place.indexOf('\n'));
  }

  /** URI that its Contact named last; wire text. */
  get target(): string {
    return Party.parse(splitList(this.#contact)[0] ?? '')?.uri ?? '';
  }

  /** Values of Route in a request to it, the first hop first. */
  get routes(): readonly string[] {
    const text = this.#place.slice(this.#place.indexOf('\n') + 1);
    if (text === '') return [];
    const routes = splitList(text);
    return this.#isReversed ? routes.reverse() : routes;
  }

  /** It has given its present address, if this is a target refresh (§12.2.1.2, §12.2.2). */
  refresh(message: Request | Response): void {
    if (!TARGET_REFRESH.has(message.cseq.method) || message.value('contact') === this.#contact) return;
    const uri = contactUriOf(message);
    if (uri !== undefined) this.#place = flat(`<${uri}>${this.#place.slice(this.#place.indexOf('\n'))}`);
  }

  /** §13.2.2.4: the 2xx determines its route set, whatever that of the early dialog was. */
  confirm(response: Response): void {
    this.#place = placeOf(response, this.target);
    this.#isReversed = true;
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

/** `otherwise` is the URI where the message has no Contact that can be read. */
function placeOf(message: Request | Response, otherwise: string): string {
  const contact = message.value('contact');
  const isPlain = contact !== undefined && PLAIN.test(contact);
  const place = isPlain ? contact : `<${contactUriOf(message) ?? otherwise}>`;
  let routes = '';
  for (const field of message.fields)
    if (field.key === 'record-route') routes = routes === '' ? field.value : `${routes},${field.value}`;
  return flat(`${place}\n${routes}`);
}

/** Surely readable: one URI in angle brackets, perhaps with parameters of the header. */
const PLAIN = /^<sips?:[^<>",\s]+>(;[\w.=+-]+)*$/;

/** URI of the first Contact, wire text; undefined: it names none that can be read. */
function contactUriOf(message: Request | Response): string | undefined {
  const [contact] = message.values('contact');
  if (contact === undefined || contact === '*') return undefined;
  const party = Party.parse(contact);
  return party?.isReadable ? party.uri : undefined;
}
