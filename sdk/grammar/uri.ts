// URIs: sip and sips by §25.1, tel by RFC 3966 §3, and any other as absoluteURI (§25.1).

import {
  COLON,
  EQUALS,
  HEADER,
  isAlpha,
  isDigit,
  PARAM,
  PASSWORD,
  QUESTION,
  SEMICOLON,
  skipEscaped,
  URIC,
  USER,
} from './characters.js';
import { hostEnd } from './host.js';
import { isTelephone, parametersAt } from './telephone.js';
import { sameName } from './text.js';

/** A URI in its parts, all as they were written: nothing is unescaped. */
export class UriParts {
  constructor(
    /** In lower case. */
    public scheme: string,
    /** Escaped, as written. */
    public user: string | undefined,
    public password: string | undefined,
    /** As written, an IPv6 address with its brackets; '' when the scheme is neither sip nor sips. */
    public host: string,
    public port: number | undefined,
    /** With the leading ';', or ''. */
    public parameters: string,
    /** Without the '?', or ''. */
    public headers: string,
    /** The part after 'scheme:' when the scheme is neither sip nor sips, otherwise ''. */
    public rest: string,
  ) {}
}

// Where the parts of the last scanned URI begin and end. scanUri reads them at once, so a mere check allocates nothing.
let schemeEnd = 0;
let userEnd = 0; // 0: none
let passwordStart = 0; // 0: none
let hostStart = 0;
let hostStop = 0;
let port = -1;
let parametersStart = 0;
let parametersEnd = 0;

/** The parts of a URI, or undefined when the text is not one. */
export function scanUri(text: string): UriParts | undefined {
  const end = text.length;
  if (!isUri(text, 0, end)) return undefined;
  if (schemeEnd === 0) {
    const colon = text.indexOf(':');
    const scheme = text.slice(0, colon).toLowerCase();
    const parameters = scheme === 'tel' ? text.slice(parametersAt(text, 4, end)) : '';
    return new UriParts(scheme, undefined, undefined, '', undefined, parameters, '', text.slice(colon + 1));
  }
  return new UriParts(
    schemeEnd === 3 ? 'sip' : 'sips',
    userEnd === 0 ? undefined : text.slice(schemeEnd + 1, userEnd),
    passwordStart === 0 ? undefined : text.slice(passwordStart, hostStart - 1),
    text.slice(hostStart, hostStop),
    port < 0 ? undefined : port,
    parametersStart === parametersEnd ? '' : text.slice(parametersStart, parametersEnd),
    parametersEnd === end ? '' : text.slice(parametersEnd + 1),
    '',
  );
}

/** Whether [start, end) is a URI. */
export function isUri(text: string, start: number, end: number): boolean {
  schemeEnd = 0;
  const sip = sipColon(text, start, end);
  if (sip > 0) return isSip(text, sip, end);
  const colon = schemeColon(text, start, end);
  if (colon < 0) return false;
  if (sameName(text, start, colon, 'tel')) return isTelephone(text, colon + 1, end);
  return colon + 1 < end && skipEscaped(text, colon + 1, end, URIC) === end;
}

/** Index of the colon after "sip" or "sips", or -1. */
function sipColon(text: string, start: number, end: number): number {
  if (end - start < 4 || lower(text, start) !== 0x73) return -1;
  if (lower(text, start + 1) !== 0x69 || lower(text, start + 2) !== 0x70) return -1;
  const colon = lower(text, start + 3) === 0x73 ? start + 4 : start + 3;
  return colon < end && text.charCodeAt(colon) === COLON ? colon : -1;
}

/** Index of the colon after a scheme (§25.1), or -1. */
function schemeColon(text: string, start: number, end: number): number {
  if (start >= end || !isAlpha(text.charCodeAt(start))) return -1;
  let i = start + 1;
  while (i < end && isSchemeCharacter(text.charCodeAt(i))) i++;
  return i < end && text.charCodeAt(i) === COLON ? i : -1;
}

/** "sip:" [ userinfo ] hostport uri-parameters [ headers ] from its colon on (§25.1). */
function isSip(text: string, colon: number, end: number): boolean {
  schemeEnd = colon;
  hostStart = userinfoEnd(text, colon + 1, end);
  if (hostStart < 0) return false;
  hostStop = hostEnd(text, hostStart, end);
  if (hostStop < 0) return false;
  parametersStart = portEnd(text, hostStop, end);
  if (parametersStart < 0) return false;
  parametersEnd = uriParametersEnd(text, parametersStart, end);
  if (parametersEnd < 0) return false;
  if (parametersEnd === end) return true;
  return text.charCodeAt(parametersEnd) === QUESTION && areHeaders(text, parametersEnd + 1, end);
}

/** Index after [ userinfo ], or -1. "@" is allowed only after the userinfo: all other parts must escape it (§25.1). */
function userinfoEnd(text: string, start: number, end: number): number {
  userEnd = 0;
  passwordStart = 0;
  const at = text.indexOf('@', start);
  if (at < 0 || at >= end) return start;
  userEnd = skipEscaped(text, start, at, USER);
  if (userEnd === start) return -1;
  if (userEnd === at) return at + 1;
  passwordStart = userEnd + 1;
  if (text.charCodeAt(userEnd) !== COLON || skipEscaped(text, passwordStart, at, PASSWORD) !== at) return -1;
  return at + 1;
}

/** Index after [ ":" port ], or -1. */
function portEnd(text: string, start: number, end: number): number {
  port = -1;
  if (start === end || text.charCodeAt(start) !== COLON) return start;
  const first = start + 1;
  let i = first;
  let value = 0;
  for (; i < end && isDigit(text.charCodeAt(i)); i++) {
    value = value * 10 + text.charCodeAt(i) - 0x30;
    if (value > 65535) return -1;
  }
  port = value;
  return i === first ? -1 : i;
}

/** Index after *( ";" pname [ "=" pvalue ] ), or -1. */
function uriParametersEnd(text: string, start: number, end: number): number {
  let i = start;
  while (i < end && text.charCodeAt(i) === SEMICOLON) {
    const name = i + 1;
    i = skipEscaped(text, name, end, PARAM);
    if (i === name) return -1;
    if (i < end && text.charCodeAt(i) === EQUALS) {
      const value = i + 1;
      i = skipEscaped(text, value, end, PARAM);
      if (i === value) return -1;
    }
  }
  return i;
}

/** header *( "&" header ) with header = hname "=" hvalue (§25.1). */
function areHeaders(text: string, start: number, end: number): boolean {
  let i = start;
  for (;;) {
    const name = i;
    i = skipEscaped(text, name, end, HEADER);
    if (i === name || i >= end || text.charCodeAt(i) !== EQUALS) return false;
    i = skipEscaped(text, i + 1, end, HEADER);
    if (i === end) return true;
    if (text.charCodeAt(i) !== 0x26) return false;
    i++;
  }
}

function lower(text: string, i: number): number {
  return text.charCodeAt(i) | 0x20;
}

function isSchemeCharacter(code: number): boolean {
  return isAlpha(code) || isDigit(code) || code === 0x2b || code === 0x2d || code === 0x2e;
}
