// The server: whether a request has the credentials of a user, and which response it gets when it does not (§22.1,
// §22.4, RFC 7616 §3.4.6, RFC 8760 §2).
import { timingSafeEqual } from 'node:crypto';
import { type AuthenticationOptions, type DigestHash, parseUri, type Secret } from '@siplet/sdk';
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import type { HashKey } from '../base/keyed-hash.js';
import { type Field, type Request, textOf, wireOf } from '../message/index.js';
import { type Algorithm, algorithmOf } from './algorithms.js';
import { writeChallenge } from './challenge.js';
import { type DigestCredentials, readCredentials } from './credentials.js';
import { Nonces } from './nonces.js';
import { Fault, isDigest, parseParameters, schemeOf } from './parameters.js';
import { type Policy, policyOf } from './policy.js';
import { ReplayWindow } from './replay-window.js';
import { ha1Of, requestDigest } from './request-digest.js';

/** How long a nonce is valid, in ms. */
export const NONCE_LIFETIME = 300_000;
/** How many nonces in use have their counts remembered, in each of two generations. */
const CAPACITY = 100_000;

/** The user, with the name of the header field; or the response to send. */
export type Verdict =
  | { readonly user: string; readonly field: Field }
  | {
      readonly user: undefined;
      readonly status: 400 | 401 | 407;
      readonly reason?: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
    };

export interface DigestServerPorts {
  readonly key: HashKey;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  /** For tests. */
  readonly capacity?: number;
}

export class DigestServer {
  readonly #nonces: Nonces;
  readonly #window: ReplayWindow;
  /** The password assumed for a user who does not exist, so that both cases cost the same. */
  readonly #nobody: string;

  constructor({ key, clock, identifiers, capacity = CAPACITY }: DigestServerPorts) {
    this.#nonces = new Nonces(key, clock, identifiers, NONCE_LIFETIME);
    this.#window = new ReplayWindow(clock, NONCE_LIFETIME, capacity);
    this.#nobody = `${key[0]} ${key[1]}`;
  }

  /**
   * `counter` distinguishes the parties that count the uses of a nonce: one request may pass several applications of
   * this container, and each sees it once. Rejects with the error that `users` threw, or with a TypeError for
   * invalid options.
   */
  async verify(request: Request, options: AuthenticationOptions, counter: string): Promise<Verdict> {
    const policy = policyOf(options);
    const found = credentialsIn(request, policy);
    if (found === undefined) return this.#challenge(policy, false);
    if (found instanceof Fault) return refused(policy, 'Cannot Be Read');
    const { credentials, field } = found;
    const algorithm = offeredAlgorithm(credentials, policy);
    if (algorithm === undefined) return this.#challenge(policy, false);
    const nonce = this.#nonces.check(credentials.nonce, policy.realm);
    if (nonce.state === 'foreign') return this.#challenge(policy, false);
    if (!isForUri(credentials.uri, request.uri, options)) return refused(policy, 'Is For Another Request-URI');
    const name = textOf(credentials.username);
    const secret = await options.users(name, options.realm);
    if (!this.#isRight(request, credentials, algorithm, policy.realm, secret)) return this.#challenge(policy, false);
    if (nonce.state === 'stale') return this.#challenge(policy, true);
    const { qop, use, username } = credentials;
    // A client that does not count uses the nonce once.
    const count = qop === undefined ? 1 : Number.parseInt(use.nc, 16);
    const key = `${counter}\0${username}\0${credentials.nonce}`;
    if (!this.#window.take(key, nonce.issued, count)) return this.#challenge(policy, true);
    return { user: name, field };
  }

  /** Whether the response is right for that secret, which `users` returned. */
  #isRight(
    { method, body }: Request,
    credentials: DigestCredentials,
    algorithm: Algorithm,
    realm: string,
    secret: Secret | undefined,
  ): boolean {
    const known = ha1Known(secret, algorithm.hash);
    const password = typeof secret === 'string' ? wireOf(secret) : this.#nobody;
    // A user who does not exist costs as much as one who does (§26.3.1.2).
    const computed = ha1Of(algorithm.hash, credentials.username, realm, password);
    const expected = requestDigest({ ...credentials, algorithm, ha1: known ?? computed, method, body });
    return isSame(expected, credentials.response) && (known !== undefined || typeof secret === 'string');
  }

  /** One header field for each algorithm, the strongest first (RFC 8760 §2.3). */
  #challenge({ realm, status, asks, algorithms, qop }: Policy, isStale: boolean): Verdict {
    const nonce = this.#nonces.mint(realm);
    const headers = algorithms.map(
      (algorithm) => [asks, writeChallenge({ realm, nonce, algorithm, qop, isStale })] as const,
    );
    return { user: undefined, status, headers };
  }
}

/** An algorithm or qop that was not offered is refused, so that nobody can force a weaker one (RFC 8760 §4). */
function offeredAlgorithm({ algorithm: name, qop }: DigestCredentials, policy: Policy): Algorithm | undefined {
  const algorithm = algorithmOf(name);
  const isOffered = qop === undefined ? policy.withoutQop : policy.qop.includes(qop);
  return algorithm !== undefined && isOffered && policy.algorithms.includes(algorithm) ? algorithm : undefined;
}

interface Found {
  readonly credentials: DigestCredentials;
  readonly field: Field;
}

/**
 * The credentials for our realm; a fault when there are none but some cannot be read. Credentials for other realms and
 * schemes are meant for others.
 */
function credentialsIn(request: Request, { answers, realm, algorithms }: Policy): Found | Fault | undefined {
  const all: Found[] = [];
  let fault: Fault | undefined;
  for (const field of request.fieldsOf(answers.toLowerCase())) {
    const { value } = field;
    if (!isDigest(schemeOf(value))) continue;
    const read = parseParameters(value);
    if (!(read instanceof Fault) && read.values.has('realm') && read.values.get('realm') !== realm) continue;
    const credentials = read instanceof Fault ? read : readCredentials(read);
    if (credentials instanceof Fault) fault = credentials;
    else all.push({ credentials, field });
  }
  const offered = ({ credentials }: Found): boolean => {
    const algorithm = algorithmOf(credentials.algorithm);
    return algorithm !== undefined && algorithms.includes(algorithm);
  };
  return all.find(offered) ?? all[0] ?? fault;
}

/**
 * RFC 7616 §3.4.6: refuses credentials for another resource, unless `acceptsUri` knows that a proxy has rewritten the
 * URI.
 */
function isForUri(written: string, target: string, { acceptsUri }: AuthenticationOptions): boolean {
  if (written === target) return true;
  try {
    if (parseUri(textOf(written)).equals(textOf(target))) return true;
  } catch {
    return false; // not a URI
  }
  return acceptsUri?.(textOf(written), textOf(target)) ?? false;
}

/** H(A1) as the application stores it. */
function ha1Known(secret: Secret | undefined, hash: DigestHash): string | undefined {
  if (secret === undefined || secret === null || typeof secret === 'string') return undefined;
  const ha1 = typeof secret === 'object' ? secret.ha1 : undefined;
  if (typeof ha1 !== 'object' || ha1 === null)
    throw new TypeError('authenticate: users returned neither a password nor { ha1 }');
  const known = ha1[hash]?.toLowerCase();
  const digits = hash === 'MD5' ? 32 : 64;
  if (known !== undefined && (known.length !== digits || /[^0-9a-f]/.test(known)))
    throw new TypeError(`authenticate: the ha1 for ${hash} is not ${digits} hexadecimal digits`);
  return known;
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}

function refused({ answers }: Policy, what: string): Verdict {
  return { user: undefined, status: 400, reason: `${answers} ${what}`, headers: [] };
}
