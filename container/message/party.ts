// An address with its parameters, as in From, To, Route, Record-Route or Contact (§20.10, §20.20, §20.34, §20.39).
import { AddressParts, parameterOf, scanAddress } from '@siplet/sdk/grammar';
import { present } from '../base/present.js';
import { octetsOf, skipBlank } from './octets.js';
import { isNamed, nameOf, plainAddressEnd, plainQuotedEnd, plainSipEnd, quotedEnd, runEnd, tokenEnd } from './plain.js';
import { isAll, TOKEN, TOKENS } from './text.js';
import { Uri } from './uri.js';

// Local copies: V8 inlines constants of this module, but not imported ones.
const token = TOKEN;
const tokens = TOKENS;
const TAG = nameOf('tag');

/** One address. It is immutable; it keeps offsets, and cuts out its parts when they are used. */
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

  /** A text that is not an address: it has no URI and no tag. */
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

  /** As written, because tags are compared with regard to case (§19.3); undefined when there is none. */
  get tag(): string | undefined {
    if (this.tagStart < 0) return this.tagText;
    this.tagText ??= this.source.slice(this.tagStart, this.tagEnd);
    return this.tagText;
  }

  /** The URI between the brackets, or the bare addr-spec. */
  get uri(): string {
    return this.scanned === undefined ? this.source.slice(this.uriStart, this.uriEnd) : this.scanned.uri;
  }

  /** Whether the text is an address: always, except in the request of a Malformed. */
  get isReadable(): boolean {
    return this.uriEnd > this.uriStart;
  }

  get bracketed(): boolean {
    return this.scanned === undefined ? this.source.charCodeAt(this.uriEnd) === 62 : this.scanned.bracketed;
  }

  /** The raw header parameters from the first ';' on, or ''. */
  get parameters(): string {
    return this.scanned === undefined ? this.source.slice(this.parametersStart, this.end) : this.scanned.parameters;
  }

  /** Undefined unless the text is an address: a URI followed by parameters (§25.1). */
  static parse(text: string): Party | undefined {
    return scanParty(octetsOf(text), text, 0, text.length);
  }

  /** All parts according to the full grammar. */
  get parts(): AddressParts {
    this.scanned ??= present(scanAddress(this.text), 'an address');
    return this.scanned;
  }

  /** Raw, with its quotes. */
  get displayName(): string | undefined {
    return this.parts.displayName;
  }

  /** The typed view of the URI. */
  get target(): Uri {
    this.targetView ??= Uri.parse(this.uri) ?? Uri.unreadable(this.uri);
    return this.targetView;
  }

  /** A header parameter by its name in any case: the value as written, true for a flag, undefined when absent. */
  parameter(name: string): string | true | undefined {
    const parameters = this.parameters;
    return parameters === '' ? undefined : parameterOf(parameters, name);
  }

  toString(): string {
    return this.text;
  }
}

/** The address in [start, end) of an unfolded value and its octets; undefined unless it is exactly one address. */
export function scanParty(octets: Uint8Array, text: string, start: number, end: number): Party | undefined {
  return scanPlainParty(octets, text, start, end) ?? scanAny(text.slice(start, end));
}

/**
 * Scans `["display name" | tokens] <plain URI> *(;name[=value])` or a bare plain URI: one address, never a list.
 * Undefined means that the full grammar must decide.
 */
export function scanPlainParty(octets: Uint8Array, text: string, start: number, end: number): Party | undefined {
  let i = start;
  let uriStart = start;
  let uriEnd: number;
  if (octets[i] === 34) {
    i = plainQuotedEnd(octets, i, end);
    if (i < 0) return undefined;
    i = skipBlank(octets, i, end);
  } else {
    i = runEnd(octets, i, end, tokens);
  }
  if (i < end && octets[i] === 60) {
    uriStart = i + 1;
    uriEnd = plainSipEnd(octets, uriStart, end);
    if (uriEnd < 0 || uriEnd === end || octets[uriEnd] !== 62) return undefined;
    i = uriEnd + 1;
  } else {
    // A bare addr-spec: anything after ';' belongs to the header, not to the URI (§20.10).
    uriEnd = plainAddressEnd(octets, start, end);
    if (uriEnd < 0) return undefined;
    i = uriEnd;
  }
  const tagStart = plainTag(octets, i, end);
  if (tagStart === NOT_PLAIN) return undefined;
  return new Party(text, start, end, uriStart, uriEnd, i, tagStart, tagEnd, undefined, undefined);
}

const NO_TAG = -1;
const NOT_PLAIN = -2;
/** The end of the tag that `plainTag` found last. */
let tagEnd = -1;

/** The start of the tag in parameters that are all `;name=token`; NO_TAG or NOT_PLAIN. */
function plainTag(octets: Uint8Array, start: number, end: number): number {
  let tagStart = NO_TAG;
  let i = start;
  while (i < end) {
    if (octets[i] !== 59) return NOT_PLAIN;
    const name = i + 1;
    const nameEnd = tokenEnd(octets, name, end);
    if (nameEnd === name || octets[nameEnd] !== 61) return NOT_PLAIN;
    i = tokenEnd(octets, nameEnd + 1, end);
    if (i === nameEnd + 1) return NOT_PLAIN;
    if (nameEnd - name === 3 && isTag(octets, name)) {
      if (tagStart >= 0) return NOT_PLAIN;
      tagStart = nameEnd + 1;
      tagEnd = i;
    }
  }
  return tagStart;
}

function isTag(octets: Uint8Array, at: number): boolean {
  return (octets[at] === 116 && octets[at + 1] === 97 && octets[at + 2] === 103) || isNamed(octets, at, TAG);
}

/** Scans by the full grammar. Two tags are a fault, and so is a tag that is not a token (§19.3, §7.3.1). */
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

/** End of a value in well-formed parameters. */
function valueEndAt(octets: Uint8Array, start: number, end: number): number {
  if (octets[start] === 34) return quotedEnd(octets, start, end);
  let i = start;
  while (i < end && octets[i] !== 59 && octets[i] !== 32 && octets[i] !== 9) i++;
  return i;
}
