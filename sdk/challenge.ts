// Authentication: what a peer asks for and what an application answers (§22, RFC 8760).

/** One WWW-Authenticate or Proxy-Authenticate value of a 401 or 407. */
export interface Challenge {
  /** As written: 'Digest'. */
  readonly scheme: string;
  readonly realm: string;
  /** 401 for WWW-Authenticate, 407 for Proxy-Authenticate. */
  readonly status: 401 | 407;
  /**
   * Whether only the nonce was too old: the same credentials may be tried again. Else, after credentials were sent,
   * they were refused (RFC 7616 §3.3).
   */
  readonly isStale: boolean;
  /** All parameters without their quotes, names in lower case: 'nonce', 'algorithm', 'qop', …. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Who the application is to a peer. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /**
   * The realm that they are for; any when it is left out, also one that a stranger makes up to
   * learn what is made of the password.
   */
  readonly realm?: string;
}
