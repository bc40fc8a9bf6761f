// Telephone numbers with their parameters: read from a tel URI, and compared (RFC 3966 §4).

import { isVisualSeparator } from '../grammar/telephone.js';
import type { UriParts } from '../grammar.js';
import { decode } from './escaping.js';

/** The part after "tel:". */
interface TelephoneNumber {
  /** As written, with visual separators; a global number with its '+'. */
  readonly number: string;
  /** Decoded; `true` for one without a value. Names are in lower case. */
  readonly parameters: ReadonlyMap<string, string | true>;
}

/** The number in a tel URI. If a parameter is repeated, the first counts. */
export function telephoneNumberIn(parts: UriParts): TelephoneNumber {
  const parameters = new Map<string, string | true>();
  for (const one of parts.parameters.split(';').slice(1)) {
    const equals = one.indexOf('=');
    const name = (equals < 0 ? one : one.slice(0, equals)).toLowerCase();
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? true : decode(one.slice(equals + 1)));
  }
  return { number: parts.rest.slice(0, parts.rest.length - parts.parameters.length), parameters };
}

/**
 * Whether both are the same number with the same parameters, apart from visual separators, case and order (RFC 3966
 * §4).
 */
export function areSameNumbers(one: TelephoneNumber, other: TelephoneNumber): boolean {
  if (digitsOf(one.number) !== digitsOf(other.number)) return false;
  if (one.parameters.size !== other.parameters.size) return false;
  for (const [name, value] of one.parameters) {
    const its = other.parameters.get(name);
    if (its === undefined || comparableValue(name, value) !== comparableValue(name, its)) return false;
  }
  return true;
}

/** The number without visual separators: '+12015550123'. */
export function digitsOf(number: string): string {
  let digits = '';
  for (const character of number) if (!isVisualSeparator(character.charCodeAt(0))) digits += character.toLowerCase();
  return digits;
}

function comparableValue(name: string, value: string | true): string | true {
  if (value === true) return true;
  const isNumber = name === 'ext' || (name === 'phone-context' && value.startsWith('+'));
  return isNumber ? digitsOf(value) : value.toLowerCase();
}
