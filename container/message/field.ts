// A header field (§7.3): a range of the received text, or a field that we wrote. It is immutable, so that a message and
// its forwarded copies can share it.
import { type HeaderName, headerName, Role } from './header-names.js';
import { isAll, isBlank, isLineSafe, TOKEN, trimBlank } from './text.js';

/** The bit above all roles. */
const FOLDED = 16;

/** One header field, with all its folded lines. */
export class Field {
  /** The long name in lower case, also for a compact form. */
  declare readonly key: string;
  declare readonly source: string;
  /** The whole field with its CRLF is [start, end) of `source`. */
  declare readonly start: number;
  /** The value without LWS around it is [valueStart, valueEnd); folds are still in it. */
  declare readonly valueStart: number;
  declare readonly valueEnd: number;
  declare readonly end: number;
  /** The field's role, and FOLDED. */
  declare private readonly traits: number;
  /** The typed view of the value, kept once it is made. Its type depends on the key. */
  declare view: unknown;

  constructor(
    key: string,
    role: number,
    source: string,
    start: number,
    valueStart: number,
    valueEnd: number,
    end: number,
    folded: boolean,
  ) {
    this.key = key;
    this.source = source;
    this.start = start;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    this.end = end;
    this.traits = folded ? role | FOLDED : role;
    this.view = undefined;
  }

  get role(): number {
    return this.traits & ~FOLDED;
  }

  get folded(): boolean {
    return this.traits >= FOLDED;
  }

  /** As on the wire. */
  get name(): string {
    let end = this.start;
    for (; end < this.end; end++) {
      const c = this.source.charCodeAt(end);
      if (c === 58 || isBlank(c)) break;
    }
    return this.source.slice(this.start, end);
  }

  /** The value, unfolded and trimmed: a fold with the blanks around it becomes one SP (§7.3.1). */
  get value(): string {
    const raw = this.source.slice(this.valueStart, this.valueEnd);
    return this.folded ? unfold(raw) : raw;
  }

  /** The field as octets, CRLF included. */
  toWire(): string {
    return this.source.slice(this.start, this.end);
  }

  /**
   * Makes a field. Throws TypeError when the name is not a token, or when the value would end the line (§7.3, header
   * injection).
   */
  static of(name: string, value: string): Field {
    const header = headerName(name);
    if (header === undefined && !isAll(name, 0, name.length, TOKEN))
      throw new TypeError(`'${printable(name)}' is not a header field name`);
    if (!isLineSafe(value))
      throw new TypeError(
        `the value of ${header?.name ?? name} contains CR, LF, NUL or a character that is not an octet`,
      );
    return made(header, name, trimBlank(value));
  }

  /**
   * Like `of`, but unchecked: for the hot path, with a token and a value that the container built from checked parts.
   */
  static trusted(name: string, value: string): Field {
    return made(headerName(name), name, value);
  }

  /** The same header, spelled as in this field, with another value. */
  with(value: string): Field {
    return Field.of(this.name, value);
  }
}

function made(header: HeaderName | undefined, name: string, value: string): Field {
  const source = `${name}: ${value}\r\n`;
  const valueStart = name.length + 2;
  const valueEnd = valueStart + value.length;
  return new Field(
    header?.key ?? name.toLowerCase(),
    header?.role ?? Role.opaque,
    source,
    0,
    valueStart,
    valueEnd,
    valueEnd + 2,
    false,
  );
}

function printable(name: string): string {
  return name.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}

/** Replaces each fold, [*WSP CRLF] 1*WSP, with one SP (§25.1). */
function unfold(raw: string): string {
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const cr = raw.indexOf('\r\n', start);
    const end = cr < 0 ? raw.length : cr;
    const line = trimBlank(raw.slice(start, end));
    if (line !== '') lines.push(line);
    if (cr < 0) return lines.join(' ');
    start = cr + 2;
  }
}
