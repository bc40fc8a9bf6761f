// A request (§7.1).
import { present } from '../base/present.js';
import type { Field } from './field.js';
import { Message } from './message.js';
import { Uri } from './uri.js';

/** A request: method, Request-URI, fields, body. */
export class Request extends Message {
  declare private methodName: string;
  /** Undefined while only `targetView` is set. */
  declare private uriText: string | undefined;
  declare private targetView: Uri | undefined;

  constructor(method: string, uri: string, fields: Field[] = [], body = '') {
    super(fields, body);
    this.methodName = method;
    this.uriText = uri;
    this.targetView = undefined;
  }

  override get isRequest(): true {
    return true;
  }

  get method(): string {
    return this.methodName;
  }

  set method(method: string) {
    this.methodName = method;
    this.lineChanged();
  }

  /** The Request-URI as sent. Setting one with blanks or control characters throws TypeError (§7.1). */
  get uri(): string {
    this.uriText ??= present(this.targetView, 'the Request-URI').text;
    return this.uriText;
  }

  set uri(uri: string) {
    for (let i = 0; i < uri.length; i++) {
      const c = uri.charCodeAt(i);
      if (c <= 32 || c > 126)
        throw new TypeError('a Request-URI must not contain blanks, control characters or 8-bit octets');
    }
    if (uri === '') throw new TypeError('a Request-URI must not be empty');
    this.uriText = uri;
    this.targetView = undefined;
    this.lineChanged();
  }

  /**
   * The typed view of the Request-URI. It has no scheme when the text is not a URI, which happens only in the request
   * of a Malformed.
   */
  get target(): Uri {
    this.targetView ??= Uri.parse(this.uri) ?? Uri.unreadable(this.uri);
    return this.targetView;
  }

  set target(target: Uri) {
    this.uriText = undefined;
    this.targetView = target;
    this.lineChanged();
  }

  override startLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`;
  }

  protected override packLine(text: string): void {
    const start = this.method.length + 1;
    this.uriText = text.slice(start, start + this.uri.length);
    this.targetView = undefined;
  }

  /** The clone shares all fields and has its own list of them. */
  clone(): Request {
    const copy = new Request(this.method, '', this.fields.slice());
    copy.wasReadLike(this);
    copy.uriText = this.uriText;
    copy.targetView = this.targetView;
    return copy;
  }
}
