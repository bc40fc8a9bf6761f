// Parameters after header values, read from and written to ';a;b=c;d="q"' (§25.1 generic-param).

import { isHost, isToken, quote, scanParameters, unquote } from '../grammar.js';
import { isWellFormed } from './escaping.js';
import { NOTHING_WRITTEN, Written } from './written.js';

/**
 * Fills the map, with values without their quotes. Returns how those parameters were written that can also be written
 * otherwise, or undefined when the text is malformed.
 */
export function readParameters(text: string, map: Map<string, string | true>): Pick<Written, 'find'> | undefined {
  if (text === '') return NOTHING_WRITTEN;
  const found = scanParameters(text);
  if (found === undefined) return undefined;
  let written: Written | undefined;
  for (const [rawName, raw] of found) {
    const name = rawName.toLowerCase();
    if (map.has(name)) continue;
    if (name !== rawName) {
      written ??= new Written();
      written.note('name', name, rawName);
    }
    const value = raw === true ? true : unquote(raw);
    map.set(name, value);
    if (raw !== true && value !== true && value !== raw) {
      written ??= new Written();
      written.note(`value ${name}`, value, raw);
    }
  }
  return written ?? NOTHING_WRITTEN;
}

/**
 * The parameters as text, with quotes where they are needed. Throws TypeError when a name is not a token or a value
 * cannot be sent.
 */
export function writeParameters(
  map: ReadonlyMap<string, string | true>,
  written: Pick<Written, 'find'>,
  what: string,
): string {
  let text = '';
  for (const [name, value] of map) {
    if (!isToken(name)) throw new TypeError(`${what}: ${JSON.stringify(name)} is not a parameter name`);
    text += `;${written.find('name', name) ?? name}`;
    if (value !== true)
      text += `=${written.find(`value ${name}`, value) ?? writtenValue(String(value), `${what} ${name}`)}`;
  }
  return text;
}

function writtenValue(value: string, what: string): string {
  return isToken(value) || isHost(value) ? value : quotedText(value, what);
}

/** The text in quotes. Throws TypeError for a line break and for half of a surrogate pair (§25.1). */
export function quotedText(text: string, what: string): string {
  if (text.includes('\r') || text.includes('\n'))
    throw new TypeError(`${what}: a line break cannot be sent in ${JSON.stringify(text)}`);
  if (!isWellFormed(text)) throw new TypeError(`${what}: half of a surrogate pair cannot be sent`);
  return quote(text);
}
