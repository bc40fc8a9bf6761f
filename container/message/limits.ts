// Bounds on what a peer may send, beyond which a message is refused and not read further (§21.4.11, §21.5.7; RFC 3261 §26 asks for such care).

/** What `parse` accepts at most; a message beyond a bound is Malformed with 513, or 400 where the fault is one of form. */
export const LIMITS = {
  /** Octets of start line and header fields together. */
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
