// Where a URI or an address is taken, a string is taken too (RULES.md section 3).
import { Address, parseUri, type Uri } from '@siplet/sdk';
import { uriParameterOf } from '@siplet/sdk/grammar';
import { textOf, Uri as WireUri, wireOf } from '../message/index.js';

/** The types with which an application may name a destination. */
export type UriOrAddress = string | Uri | Address;

/** The wire text of a URI, or of the URI in an address. Throws SipParseError for a text that is neither. */
export function uriText(value: UriOrAddress): string {
  if (typeof value !== 'string') return wireOf(String(value instanceof Address ? value.uri : value));
  const wire = wireOf(value.trim());
  if (WireUri.parse(wire) !== undefined) return wire;
  // An unusual shape: a name-addr, or a fault that parseUri reports.
  return wireOf(String(value.includes('<') ? Address.parse(value).uri : parseUri(value)));
}

/**
 * The URI or address that an application gives, as an address of its own. In a text without brackets, everything after
 * a semicolon belongs to the URI: there is no header here that could have parameters (§20.10). Throws SipParseError.
 */
export function addressOf(value: UriOrAddress): Address {
  if (value instanceof Address) return value.clone();
  if (typeof value === 'string')
    return value.includes('<') ? Address.parse(value) : new Address({ uri: parseUri(value) });
  return new Address({ uri: value.clone() });
}

/** The parameter of that name among raw URI parameters; true for one without a value. */
export function parameterText(parameters: string, name: string): string | true | undefined {
  const raw = parameters === '' ? undefined : uriParameterOf(parameters, wireOf(name));
  return typeof raw === 'string' ? textOf(raw) : raw;
}

/** Throws RangeError for an address that is not one of this container's; undefined means no particular one. */
export function assertInterface(address: string | undefined, own: { hasInterface(address: string): boolean }): void {
  if (address !== undefined && !own.hasInterface(address))
    throw new RangeError(`outboundInterface: the container does not listen on ${address}`);
}
