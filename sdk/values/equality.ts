// Whether two texts are the same SIP URI (§19.1.4) or the same address (§20.10). It compares texts, not values, because
// these contain each other: a SIP URI has headers, such a header an address, and the address a URI.

import { type AddressParts, isToken, scanAddress, scanUri } from '../grammar.js';
import { comparable } from './escaping.js';
import { readParameters } from './header-parameters.js';
import { areSameNumbers, telephoneNumberIn } from './telephone-number.js';

/** Parameters that make URIs unequal when only one of them has the parameter, even with its default value. */
const NEVER_IGNORED = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Headers that contain addresses, and are compared as such (§20). */
const ADDRESSES = new Set([
  'to',
  't',
  'from',
  'f',
  'contact',
  'm',
  'route',
  'record-route',
  'reply-to',
  'refer-to',
  'r',
  'referred-by',
  'b',
]);
/** Headers whose text is compared with its case. All others are tokens, which are case-insensitive (§7.3.1). */
const TEXTS = new Set(['body', 'call-id', 'i', 'subject', 's', 'organization', 'user-agent', 'server']);

/** Compares two texts that are known to be SIP URIs. */
export function areEqualSipUris(one: string, other: string): boolean {
  if (one === other) return true;
  const a = scanUri(one);
  const b = scanUri(other);
  if (a === undefined || b === undefined || a.scheme !== b.scheme || a.port !== b.port) return false;
  if (a.host.toLowerCase() !== b.host.toLowerCase()) return false;
  if (!isSamePart(a.user, b.user) || !isSamePart(a.password, b.password)) return false;
  return (
    areParametersEqual(pairs(a.parameters.slice(1), ';'), pairs(b.parameters.slice(1), ';')) &&
    areHeadersEqual(pairs(a.headers, '&'), pairs(b.headers, '&'))
  );
}

/** Userinfo is case-sensitive, and a missing part does not equal an empty one. */
function isSamePart(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined ? a === b : comparable(a) === comparable(b);
}

function areParametersEqual(
  a: ReadonlyMap<string, string | undefined>,
  b: ReadonlyMap<string, string | undefined>,
): boolean {
  for (const name of NEVER_IGNORED) if (a.has(name) !== b.has(name)) return false;
  for (const [name, value] of a) {
    if (b.has(name) && value?.toLowerCase() !== b.get(name)?.toLowerCase()) return false;
  }
  return true;
}

function areHeadersEqual(
  a: ReadonlyMap<string, string | undefined>,
  b: ReadonlyMap<string, string | undefined>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (!b.has(name) || !isSameHeader(name, value ?? '', b.get(name) ?? '')) return false;
  return true;
}

function isSameHeader(name: string, a: string, b: string): boolean {
  if (a === b) return true;
  if (TEXTS.has(name)) return false;
  if (ADDRESSES.has(name)) {
    const one = scanAddress(plain(a));
    const other = scanAddress(plain(b));
    if (one !== undefined && other !== undefined) return areEqualAddresses(one, other);
  }
  return a.toLowerCase() === b.toLowerCase();
}

function areEqualAddresses(one: AddressParts, other: AddressParts): boolean {
  return areEqualUris(one.uri, other.uri) && areParametersOfOne(parametersOf(one), parametersOf(other));
}

function parametersOf(address: AddressParts): Map<string, string | true> {
  const parameters = new Map<string, string | true>();
  readParameters(address.parameters, parameters);
  return parameters;
}

/**
 * Whether the header parameters of two addresses are equal: those that both have are equal, and a tag is in both or in
 * neither (§20.20).
 */
export function areParametersOfOne(
  a: ReadonlyMap<string, string | true>,
  b: ReadonlyMap<string, string | true>,
): boolean {
  if (a.has('tag') !== b.has('tag')) return false;
  for (const [name, value] of a) {
    const its = b.get(name);
    if (its !== undefined && !isSameValue(value, its)) return false;
  }
  return true;
}

/** Tokens are case-insensitive, quoted strings are case-sensitive (§7.3.1). */
function isSameValue(a: string | true, b: string | true): boolean {
  if (a === b) return true;
  return a !== true && b !== true && isToken(a) && isToken(b) && a.toLowerCase() === b.toLowerCase();
}

function areEqualUris(one: string, other: string): boolean {
  const a = scanUri(one);
  const b = scanUri(other);
  if (a === undefined || b === undefined || a.scheme !== b.scheme) return false;
  if (a.scheme === 'sip' || a.scheme === 'sips') return areEqualSipUris(one, other);
  if (a.scheme === 'tel') return areSameNumbers(telephoneNumberIn(a), telephoneNumberIn(b));
  return comparable(a.rest) === comparable(b.rest);
}

/** Unescapes the reserved characters that `comparable` leaves escaped: an address needs them plain. */
function plain(text: string): string {
  return text.replace(/%[0-7][0-9A-F]/g, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
}

function pairs(text: string, separator: string): Map<string, string | undefined> {
  const map = new Map<string, string | undefined>();
  if (text === '') return map;
  for (const one of text.split(separator)) {
    const equals = one.indexOf('=');
    const name = comparable(equals < 0 ? one : one.slice(0, equals)).toLowerCase();
    if (!map.has(name)) map.set(name, equals < 0 ? undefined : comparable(one.slice(equals + 1)));
  }
  return map;
}
