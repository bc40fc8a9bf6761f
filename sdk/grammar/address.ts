// Addresses: name-addr or addr-spec with header parameters, as in From, To, Contact and Route (§20.10, §25.1).

import {
  COMMA,
  isIn,
  isSpace,
  LESS,
  QUESTION,
  QUOTE,
  quotedEnd,
  SEMICOLON,
  skipSpace,
  TOKEN,
  trimEnd,
} from './characters.js';
import { areParameters } from './parameters.js';
import { isUri } from './uri.js';

/** An address in its parts, all as they were written. */
export class AddressParts {
  constructor(
    /** Trimmed, with its quotes; undefined when there is none. */
    public displayName: string | undefined,
    /** The text between < and >, or the bare addr-spec. */
    public uri: string,
    /** Whether the URI was in < and >. */
    public bracketed: boolean,
    /** Header parameters with the leading ';', or ''. */
    public parameters: string,
  ) {}
}

/** The parts of an address, or undefined when the text is not an address. */
export function scanAddress(text: string): AddressParts | undefined {
  const start = skipSpace(text, 0, text.length);
  const end = trimEnd(text, start, text.length);
  if (start === end) return undefined;
  let i = start;
  if (text.charCodeAt(start) === QUOTE) {
    const close = quotedEnd(text, start, end);
    if (close < 0) return undefined;
    i = skipSpace(text, close, end);
    return i < end && text.charCodeAt(i) === LESS ? bracketed(text, start, close, i, end) : undefined;
  }
  // display-name: tokens and spaces; UTF-8 without quotes is let through, as real networks have it (§25.1).
  while (i < end && isDisplayNameCharacter(text.charCodeAt(i))) i++;
  if (i < end && text.charCodeAt(i) === LESS) return bracketed(text, start, trimEnd(text, start, i), i, end);
  return bare(text, start, end);
}

function bracketed(text: string, name: number, nameEnd: number, less: number, end: number): AddressParts | undefined {
  const greater = text.indexOf('>', less);
  if (greater < 0 || greater >= end || !isUri(text, less + 1, greater)) return undefined;
  const parameters = skipSpace(text, greater + 1, end);
  if (!areParameters(text, parameters, end)) return undefined;
  const displayName = nameEnd > name ? text.slice(name, nameEnd) : undefined;
  return new AddressParts(displayName, text.slice(less + 1, greater), true, text.slice(parameters, end));
}

/** addr-spec without <>: parameters after ";" belong to the header, and "," and "?" are not allowed (§20.10). */
function bare(text: string, start: number, end: number): AddressParts | undefined {
  let i = start;
  for (; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === SEMICOLON || isSpace(code)) break;
    if (code === COMMA || code === QUESTION) return undefined;
  }
  if (!isUri(text, start, i)) return undefined;
  const parameters = skipSpace(text, i, end);
  if (!areParameters(text, parameters, end)) return undefined;
  return new AddressParts(undefined, text.slice(start, i), false, text.slice(parameters, end));
}

function isDisplayNameCharacter(code: number): boolean {
  return isIn(code, TOKEN) || isSpace(code) || code >= 0x80;
}
