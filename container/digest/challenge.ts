// Challenges (§20.27, §20.44, RFC 7616 §3.3): reads those of a peer and writes those of the container.
import type * as sdk from '@siplet/sdk';
import { textOf } from '../message/index.js';
import type { Algorithm } from './algorithms.js';
import { Fault, parseParameters, writeDigest } from './parameters.js';
import type { Qop } from './request-digest.js';

/**
 * The challenge in one WWW-Authenticate (401) or Proxy-Authenticate (407) value, of any scheme; undefined when it
 * cannot be read or has no realm.
 */
export function parseChallenge(value: string, status: 401 | 407): sdk.Challenge | undefined {
  const read = parseParameters(value);
  if (read instanceof Fault) return undefined;
  const parameters = new Map([...read.values].map(([name, raw]) => [name, textOf(raw)]));
  const realm = parameters.get('realm');
  if (realm === undefined) return undefined;
  const isStale = parameters.get('stale')?.toLowerCase() === 'true';
  return { scheme: read.scheme, realm, status, isStale, parameters };
}

interface Asked {
  /** A wire string, and so is the nonce. */
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: Algorithm;
  readonly qop: readonly Qop[];
  readonly isStale: boolean;
}

export function writeChallenge({ realm, nonce, algorithm, qop, isStale }: Asked): string {
  return writeDigest([
    ['realm', realm, true],
    ['nonce', nonce, true],
    ['stale', isStale ? 'true' : undefined, false],
    ['algorithm', algorithm.name, false],
    ['qop', qop.join(','), true],
  ]);
}
