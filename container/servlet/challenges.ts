// The challenges of a 401 or 407 (§20.27, §20.44, RFC 7616 §3.3), read for applications.
import type * as sdk from '@siplet/sdk';
import { isToken, splitList, unquote } from '@siplet/sdk/grammar';
import { type Response, textOf } from '../message/index.js';

const HEADERS = [
  ['www-authenticate', 401],
  ['proxy-authenticate', 407],
] as const;

/** In the order in which they stand; one that cannot be read is passed over. */
export function challengesOf(response: Response): sdk.Challenge[] {
  const challenges: sdk.Challenge[] = [];
  for (const [key, status] of HEADERS) {
    for (const field of response.fieldsOf(key)) {
      const challenge = challengeOf(field.value, status);
      if (challenge !== undefined) challenges.push(challenge);
    }
  }
  return challenges;
}

function challengeOf(value: string, status: 401 | 407): sdk.Challenge | undefined {
  const space = value.search(/[ \t]/);
  const scheme = space < 0 ? value : value.slice(0, space);
  if (!isToken(scheme)) return undefined;
  const parameters = new Map<string, string>();
  for (const item of splitList(space < 0 ? '' : value.slice(space + 1))) {
    const equals = item.indexOf('=');
    if (equals < 1) continue;
    const raw = item.slice(equals + 1).trim();
    parameters.set(item.slice(0, equals).trim().toLowerCase(), textOf(raw.startsWith('"') ? unquote(raw) : raw));
  }
  return { scheme, realm: parameters.get('realm') ?? '', status, parameters };
}
