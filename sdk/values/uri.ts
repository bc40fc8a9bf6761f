// URIs of any scheme, and the classes for them.

import { SipParseError } from '../errors.js';
import { scanUri } from '../grammar.js';
import { faultOfUri } from './fault.js';
import { OtherUri } from './other-uri.js';
import { SipUri } from './sip-uri.js';
import { TelUri } from './tel-uri.js';

/** A URI as a value. `uri instanceof SipUri`, or `uri.scheme`, tells which. */
export type Uri = SipUri | TelUri | OtherUri;

/** Wherever a URI is taken, a string is taken too. */
export type UriLike = Uri | string;

/**
 * The URI in the text: SipUri for sip and sips, TelUri for tel, OtherUri for any other scheme. Throws SipParseError.
 */
export function parseUri(text: string): Uri {
  const parts = scanUri(text);
  if (parts === undefined) {
    const { fault, position } = faultOfUri(text);
    throw new SipParseError('a URI', text, fault, position);
  }
  if (parts.scheme === 'sip' || parts.scheme === 'sips') return SipUri.parse(text);
  return parts.scheme === 'tel' ? TelUri.parse(text) : OtherUri.parse(text);
}

/** Makes a value from a string; returns a value itself. */
export function uriOf(uri: UriLike): Uri {
  return typeof uri === 'string' ? parseUri(uri) : uri;
}
