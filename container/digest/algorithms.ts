// The digest algorithms (RFC 7616 §3.2, RFC 8760 §2.1): their names, their hashes and their strengths.
import { createHash } from 'node:crypto';
import type { DigestAlgorithm, DigestHash } from '@siplet/sdk';
import { present } from '../base/present.js';

export interface Algorithm {
  readonly name: DigestAlgorithm;
  readonly hash: DigestHash;
  /** Whether A1 is hashed once more, with nonce and cnonce (RFC 7616 §3.4.2). */
  readonly isSession: boolean;
  /** Higher is stronger. */
  readonly strength: number;
  /** Hexadecimal digits of its output. */
  readonly digits: number;
}

/** The strongest first, with the names that OpenSSL uses. */
const HASHES: readonly (readonly [name: DigestHash, openssl: string, digits: number])[] = [
  ['SHA-512-256', 'sha512-256', 64],
  ['SHA-256', 'sha256', 64],
  ['MD5', 'md5', 32],
];

const OPENSSL = new Map(HASHES.map(([name, openssl]) => [name, openssl]));

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  HASHES.flatMap(([hash, , digits], i) =>
    [false, true].map((isSession): [string, Algorithm] => {
      const name: DigestAlgorithm = isSession ? `${hash}-sess` : hash;
      return [name.toLowerCase(), { name, hash, isSession, strength: HASHES.length - i, digits }];
    }),
  ),
);

/** The algorithm of that name in any case; MD5 without a name (RFC 7616 §3.3). Undefined when it is unknown. */
export function algorithmOf(written: string | undefined): Algorithm | undefined {
  return ALGORITHMS.get((written ?? 'MD5').toLowerCase());
}

/** The strongest first; algorithms of equal strength keep their order (RFC 8760 §2.3). */
export function strongestFirst<T>(all: readonly T[], algorithm: (one: T) => Algorithm): T[] {
  return [...all].sort((a, b) => algorithm(b).strength - algorithm(a).strength);
}

/** The hash of a wire string, in lower-case hexadecimal digits. */
export function hashOf(hash: DigestHash, wire: string): string {
  return createHash(present(OPENSSL.get(hash), 'the name of a hash'))
    .update(wire, 'latin1')
    .digest('hex');
}
