// Authentication of those who send requests: the container asks for digest credentials and checks
// them (§22, RFC 7616, RFC 8760).

import type { SipRequest } from './messages.js';

/** What a digest is made with, from the weakest. */
export type DigestHash = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** An algorithm as it is written; '-sess' makes a key for each nonce (RFC 7616 §3.4.2). */
export type DigestAlgorithm = DigestHash | `${DigestHash}-sess`;

/**
 * What the application knows of a user: the password, or H(username:realm:password) in hexadecimal digits for each hash
 * that it has. A user is authenticated with those hashes alone.
 */
export type Secret = string | { readonly ha1: { readonly [hash in DigestHash]?: string } };

/** Looks a user up; undefined when there is none. What it throws fails the handler (C-41). */
export type Users = (name: string, realm: string) => Secret | undefined | Promise<Secret | undefined>;

/** Who may pass, and how that is asked. */
export interface AuthenticationOptions {
  /** Whose passwords they are, as users read it: a domain of the application's, 'example.com' (§22.1). */
  readonly realm: string;
  /** Asked for each request whose credentials are of use. */
  readonly users: Users;
  /**
   * Algorithms that are offered, and no other is accepted. The strongest is asked for first
   * (RFC 8760 §2.3). Default: SHA-256 and MD5.
   */
  readonly algorithms?: readonly DigestAlgorithm[];
  /**
   * As proxies do: 407, Proxy-Authenticate and Proxy-Authorization, which is removed when it was right. Default: false,
   * 401 and Authorization (§22.2, §22.3).
   */
  readonly proxy?: boolean;
  /** Whether the digest covers the body: 'auth-int'. Default: 'auth' alone, which does not (RFC 7616 §3.4.3). */
  readonly qop?: readonly ('auth' | 'auth-int')[];
  /** Whether clients that know nothing of qop pass; each nonce serves them once (RFC 2069). Default: false. */
  readonly withoutQop?: boolean;
  /**
   * Whether credentials made for that URI are good for this Request-URI, which is another (§19.1.4): a proxy has
   * rewritten it. Default: they never are.
   */
  readonly acceptsUri?: (written: string, requestUri: string) => boolean;
}

/** What `@Authenticated` takes: see AuthenticationOptions. */
export interface AuthenticatedOptions extends Omit<AuthenticationOptions, 'users'> {
  /**
   * The method of the siplet that looks a user up, by its name, or a function. It is called with the siplet as `this`.
   */
  readonly users: string | Users;
}

/**
 * Authenticates requests: `constructor(private readonly authentication: Authentication)`. `@Authenticated()` is the
 * short way.
 */
export abstract class Authentication {
  /**
   * The name of the user whose credentials the request carries; it is in `request.user` from then on. When there are
   * none, or they are not right, the request is answered (401 or 407 with challenges, `stale` where only the nonce was
   * too old or used up; 400 when they cannot be read, or are for another Request-URI), and it is undefined: the
   * application is done with the request. An ACK or a CANCEL is never answered (§22.1): it is undefined for them, and
   * also when the caller has given up meanwhile. Rejects with TypeError for options that are none, with
   * IllegalStateError for a request that was not received or is proxied already, and with what `users` throws.
   */
  abstract authenticate(request: SipRequest, options: AuthenticationOptions): Promise<string | undefined>;
}
