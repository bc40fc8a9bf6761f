// What requests and responses have in common: an ordered list of shared fields, a body, typed views made at first look, and editing (§7).
import { splitList } from '@siplet/sdk/grammar';
import { CSeq } from './cseq.js';
import { Field } from './field.js';
import { isList, keyOf } from './header-names.js';
import { LIMITS } from './limits.js';
import { octetsOfValue } from './octets.js';
import { Party, scanParty, scanPlainParty } from './party.js';
import { flat, integerAt, isBlank, isWire, trimBlank } from './text.js';
import { scanVia, Via } from './via.js';

/** Within which commas divide nothing. */
const QUOTING = /["<]/;

/** How fields are read again: set by whoever reads them first, which knows this file. */
export const unpacking: { read(text: string, start: number, isRequest: boolean, fields: Field[]): number } = {
  read() {
    throw new Error('messages are read by parse.ts, which was not loaded');
  },
};

const NOBODY = Party.unreadable('');
const NO_CSEQ = new CSeq(0, '');

/** A SIP message. Fields are never changed, only replaced: a clone shares them all, and what is edited on one is not seen on the other. */
export abstract class Message {
  declare private list: Field[] | undefined;
  /** Undefined while it is still to be cut out of what was received. */
  declare private content: string | undefined;
  /** The octets, where the fields are not at hand. */
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
   * Remembers what it was read from, so that what nobody changes is sent as one slice of that: [0, lineEnd) is the start line as `startLine` has it, with its
   * CRLF, or none when `lineEnd` is 0; [bodyStart, bodyEnd) is the body behind an empty line. For `parse`.
   */
  wasRead(text: string, lineEnd: number, bodyStart: number, bodyEnd: number): void {
    this.received = text;
    this.lineEnd = lineEnd;
    this.bodyStart = bodyStart;
    this.bodyEnd = bodyEnd;
    this.content = undefined;
  }

  /** Remembers what another one, of the same start line and body, was read from. */
  protected wasReadLike(other: Message): void {
    this.received = other.received;
    this.lineEnd = other.lineEnd;
    this.bodyStart = other.bodyStart;
    this.bodyEnd = other.bodyEnd;
    this.content = other.content;
  }

  /** The start line is another one than was received. */
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
    return (this.content ??= this.received.slice(this.bodyStart, this.bodyEnd));
  }

  set body(body: string) {
    if (this.packed !== undefined) this.unpack();
    this.content = body;
    this.bodyEnd = -1;
  }

  /** Octets of the body, which need not be cut out to be counted. */
  get bodyLength(): number {
    return this.content === undefined && this.packed === undefined ? this.bodyEnd - this.bodyStart : this.body.length;
  }

  /**
   * Keeps the octets alone, which take a tenth of the room, until somebody looks at it again: for what lingers (RFC 6026). Nothing of the message that it
   * was made from is kept either.
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

  /** Makes the parts of the start line anew out of the text that is kept. */
  protected abstract packLine(text: string): void;

  private unpack(): Field[] {
    const text = this.packed!;
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
    for (let i = 0; i < fields.length; i++) if (fields[i]!.key === key) return fields[i];
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

  /** Values of all fields of that key in order; comma-separated ones apart, but for headers that are no list, such as WWW-Authenticate (§7.3.1). */
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

  /** As the new first value: a field above the first of that key, or above all when there is none. */
  push(name: string, value: string): void {
    this.pushField(Field.of(name, value));
  }

  /** As `push`, with a field that is there already. */
  pushField(field: Field): void {
    const at = this.indexOf(field.key);
    insertAt(this.fields, Math.max(at, 0), field);
  }

  /** As the new last value: a field below the last of that key, or at the end. */
  append(name: string, value: string): void {
    const field = Field.of(name, value);
    let at = this.fields.length;
    while (at > 0 && this.fields[at - 1]!.key !== field.key) at--;
    this.fields.splice(at === 0 ? this.fields.length : at, 0, field);
  }

  /** As the index-th field of that key; as the last where there are fewer. */
  insert(name: string, value: string, index: number): void {
    const field = Field.of(name, value);
    let seen = 0;
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i]!.key !== field.key) continue;
      if (seen++ === index) {
        this.fields.splice(i, 0, field);
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

  /** As `set` of one value, with a field that is there already: many messages may have it. */
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

  /** Takes every field of that key off; whether there was one. */
  delete(name: string): boolean {
    const key = keyOf(name);
    if (this.indexOf(key) < 0) return false;
    this.fields = this.fields.filter((field) => field.key !== key);
    return true;
  }

  /** Takes the first value off and returns it: of 'Via: a, b' the a, as if they stood on two lines (§7.3.1). */
  shift(key: string): string | undefined {
    const at = this.indexOf(key);
    if (at < 0) return undefined;
    const field = this.fields[at]!;
    const { value } = field;
    const comma = isList(key) ? value.indexOf(',') : -1;
    const rest = comma < 0 ? '' : trimBlank(value.slice(comma + 1));
    // A comma in quotes or brackets divides nothing, and one that nothing stands before or behind is left to the full grammar.
    const isPlain = comma < 0 || (comma > 0 && rest !== '' && rest.charCodeAt(0) !== 44 && !QUOTING.test(value));
    const values = isPlain ? [comma < 0 ? value : trimBlank(value.slice(0, comma))] : splitList(value);
    const left = isPlain ? rest : values.slice(1).join(', ');
    if (left !== '') this.fields[at] = Field.trusted(field.name, left);
    else this.fields.splice(at, 1);
    return values[0];
  }

  /** The topmost Via; undefined when there is none or it cannot be read. */
  get via(): Via | undefined {
    const field = this.first('via');
    return field === undefined ? undefined : viaOf(field);
  }

  /** Every Via that can be read, from the top. Those of other elements may be odd; they are passed over (RFC 5393 §4.2.2). */
  vias(): Via[] {
    const vias: Via[] = [];
    for (const value of this.values('via')) {
      const via = Via.parse(value);
      if (via !== undefined) vias.push(via);
    }
    return vias;
  }

  /** §20.20. Without URI and tag when there is none to be read, which happens in the request of a Malformed alone. */
  get from(): Party {
    const field = this.first('from');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.39. As `from`. */
  get to(): Party {
    const field = this.first('to');
    return field === undefined ? NOBODY : partyOf(field);
  }

  /** §20.16. Number 0 and no method when there is none to be read, which happens in the request of a Malformed alone. */
  get cseq(): CSeq {
    const field = this.first('cseq');
    return field === undefined ? NO_CSEQ : cseqOf(field);
  }

  /** §20.8; compares with case. */
  get callId(): string {
    const field = this.first('call-id');
    return field === undefined ? '' : ((field.view ??= field.value) as string);
  }

  /** §20.14. Undefined when absent. */
  get contentLength(): number | undefined {
    return this.integer('content-length', 0xffff_ffff);
  }

  /** §20.22. Undefined when absent. */
  get maxForwards(): number | undefined {
    return this.integer('max-forwards', 255);
  }

  /** The value of a header that is one number; undefined when absent, and when it is no 1*DIGIT up to `max`. */
  integer(key: string, max: number): number | undefined {
    const field = this.first(key);
    if (field === undefined) return undefined;
    const value = integerAt(field.source, field.valueStart, field.valueEnd, max);
    return value < 0 ? undefined : value;
  }

  /** The addresses of Route, Record-Route, Path, Contact or the like, in order. What is no address ('*', a fault) is passed over. */
  routes(key: string): Party[] {
    const fields = this.fields;
    let all: Party[] | undefined;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i]!.key !== key) continue;
      const parties = partiesOf(fields[i]!);
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

  /** The octets to send. Neighbours in what was received, start line, fields and body, are copied as one slice. Content-Length is sent as it stands. */
  toWire(): string {
    const fields = this.fields;
    const { received, bodyStart, bodyEnd } = this;
    let source = received;
    let start = 0;
    let end = this.lineEnd;
    let wire = end > 0 ? '' : `${this.startLine()}\r\n`;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (field.start === end && field.source === source) {
        end = field.end;
        continue;
      }
      if (end > start) wire = joined(wire, source.slice(start, end));
      source = field.source;
      start = field.start;
      end = field.end;
    }
    // The empty line as it came, and behind it the body, if that is the one that came.
    const whole = end + 2 === bodyStart && source === received;
    if (whole) end = Math.max(bodyStart, bodyEnd);
    if (end > start) wire = joined(wire, source.slice(start, end));
    if (!whole) wire += '\r\n';
    return whole && bodyEnd >= 0 ? wire : wire + this.body;
  }

  private indexOf(key: string, from = 0): number {
    const fields = this.fields;
    for (let i = from; i < fields.length; i++) if (fields[i]!.key === key) return i;
    return -1;
  }
}

/** As `+`, which takes its time for an empty one too. */
function joined(before: string, more: string): string {
  return before === '' ? more : before + more;
}

/** As `splice`, which takes longer for a handful. */
function insertAt(fields: Field[], at: number, field: Field): void {
  fields.push(field);
  for (let i = fields.length - 1; i > at; i--) fields[i] = fields[i - 1]!;
  fields[at] = field;
}

// The views of a field. `parse` fills them while it checks the syntax; `null` says that it was looked at and cannot be read.

/** The first Via value of a Via field. */
export function viaOf(field: Field): Via | undefined {
  if (field.view === undefined) {
    const value = field.value;
    field.view = scanVia(octetsOfValue(value), value, 0, value.length) ?? null;
  }
  return (field.view as Via | null) ?? undefined;
}

/** The address of a From or To field. */
export function partyOf(field: Field): Party {
  if (field.view === undefined) {
    const value = field.value;
    field.view = scanParty(octetsOfValue(value), value, 0, value.length) ?? Party.unreadable(value);
  }
  return field.view as Party;
}

/** Number and method of a CSeq field. */
export function cseqOf(field: Field): CSeq {
  if (field.view === undefined) field.view = CSeq.parse(field.value) ?? NO_CSEQ;
  return field.view as CSeq;
}

/** The addresses of a Route-like field. */
export function partiesOf(field: Field): Party[] {
  if (field.view === undefined) {
    const all = field.value;
    const plain = isBlank(all.charCodeAt(0)) ? undefined : scanPlainParty(octetsOfValue(all), all, 0, all.length);
    if (plain !== undefined) return (field.view = [plain]);
    const parties: Party[] = [];
    for (const value of splitList(all)) {
      const party = Party.parse(value);
      if (party !== undefined) parties.push(party);
    }
    field.view = parties;
  }
  return field.view as Party[];
}
