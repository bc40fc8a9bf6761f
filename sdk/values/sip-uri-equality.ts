// Whether two SIP URIs are the same (§19.1.4).

import { scanUri } from '../grammar.js';
import { Address } from './address.js';
import { comparable } from './escaping.js';

/** Parameters that never match when only one of the URIs has them, even with their default value. */
const NEVER_IGNORED = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Headers that hold addresses, and are compared as such (§20). */
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
/** Texts, compared as they are: Call-ID and what people read. All else is tokens, which have no case (§7.3.1). */
const TEXTS = new Set(['body', 'call-id', 'i', 'subject', 's', 'organization', 'user-agent', 'server']);

/** Compares the texts of two SIP URIs, which are known to be such. */
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

/** Userinfo is compared with its case, and an absent part is not an empty one. */
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
    const one = decodeURIComponentOf(a);
    const other = decodeURIComponentOf(b);
    if (Address.canParse(one) && Address.canParse(other)) return Address.parse(one).equals(Address.parse(other));
  }
  return a.toLowerCase() === b.toLowerCase();
}

/** In `comparable` form reserved characters are still escaped: an address needs them plain. */
function decodeURIComponentOf(text: string): string {
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
