// Authentication: the challenges of a peer and the credentials for them (§22, RFC 8760).

/** One WWW-Authenticate or Proxy-Authenticate value of a 401 or 407. */
export interface Challenge {
  /** As it was written: 'Digest'. */
  readonly scheme: string;
  readonly realm: string;
  /** 401 for WWW-Authenticate, 407 for Proxy-Authenticate. */
  readonly status: 401 | 407;
  /**
   * Whether only the nonce was too old, so that the same credentials may be tried again. If it is false after
   * credentials were sent, they were refused (RFC 7616 §3.3).
   */
  readonly isStale: boolean;
  /** All parameters without their quotes, names in lower case: 'nonce', 'algorithm', 'qop', …. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The application's credentials for a peer. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /**
   * The realm that they are for. Without it they are used for any realm, including one that a stranger invents to
   * obtain a digest of the password.
   */
  readonly realm?: string;
}
