// telephone-subscriber: what follows "tel:" (RFC 3966 §3).

import {
  DOT,
  EQUALS,
  HEX,
  HYPHEN,
  isAlpha,
  isDigit,
  isIn,
  PARAM,
  PLUS,
  SEMICOLON,
  skipEscaped,
  URIC,
} from './characters.js';
import { hostEnd } from './host.js';
import { sameName } from './text.js';

/** Whether [start, end) is a global number, or a local one with its context. */
export function isTelephone(text: string, start: number, end: number): boolean {
  const isGlobal = start < end && text.charCodeAt(start) === PLUS;
  const digits = parametersAt(text, start, end);
  if (isGlobal ? !isGlobalNumber(text, start, digits) : !isLocalNumber(text, start, digits)) return false;
  let contexts = 0;
  let extensions = 0;
  for (let i = digits; i < end; ) {
    const name = i + 1;
    i = name;
    while (i < end && isNameCharacter(text.charCodeAt(i))) i++;
    if (i === name) return false;
    const nameEnd = i;
    const value = i < end && text.charCodeAt(i) === EQUALS ? i + 1 : -1;
    if (value >= 0) {
      // isub alone may hold any uric, which for a scanner must end at the next ";" (RFC 3966 §3).
      i = skipParameterValue(text, value, end, sameName(text, name, nameEnd, 'isub') ? URIC : PARAM);
      if (i === value) return false;
    }
    if (i < end && text.charCodeAt(i) !== SEMICOLON) return false;
    if (sameName(text, name, nameEnd, 'phone-context')) {
      contexts++;
      if (value < 0 || !isContext(text, value, i)) return false;
    } else if (sameName(text, name, nameEnd, 'ext')) {
      extensions++;
      if (value < 0 || !isExtension(text, value, i)) return false;
    } else if (sameName(text, name, nameEnd, 'isub')) {
      extensions++;
      if (value < 0) return false;
    }
  }
  // A local number means nothing without its context, and isub excludes ext (RFC 3966 §5.1.5, §5.3).
  return extensions <= 1 && (isGlobal ? contexts <= 1 : contexts === 1);
}

/** Index of the first ";" in [start, end), or `end`. */
export function parametersAt(text: string, start: number, end: number): number {
  const semicolon = text.indexOf(';', start);
  return semicolon < 0 || semicolon > end ? end : semicolon;
}

/** "-" / "." / "(" / ")" (RFC 3966 §3). */
export function isVisualSeparator(code: number): boolean {
  return code === HYPHEN || code === DOT || code === 0x28 || code === 0x29;
}

/** "+" *phonedigit DIGIT *phonedigit. */
export function isGlobalNumber(text: string, start: number, end: number): boolean {
  if (start >= end || text.charCodeAt(start) !== PLUS) return false;
  return isExtension(text, start + 1, end) && hasDigit(text, start + 1, end, false);
}

/** Hexadecimal digits, "*", "#" and separators, at least one of them no separator. */
export function isLocalNumber(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (!isIn(code, HEX) && code !== 0x2a && code !== 0x23 && !isVisualSeparator(code)) return false;
  }
  return hasDigit(text, start, end, true);
}

/** 1*phonedigit. */
function isExtension(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code) && !isVisualSeparator(code)) return false;
  }
  return end > start;
}

function hasDigit(text: string, start: number, end: number, hexadecimal: boolean): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code) || (hexadecimal && !isVisualSeparator(code))) return true;
  }
  return false;
}

/** descriptor: a domain name, or the beginning of a global number (RFC 3966 §3). */
export function isContext(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) === PLUS) return isGlobalNumber(text, start, end);
  return end > start && text.charCodeAt(start) !== 0x5b && hostEnd(text, start, end) === end;
}

function isNameCharacter(code: number): boolean {
  return isAlpha(code) || isDigit(code) || code === HYPHEN;
}

function skipParameterValue(text: string, start: number, end: number, mask: number): number {
  return skipEscaped(text, start, parametersAt(text, start, end), mask);
}
