// Escapes in URIs: from text to the "%" HEX HEX of its UTF-8 octets, and back (§19.1.2, §25.1).

import { hexValue, isEscape, isIn, PERCENT, skip } from '../grammar/characters.js';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Escapes every character that is not in the class. Throws TypeError for half of a surrogate pair. */
export function escaped(text: string, mask: number, what: string): string {
  const plain = skip(text, 0, text.length, mask);
  if (plain === text.length) return text;
  let out = text.slice(0, plain);
  for (const character of text.slice(plain)) {
    out += isIn(character.charCodeAt(0), mask) ? character : escapesOf(character, what);
  }
  return out;
}

function escapesOf(character: string, what: string): string {
  if (!isWellFormed(character)) throw new TypeError(`${what}: half of a surrogate pair cannot be sent`);
  return Array.from(ENCODER.encode(character), octet).join('');
}

/** Whether the text is free of unpaired surrogates, which have no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Unescapes a text. Escaped octets that are not UTF-8 stay escaped. */
export function decode(text: string): string {
  if (!text.includes('%')) return text;
  const octets: number[] = [];
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === PERCENT && isEscape(text, i, text.length)) {
      code = hexValue(text.charCodeAt(i + 1)) * 16 + hexValue(text.charCodeAt(i + 2));
      i += 2;
    }
    octets.push(code);
  }
  try {
    return DECODER.decode(Uint8Array.from(octets));
  } catch {
    return decodeAscii(text);
  }
}

function decodeAscii(text: string): string {
  return text.replace(/%[0-7][0-9a-fA-F]/g, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
}

const RESERVED = ';/?:@&=+$,';

/**
 * Escaped text in a form for comparison: a character outside the reserved set equals its escape (§19.1.4). Reserved
 * characters stay escaped, and so does "%", because it would begin another escape.
 */
export function comparable(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9a-fA-F]{2}/g, (one) => {
    const character = String.fromCharCode(Number.parseInt(one.slice(1), 16));
    return character === '%' || RESERVED.includes(character) ? one.toUpperCase() : character;
  });
}

function octet(code: number): string {
  return `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`;
}
