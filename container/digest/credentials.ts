// Digest credentials (§20.7, §20.28, RFC 7616 §3.4): reads those of a peer strictly, and writes those of an
// application.
import { Fault, type Parameters, writeDigest } from './parameters.js';
import type { Qop, Use } from './request-digest.js';

/** All are wire strings, without quotes. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** In lower case. */
  readonly response: string;
  /** As written; undefined is MD5. */
  readonly algorithm: string | undefined;
  /** Undefined if the peer knows only RFC 2069. */
  readonly qop: Qop | undefined;
  readonly use: Use;
  readonly opaque: string | undefined;
}

/** Reads the parameters of the scheme Digest, or returns the first fault in them. */
export function readCredentials({ values }: Parameters): DigestCredentials | Fault {
  const text = (name: string): string => values.get(name) ?? '';
  for (const name of ['username', 'realm', 'nonce', 'uri', 'response'])
    if (text(name) === '') return new Fault(`${name} is missing`);
  const response = text('response').toLowerCase();
  if (!/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(response)) return new Fault('response is not a digest');
  const qop = values.get('qop')?.toLowerCase();
  if (qop !== undefined && qop !== 'auth' && qop !== 'auth-int') return new Fault('qop is unknown');
  // Without qop there is no count; a session key still uses the cnonce (RFC 7616 §3.4.2).
  const use = qop === undefined ? { cnonce: values.get('cnonce') ?? '', nc: '' } : useOf(values);
  if (use instanceof Fault) return use;
  return {
    username: text('username'),
    realm: text('realm'),
    nonce: text('nonce'),
    uri: text('uri'),
    response,
    algorithm: values.get('algorithm'),
    qop,
    use,
    opaque: values.get('opaque'),
  };
}

function useOf(values: ReadonlyMap<string, string>): Use | Fault {
  const cnonce = values.get('cnonce');
  const nc = values.get('nc');
  if (!cnonce) return new Fault('cnonce is missing');
  if (nc === undefined || !/^[0-9a-fA-F]{8}$/.test(nc) || nc === '00000000') return new Fault('nc is not a count');
  return { cnonce, nc };
}

export function writeCredentials(credentials: DigestCredentials): string {
  const { qop, use } = credentials;
  return writeDigest([
    ['username', credentials.username, true],
    ['realm', credentials.realm, true],
    ['nonce', credentials.nonce, true],
    ['uri', credentials.uri, true],
    ['response', credentials.response, true],
    ['algorithm', credentials.algorithm, false],
    ['cnonce', use.cnonce === '' ? undefined : use.cnonce, true],
    ['opaque', credentials.opaque, true],
    ['qop', qop, false],
    ['nc', qop === undefined ? undefined : use.nc, false],
  ]);
}
