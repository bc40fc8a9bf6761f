// Splits a stream of octets into messages (§18.3): Content-Length gives the end of each; CRLFs between them are
// keepalives (§7.5, RFC 5626 §3.5.1).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import { LIMITS, Malformed, parse, type Request, type Response } from '../message/index.js';
import { declaredLength, isHttpMethod, isHttpRequest } from './head.js';
import { Pieces } from './pieces.js';

export interface FramerLimits {
  /** Octets of a head, from start line to empty line. */
  readonly head: number;
  /** Octets of a body. */
  readonly body: number;
  /** Milliseconds from the first octet of a message to the end of its head. */
  readonly headTime: number;
  /** Milliseconds from the first octet of a message to its last. */
  readonly messageTime: number;
  /** Octets of CR and LF between messages in each `keepaliveTime`. */
  readonly keepalives: number;
  readonly keepaliveTime: number;
  /** Pongs in each `keepaliveTime`. */
  readonly pongs: number;
}

export const FRAMER_LIMITS: FramerLimits = {
  head: LIMITS.head,
  body: 1_048_576,
  headTime: 10_000,
  messageTime: 30_000,
  keepalives: 4096,
  keepaliveTime: 10_000,
  pongs: 10,
};

/** Receives what the framer finds in the stream. It may stop the framer while it is called. */
export interface FramerUser {
  message(message: Request | Response | Malformed): void;
  /** A ping (CRLFCRLF), to be answered with CRLF (RFC 5626 §4.4.1). */
  ping(): void;
  /**
   * The start of the next message is lost, or the peer does not speak SIP: the connection must be closed. No calls
   * follow.
   */
  broken(why: string): void;
}

const BETWEEN = 0;
const HEAD = 1;
const BODY = 2;
const END = '\r\n\r\n';
/** Longer than every HTTP method with the blank after it. */
const FIRST_WORD = 8;
/** A message this much smaller than its segment is copied, so that keeping the message does not keep the segment. */
const WORTH_COPYING = 2048;

export class Framer implements Timed {
  readonly #user: FramerUser;
  readonly #clock: Clock;
  readonly #limits: FramerLimits;
  readonly #pieces = new Pieces();
  #state = BETWEEN;
  #stopped = false;
  /** The start of the first line, until it is known not to be HTTP. */
  #firstWord: string | undefined = '';
  /** The message that waits for its body, or a fault after which the stream continues. */
  #waiting: Request | Response | Malformed | undefined;
  #bodyLength = 0;
  #since = 0;
  #deadline: Deadline | undefined;
  #lineEnds = 0;
  #keepalives = 0;
  #pongs = 0;
  #keepalivesSince = Number.NEGATIVE_INFINITY;

  constructor(user: FramerUser, clock: Clock, limits: FramerLimits = FRAMER_LIMITS) {
    this.#user = user;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether a message is incomplete. */
  get midway(): boolean {
    return this.#state !== BETWEEN;
  }

  push(chunk: string): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#state === BETWEEN) at = this.#between(chunk, at);
      else if (this.#state === HEAD) at = this.#head(chunk, at);
      else at = this.#body(chunk, at);
    }
    if (this.#state === BETWEEN || this.#stopped) return;
    if (this.#deadline === undefined) {
      this.#since = this.#clock.now();
      const time = this.#state === HEAD ? this.#limits.headTime : this.#limits.messageTime;
      this.#deadline = this.#clock.start(time, this, 'incomplete');
    }
  }

  /** Stops calling the user, and drops an incomplete message. */
  stop(): void {
    this.#stopped = true;
    this.#deadline?.stop();
    this.#deadline = undefined;
    this.#waiting = undefined;
    this.#pieces.clear();
  }

  expire(): void {
    this.#deadline = undefined;
    if (this.#stopped || this.#state === BETWEEN) return;
    const spent = this.#clock.now() - this.#since;
    if (this.#state === BODY && spent < this.#limits.messageTime)
      this.#deadline = this.#clock.start(this.#limits.messageTime - spent, this, 'incomplete');
    else this.#break(this.#state === HEAD ? 'the head was not complete in time' : 'the body was not complete in time');
  }

  /** CR and LF before a start line are ignored (§7.5); CRLFCRLF is a ping. */
  #between(chunk: string, at: number): number {
    const start = at;
    while (at < chunk.length && this.#lineEnds < 4 && this.#isLineEnd(chunk.charCodeAt(at))) at++;
    if (this.#lineEnds === 4) {
      this.#lineEnds = 0;
      if (this.#keepalive(at - start) && this.#pongs++ < this.#limits.pongs) this.#user.ping();
      return at;
    }
    if (at > start && !this.#keepalive(at - start)) return at;
    return at === chunk.length ? at : this.#begin(chunk.charCodeAt(at), at);
  }

  /** Tracks the sequence of CR and LF: CRLFCRLF is a ping. */
  #isLineEnd(c: number): boolean {
    if (c !== 13 && c !== 10) return false;
    if (c === (this.#lineEnds % 2 === 0 ? 13 : 10)) this.#lineEnds++;
    else this.#lineEnds = c === 13 ? 1 : 0;
    return true;
  }

  /** An octet other than CR and LF begins a message. */
  #begin(first: number, at: number): number {
    this.#lineEnds = 0;
    if (first <= 32 || first >= 127) {
      this.#break('not SIP: a start line begins with a printable character');
      return at;
    }
    this.#state = HEAD;
    this.#firstWord = '';
    return at;
  }

  /** Counts octets between messages. Returns false when there are too many in too short a time. */
  #keepalive(octets: number): boolean {
    const now = this.#clock.now();
    if (now - this.#keepalivesSince >= this.#limits.keepaliveTime) {
      this.#keepalivesSince = now;
      this.#keepalives = this.#pongs = 0;
    }
    this.#keepalives += octets;
    if (this.#keepalives <= this.#limits.keepalives) return true;
    this.#break('a flood of line ends');
    return false;
  }

  #head(chunk: string, at: number): number {
    if (this.#firstWord !== undefined && this.#isHttp(chunk, at)) {
      this.#break('not SIP: an HTTP request');
      return at;
    }
    const pieces = this.#pieces;
    let end = -1;
    if (pieces.length > 0) {
      // The separator may have begun in the previous piece.
      const seam = pieces.tail + chunk.slice(at, at + 3);
      const found = seam.indexOf(END);
      if (found >= 0) end = at + found + 4 - pieces.tail.length;
    }
    if (end < 0) {
      const found = chunk.indexOf(END, at);
      if (found >= 0) end = found + 4;
    }
    const length = pieces.length + (end < 0 ? chunk.length : end) - at;
    if (length > this.#limits.head) {
      pieces.add(chunk.slice(at, at + this.#limits.head));
      this.#tooLong(pieces.take());
      return chunk.length;
    }
    if (end < 0) {
      pieces.add(chunk.slice(at));
      return chunk.length;
    }
    if (pieces.length === 0) {
      this.#take(own(chunk, at, end));
      return end;
    }
    pieces.add(chunk.slice(at, end));
    this.#take(pieces.take());
    return end;
  }

  /** Checks the first word as soon as it is complete, so that no part of a form posted by a browser is read as SIP. */
  #isHttp(chunk: string, at: number): boolean {
    const begun = this.#firstWord ?? '';
    const word = begun + chunk.slice(at, at + FIRST_WORD - begun.length);
    this.#firstWord = word.length >= FIRST_WORD || word.indexOf(' ') >= 0 ? undefined : word;
    return this.#firstWord === undefined && isHttpMethod(word);
  }

  /** Handles a complete head: reads the message and the length of its body. */
  #take(head: string): void {
    if (isHttpRequest(head)) {
      this.#break('not SIP: an HTTP request');
      return;
    }
    const message = parse(head, 'stream');
    if (message instanceof Malformed) {
      // Many calls may share the connection: a fault elsewhere in the message does not close it, but a fault of framing
      // does.
      const length = declaredLength(head, this.#limits.body);
      if (length >= 0) {
        this.#expect(message, length);
        return;
      }
      this.#user.message(message);
      this.#break('a malformed message of uncertain length');
      return;
    }
    const length = message.contentLength;
    if (length === undefined) this.#refuse(message, 400, 'Missing or Malformed Content-Length', '§18.3');
    else if (length > this.#limits.body) this.#refuse(message, 413, 'Request Entity Too Large', '§21.4.11');
    else this.#expect(message, length);
  }

  #expect(message: Request | Response | Malformed, length: number): void {
    if (length === 0) {
      this.#complete(message);
      return;
    }
    this.#waiting = message;
    this.#bodyLength = length;
    this.#state = BODY;
  }

  #body(chunk: string, at: number): number {
    const end = Math.min(chunk.length, at + this.#bodyLength - this.#pieces.length);
    const rest = this.#bodyLength - this.#pieces.length - (end - at);
    const message = this.#waiting;
    if (message === undefined) return end;
    if (rest > 0) {
      // The octets of a malformed message are counted, not kept.
      if (message instanceof Malformed) this.#bodyLength = rest;
      else this.#pieces.add(chunk.slice(at, end));
      return end;
    }
    if (!(message instanceof Malformed)) {
      const whole = this.#pieces.length === 0;
      if (!whole) this.#pieces.add(chunk.slice(at, end));
      message.body = whole ? own(chunk, at, end) : this.#pieces.take();
    }
    this.#complete(message);
    return end;
  }

  #complete(message: Request | Response | Malformed): void {
    this.#state = BETWEEN;
    this.#waiting = undefined;
    this.#deadline?.stop();
    this.#deadline = undefined;
    this.#user.message(message);
  }

  #tooLong(start: string): void {
    // Its complete lines may suffice for an answer.
    const message = parse(start.slice(0, Math.max(0, start.lastIndexOf('\r\n'))) + END, 'stream');
    const isResponse = start.startsWith('SIP/');
    const request =
      message instanceof Malformed ? message.request : message.isRequest ? (message as Request) : undefined;
    const status = isResponse || request?.method === 'ACK' ? 0 : 513;
    this.#user.message(new Malformed(status, 'Message Too Large', '§21.5.7', isResponse, request));
    this.#break('a head beyond the limit');
  }

  #refuse(message: Request | Response, status: number, reason: string, section: string): void {
    const request = message.isRequest ? (message as Request) : undefined;
    if (request === undefined || request.method === 'ACK') status = 0;
    this.#user.message(new Malformed(status, reason, section, request === undefined, request));
    this.#break(reason);
  }

  #break(why: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#user.broken(why);
  }
}

/** A part of a segment; a copy when the segment is much larger. */
function own(chunk: string, start: number, end: number): string {
  const part = chunk.slice(start, end);
  return chunk.length - part.length < WORTH_COPYING ? part : Buffer.from(part, 'latin1').toString('latin1');
}
