// A request (§7.1).
import type { Field } from './field.js';
import { Message } from './message.js';
import { Uri } from './uri.js';

/** A request: method, Request-URI, fields, body. */
export class Request extends Message {
  declare method: string;
  declare private uriText: string;
  declare private targetView: Uri | undefined;

  constructor(method: string, uri: string, fields: Field[] = [], body = '') {
    super(fields, body);
    this.method = method;
    this.uriText = uri;
    this.targetView = undefined;
  }

  override get isRequest(): true {
    return true;
  }

  /** The Request-URI as it is sent. TypeError for one with blanks or control characters (§7.1). */
  get uri(): string {
    return this.uriText;
  }

  set uri(uri: string) {
    for (let i = 0; i < uri.length; i++) {
      const c = uri.charCodeAt(i);
      if (c <= 32 || c > 126) throw new TypeError('a Request-URI holds no blanks, control characters or 8-bit octets');
    }
    if (uri === '') throw new TypeError('a Request-URI is not empty');
    this.uriText = uri;
    this.targetView = undefined;
  }

  /** The Request-URI, read. Of no scheme when it is no URI, which happens in the request of a Malformed alone. */
  get target(): Uri {
    return (this.targetView ??= Uri.parse(this.uriText) ?? Uri.unreadable(this.uriText));
  }

  set target(target: Uri) {
    this.uriText = target.text;
    this.targetView = target;
  }

  override startLine(): string {
    return `${this.method} ${this.uriText} SIP/2.0`;
  }

  protected override packLine(text: string): void {
    const start = this.method.length + 1;
    this.uriText = text.slice(start, start + this.uriText.length);
    this.targetView = undefined;
  }

  /** Shares all fields; its own list of them. */
  clone(): Request {
    const copy = new Request(this.method, this.uriText, this.fields.slice(), this.body);
    copy.targetView = this.targetView;
    return copy;
  }
}
