// The options of a proxy and of its branches (JSR 289 §10.2), as the response context and each branch keep them.
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';

export class ProxyOptions {
  parallel = true;
  recurse = true;
  noCancel = false;
  /**
   * Milliseconds: of the whole when parallel (C-22), of each branch when sequential (C-23); 0: what the transactions
   * allow.
   */
  timeout = 180_000;
  /** Milliseconds that a branch may take to its first 1xx; undefined: no limit. */
  provisionalTimeout: number | undefined;
  /**
   * Parameters of our Record-Route URI with a leading ';', or undefined: this element does not stay on the path (§16.6
   * step 4).
   */
  recordRoute: string | undefined;
  /** The same for Path (RFC 3327). */
  path: string | undefined;
  /** Local address that requests are to leave from (JSR 289 §14.2); undefined: whichever fits. */
  outboundInterface: string | undefined;
  /**
   * Gives the flow to the next application of the composition, when there is one; a status where none can be told;
   * pushes routes onto the request by which it leaves (RULES.md section 5).
   */
  toNextApplication: ((request: Request) => Flow | number | undefined) | undefined;
  /** The request is inside a dialog: it has one target, and no other is added (C-34). */
  isInDialog = false;
}

/** What the application has set for one branch alone; undefined: as the proxy says. */
export class BranchOptions {
  /** Milliseconds that it may take (C-23). */
  timeout: number | undefined;
  /** Whether the Contacts of its 3xx are tried (C-26). */
  recurse: boolean | undefined;
  /** Gives the parameters of our Record-Route URI; null: none is added. */
  recordRoute: (() => string) | null | undefined;
  /** The same for Path (RFC 3327). */
  path: (() => string) | null | undefined;
  outboundInterface: string | undefined;
}
