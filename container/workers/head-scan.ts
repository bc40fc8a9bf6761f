// Finds the few header fields that tell to which engine a message belongs, without parsing it: one pass over the lines
// of the head. Never throws.

/** Longer heads are only read up to this length, in octets. */
const LONGEST = 65_536;

const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;
const COLON = 58;

/** Reused for each message. The fields are raw text, '' when absent. */
export class HeadScan {
  isResponse = false;
  method = '';
  uri = '';
  /** The first field of each kind. */
  via = '';
  to = '';
  callId = '';
  route = '';
  /** Replaces, otherwise Join. */
  named = '';

  /** Reads a request's head; of a response only the topmost Via, unless the `whole` head is asked for. */
  read(wire: string, whole = false): void {
    this.#clear();
    const last = Math.min(wire.length, LONGEST);
    let at = this.#startLine(wire);
    while (at < last && !isEmptyLine(wire, at)) {
      const end = endOfField(wire, at);
      if (isLookedAt(wire.charCodeAt(at) | 32)) this.#field(wire, at, end);
      if (this.via !== '' && this.isResponse && !whole) return;
      at = end + 1;
    }
  }

  #clear(): void {
    this.via = '';
    this.to = '';
    this.callId = '';
    this.route = '';
    this.named = '';
    this.method = '';
    this.uri = '';
  }

  /** The index of the line after the start line. */
  #startLine(wire: string): number {
    let at = 0;
    // §7.5
    while (wire.charCodeAt(at) === CR || wire.charCodeAt(at) === LF) at++;
    const feed = wire.indexOf('\n', at);
    const end = feed < 0 ? wire.length : feed;
    this.isResponse = isName(wire, at, 'sip/');
    if (!this.isResponse) this.#requestLine(wire, at, end);
    return end + 1;
  }

  #requestLine(wire: string, at: number, end: number): void {
    const blank = wire.indexOf(' ', at);
    if (blank < 0 || blank > end) return;
    this.method = wire.slice(at, blank);
    const next = wire.indexOf(' ', blank + 1);
    if (next > 0 && next < end) this.uri = wire.slice(blank + 1, next);
  }

  #field(wire: string, at: number, end: number): void {
    let colon = at + 1;
    while (colon < end && wire.charCodeAt(colon) !== COLON) colon++;
    let nameEnd = colon;
    while (nameEnd > at && isBlank(wire.charCodeAt(nameEnd - 1))) nameEnd--;
    switch (fieldNamed(wire, at, nameEnd - at)) {
      case 'via':
        this.via ||= fieldValue(wire, colon, end);
        return;
      case 'to':
        this.to ||= fieldValue(wire, colon, end);
        return;
      case 'call-id':
        this.callId ||= fieldValue(wire, colon, end);
        return;
      case 'route':
        this.route ||= fieldValue(wire, colon, end);
        return;
      case 'named':
        this.named ||= fieldValue(wire, colon, end);
        return;
      default:
    }
  }
}

type Field = 'via' | 'to' | 'call-id' | 'route' | 'named';

function fieldNamed(wire: string, at: number, length: number): Field | undefined {
  switch (length) {
    case 1:
      return compactField(wire.charCodeAt(at) | 32);
    case 2:
      return isName(wire, at, 'to') ? 'to' : undefined;
    case 3:
      return isName(wire, at, 'via') ? 'via' : undefined;
    case 4:
      return isName(wire, at, 'join') ? 'named' : undefined;
    case 5:
      return isName(wire, at, 'route') ? 'route' : undefined;
    case 7:
      return isName(wire, at, 'call-id') ? 'call-id' : undefined;
    case 8:
      return isName(wire, at, 'replaces') ? 'named' : undefined;
    default:
      return undefined;
  }
}

/** v, t, i (§7.3.3). */
function compactField(letter: number): Field | undefined {
  if (letter === 118) return 'via';
  if (letter === 116) return 'to';
  return letter === 105 ? 'call-id' : undefined;
}

/** The line that ends the head. */
function isEmptyLine(wire: string, at: number): boolean {
  const first = wire.charCodeAt(at);
  return first === LF || (first === CR && wire.charCodeAt(at + 1) === LF);
}

/** The first letters, in lower case, of v(ia), t(o), i, c(all-id), r(oute), r(eplaces), j(oin). */
function isLookedAt(letter: number): boolean {
  return letter === 118 || letter === 116 || letter === 105 || letter === 99 || letter === 114 || letter === 106;
}

/** The index of the line feed that ends the field, after its folded lines (§7.3.1). */
function endOfField(wire: string, at: number): number {
  let end = wire.indexOf('\n', at);
  while (end >= 0 && isBlank(wire.charCodeAt(end + 1))) end = wire.indexOf('\n', end + 1);
  return end < 0 ? wire.length : end;
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

function isName(wire: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = wire.charCodeAt(at + i);
    if ((code === 45 ? code : code | 32) !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** The trimmed value after the colon, up to the length that is used. */
function fieldValue(wire: string, colon: number, end: number): string {
  return wire.slice(colon + 1, Math.min(end, colon + LONGEST)).trim();
}
