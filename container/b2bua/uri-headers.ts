// Headers in a URI, which become headers of the request that is made from it (§19.1.5).
import { type Address, SipUri } from '@siplet/sdk';
import { Field, type Request, wireOf } from '../message/index.js';
import { passes } from './header-policy.js';

/**
 * §19.1.5: headers that would falsify the origin of the request, its path, or its sender's capabilities. The author of
 * the URI is not the one in whose name the request is sent. 'body' is the body, which is the caller's here.
 */
const DANGEROUS: ReadonlySet<string> = new Set([
  'body',
  'accept',
  'accept-encoding',
  'accept-language',
  'alert-info',
  'allow',
  'call-info',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'contact',
  'date',
  'identity',
  'mime-version',
  'organization',
  'privacy',
  'server',
  'supported',
  'user-agent',
]);

/** Writes the headers of the URI into the request, except the dangerous ones and those that cannot be written. */
export function writeUriHeaders(address: Address, request: Request): void {
  const { uri } = address;
  if (!(uri instanceof SipUri)) return;
  for (const [name, value] of uri.headers) {
    const field = fieldOf(name, value);
    if (field !== undefined && isHarmless(field.key)) request.setField(field);
  }
}

function isHarmless(key: string): boolean {
  // RFC 5727 §4: P- headers belong to closed networks, which use them to mark the peers that they trust.
  return !DANGEROUS.has(key) && !key.startsWith('p-') && passes(key);
}

/** Undefined if the name is not a token, or the value has line breaks. */
function fieldOf(name: string, value: string): Field | undefined {
  try {
    return Field.of(name, wireOf(value));
  } catch {
    return undefined;
  }
}
