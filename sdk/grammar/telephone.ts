// telephone-subscriber: the part after "tel:" (RFC 3966 §3).

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

// The meaning of a parameter for the number.
const FAULTY = -1;
const OTHER = 0;
const CONTEXT = 1;
const EXTENSION = 2;

/** Whether [start, end) is a global number, or a local one with its context. */
export function isTelephone(text: string, start: number, end: number): boolean {
  const isGlobal = start < end && text.charCodeAt(start) === PLUS;
  const digits = parametersAt(text, start, end);
  if (isGlobal ? !isGlobalNumber(text, start, digits) : !isLocalNumber(text, start, digits)) return false;
  let contexts = 0;
  let extensions = 0;
  for (let i = digits; i < end; ) {
    const name = i + 1;
    const nameEnd = skipName(text, name, end);
    i = parameterEnd(text, name, nameEnd, end);
    const role = i < 0 ? FAULTY : roleOf(text, name, nameEnd, i);
    if (role === FAULTY) return false;
    if (role === CONTEXT) contexts++;
    if (role === EXTENSION) extensions++;
  }
  // A local number means nothing without its context, and isub excludes ext (RFC 3966 §5.1.5, §5.3).
  return extensions <= 1 && (isGlobal ? contexts <= 1 : contexts === 1);
}

/** Index after the parameter, whose name is known, or -1. */
function parameterEnd(text: string, name: number, nameEnd: number, end: number): number {
  if (nameEnd === name) return -1;
  let i = nameEnd;
  if (i < end && text.charCodeAt(i) === EQUALS) {
    const value = i + 1;
    // Only isub may contain any uric; for a scanner it must end at the next ";" (RFC 3966 §3).
    const mask = sameName(text, name, nameEnd, 'isub') ? URIC : PARAM;
    i = skipEscaped(text, value, parametersAt(text, value, end), mask);
    if (i === value) return -1;
  }
  return i === end || text.charCodeAt(i) === SEMICOLON ? i : -1;
}

/**
 * The meaning of the parameter; FAULTY when it lacks the value that it needs. A name that ends at `end` has no value.
 */
function roleOf(text: string, name: number, nameEnd: number, end: number): number {
  const hasValue = nameEnd < end;
  if (sameName(text, name, nameEnd, 'phone-context')) {
    return hasValue && isContext(text, nameEnd + 1, end) ? CONTEXT : FAULTY;
  }
  if (sameName(text, name, nameEnd, 'ext')) return hasValue && isExtension(text, nameEnd + 1, end) ? EXTENSION : FAULTY;
  if (sameName(text, name, nameEnd, 'isub')) return hasValue ? EXTENSION : FAULTY;
  return OTHER;
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

/** Hexadecimal digits, "*", "#" and separators, at least one of them not a separator. */
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

function skipName(text: string, start: number, end: number): number {
  let i = start;
  while (i < end && isNameCharacter(text.charCodeAt(i))) i++;
  return i;
}

function isNameCharacter(code: number): boolean {
  return isAlpha(code) || isDigit(code) || code === HYPHEN;
}
