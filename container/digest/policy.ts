// What an application requires of its peers, checked and prepared once for each set of options.
import type { AuthenticationOptions } from '@siplet/sdk';
import { wireOf } from '../message/index.js';
import { type Algorithm, algorithmOf, strongestFirst } from './algorithms.js';
import type { Qop } from './request-digest.js';

export interface Policy {
  /** A wire string. */
  readonly realm: string;
  readonly status: 401 | 407;
  readonly asks: 'WWW-Authenticate' | 'Proxy-Authenticate';
  readonly answers: 'Authorization' | 'Proxy-Authorization';
  /** The strongest first. */
  readonly algorithms: readonly Algorithm[];
  readonly qop: readonly Qop[];
  readonly withoutQop: boolean;
}

const ALGORITHMS = ['SHA-256', 'MD5'] as const;
const QOP: readonly Qop[] = ['auth'];
/** Longer realms would not help the user who reads them. */
const LONGEST_REALM = 255;

const policies = new WeakMap<object, Policy>();

/** Throws a TypeError for invalid options. */
export function policyOf(options: AuthenticationOptions): Policy {
  let policy = policies.get(options);
  if (policy === undefined) {
    const [fault] = faultsOfOptions(options);
    if (fault !== undefined) throw new TypeError(`authenticate: ${fault}`);
    if (typeof options.users !== 'function') throw new TypeError('authenticate: users is not a function');
    policy = made(options);
    policies.set(options, policy);
  }
  return policy;
}

function made(options: AuthenticationOptions): Policy {
  const proxy = options.proxy ?? false;
  const named = (options.algorithms ?? ALGORITHMS).flatMap((name) => algorithmOf(name) ?? []);
  return {
    realm: wireOf(options.realm),
    status: proxy ? 407 : 401,
    asks: proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate',
    answers: proxy ? 'Proxy-Authorization' : 'Authorization',
    algorithms: strongestFirst([...new Set(named)], (algorithm) => algorithm),
    qop: options.qop ?? QOP,
    withoutQop: options.withoutQop ?? false,
  };
}

/** The faults in the options, except in `users`: one half-sentence each. */
export function faultsOfOptions(options: Partial<Omit<AuthenticationOptions, 'users'>> | undefined): string[] {
  const { realm, algorithms = ALGORITHMS, qop = QOP, proxy = false, withoutQop = false, acceptsUri } = options ?? {};
  const faults = [...realmFaults(realm), ...algorithmFaults(algorithms), ...qopFaults(qop)];
  if (typeof proxy !== 'boolean') faults.push('proxy is neither true nor false');
  if (typeof withoutQop !== 'boolean') faults.push('withoutQop is neither true nor false');
  if (acceptsUri !== undefined && typeof acceptsUri !== 'function') faults.push('acceptsUri is not a function');
  return faults;
}

function realmFaults(realm: unknown): string[] {
  if (typeof realm !== 'string' || realm === '') return ["realm is missing: a domain of yours, such as 'example.com'"];
  if (realm.length <= LONGEST_REALM && !hasControls(realm)) return [];
  return ['realm contains control characters or is too long'];
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function algorithmFaults(algorithms: unknown): string[] {
  if (!Array.isArray(algorithms) || algorithms.length === 0)
    return ['algorithms is not a list of at least one algorithm'];
  return algorithms
    .filter((name) => typeof name !== 'string' || algorithmOf(name) === undefined)
    .map((name) => `the algorithm ${name} is unknown`);
}

function qopFaults(qop: unknown): string[] {
  if (!Array.isArray(qop) || qop.length === 0) return ["qop is not a list of 'auth' and 'auth-int'"];
  return qop.filter((one) => one !== 'auth' && one !== 'auth-int').map((one) => `the qop ${one} is unknown`);
}
