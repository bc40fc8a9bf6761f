// The most that a peer may send. A message beyond a bound is refused and not read further (§21.4.11, §21.5.7, §26).

/** The most that `parse` accepts. A message beyond a bound is Malformed, with 513, or with 400 for a fault of form. */
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
