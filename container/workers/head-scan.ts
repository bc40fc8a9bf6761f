// The few header fields that tell to which engine a message belongs, found without parsing it: one look at each
// line of the head. Never throws.

/** Longer heads are looked at this far, in octets. */
const LONGEST = 65_536;

const LF = 10;
const CR = 13;
const BLANK = 32;
const TAB = 9;
const COLON = 58;

/** Used again for each message; what it found is raw text, '' where there is none. */
export class HeadScan {
  isResponse = false;
  method = '';
  uri = '';
  /** The first of each. */
  via = '';
  to = '';
  callId = '';
  route = '';
  /** Replaces, else Join. */
  named = '';

  /** Of a response no more than its topmost Via, unless the `whole` head is asked for. */
  read(wire: string, whole = false): void {
    this.via = this.to = this.callId = this.route = this.named = this.method = this.uri = '';
    let at = 0;
    // §7.5
    while (wire.charCodeAt(at) === CR || wire.charCodeAt(at) === LF) at++;
    let end = wire.indexOf('\n', at);
    if (end < 0) end = wire.length;
    this.isResponse = isName(wire, at, 'sip/');
    if (!this.isResponse) this.#requestLine(wire, at, end);
    const last = Math.min(wire.length, LONGEST);
    at = end + 1;
    while (at < last) {
      const first = wire.charCodeAt(at);
      if (first === LF || (first === CR && wire.charCodeAt(at + 1) === LF)) return;
      end = endOfField(wire, at);
      const key = first | 32;
      // v(ia), t(o), i, c(all-id), r(oute), r(eplaces), j(oin)
      if (key === 118 || key === 116 || key === 105 || key === 99 || key === 114 || key === 106)
        this.#field(wire, at, end);
      if (this.via !== '' && this.isResponse && !whole) return;
      at = end + 1;
    }
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
    switch (nameEnd - at) {
      case 1: {
        const key = wire.charCodeAt(at) | 32;
        if (key === 118) this.via ||= valueOf(wire, colon, end);
        else if (key === 116) this.to ||= valueOf(wire, colon, end);
        else if (key === 105) this.callId ||= valueOf(wire, colon, end);
        return;
      }
      case 2:
        if (isName(wire, at, 'to')) this.to ||= valueOf(wire, colon, end);
        return;
      case 3:
        if (isName(wire, at, 'via')) this.via ||= valueOf(wire, colon, end);
        return;
      case 4:
        if (isName(wire, at, 'join')) this.named ||= valueOf(wire, colon, end);
        return;
      case 5:
        if (isName(wire, at, 'route')) this.route ||= valueOf(wire, colon, end);
        return;
      case 7:
        if (isName(wire, at, 'call-id')) this.callId ||= valueOf(wire, colon, end);
        return;
      case 8:
        if (isName(wire, at, 'replaces')) this.named ||= valueOf(wire, colon, end);
        return;
      default:
    }
  }
}

/** Where the line feed of the field is, folded lines and all (§7.3.1). */
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

/** Behind the colon, without what stands around it, as far as it is looked at. */
function valueOf(wire: string, colon: number, end: number): string {
  return wire.slice(colon + 1, Math.min(end, colon + LONGEST)).trim();
}
