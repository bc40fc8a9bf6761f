// The digest of a request (RFC 7616 §3.4.1, RFC 2617 §3.2.2.1): A1, A2 and the response, from wire strings.
import type { DigestHash } from '@siplet/sdk';
import { type Algorithm, hashOf } from './algorithms.js';

export type Qop = 'auth' | 'auth-int';

/** How often the nonce was used, and by which client (RFC 7616 §3.4). */
export interface Use {
  readonly cnonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
}

interface DigestInput {
  readonly algorithm: Algorithm;
  /** H(username:realm:password). */
  readonly ha1: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  /** Undefined for the digest of RFC 2069. */
  readonly qop: Qop | undefined;
  readonly use: Use;
}

/** H(A1) before the nonce of a session is added: the value that a file of users contains (RFC 7616 §3.4.2). */
export function ha1Of(hash: DigestHash, username: string, realm: string, password: string): string {
  return hashOf(hash, `${username}:${realm}:${password}`);
}

export function requestDigest(input: DigestInput): string {
  const { algorithm, nonce, qop, use } = input;
  const { hash } = algorithm;
  const ha1 = algorithm.isSession ? hashOf(hash, `${input.ha1}:${nonce}:${use.cnonce}`) : input.ha1;
  const integrity = qop === 'auth-int' ? `:${hashOf(hash, input.body)}` : '';
  const ha2 = hashOf(hash, `${input.method}:${input.uri}${integrity}`);
  if (qop === undefined) return hashOf(hash, `${ha1}:${nonce}:${ha2}`);
  return hashOf(hash, `${ha1}:${nonce}:${use.nc}:${use.cnonce}:${qop}:${ha2}`);
}
