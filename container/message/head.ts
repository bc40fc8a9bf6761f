// The header fields of one message while they are read: where each begins and ends, which of them are checked at once, and the first fault (§7.3, §16.3 step 1).
import { splitList } from '@siplet/sdk/grammar';
import { scanCSeq } from './cseq.js';
import { Field } from './field.js';
import {
  type HeaderName,
  NAME_START,
  nameIn,
  nameStep,
  Role,
  usualAt,
  usualHeader,
  usualLength,
} from './header-names.js';
import { LIMITS } from './limits.js';
import { cseqOf, partyOf, viaOf } from './message.js';
import { breakAt, integerIn, loadTo, octetsOf, wireOctets } from './octets.js';
import { Party, scanParty, scanPlainParty } from './party.js';
import { CLASS, isBlank, WORD } from './text.js';
import { scanVia } from './via.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const classes = CLASS;
const wordBit = WORD;
const wire = wireOctets;
const role = Role;
const limits = LIMITS;
const headLimit = LIMITS.head;
const fieldLimit = LIMITS.fields;

const TAB = 9;
const SPACE = 32;
const CR = 13;
const LF = 10;
const COLON = 58;
const COMMA = 44;

/** The head of a message. It reads on after a fault, so that a response can be built from what is there. */
export class Head {
  declare fields: Field[];
  declare isResponse: boolean;
  declare via: Field | undefined;
  declare from: Field | undefined;
  declare to: Field | undefined;
  declare callId: Field | undefined;
  declare cseq: Field | undefined;
  declare maxForwards: Field | undefined;
  declare contentLength: Field | undefined;
  /** What Content-Length says; -1 when that is no number. */
  declare length: number;
  declare vias: number;
  declare routes: number;
  /** The first fault: status, words, section. */
  declare status: number;
  declare detail: string;
  declare section: string;

  constructor() {
    this.begin(false);
  }

  /** Forgets the message before. */
  begin(isResponse: boolean): this {
    this.fields = [];
    this.isResponse = isResponse;
    this.via = undefined;
    this.from = undefined;
    this.to = undefined;
    this.callId = undefined;
    this.cseq = undefined;
    this.maxForwards = undefined;
    this.contentLength = undefined;
    this.length = -1;
    this.vias = 0;
    this.routes = 0;
    this.status = 0;
    this.detail = '';
    this.section = '';
    return this;
  }

  /** Notes a fault; the first one stands. */
  fail(status: number, detail: string, section: string): void {
    if (this.status !== 0) return;
    this.status = status;
    this.detail = detail;
    this.section = section;
  }

  /** Reads fields of the message that was opened, from `start` up to the empty line; gives the offset behind it, or -1 where there is none. */
  read(source: string, start: number): number {
    let position = start;
    for (;;) {
      // Most lines tell by their name that they do not break in it.
      const which = usualAt(position);
      const behind = which === 0 ? position : position + usualLength(which) + 1;
      const at = breakAt(source, behind);
      if (at >= 0 && wire[at] === CR && wire[at + 1] === LF) {
        if (at === position) return at + 2;
        const next = wire[at + 2]!;
        if (next !== SPACE && next !== TAB && at + 2 <= headLimit) {
          if (which === 0) this.readField(source, position, at + 2, false);
          else this.take(usualHeader(which), source, position, behind, at + 2, false);
          position = at + 2;
        } else position = this.readLines(source, position);
      } else if (at === position) {
        if (wire[at] === LF) {
          this.fail(400, 'a line ends without CR', '§7');
          return at + 1;
        }
        position = this.readLines(source, position);
      } else position = this.readLines(source, position);
      if (position < 0) return -1;
      if (this.fields.length > fieldLimit) {
        this.fail(513, 'too many header fields', '§21.5.7');
        return -1;
      }
    }
  }

  /** A field that is folded, at fault or too long; gives the offset behind it, or -1 where reading ends. */
  private readLines(source: string, start: number): number {
    let end = start;
    let proper = true;
    let lines = 0;
    do {
      const from = end;
      end = source.indexOf('\n', from) + 1;
      if (end === 0) {
        this.fail(400, 'no empty line after the header fields', '§7');
        return -1;
      }
      if (source.charCodeAt(end - 2) !== CR || source.indexOf('\r', from) !== end - 2) proper = false;
      lines++;
    } while (isBlank(source.charCodeAt(end)));
    if (end > headLimit) {
      this.fail(513, 'header fields too long', '§21.5.7');
      return -1;
    }
    loadTo(source, end);
    if (proper) this.readField(source, start, end, lines > 1);
    else this.salvage(source, start, end);
    return end;
  }

  /** One field in [start, end) of the message, with its CRLF at the end. */
  private readField(source: string, start: number, end: number, folded: boolean): void {
    const which = usualAt(start);
    if (which === 0) {
      this.readUnusual(wire, source, start, end, folded);
      return;
    }
    this.take(usualHeader(which), source, start, start + usualLength(which) + 1, end, folded);
  }

  /** A field of that name, with its colon before `behind`. */
  private take(header: HeaderName, source: string, start: number, behind: number, end: number, folded: boolean): void {
    const valueStart = valueStartAt(wire, behind, end - 2);
    const valueEnd = valueEndAt(wire, valueStart, end - 2);
    const field = new Field(header.key, header.role, source, start, valueStart, valueEnd, end, folded);
    this.fields.push(field);
    if (header.role !== role.opaque) this.check(field, wire);
  }

  /** As `readField`, of any text and its octets: for a compact, a rare or an unregistered name, one with blanks behind it, or none. */
  private readUnusual(octets: Uint8Array, source: string, start: number, end: number, folded: boolean): void {
    let state = NAME_START;
    let i = start;
    for (let next = nameStep(state, octets[i]!); next !== 0; next = nameStep(state, octets[++i]!)) state = next;
    const nameEnd = i;
    while (octets[i] === SPACE || octets[i] === TAB) i++;
    if (octets[i] !== COLON || nameEnd === start) {
      this.fail(400, 'a line is no header field', '§7.3.1');
      return;
    }
    const header = nameIn(state);
    const key = header === undefined ? source.slice(start, nameEnd).toLowerCase() : header.key;
    const valueStart = valueStartAt(octets, i + 1, end - 2);
    const valueEnd = valueEndAt(octets, valueStart, end - 2);
    const field = new Field(key, header?.role ?? role.opaque, source, start, valueStart, valueEnd, end, folded);
    this.fields.push(field);
    if (field.role !== role.opaque) this.check(field, octets);
  }

  /** The fields that the rest of the container reads are checked here, and their views kept (§16.3 step 1). */
  private check(field: Field, octets: Uint8Array): void {
    const { source, valueStart, valueEnd, folded } = field;
    switch (field.role) {
      case role.via:
        this.vias += 1;
        if (this.via === undefined) this.checkTopmost(field, octets);
        else this.vias += commas(octets, valueStart, valueEnd);
        if (this.vias > limits.vias) this.fail(513, 'too many Via values', '§21.5.7');
        return;
      case role.from:
        if (this.from !== undefined) return this.twice('From');
        this.from = field;
        if (!folded) field.view = scanParty(octets, source, valueStart, valueEnd);
        if (!partyOf(field).isReadable) this.fail(400, 'From', '§20.20');
        return;
      case role.to:
        if (this.to !== undefined) return this.twice('To');
        this.to = field;
        if (!folded) field.view = scanParty(octets, source, valueStart, valueEnd);
        if (!partyOf(field).isReadable) this.fail(400, 'To', '§20.39');
        return;
      case role.callId:
        if (this.callId !== undefined) return this.twice('Call-ID');
        this.callId = field;
        if (!isCallId(octets, valueStart, valueEnd)) this.fail(400, 'Call-ID', '§20.8');
        return;
      case role.cseq:
        if (this.cseq !== undefined) return this.twice('CSeq');
        this.cseq = field;
        if (!folded) field.view = scanCSeq(octets, source, valueStart, valueEnd);
        if (cseqOf(field).method === '') this.fail(400, 'CSeq', '§20.16');
        return;
      case role.maxForwards:
        if (this.isResponse) return;
        if (this.maxForwards !== undefined) return this.twice('Max-Forwards');
        this.maxForwards = field;
        if (integerIn(octets, valueStart, valueEnd, 255) < 0) this.fail(400, 'Max-Forwards', '§20.22');
        return;
      case role.contentLength:
        if (this.contentLength !== undefined) return this.twice('Content-Length');
        this.contentLength = field;
        this.length = integerIn(octets, valueStart, valueEnd, 0xffff_ffff);
        return;
      case role.route:
        if (this.isResponse) return;
        this.checkRoute(field, octets);
        return;
    }
  }

  /** The Via that says where the response goes (§18.2.2). */
  private checkTopmost(field: Field, octets: Uint8Array): void {
    const { source, valueStart, valueEnd } = field;
    this.via = field;
    const via = field.folded ? viaOf(field) : scanVia(octets, source, valueStart, valueEnd);
    field.view = via ?? null;
    if (via === undefined) {
      this.fail(400, 'Via', '§20.42');
      const value = field.value;
      field.view = scanVia(octetsOf(value), value, 0, value.length, true) ?? null;
    } else if (via.end !== valueEnd) this.vias += commas(octets, valueStart, valueEnd);
  }

  /** §20.34: a list of name-addr, each with a URI in brackets. */
  private checkRoute(field: Field, octets: Uint8Array): void {
    const plain = field.folded ? undefined : scanPlainParty(octets, field.source, field.valueStart, field.valueEnd);
    if (plain?.bracketed === true && this.routes < limits.routes) {
      this.routes++;
      field.view = [plain];
      return;
    }
    const values = splitList(field.value);
    this.routes += values.length;
    if (this.routes > limits.routes) {
      this.fail(513, 'too many Route values', '§21.5.7');
      return;
    }
    const routes: Party[] = [];
    for (const value of values) {
      const route = Party.parse(value);
      if (route?.bracketed === true) routes.push(route);
    }
    if (routes.length === 0 || routes.length < values.length) this.fail(400, 'Route', '§20.34');
    field.view = routes;
  }

  /** There was one before, which is a fault: these headers are no lists (§7.3.1). */
  private twice(name: string): void {
    this.fail(400, `more than one ${name}`, '§7.3.1');
  }

  /** A field with a lone CR or LF is at fault; a clean copy of it is kept for the answer, never to be forwarded. */
  private salvage(source: string, start: number, end: number): void {
    this.fail(400, 'a lone CR or LF', '§7.3.1');
    const clean = `${source.slice(start, end).replace(/[\r\n]+/g, ' ')}\r\n`;
    this.readUnusual(octetsOf(clean).slice(), clean, 0, clean.length, false);
  }
}

/** Behind the linear white space that comes before a value. */
function valueStartAt(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isLinear(octets[i]!)) i++;
  return i;
}

/** Before the linear white space that comes behind a value. */
function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && isLinear(octets[i - 1]!)) i--;
  return i;
}

function isLinear(c: number): boolean {
  return c <= SPACE && (c === SPACE || c === TAB || c === CR || c === LF);
}

/** How many commas there are: no fewer than there are further values. */
function commas(octets: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (octets[i] === COMMA) count++;
  return count;
}

/** callid = word [ "@" word ] (§25.1). */
function isCallId(octets: Uint8Array, start: number, end: number): boolean {
  let words = 1;
  let word = start;
  for (let i = start; i < end; i++) {
    const c = octets[i]!;
    if ((classes[c]! & wordBit) !== 0) continue;
    if (c !== 64 || i === word || ++words > 2) return false;
    word = i + 1;
  }
  return end > word;
}
