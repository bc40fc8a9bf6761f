// A SIP message (§7): an ordered list of shared fields and a body, with typed views, editing and the way to octets.
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

/** What begins a part in which commas divide nothing. */
const QUOTING = /["<]/;

/** How a packed message reads its fields again. `parse`, which imports this file, sets it. */
export const unpacking: { read(text: string, start: number, isRequest: boolean, fields: Field[]): number } = {
  read() {
    throw new Error('parse.ts, which reads messages, was not loaded');
  },
};

const NOBODY = Party.unreadable('');

/** A SIP message. Fields are replaced and never changed: a clone shares them, and neither sees the other's edits. */
export abstract class Message {
  declare private list: Field[] | undefined;
  /** The body; undefined until it is cut out of the received text. */
  declare private content: string | undefined;
  /** The octets of a packed message, which has no list of fields. */
  declare private packed: string | undefined;
  /** The text that it was read from, or ''. */
  declare private received: string;
  /** [0, lineEnd) of it is the start line with its CRLF; 0 when that is not what is sent. */
  declare private lineEnd: number;
  /** Offset in it behind the empty line; 0 when there is none. */
  declare private bodyStart: number;
  /** [bodyStart, bodyEnd) of it is the body; -1 when that is another one. */
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
   * For `parse`: remembers the received text, so that unchanged parts are sent as one slice of it. [0, lineEnd) is the
   * start line with its CRLF, as `startLine` has it; `lineEnd` is 0 when it differs. [bodyStart, bodyEnd) is the body
   * behind an empty line.
   */
  wasRead(text: string, lineEnd: number, bodyStart: number, bodyEnd: number): void {
    this.received = text;
    this.lineEnd = lineEnd;
    this.bodyStart = bodyStart;
    this.bodyEnd = bodyEnd;
    this.content = undefined;
  }

  /** Remembers the received text of another message with the same start line and body. */
  protected wasReadLike(other: Message): void {
    this.received = other.received;
    this.lineEnd = other.lineEnd;
    this.bodyStart = other.bodyStart;
    this.bodyEnd = other.bodyEnd;
    this.content = other.content;
  }

  /** The start line differs from the received one. */
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

  /** Wire string; never decoded. */
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

  /** Octets of the body, counted without cutting it out. */
  get bodyLength(): number {
    return this.content === undefined && this.packed === undefined ? this.bodyEnd - this.bodyStart : this.body.length;
  }

  /**
   * Keeps nothing but the octets, which take a tenth of the room, until somebody looks at the message again: for what
   * lingers (RFC 6026). The message that it was made from is let go too.
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
   * The values of all fields of that key in order. Comma-separated values are divided, unless the header is not a list,
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

  /** The values of one field, as `values` divides them. */
  valuesIn({ key, value }: Field): string[] {
    if (!isList(key)) return [value];
    return value.includes(',') ? splitList(value) : value === '' ? [] : [value];
  }

  /** As the new first value: a field above the first of that key, or above all when there is none. */
  push(name: string, value: string): void {
    this.pushField(Field.of(name, value));
  }

  /** As `push`, with a field. */
  pushField(field: Field): void {
    const at = this.indexOf(field.key);
    insertAt(this.fields, Math.max(at, 0), field);
  }

  /** As the new last value: a field below the last of that key, or at the end. */
  append(name: string, value: string): void {
    const field = Field.of(name, value);
    let at = this.fields.length;
    while (at > 0 && this.fields[at - 1]?.key !== field.key) at--;
    this.fields.splice(at === 0 ? this.fields.length : at, 0, field);
  }

  /** As the index-th field of that key; as the last where there are fewer. */
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

  /** Replaces every field of that key by one per value, at the place of the first; at the end when there was none. */
  set(name: string, value: string | readonly string[]): void {
    if (typeof value === 'string') this.setField(Field.of(name, value));
    else
      this.replace(
        keyOf(name),
        value.map((one) => Field.of(name, one)),
      );
  }

  /** As `set` of one value, with a field, which many messages may share. */
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

  /** Removes every field of that key; whether there was one. */
  delete(name: string): boolean {
    const key = keyOf(name);
    if (this.indexOf(key) < 0) return false;
    this.fields = this.fields.filter((field) => field.key !== key);
    return true;
  }

  /** Removes the first value and returns it: of 'Via: a, b' the a, as if they stood on two lines (§7.3.1). */
  shift(key: string): string | undefined {
    const at = this.indexOf(key);
    const field = at < 0 ? undefined : this.fields[at];
    if (field === undefined) return undefined;
    const { value } = field;
    const comma = isList(key) ? value.indexOf(',') : -1;
    const rest = comma < 0 ? '' : trimBlank(value.slice(comma + 1));
    // A comma in quotes or brackets divides nothing. One without a value before or behind it needs the full grammar.
    const isPlain = comma < 0 || (comma > 0 && rest !== '' && rest.charCodeAt(0) !== 44 && !QUOTING.test(value));
    const values = isPlain ? [comma < 0 ? value : trimBlank(value.slice(0, comma))] : splitList(value);
    const left = isPlain ? rest : values.slice(1).join(', ');
    if (left !== '') this.fields[at] = Field.trusted(field.name, left);
    else this.fields.splice(at, 1);
    return values[0];
  }

  /** The topmost Via; undefined when there is none, or none that can be read. */
  get via(): Via | undefined {
    const field = this.first('via');
    return field === undefined ? undefined : viaOf(field);
  }

  /** Every Via that can be read, from the top: other elements may have written odd ones (RFC 5393 §4.2.2). */
  vias(): Via[] {
    const vias: Via[] = [];
    for (const value of this.values('via')) {
      const via = Via.parse(value);
      if (via !== undefined) vias.push(via);
    }
    return vias;
  }

  /** §20.20. Without URI and tag when it cannot be read, which happens only in the request of a Malformed. */
  get from(): Party {
    const field = this.first('from');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.39. As `from`. */
  get to(): Party {
    const field = this.first('to');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.16. Number 0 and no method when it cannot be read, which happens only in the request of a Malformed. */
  get cseq(): CSeq {
    const field = this.first('cseq');
    return field === undefined ? NO_CSEQ : cseqOf(field);
  }

  /** §20.8; compares with case. */
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

  /** The addresses of Route, Record-Route, Path, Contact or the like, in order. A '*' or a fault is passed over. */
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
    if (!isWire(body)) throw new TypeError('a body is octets: one char each, none above 0xff');
    this.set('Content-Type', contentType);
    this.set('Content-Length', String(body.length));
    this.body = body;
  }

  /**
   * The octets to send. Start line, fields and body that are neighbours in the received text are copied as one slice.
   * Content-Length is sent as it stands.
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
    // The empty line as it came, with the body behind it when that is unchanged.
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

/** As `+`, which takes its time for an empty string too. */
function joined(before: string, more: string): string {
  return before === '' ? more : before + more;
}

/** As `splice`, which takes longer for a handful of fields. */
function insertAt(fields: Field[], at: number, field: Field): void {
  fields.push(field);
  for (let i = fields.length - 1; i > at; i--) {
    const before = fields[i - 1];
    if (before !== undefined) fields[i] = before;
  }
  fields[at] = field;
}
