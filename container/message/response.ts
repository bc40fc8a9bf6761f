// A response (§7.2).
import type { Field } from './field.js';
import { Message } from './message.js';
import { isLineSafe } from './text.js';

/** A response: status, reason phrase, fields, body. */
export class Response extends Message {
  declare private statusCode: number;
  declare private reasonPhrase: string;

  constructor(status: number, reason: string, fields: Field[] = [], body = '') {
    super(fields, body);
    this.statusCode = status;
    this.reasonPhrase = reason;
    this.lineChanged();
  }

  override get isRequest(): false {
    return false;
  }

  get status(): number {
    return this.statusCode;
  }

  set status(status: number) {
    this.statusCode = status;
    this.lineChanged();
  }

  /** A wire string; may be empty. Setting one that would end the line throws TypeError (§7.2). */
  get reason(): string {
    return this.reasonPhrase;
  }

  set reason(reason: string) {
    if (!isLineSafe(reason))
      throw new TypeError('the reason phrase contains CR, LF, NUL or a character that is not an octet');
    this.reasonPhrase = reason;
    this.lineChanged();
  }

  override startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reasonPhrase}`;
  }

  protected override packLine(text: string): void {
    const start = 'SIP/2.0 200 '.length;
    this.reasonPhrase = text.slice(start, start + this.reasonPhrase.length);
  }

  /** The clone shares all fields and has its own list of them. */
  clone(): Response {
    const copy = new Response(this.status, this.reasonPhrase, this.fields.slice());
    copy.wasReadLike(this);
    return copy;
  }
}
