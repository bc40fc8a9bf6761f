// A dialog, in the state that one of its two user agents keeps (§12).
import { Party, Request, type Response } from '../message/index.js';

/** Requests that refresh the remote target (§12.2, RFC 3311 §5.1, RFC 6665 §4.4.1). */
export const TARGET_REFRESH: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

/** CSeq numbers are less than 2^31 (§8.1.1.5). */
const MAX_SEQUENCE = 2 ** 31 - 1;

export class Dialog {
  /** CSeq number of the last request that we sent in it, or of the request that made it. */
  localSequence: number;
  /** CSeq number of the last received request; undefined: there was none (§12.1.2). */
  remoteSequence: number | undefined;
  /** URI that the peer's Contact named last; wire text. */
  remoteTarget: string;

  private constructor(
    readonly callId: string,
    readonly localTag: string,
    readonly remoteTag: string,
    /** Value of From in our requests, tag included; wire text. */
    readonly local: string,
    /** Value of To in them. */
    readonly remote: string,
    /** Values of Route, the first hop first. */
    public routeSet: readonly string[],
    remoteTarget: string,
    localSequence: number,
    remoteSequence: number | undefined,
  ) {
    this.remoteTarget = remoteTarget;
    this.localSequence = localSequence;
    this.remoteSequence = remoteSequence;
  }

  /** §12.1.1: the dialog of the side that answers the request with a tag. */
  static ofServer(request: Request, toTag: string): Dialog {
    const to = request.to.tag === undefined ? `${request.to.text};tag=${toTag}` : request.to.text;
    return new Dialog(
      request.callId,
      toTag,
      request.from.tag ?? '',
      to,
      request.from.text,
      request.values('record-route'),
      contactUriOf(request) ?? request.from.uri,
      0,
      request.cseq.number,
    );
  }

  /** §12.1.2: the dialog of the side that sent the request. */
  static ofClient(request: Request, response: Response): Dialog {
    return new Dialog(
      request.callId,
      request.from.tag ?? '',
      response.to.tag ?? '',
      request.from.text,
      response.to.text,
      response.values('record-route').reverse(),
      contactUriOf(response) ?? request.uri,
      request.cseq.number,
      undefined,
    );
  }

  /** RFC 6665 §4.4.1: the dialog of the side that sent the SUBSCRIBE or REFER which a NOTIFY answers. */
  static ofNotified(request: Request, notify: Request): Dialog {
    return new Dialog(
      request.callId,
      request.from.tag ?? '',
      notify.from.tag ?? '',
      request.from.text,
      notify.from.text,
      notify.values('record-route'),
      contactUriOf(notify) ?? request.uri,
      request.cseq.number,
      undefined,
    );
  }

  /**
   * §12.2.1.1: a request in it, with the next CSeq number; ACK and CANCEL have the given one. Via and Contact are added
   * when it is sent.
   */
  request(method: string, sequence?: number): Request {
    const request = new Request(method, this.remoteTarget);
    if (sequence === undefined && this.localSequence >= MAX_SEQUENCE)
      throw new RangeError('the CSeq numbers of the dialog are used up');
    const number = sequence ?? ++this.localSequence;
    for (const route of this.routeSet) request.append('Route', route);
    request.append('From', this.local);
    request.append('To', this.remote);
    request.append('Call-ID', this.callId);
    request.append('CSeq', `${number} ${method}`);
    request.append('Max-Forwards', '70');
    return request;
  }

  /** §12.2.2: whether a request is in order; its number is then remembered. A gap is not a fault. */
  takes(request: Request): boolean {
    const { number } = request.cseq;
    if (this.remoteSequence !== undefined && number < this.remoteSequence) return false;
    this.remoteSequence = number;
    return true;
  }

  /** §12.2.1.2, §12.2.2: the peer has given its present address. */
  refresh(message: Request | Response): void {
    const uri = contactUriOf(message);
    if (uri !== undefined) this.remoteTarget = uri;
  }

  /** §13.2.2.4: the 2xx determines the route set, whatever that of the early dialog was. */
  confirm(response: Response): void {
    this.routeSet = response.values('record-route').reverse();
    this.refresh(response);
  }
}

/** URI of the first Contact, wire text. */
function contactUriOf(message: Request | Response): string | undefined {
  const [contact] = message.values('contact');
  if (contact === undefined || contact === '*') return undefined;
  const party = Party.parse(contact);
  return party?.isReadable ? party.uri : undefined;
}
