// A SIP message (§7): an ordered list of shared fields and a body, with typed views, editing and serialization.
import { splitList } from '@siplet/sdk/grammar';
import { present } from '../base/present.js';
import type { CSeq } from './cseq.js';
import { Field } from './field.js';
import { isList, keyOf } from './header-names.js';
import { LIMITS } from './limits.js';
import { Party } from './party.js';
import { flat, integerAt, isWire, trimBlank } from './text.js';
import { Via } from './via.js';
import { cseqOf, NO_CSEQ, partiesOf, partyOf, viaOf } from './views.js';

/** Characters that begin a part in which commas separate nothing. */
const QUOTING = /["<]/;

/** How a packed message reads its fields again. `parse`, which imports this file, sets it. */
export const unpacking: { read(text: string, start: number, isRequest: boolean, fields: Field[]): number } = {
  read() {
    throw new Error('parse.ts, which reads messages, was not loaded');
  },
};

const NOBODY = Party.unreadable('');

/** A SIP message. Fields are replaced, never changed: a clone shares them, and neither sees the other's edits. */
export abstract class Message {
  declare private list: Field[] | undefined;
  /** The body; undefined until it is cut from the received text. */
  declare private content: string | undefined;
  /** The octets of a packed message, which has no list of fields. */
  declare private packed: string | undefined;
  /** The text that the message was read from, or ''. */
  declare private received: string;
  /** The start line with its CRLF is [0, lineEnd) of `received`; 0 when another start line is sent. */
  declare private lineEnd: number;
  /** The offset after the empty line in `received`; 0 when there is none. */
  declare private bodyStart: number;
  /** The body is [bodyStart, bodyEnd) of `received`; -1 when the body was replaced. */
  declare private bodyEnd: number;
  abstract readonly isRequest: boolean;

  constructor(fields: Field[], body: string) {
    this.list = fields;
    this.content = body;
    this.packed = undefined;
    this.received = '';
    this.lineEnd = 0;
    this.bodyStart = 0;
    this.bodyEnd = -1;
  }

  /**
   * Called by `parse`: keeps the received text, so that unchanged parts are sent as one slice of it. [0, lineEnd) is
   * the start line with its CRLF, as `startLine` returns it; `lineEnd` is 0 when they differ. [bodyStart, bodyEnd) is
   * the body after the empty line.
   */
  wasRead(text: string, lineEnd: number, bodyStart: number, bodyEnd: number): void {
    this.received = text;
    this.lineEnd = lineEnd;
    this.bodyStart = bodyStart;
    this.bodyEnd = bodyEnd;
    this.content = undefined;
  }

  /** Keeps the received text of another message with the same start line and body. */
  protected wasReadLike(other: Message): void {
    this.received = other.received;
    this.lineEnd = other.lineEnd;
    this.bodyStart = other.bodyStart;
    this.bodyEnd = other.bodyEnd;
    this.content = other.content;
  }

  /** Called when the start line differs from the received one. */
  protected lineChanged(): void {
    this.lineEnd = 0;
  }

  get fields(): Field[] {
    return this.list ?? this.unpack();
  }

  set fields(fields: Field[]) {
    if (this.packed !== undefined) this.unpack();
    this.list = fields;
  }

  /** A wire string; never decoded. */
  get body(): string {
    if (this.packed !== undefined) this.unpack();
    this.content ??= this.received.slice(this.bodyStart, this.bodyEnd);
    return this.content;
  }

  set body(body: string) {
    if (this.packed !== undefined) this.unpack();
    this.content = body;
    this.bodyEnd = -1;
  }

  /** Octets of the body, without cutting it out. */
  get bodyLength(): number {
    return this.content === undefined && this.packed === undefined ? this.bodyEnd - this.bodyStart : this.body.length;
  }

  /**
   * Keeps only the octets, which take a tenth of the memory, until the message is used again: for messages that linger
   * (RFC 6026). It also releases the message that it was cloned from.
   */
  pack(): void {
    const { list } = this;
    if (list === undefined || list.length > LIMITS.fields / 2) return;
    const text = flat(this.toWire());
    if (text.length - this.bodyLength > LIMITS.head / 2) return;
    this.packed = text;
    this.list = undefined;
    this.content = this.received = '';
    this.lineEnd = this.bodyStart = 0;
    this.bodyEnd = -1;
    this.packLine(text);
  }

  /** Cuts the parts of the start line out of the text that is kept. */
  protected abstract packLine(text: string): void;

  private unpack(): Field[] {
    const text = present(this.packed, 'the text of a packed message');
    const fields: Field[] = [];
    const bodyStart = unpacking.read(text, text.indexOf('\n') + 1, this.isRequest, fields);
    this.packed = undefined;
    this.list = fields;
    this.content = text.slice(bodyStart);
    return fields;
  }

  /** Request-Line or Status-Line, without CRLF (§7.1, §7.2). */
  abstract startLine(): string;

  /** The first field of that key (long name, lower case). */
  first(key: string): Field | undefined {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i++) if (fields[i]?.key === key) return fields[i];
    return undefined;
  }

  /** The value of the first field of that key, unfolded. */
  value(key: string): string | undefined {
    return this.first(key)?.value;
  }

  has(key: string): boolean {
    return this.first(key) !== undefined;
  }

  fieldsOf(key: string): Field[] {
    return this.fields.filter((field) => field.key === key);
  }

  /**
   * The values of all fields of that key in order. Comma-separated values are split, unless the header is not a list,
   * such as WWW-Authenticate (§7.3.1).
   */
  values(key: string): string[] {
    const list = isList(key);
    const values: string[] = [];
    for (const field of this.fields) {
      if (field.key !== key) continue;
      const value = field.value;
      if (list && value.includes(',')) values.push(...splitList(value));
      else if (!list || value !== '') values.push(value);
    }
    return values;
  }

  /** Adds the new first value: a field above the first one of that key, or above all fields when there is none. */
  push(name: string, value: string): void {
    this.pushField(Field.of(name, value));
  }

  /** Like `push`, with a field. */
  pushField(field: Field): void {
    const at = this.indexOf(field.key);
    insertAt(this.fields, Math.max(at, 0), field);
  }

  /** Adds the new last value: a field below the last one of that key, or at the end. */
  append(name: string, value: string): void {
    const field = Field.of(name, value);
    let at = this.fields.length;
    while (at > 0 && this.fields[at - 1]?.key !== field.key) at--;
    this.fields.splice(at === 0 ? this.fields.length : at, 0, field);
  }

  /** Inserts the index-th field of that key; the last one when there are fewer. */
  insert(name: string, value: string, index: number): void {
    const field = Field.of(name, value);
    let seen = 0;
    for (const [at, { key }] of this.fields.entries()) {
      if (key !== field.key) continue;
      if (seen++ === index) {
        this.fields.splice(at, 0, field);
        return;
      }
    }
    this.append(name, value);
  }

  /** Replaces the fields of that key with one for each value, at the place of the first, otherwise at the end. */
  set(name: string, value: string | readonly string[]): void {
    if (typeof value === 'string') this.setField(Field.of(name, value));
    else
      this.replace(
        keyOf(name),
        value.map((one) => Field.of(name, one)),
      );
  }

  /** Like `set` with one value, but with a field, which many messages may share. */
  setField(field: Field): void {
    const { key } = field;
    const at = this.indexOf(key);
    if (at < 0) this.fields.push(field);
    else if (this.indexOf(key, at + 1) < 0) this.fields[at] = field;
    else this.replace(key, [field]);
  }

  private replace(key: string, fresh: readonly Field[]): void {
    const first = this.indexOf(key);
    const at = first < 0 ? this.fields.length : first;
    const rest = this.fields.slice(at).filter((field) => field.key !== key);
    this.fields.length = at;
    this.fields.push(...fresh, ...rest);
  }

  /** Removes every field of that key. Returns whether there was one. */
  delete(name: string): boolean {
    const key = keyOf(name);
    if (this.indexOf(key) < 0) return false;
    this.fields = this.fields.filter((field) => field.key !== key);
    return true;
  }

  /** Removes and returns the first value: the a of 'Via: a, b', as if both stood on lines of their own (§7.3.1). */
  shift(key: string): string | undefined {
    const at = this.indexOf(key);
    const field = at < 0 ? undefined : this.fields[at];
    if (field === undefined) return undefined;
    const { value } = field;
    const comma = isList(key) ? value.indexOf(',') : -1;
    const rest = comma < 0 ? '' : trimBlank(value.slice(comma + 1));
    // Commas in quotes or brackets separate nothing. A comma without a value before or after it needs the full grammar.
    const isPlain = comma < 0 || (comma > 0 && rest !== '' && rest.charCodeAt(0) !== 44 && !QUOTING.test(value));
    const values = isPlain ? [comma < 0 ? value : trimBlank(value.slice(0, comma))] : splitList(value);
    const left = isPlain ? rest : values.slice(1).join(', ');
    if (left !== '') this.fields[at] = Field.trusted(field.name, left);
    else this.fields.splice(at, 1);
    return values[0];
  }

  /** The topmost Via; undefined when there is none, or when it cannot be read. */
  get via(): Via | undefined {
    const field = this.first('via');
    return field === undefined ? undefined : viaOf(field);
  }

  /** Every Via that can be read, from the top: other elements may have written malformed ones (RFC 5393 §4.2.2). */
  vias(): Via[] {
    const vias: Via[] = [];
    for (const value of this.values('via')) {
      const via = Via.parse(value);
      if (via !== undefined) vias.push(via);
    }
    return vias;
  }

  /** §20.20. It has no URI and no tag when it cannot be read, which happens only in the request of a Malformed. */
  get from(): Party {
    const field = this.first('from');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.39. Like `from`. */
  get to(): Party {
    const field = this.first('to');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.16. It has number 0 and no method when it cannot be read, which happens only in the request of a Malformed. */
  get cseq(): CSeq {
    const field = this.first('cseq');
    return field === undefined ? NO_CSEQ : cseqOf(field);
  }

  /** §20.8. Compared with regard to case. */
  get callId(): string {
    const field = this.first('call-id');
    if (field === undefined) return '';
    field.view ??= field.value;
    return field.view as string;
  }

  /** §20.14. Undefined when absent. */
  get contentLength(): number | undefined {
    return this.integer('content-length', 0xffff_ffff);
  }

  /** §20.22. Undefined when absent. */
  get maxForwards(): number | undefined {
    return this.integer('max-forwards', 255);
  }

  /** The value of a header that is one number; undefined when it is absent, or is not 1*DIGIT up to `max`. */
  integer(key: string, max: number): number | undefined {
    const field = this.first(key);
    if (field === undefined) return undefined;
    const value = integerAt(field.source, field.valueStart, field.valueEnd, max);
    return value < 0 ? undefined : value;
  }

  /** The addresses of Route, Record-Route, Path, Contact and the like, in order; skips '*' and malformed values. */
  routes(key: string): Party[] {
    const fields = this.fields;
    let all: Party[] | undefined;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field?.key !== key) continue;
      const parties = partiesOf(field);
      all = all === undefined ? parties : [...all, ...parties];
    }
    return all ?? [];
  }

  /** Replaces the body and writes Content-Type and Content-Length (§7.4). */
  setBody(body: string, contentType: string): void {
    if (!isWire(body)) throw new TypeError('a body consists of octets: one char each, none above 0xff');
    this.set('Content-Type', contentType);
    this.set('Content-Length', String(body.length));
    this.body = body;
  }

  /**
   * Serializes the message. If start line, fields and body are adjacent in the received text, they are copied as one
   * slice. Content-Length is sent unchanged.
   */
  toWire(): string {
    const fields = this.fields;
    const { received, bodyStart, bodyEnd } = this;
    let source = received;
    let start = 0;
    let end = this.lineEnd;
    let wire = end > 0 ? '' : `${this.startLine()}\r\n`;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field === undefined) continue;
      if (field.start === end && field.source === source) {
        end = field.end;
        continue;
      }
      if (end > start) wire = joined(wire, source.slice(start, end));
      source = field.source;
      start = field.start;
      end = field.end;
    }
    // The empty line as received, followed by the body if that is unchanged.
    const whole = end + 2 === bodyStart && source === received;
    if (whole) end = Math.max(bodyStart, bodyEnd);
    if (end > start) wire = joined(wire, source.slice(start, end));
    if (!whole) wire += '\r\n';
    return whole && bodyEnd >= 0 ? wire : wire + this.body;
  }

  private indexOf(key: string, from = 0): number {
    const fields = this.fields;
    for (let i = from; i < fields.length; i++) if (fields[i]?.key === key) return i;
    return -1;
  }
}

/** Like `+`, which also takes time for an empty string. */
function joined(before: string, more: string): string {
  return before === '' ? more : before + more;
}

/** Like `splice`, which takes longer for a handful of fields. */
function insertAt(fields: Field[], at: number, field: Field): void {
  fields.push(field);
  for (let i = fields.length - 1; i > at; i--) {
    const before = fields[i - 1];
    if (before !== undefined) fields[i] = before;
  }
  fields[at] = field;
}
