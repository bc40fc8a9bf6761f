// A dialog, in the state that one of its two user agents keeps (§12).
import type { Party, Request, Response } from '../message/index.js';
import { DialogEnd, numberAfter } from '../session/dialog-end.js';

export class Dialog {
  private constructor(
    readonly callId: string,
    readonly localTag: string,
    readonly remoteTag: string,
    /** Value of From in our requests, tag included; wire text. */
    readonly local: string,
    /** Value of To in them. */
    readonly remote: string,
    /** The peer: where our requests go, and the number of the last request received. */
    readonly peer: DialogEnd,
    /** CSeq number of the last request that we sent in it, or of the request that made it. */
    public localSequence: number,
  ) {}

  /** §12.1.1: the dialog of the side that answers the request with a tag. */
  static ofServer(request: Request, toTag: string): Dialog {
    const { callId, from, to } = request;
    const local = to.tag === undefined ? `${to.text};tag=${toTag}` : to.text;
    return new Dialog(callId, toTag, from.tag ?? '', local, from.text, DialogEnd.ofSender(request), 0);
  }

  /** §12.1.2: the dialog of the side that sent the request. */
  static ofClient(request: Request, response: Response): Dialog {
    const peer = DialogEnd.ofRecipient(request, response);
    return Dialog.#ofCaller(request, response.to, peer);
  }

  /** RFC 6665 §4.4.1: the dialog of the side that sent the SUBSCRIBE or REFER which a NOTIFY answers. */
  static ofNotified(request: Request, notify: Request): Dialog {
    return Dialog.#ofCaller(request, notify.from, DialogEnd.ofSender(notify));
  }

  static #ofCaller(request: Request, { tag = '', text }: Party, peer: DialogEnd): Dialog {
    const { callId, from, cseq } = request;
    return new Dialog(callId, from.tag ?? '', tag, from.text, text, peer, cseq.number);
  }

  /**
   * §12.2.1.1: a request in it, with the next CSeq number; ACK and CANCEL have the given one. Via and Contact are added
   * when it is sent.
   */
  request(method: string, sequence?: number): Request {
    if (sequence === undefined) this.localSequence = numberAfter(this.localSequence);
    const { callId, local, remote } = this;
    return this.peer.request(method, sequence ?? this.localSequence, { callId, from: local, to: remote });
  }

  /** Gives a request of ours that has waited the next CSeq number, if others were made meanwhile (§12.2.1.1). */
  renumber(request: Request): void {
    if (request.cseq.number === this.localSequence) return;
    this.localSequence = numberAfter(this.localSequence);
    request.set('CSeq', `${this.localSequence} ${request.method}`);
  }

  /** §12.2.2: whether a request is in order; its number is then remembered. */
  takes(request: Request): boolean {
    return this.peer.takes(request);
  }

  /** §12.2.1.2, §12.2.2: the peer has given its present address. */
  refresh(message: Request | Response): void {
    this.peer.refresh(message);
  }

  /** §13.2.2.4: the 2xx determines the route set, whatever that of the early dialog was. */
  confirm(response: Response): void {
    this.peer.confirm(response);
  }
}
