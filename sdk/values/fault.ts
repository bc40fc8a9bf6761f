// Finds the fault in a text that no scanner accepts. It serves error messages only, so it is thorough rather than fast.

import { HEADER, isAlpha, isDigit, PARAM, PASSWORD, skipEscaped, URIC, USER } from '../grammar/characters.js';
import { hostEnd } from '../grammar/host.js';
import { isUri } from '../grammar/uri.js';

/** What is wrong, and at which character. */
interface Fault {
  readonly fault: string;
  readonly position?: number;
}

/** Why the text is not a URI (§25.1). */
export function faultOfUri(text: string): Fault {
  if (typeof text !== 'string') return { fault: 'it is not a string' };
  if (text === '') return { fault: 'it is empty' };
  const colon = text.indexOf(':');
  if (colon < 0) return { fault: 'it has no scheme' };
  for (let i = 0; i < colon; i++) {
    const code = text.charCodeAt(i);
    if (i === 0 ? !isAlpha(code) : !isAlpha(code) && !isDigit(code) && !'+-.'.includes(text.charAt(i))) {
      return { fault: `a scheme cannot contain ${JSON.stringify(text[i])}`, position: i };
    }
  }
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return faultOfSip(text, colon + 1);
  if (scheme === 'tel') return faultOfTel(text, colon + 1);
  return faultAt(text, colon + 1, text.length, URIC, 'a URI');
}

function faultOfSip(text: string, start: number): Fault {
  const at = text.indexOf('@', start);
  const host = at < 0 ? start : at + 1;
  const userinfo = at < 0 ? undefined : faultOfUserinfo(text, start, at);
  if (userinfo !== undefined) return userinfo;
  const hostStop = hostEnd(text, host, text.length);
  if (hostStop >= 0) return faultBehindHost(text, hostStop);
  return {
    fault: host === text.length ? 'the host is missing' : 'the host is neither a name nor an address',
    position: host,
  };
}

function faultOfUserinfo(text: string, start: number, at: number): Fault | undefined {
  const userEnd = skipEscaped(text, start, at, USER);
  if (userEnd === start && (userEnd === at || text[userEnd] === ':')) {
    return { fault: 'the user before "@" is empty', position: start };
  }
  if (userEnd === at) return undefined;
  if (text[userEnd] !== ':') return faultAt(text, start, at, USER, 'a user');
  const isPassword = skipEscaped(text, userEnd + 1, at, PASSWORD) === at;
  return isPassword ? undefined : faultAt(text, userEnd + 1, at, PASSWORD, 'a password');
}

function faultBehindHost(text: string, hostStop: number): Fault {
  if (text[hostStop] !== ':') return faultBehindPort(text, hostStop);
  const first = hostStop + 1;
  let i = first;
  while (isDigit(text.charCodeAt(i))) i++;
  const isPort = i > first && Number(text.slice(first, i)) <= 65535;
  return isPort ? faultBehindPort(text, i) : { fault: 'the port is not a number from 0 to 65535', position: first };
}

function faultBehindPort(text: string, start: number): Fault {
  let i = start;
  while (text[i] === ';') {
    i = skipEscaped(text, i + 1, text.length, PARAM);
    if (text[i - 1] === ';') return { fault: 'a parameter has no name', position: i };
    if (text[i] === '=') {
      i = skipEscaped(text, i + 1, text.length, PARAM);
      if (text[i - 1] === '=') return { fault: 'a parameter has an empty value', position: i };
    }
  }
  if (text[i] === '?') return faultOfHeaders(text, i + 1);
  return { fault: `${JSON.stringify(text[i])} is not allowed here`, position: i };
}

function faultOfHeaders(text: string, start: number): Fault {
  for (let i = start; ; i++) {
    const name = i;
    i = skipEscaped(text, i, text.length, HEADER);
    if (i === name || text[i] !== '=') return { fault: 'a header after "?" is not name=value', position: name };
    i = skipEscaped(text, i + 1, text.length, HEADER);
    if (text[i] !== '&')
      return { fault: `a header after "?" cannot contain ${JSON.stringify(text[i] ?? '')}`, position: i };
  }
}

function faultOfTel(text: string, start: number): Fault {
  if (text[start] !== '+' && !text.toLowerCase().includes(';phone-context=')) {
    return {
      fault: 'a number must begin with "+" or have a phone-context (RFC 3966 §3)',
      position: start,
    };
  }
  return { fault: 'it is not a telephone number with parameters (RFC 3966 §3)', position: start };
}

function faultAt(text: string, start: number, end: number, mask: number, what: string): Fault {
  const i = skipEscaped(text, start, end, mask);
  if (i >= end) return { fault: `${what} is empty`, position: start };
  return { fault: `${what} cannot contain ${JSON.stringify(text[i])}`, position: i };
}

/** Why the text is not an address (§20.10, §25.1). */
export function faultOfAddress(text: string): Fault {
  if (typeof text !== 'string') return { fault: 'it is not a string' };
  if (text.trim() === '') return { fault: 'it is empty' };
  const less = text.indexOf('<', text.trimStart().startsWith('"') ? text.lastIndexOf('"') : 0);
  if (less >= 0) {
    const greater = text.indexOf('>', less);
    if (greater < 0) return { fault: 'the "<" has no ">"', position: less };
    const uri = faultOfUriWithin(text, less + 1, greater);
    return uri ?? { fault: 'its display name or its parameters are not well formed' };
  }
  if (text.trimStart().startsWith('"')) return { fault: 'the display name is not followed by a URI in < and >' };
  const stop = text.trim().search(/[;\s]/);
  const bare = stop < 0 ? text.trim() : text.trim().slice(0, stop);
  if (bare.includes(',') || bare.includes('?')) return { fault: 'a URI with "," or "?" must be in < and >' };
  return faultOfUriWithin(bare, 0, bare.length) ?? { fault: 'its parameters are not well formed' };
}

function faultOfUriWithin(text: string, start: number, end: number): Fault | undefined {
  const uri = text.slice(start, end);
  if (isUri(uri, 0, uri.length)) return undefined;
  const { fault, position } = faultOfUri(uri);
  return position === undefined ? { fault } : { fault, position: position + start };
}
