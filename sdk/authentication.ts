// Authentication of senders: the container challenges requests and checks digest credentials (§22, RFC 7616, RFC 8760).

import type { SipRequest } from './messages.js';

/** The hashes for digests, the weakest first. */
export type DigestHash = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** An algorithm as the header names it. '-sess' derives a key for each nonce (RFC 7616 §3.4.2). */
export type DigestAlgorithm = DigestHash | `${DigestHash}-sess`;

/**
 * What the application knows about a user: the password, or H(username:realm:password) in hexadecimal digits for one or
 * several hashes. Only these hashes can authenticate the user.
 */
export type Secret = string | { readonly ha1: { readonly [hash in DigestHash]?: string } };

/** Looks a user up; undefined when there is no such user. When it throws, the handler fails. */
export type Users = (name: string, realm: string) => Secret | undefined | Promise<Secret | undefined>;

/** The users that may pass, and how the container challenges them. */
export interface AuthenticationOptions {
  /** Tells users whose password is asked for: a domain of the application, 'example.com' (§22.1). */
  readonly realm: string;
  /** Looks up the user of each request with usable credentials. */
  readonly users: Users;
  /**
   * The algorithms that are offered; no other is accepted. The strongest is offered first (RFC 8760 §2.3). Default:
   * SHA-256 and MD5.
   */
  readonly algorithms?: readonly DigestAlgorithm[];
  /**
   * Whether to challenge as a proxy, with 407, Proxy-Authenticate and Proxy-Authorization, and to remove the
   * credentials when they are right. Default: false, for 401 and Authorization (§22.2, §22.3).
   */
  readonly proxy?: boolean;
  /** The qualities of protection. 'auth-int' also covers the body (RFC 7616 §3.4.3). Default: 'auth' alone. */
  readonly qop?: readonly ('auth' | 'auth-int')[];
  /** Whether clients that do not know qop may pass (RFC 2069). Each nonce serves them once. Default: false. */
  readonly withoutQop?: boolean;
  /**
   * Whether credentials that were made for one URI are valid for another Request-URI (§19.1.4), because a proxy has
   * rewritten it. Default: never.
   */
  readonly acceptsUri?: (written: string, requestUri: string) => boolean;
}

/** The options of `@Authenticated`: see AuthenticationOptions. */
export interface AuthenticatedOptions extends Omit<AuthenticationOptions, 'users'> {
  /** The name of the siplet's method that looks a user up, or a function. It is called with the siplet as `this`. */
  readonly users: string | Users;
}

/**
 * Authenticates the senders of requests. `constructor(private readonly authentication: Authentication)` injects it.
 * `@Authenticated()` is the short way.
 */
export abstract class Authentication {
  /**
   * Resolves with the name of the user whose credentials the request carries, and sets `request.user`. If the
   * credentials are missing or wrong, the container answers the request, and the promise resolves with undefined: the
   * application must not answer it again. The answer is 401 or 407 with challenges, and with `stale` when only the
   * nonce was too old or used up; it is 400 when the credentials cannot be read or were made for another Request-URI.
   * For an ACK or a CANCEL, which cannot be challenged (§22.1), and for a request that the caller has cancelled
   * meanwhile, the result is undefined, too. Rejects with TypeError for invalid options, with IllegalStateError for a
   * request that was not received or is already proxied, and with the error that `users` throws.
   */
  abstract authenticate(request: SipRequest, options: AuthenticationOptions): Promise<string | undefined>;
}
