// The header fields of one message while they are read (§7.3): where each begins and ends, and the first fault in those
// that a proxy relies on (§16.3 step 1).
import { splitList } from '@siplet/sdk/grammar';
import { scanCSeq } from './cseq.js';
import { Field } from './field.js';
import {
  type HeaderName,
  headerName,
  NAME_START,
  nameIn,
  nameStep,
  Role,
  usualAt,
  usualHeader,
  usualLength,
} from './header-names.js';
import { LIMITS } from './limits.js';
import { breakAt, integerIn, loadTo, octetsOf, skipBlank, wireOctets } from './octets.js';
import { Party, scanParty, scanPlainParty } from './party.js';
import { runEnd } from './plain.js';
import { isBlank, WORD } from './text.js';
import { scanVia } from './via.js';
import { cseqOf, partyOf, viaOf } from './views.js';

// Local copies: V8 inlines constants of this module, but not imported ones.
const word = WORD;
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

/** The roles of headers that must not be repeated, one bit each. */
const SINGLE =
  (1 << role.from) |
  (1 << role.to) |
  (1 << role.callId) |
  (1 << role.cseq) |
  (1 << role.maxForwards) |
  (1 << role.contentLength);

/** The roles of headers that every message must have, one bit each. */
const NEEDED = (1 << role.via) | (1 << role.from) | (1 << role.to) | (1 << role.callId) | (1 << role.cseq);

/** The head of a message. It reads on after a fault, so that a response can be built from the fields that are there. */
export class Head {
  declare fields: Field[];
  declare isResponse: boolean;
  declare via: Field | undefined;
  declare from: Field | undefined;
  declare to: Field | undefined;
  declare callId: Field | undefined;
  declare cseq: Field | undefined;
  declare contentLength: Field | undefined;
  /** The value of Content-Length; -1 when it is not a number. */
  declare length: number;
  /** One bit for each role that occurred. */
  declare private seen: number;
  declare vias: number;
  declare routes: number;
  /** The first fault: status, detail, section. */
  declare status: number;
  declare detail: string;
  declare section: string;

  constructor() {
    this.begin(false);
  }

  /** Starts a new message. */
  begin(isResponse: boolean): this {
    this.fields = [];
    this.isResponse = isResponse;
    this.via = undefined;
    this.from = undefined;
    this.to = undefined;
    this.callId = undefined;
    this.cseq = undefined;
    this.contentLength = undefined;
    this.length = -1;
    this.seen = 0;
    this.vias = 0;
    this.routes = 0;
    this.status = 0;
    this.detail = '';
    this.section = '';
    return this;
  }

  /** Whether it has the fields that every message must have (§8.1.1, §20 Table 2). */
  get isComplete(): boolean {
    return (this.seen & NEEDED) === NEEDED;
  }

  /** Records a fault, unless there was one before. */
  fail(status: number, detail: string, section: string): void {
    if (this.status !== 0) return;
    this.status = status;
    this.detail = detail;
    this.section = section;
  }

  /**
   * Reads the fields of the open message from `start` on. Returns the offset after the empty line, or -1 if there is
   * none.
   */
  read(source: string, start: number): number {
    let position = start;
    while (this.fields.length <= fieldLimit) {
      // The name of most lines already tells that they are not folded within it.
      const which = usualAt(position);
      const behind = position + usualLength(which) + 1;
      const at = breakAt(source, behind);
      if (at === position && isEmptyLine(at)) return this.end(at);
      const header = usualHeader(which);
      if (header === undefined || !isWholeField(wire, at)) position = this.readOther(source, position, at);
      else {
        const field = this.take(header, source, position, behind, at + 2);
        if (header.role !== role.opaque) this.check(field, wire);
        position = at + 2;
      }
      if (position < 0) return -1;
    }
    this.fail(513, 'too many header fields', '§21.5.7');
    return -1;
  }

  /** Returns the offset after the empty line, whose CR is mandatory. */
  private end(at: number): number {
    if (wire[at] === CR) return at + 2;
    this.fail(400, 'a line ends without CR', '§7');
    return at + 1;
  }

  /**
   * Reads a field with another name, or one that is not in one whole line. Returns the offset after it, or -1 when
   * reading ends here.
   */
  private readOther(source: string, start: number, at: number): number {
    if (!isWholeField(wire, at)) return this.readLines(source, start);
    this.readUnusual(wire, source, start, at + 2, false);
    return at + 2;
  }

  /** Reads a field that is folded, faulty or too long. Returns the offset after it, or -1 when reading ends here. */
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
    if (proper) this.readUnusual(wire, source, start, end, lines > 1);
    else this.salvage(source, start, end);
    return end;
  }

  /** A field with that name in one line, with its colon before `behind`. */
  private take(header: HeaderName, source: string, start: number, behind: number, end: number): Field {
    const valueStart = skipBlank(wire, behind, end - 2);
    const valueEnd = blanksStart(wire, valueStart, end - 2);
    const field = new Field(header.key, header.role, source, start, valueStart, valueEnd, end, false);
    this.fields.push(field);
    return field;
  }

  /**
   * A field in [start, end) of a text and its octets, ending with its CRLF: one with a compact, rare or unregistered
   * name, with blanks after its name, folded, or without a name.
   */
  private readUnusual(octets: Uint8Array, source: string, start: number, end: number, folded: boolean): void {
    let state = NAME_START;
    let i = start;
    for (;;) {
      const next = nameStep(state, octets[i]);
      if (next === 0) break;
      state = next;
      i++;
    }
    const nameEnd = i;
    while (octets[i] === SPACE || octets[i] === TAB) i++;
    if (octets[i] !== COLON || nameEnd === start) {
      this.fail(400, 'a line is not a header field', '§7.3.1');
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

  /** Checks a field that the container relies on, and keeps the view (§16.3 step 1). */
  private check(field: Field, octets: Uint8Array): void {
    const { source, valueStart, valueEnd, folded } = field;
    const bit = 1 << field.role;
    if ((this.seen & bit & SINGLE) !== 0) {
      this.twice(field);
      return;
    }
    this.seen |= bit;
    switch (field.role) {
      case role.via:
        this.vias += 1;
        if (this.via === undefined) this.checkTopmost(field, octets);
        else this.vias += commas(octets, valueStart, valueEnd);
        if (this.vias > limits.vias) this.fail(513, 'too many Via values', '§21.5.7');
        break;
      case role.from:
        this.from = field;
        if (!folded) field.view = scanParty(octets, source, valueStart, valueEnd);
        if (!partyOf(field).isReadable) this.fail(400, 'From', '§20.20');
        break;
      case role.to:
        this.to = field;
        if (!folded) field.view = scanParty(octets, source, valueStart, valueEnd);
        if (!partyOf(field).isReadable) this.fail(400, 'To', '§20.39');
        break;
      case role.callId:
        this.callId = field;
        if (!isCallId(octets, valueStart, valueEnd)) this.fail(400, 'Call-ID', '§20.8');
        break;
      case role.cseq:
        this.cseq = field;
        if (!folded) field.view = scanCSeq(octets, source, valueStart, valueEnd);
        if (cseqOf(field).method === '') this.fail(400, 'CSeq', '§20.16');
        break;
      case role.maxForwards:
        if (!this.isResponse && integerIn(octets, valueStart, valueEnd, 255) < 0)
          this.fail(400, 'Max-Forwards', '§20.22');
        break;
      case role.contentLength:
        this.contentLength = field;
        this.length = integerIn(octets, valueStart, valueEnd, 0xffff_ffff);
        break;
      case role.route:
        this.checkRoute(field, octets);
        break;
    }
  }

  /** Reports a second field of a header that is not a list (§7.3.1). A second Max-Forwards in a response is ignored. */
  private twice({ key, role: which }: Field): void {
    if (which === role.maxForwards && this.isResponse) return;
    this.fail(400, `more than one ${headerName(key)?.name}`, '§7.3.1');
  }

  /** Checks the Via that determines where the response is sent (§18.2.2). */
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

  /** §20.34: a list of name-addr, each with a URI in brackets. Route is ignored in a response. */
  private checkRoute(field: Field, octets: Uint8Array): void {
    if (this.isResponse) return;
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

  /**
   * A lone CR or LF is a fault. A clean copy of the field is kept for building the response, and is never forwarded.
   */
  private salvage(source: string, start: number, end: number): void {
    this.fail(400, 'a lone CR or LF', '§7.3.1');
    const clean = `${source.slice(start, end).replace(/[\r\n]+/g, ' ')}\r\n`;
    this.readUnusual(octetsOf(clean).slice(), clean, 0, clean.length, false);
  }
}

/** Whether the line that starts at that offset is empty. Its CR may be missing. */
function isEmptyLine(at: number): boolean {
  return wire[at] === LF || wire[at + 1] === LF;
}

/** Whether the line ends there properly, within the limit, and is not folded (§7.3.1). */
function isWholeField(octets: Uint8Array, at: number): boolean {
  if (at < 0 || at + 2 > headLimit || octets[at] !== 13 || octets[at + 1] !== 10) return false;
  const next = octets[at + 2];
  return next !== 32 && next !== 9;
}

/** The offset after the linear white space before a value. */
function valueStartAt(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isLinear(octets[i])) i++;
  return i;
}

/** The offset before the linear white space after a value. */
function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && isLinear(octets[i - 1])) i--;
  return i;
}

/** SP, HTAB, CR or LF. */
function isLinear(octet: number | undefined): boolean {
  return octet === 32 || octet === 9 || octet === 13 || octet === 10;
}

/** The start of the SPs and HTABs at the end of [start, end). */
function blanksStart(octets: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && (octets[i - 1] === 32 || octets[i - 1] === 9)) i--;
  return i;
}

/** The number of commas: an upper bound for further values. */
function commas(octets: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (octets[i] === COMMA) count++;
  return count;
}

/** callid = word [ "@" word ] (§25.1). */
function isCallId(octets: Uint8Array, start: number, end: number): boolean {
  const i = runEnd(octets, start, end, word);
  if (i === start || i === end) return i > start;
  return octets[i] === 64 && i + 1 < end && runEnd(octets, i + 1, end, word) === end;
}
