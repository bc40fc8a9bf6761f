// A peer's side of digest authentication, written a second time: what it sends is not made with the code that is
// tested.
import { createHash } from 'node:crypto';
import { present } from '../../container/base/present.js';
import type { TextMessage } from '../world/text-message.js';

export type Parameters = Readonly<Record<string, string>>;

/** Parameters of each challenge of a 401 or 407, in order. */
export function challengesIn(response: TextMessage): Parameters[] {
  const name = response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return response.headers.filter(([each]) => each === name).map(([, value]) => parametersOf(value));
}

export function parametersOf(value: string): Parameters {
  return Object.fromEntries(
    [...value.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
  );
}

export interface Answer {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly algorithm?: string;
  readonly nc?: number;
  readonly cnonce?: string;
  /** undefined is 'auth'; null leaves it out, as in RFC 2069. */
  readonly qop?: 'auth' | 'auth-int' | null;
  readonly body?: string;
}

/** The value of an Authorization or Proxy-Authorization for the challenge. */
export function credentialsFor(challenge: Parameters, answer: Answer): string {
  const { username = 'alice', password = 'secret', cnonce = '0a4f113b', method, uri, body = '' } = answer;
  const realm = answer.realm ?? present(challenge.realm);
  const nonce = answer.nonce ?? present(challenge.nonce);
  const algorithm = answer.algorithm ?? challenge.algorithm ?? 'MD5';
  const qop = answer.qop === undefined ? 'auth' : answer.qop;
  const nc = (answer.nc ?? 1).toString(16).padStart(8, '0');
  const h = (text: string): string =>
    createHash(
      { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[algorithm.replace('-sess', '')] ?? 'md5',
    )
      .update(text)
      .digest('hex');
  let a1 = h(`${username}:${realm}:${password}`);
  if (algorithm.endsWith('-sess')) a1 = h(`${a1}:${nonce}:${cnonce}`);
  const a2 = h(qop === 'auth-int' ? `${method}:${uri}:${h(body)}` : `${method}:${uri}`);
  const response = h(qop === null ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
  const counted = qop === null ? '' : `, qop=${qop}, nc=${nc}, cnonce="${cnonce}"`;
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=${algorithm}${counted}`;
}
