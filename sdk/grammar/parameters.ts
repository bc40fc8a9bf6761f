// Parameters: *( SEMI generic-param ) after header values, and a looser search that also serves those of URIs (§25.1).

import { COLON, EQUALS, isIn, QUOTE, quotedEnd, SEMICOLON, skip, skipSpace, TOKEN, trimEnd } from './characters.js';
import { closingQuote, hasEscape, sameName, unescaped } from './text.js';

// Where the name and the value of the last parameter begin and end.
let nameStart = 0;
let nameEnd = 0;
let valueStart = -1; // -1: a flag
let valueEnd = 0;

/**
 * Value of a parameter in ';a;b=c;d="q"' with its original escapes and quotes; true for a flag, undefined when it is
 * absent. If the name is repeated, the first counts.
 */
export function parameterOf(parameters: string, name: string): string | true | undefined {
  const wanted = name.toLowerCase();
  const end = parameters.length;
  for (let i = 0; i < end; ) {
    i = look(parameters, i, end);
    if (sameName(parameters, nameStart, nameEnd, wanted)) return written(parameters);
  }
  return undefined;
}

/**
 * Like `parameterOf`, for the parameters of a URI: there ';%6cr' is the parameter lr, and the value is returned
 * unescaped (§19.1.4).
 */
export function uriParameterOf(parameters: string, name: string): string | true | undefined {
  const wanted = name.toLowerCase();
  const end = parameters.length;
  for (let i = 0; i < end; ) {
    i = look(parameters, i, end);
    if (
      sameName(parameters, nameStart, nameEnd, wanted) ||
      (hasEscape(parameters, nameStart, nameEnd) &&
        unescaped(parameters.slice(nameStart, nameEnd)).toLowerCase() === wanted)
    ) {
      const value = written(parameters);
      return value === true ? true : unescaped(value);
    }
  }
  return undefined;
}

/** All parameters in order, values as written, or undefined when the text is not *( SEMI generic-param ). */
export function scanParameters(parameters: string): [name: string, value: string | true][] | undefined {
  const end = trimEnd(parameters, 0, parameters.length);
  const found: [string, string | true][] = [];
  let i = skipSpace(parameters, 0, end);
  while (i < end) {
    i = step(parameters, i, end);
    if (i < 0) return undefined;
    found.push([parameters.slice(nameStart, nameEnd), written(parameters)]);
  }
  return found;
}

/** Whether [start, end) is *( SEMI generic-param ), with no space at its end. */
export function areParameters(text: string, start: number, end: number): boolean {
  let i = start;
  while (i >= 0 && i < end) i = step(text, i, end);
  return i === end;
}

/** Steps over SEMI generic-param: index after it and its spaces, or -1. */
function step(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) !== SEMICOLON) return -1;
  nameStart = skipSpace(text, start + 1, end);
  nameEnd = skip(text, nameStart, end, TOKEN);
  if (nameEnd === nameStart) return -1;
  let i = skipSpace(text, nameEnd, end);
  valueStart = -1;
  if (i < end && text.charCodeAt(i) === EQUALS) {
    valueStart = skipSpace(text, i + 1, end);
    if (valueStart < end && text.charCodeAt(valueStart) === QUOTE) {
      valueEnd = quotedEnd(text, valueStart, end);
      if (valueEnd < 0) return -1;
    } else {
      valueEnd = skipValue(text, valueStart, end);
      if (valueEnd === valueStart) return -1;
    }
    i = skipSpace(text, valueEnd, end);
  }
  return i;
}

/** gen-value: token or host, or the bare IPv6 address of Via's received (§25.1). */
function skipValue(text: string, start: number, end: number): number {
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (!isIn(code, TOKEN) && code !== COLON && code !== 0x5b && code !== 0x5d) break;
    i++;
  }
  return i;
}

/** Steps over everything before the next ";" outside of quotes. */
function look(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) === SEMICOLON) start++;
  nameStart = skipSpace(text, start, end);
  valueStart = -1;
  let i = nameStart;
  while (i < end && text.charCodeAt(i) !== SEMICOLON && text.charCodeAt(i) !== EQUALS) i++;
  nameEnd = trimEnd(text, nameStart, i);
  if (i >= end || text.charCodeAt(i) === SEMICOLON) return i;
  valueStart = skipSpace(text, i + 1, end);
  i = valueStart;
  if (i < end && text.charCodeAt(i) === QUOTE) i = Math.min(closingQuote(text, i, end) + 1, end);
  while (i < end && text.charCodeAt(i) !== SEMICOLON) i++;
  valueEnd = trimEnd(text, valueStart, i);
  return i;
}

function written(text: string): string | true {
  return valueStart < 0 ? true : text.slice(valueStart, valueEnd);
}
