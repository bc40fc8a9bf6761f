// A response (§7.2).
import type { Field } from './field.js';
import { Message } from './message.js';
import { isLineSafe } from './text.js';

/** A response: status, reason phrase, fields, body. */
export class Response extends Message {
  declare status: number;
  declare private reasonPhrase: string;

  constructor(status: number, reason: string, fields: Field[] = [], body = '') {
    super(fields, body);
    this.status = status;
    this.reasonPhrase = reason;
  }

  override get isRequest(): false {
    return false;
  }

  /** Wire string, may be empty. TypeError for one that would end the line (§7.2). */
  get reason(): string {
    return this.reasonPhrase;
  }

  set reason(reason: string) {
    if (!isLineSafe(reason)) throw new TypeError('the reason phrase holds CR, LF, NUL or what is no octet');
    this.reasonPhrase = reason;
  }

  override startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reasonPhrase}`;
  }

  protected override packLine(text: string): void {
    const start = 'SIP/2.0 200 '.length;
    this.reasonPhrase = text.slice(start, start + this.reasonPhrase.length);
  }

  /** Shares all fields; its own list of them. */
  clone(): Response {
    return new Response(this.status, this.reasonPhrase, this.fields.slice(), this.body);
  }
}
