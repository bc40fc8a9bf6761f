// The limits of what a peer may send. The parser refuses a message beyond a limit and does not read it further
// (§21.4.11, §21.5.7, §26).

/** The limits of `parse`. A message beyond one is Malformed, with 513, or with 400 for a syntax error. */
export const LIMITS = {
  /** Octets of the start line and header fields together. */
  head: 65_536,
  /** Header fields. */
  fields: 500,
  /** Via values, in any number of fields. */
  vias: 100,
  /** Route values, in any number of fields. */
  routes: 100,
  /** Octets of a body that a stream peer may declare (413). */
  body: 4 * 1024 * 1024,
} as const;
