// An address with its header parameters: From, To, Route, Record-Route, Path, Contact (§20.10, §20.20, §20.34, §20.39).
import { AddressParts, parameterOf, scanAddress } from '@siplet/sdk/grammar';
import { octetsOf, skipBlank } from './octets.js';
import { plainAddressEnd, plainQuotedEnd, plainSipEnd, quotedEnd, tokenEnd } from './plain.js';
import { CLASS, isAll, TOKEN } from './text.js';
import { Uri } from './uri.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const classes = CLASS;
const token = TOKEN;

/** Who sends, who is meant, or where a message goes by: one address; immutable. It keeps offsets and cuts the parts out when they are asked for. */
export class Party {
  declare private readonly source: string;
  declare private readonly start: number;
  declare private readonly end: number;
  declare private readonly uriStart: number;
  declare private readonly uriEnd: number;
  declare private readonly parametersStart: number;
  declare private readonly tagStart: number;
  declare private readonly tagEnd: number;
  declare private tagText: string | undefined;
  declare private scanned: AddressParts | undefined;
  declare private targetView: Uri | undefined;

  constructor(
    source: string,
    start: number,
    end: number,
    uriStart: number,
    uriEnd: number,
    parametersStart: number,
    tagStart: number,
    tagEnd: number,
    tag: string | undefined,
    parts: AddressParts | undefined,
  ) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.uriStart = uriStart;
    this.uriEnd = uriEnd;
    this.parametersStart = parametersStart;
    this.tagStart = tagStart;
    this.tagEnd = tagEnd;
    this.tagText = tag;
    this.scanned = parts;
    this.targetView = undefined;
  }

  /** What stands where an address should: no URI, no tag. */
  static unreadable(text: string): Party {
    return new Party(
      text,
      0,
      text.length,
      0,
      0,
      text.length,
      -1,
      -1,
      undefined,
      new AddressParts(undefined, '', false, ''),
    );
  }

  /** The value as written, unfolded. */
  get text(): string {
    return this.source.slice(this.start, this.end);
  }

  /** As written; tags compare with case (§19.3). Undefined when there is none. */
  get tag(): string | undefined {
    if (this.tagStart < 0) return this.tagText;
    return (this.tagText ??= this.source.slice(this.tagStart, this.tagEnd));
  }

  /** Between the brackets, or the bare addr-spec. */
  get uri(): string {
    return this.scanned === undefined ? this.source.slice(this.uriStart, this.uriEnd) : this.scanned.uri;
  }

  /** Whether it is an address: false only in the request of a Malformed. */
  get isReadable(): boolean {
    return this.uriEnd > this.uriStart;
  }

  get bracketed(): boolean {
    return this.scanned === undefined ? this.source.charCodeAt(this.uriEnd) === 62 : this.scanned.bracketed;
  }

  /** Raw header parameters from the first ';' on, or ''. */
  get parameters(): string {
    return this.scanned === undefined ? this.source.slice(this.parametersStart, this.end) : this.scanned.parameters;
  }

  /** Undefined when the text is no address with a URI in it and parameters behind it (§25.1). */
  static parse(text: string): Party | undefined {
    return scanParty(octetsOf(text), text, 0, text.length);
  }

  /** Display name and all, as the grammar has it. */
  get parts(): AddressParts {
    return (this.scanned ??= scanAddress(this.text)!);
  }

  /** Raw, with its quotes. */
  get displayName(): string | undefined {
    return this.parts.displayName;
  }

  /** The URI, read. */
  get target(): Uri {
    return (this.targetView ??= Uri.parse(this.uri) ?? Uri.unreadable(this.uri));
  }

  /** A header parameter by name, without case: as written, true for a flag, undefined when absent. */
  parameter(name: string): string | true | undefined {
    const parameters = this.parameters;
    return parameters === '' ? undefined : parameterOf(parameters, name);
  }

  toString(): string {
    return this.text;
  }
}

/** The one address in [start, end) of an unfolded value and its octets, or undefined when it is none or more. */
export function scanParty(octets: Uint8Array, text: string, start: number, end: number): Party | undefined {
  return scanPlainParty(octets, text, start, end) ?? scanAny(text.slice(start, end));
}

/** `["display name" | tokens] <plain URI> *(;name[=value])` and the bare plain URI, without the full grammar: one address, never a list. Undefined: ask that. */
export function scanPlainParty(octets: Uint8Array, text: string, start: number, end: number): Party | undefined {
  let i = start;
  let uriStart = start;
  let uriEnd: number;
  if (octets[i] === 34) {
    i = plainQuotedEnd(octets, i, end);
    if (i < 0) return undefined;
    i = skipBlank(octets, i, end);
  } else {
    i = tokensEnd(octets, i, end);
  }
  if (i < end && octets[i] === 60) {
    uriStart = i + 1;
    uriEnd = plainSipEnd(octets, uriStart, end);
    if (uriEnd < 0 || uriEnd === end || octets[uriEnd] !== 62) return undefined;
    i = uriEnd + 1;
  } else {
    // A bare addr-spec: what follows ';' is the header's, not the URI's (§20.10).
    uriEnd = plainAddressEnd(octets, start, end);
    if (uriEnd < 0) return undefined;
    i = uriEnd;
  }
  const parametersStart = i;
  let tagStart = -1;
  let tagEnd = -1;
  while (i < end) {
    if (octets[i] !== 59) return undefined;
    const name = i + 1;
    const nameEnd = tokenEnd(octets, name, end);
    if (nameEnd === name || octets[nameEnd] !== 61) return undefined;
    i = tokenEnd(octets, nameEnd + 1, end);
    if (i === nameEnd + 1) return undefined;
    if (nameEnd - name === 3 && isTag(octets, name)) {
      if (tagStart >= 0) return undefined;
      tagStart = nameEnd + 1;
      tagEnd = i;
    }
  }
  return new Party(text, start, end, uriStart, uriEnd, parametersStart, tagStart, tagEnd, undefined, undefined);
}

function isTag(octets: Uint8Array, at: number): boolean {
  return (octets[at]! | 32) === 116 && (octets[at + 1]! | 32) === 97 && (octets[at + 2]! | 32) === 103;
}

/** End of a run of token octets and blanks. */
function tokensEnd(octets: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = octets[i]!;
    if ((classes[c]! & token) === 0 && c !== 32 && c !== 9) break;
  }
  return i;
}

/** By the full grammar. Two tags, or one that is no token, are a fault (§19.3, §7.3.1). */
function scanAny(text: string): Party | undefined {
  const parts = scanAddress(text);
  if (parts === undefined) return undefined;
  const parameters = parts.parameters;
  const end = parameters.length;
  const octets = octetsOf(parameters);
  let tag: string | undefined;
  for (let i = 0; i < end; ) {
    const name = skipBlank(octets, i + 1, end);
    const nameEnd = tokenEnd(octets, name, end);
    i = skipBlank(octets, nameEnd, end);
    let value = i;
    if (i < end && octets[i] === 61) {
      value = skipBlank(octets, i + 1, end);
      i = valueEndAt(octets, value, end);
    }
    if (nameEnd - name === 3 && isTag(octets, name)) {
      if (tag !== undefined || !isAll(parameters, value, i, token)) return undefined;
      tag = parameters.slice(value, i);
    }
    i = skipBlank(octets, i, end);
  }
  return new Party(text, 0, text.length, 0, text.length, 0, -1, -1, tag, parts);
}

/** End of a value in parameters that are known to be well formed. */
function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  if (octets[start] === 34) return quotedEnd(octets, start, end);
  let i = start;
  while (i < end && octets[i] !== 59 && octets[i] !== 32 && octets[i] !== 9) i++;
  return i;
}
