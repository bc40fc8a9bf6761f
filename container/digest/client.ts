// The client: selects the challenges to answer and the credentials to use, and writes the header fields (§22.2, §22.3,
// RFC 8760 §2.4).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { Identifiers } from '../base/identifiers.js';
import { type Request, textOf, wireOf } from '../message/index.js';
import { type Algorithm, algorithmOf, strongestFirst } from './algorithms.js';
import { writeCredentials } from './credentials.js';
import { NonceUses } from './nonce-uses.js';
import { Fault, isDigest, parseParameters } from './parameters.js';
import { ha1Of, type Qop, requestDigest, type Use } from './request-digest.js';

export interface AuthorizationField {
  readonly name: 'Authorization' | 'Proxy-Authorization';
  readonly realm: string;
  /** A wire string. */
  readonly value: string;
}

/** A challenge that can be answered. */
interface Answerable {
  readonly challenge: sdk.Challenge;
  readonly algorithm: Algorithm;
  readonly qop: Qop | undefined;
}

/**
 * One field for each realm that challenged us, for the challenge with the strongest known algorithm. Realms without
 * credentials are skipped; if nothing is left, it throws IllegalStateError. `use` counts the uses of a nonce.
 */
export function authorizationFor(
  request: Request,
  challenges: readonly sdk.Challenge[],
  credentials: readonly sdk.Credentials[],
  use: (challenge: sdk.Challenge) => Use,
): AuthorizationField[] {
  const fields = new Map<string, AuthorizationField>();
  const refusals: string[] = [];
  const answerable: Answerable[] = [];
  for (const challenge of challenges) {
    const one = answerableOf(challenge);
    if (typeof one === 'string') refusals.push(one);
    else answerable.push(one);
  }
  for (const one of strongestFirst(answerable, ({ algorithm }) => algorithm)) {
    const { challenge } = one;
    const key = `${challenge.status} ${challenge.realm}`;
    if (fields.has(key)) continue;
    const own = credentialsFor(challenge.realm, credentials);
    if (own === undefined) refusals.push(`there are no credentials for the realm '${challenge.realm}'`);
    else fields.set(key, answer(request, one, own, use(challenge)));
  }
  if (fields.size > 0) return [...fields.values()];
  const why = refusals.length === 0 ? 'the response has no challenge' : [...new Set(refusals)].join('; ');
  throw new IllegalStateError(`addAuthorization: the ${request.method} ${textOf(request.callId)}: ${why}`);
}

function answerableOf(challenge: sdk.Challenge): Answerable | string {
  const { scheme, realm, parameters } = challenge;
  if (!isDigest(scheme)) return `the realm '${realm}' asks for ${scheme}, but only Digest is supported`;
  const algorithm = algorithmOf(parameters.get('algorithm'));
  if (algorithm === undefined)
    return `the realm '${realm}' asks for the algorithm ${parameters.get('algorithm')}, which is unknown`;
  if (!parameters.get('nonce')) return `the realm '${realm}' has sent no nonce`;
  const written = parameters.get('qop');
  if (written === undefined) return { challenge, algorithm, qop: undefined };
  // Some elements change bodies, for example media relays: auth-int, which covers the body, is the last resort.
  const offered = written.split(',').map((one) => one.trim().toLowerCase());
  const qop = (['auth', 'auth-int'] as const).find((one) => offered.includes(one));
  return qop === undefined
    ? `the realm '${realm}' asks for the qop '${written}', which is unknown`
    : { challenge, algorithm, qop };
}

/** The credentials for the realm; otherwise those for any realm. */
function credentialsFor(realm: string, all: readonly sdk.Credentials[]): sdk.Credentials | undefined {
  return all.find((one) => one.realm === realm) ?? all.find((one) => one.realm === undefined);
}

function answer(
  request: Request,
  { challenge, algorithm, qop }: Answerable,
  credentials: sdk.Credentials,
  use: Use,
): AuthorizationField {
  const { parameters, status } = challenge;
  const username = wireOf(credentials.username);
  const realm = wireOf(challenge.realm);
  const nonce = wireOf(parameters.get('nonce') ?? '');
  const { method, uri, body } = request;
  const ha1 = ha1Of(algorithm.hash, username, realm, wireOf(credentials.password));
  const response = requestDigest({ algorithm, ha1, nonce, method, uri, body, qop, use });
  const opaque = parameters.get('opaque');
  const value = writeCredentials({
    username,
    realm,
    nonce,
    uri,
    response,
    algorithm: parameters.has('algorithm') ? algorithm.name : undefined,
    qop,
    use: qop === undefined && !algorithm.isSession ? { cnonce: '', nc: '' } : use,
    opaque: opaque === undefined ? undefined : wireOf(opaque),
  });
  return { name: status === 401 ? 'Authorization' : 'Proxy-Authorization', realm, value };
}

/** The uses of nonces, for each container. A container is identified by its source of randomness. */
const uses = new WeakMap<Identifiers, NonceUses>();

/**
 * Adds the Authorization and Proxy-Authorization that the challenges ask for. Existing credentials for the same realm
 * are replaced; others stay. The same challenge may be passed again for further requests: the uses of its nonce are
 * counted (RFC 7616 §3.4).
 */
export function addAuthorization(
  message: Request,
  challenges: readonly sdk.Challenge[],
  credentials: sdk.Credentials | readonly sdk.Credentials[],
  chance: Identifiers,
): void {
  let known = uses.get(chance);
  if (known === undefined) {
    known = new NonceUses(chance);
    uses.set(chance, known);
  }
  const { next } = known;
  const all = 'username' in credentials ? [credentials] : credentials;
  for (const { name, realm, value } of authorizationFor(message, challenges, all, next)) {
    const key = name.toLowerCase();
    message.fields = message.fields.filter((field) => field.key !== key || realmOf(field.value) !== realm);
    message.append(name, value);
  }
}

/** The realm of credentials; undefined if they are not Digest or cannot be read. */
function realmOf(value: string): string | undefined {
  const read = parseParameters(value);
  return read instanceof Fault || !isDigest(read.scheme) ? undefined : read.values.get('realm');
}
