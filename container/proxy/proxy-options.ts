// The options of a proxy and of its branches (JSR 289 §10.2), as the response context and each branch keep them.
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';

export class ProxyOptions {
  parallel = true;
  recurse = true;
  noCancel = false;
  /**
   * Milliseconds: for the whole search when parallel (C-22), for each branch when sequential (C-23); 0: as long as the
   * transactions allow.
   */
  timeout = 180_000;
  /** Milliseconds that a branch may take until its first 1xx; undefined: no limit. */
  provisionalTimeout: number | undefined;
  /**
   * Parameters of our Record-Route URI with a leading ';', or undefined: this element does not stay on the path (§16.6
   * step 4).
   */
  recordRoute: string | undefined;
  /** The same for Path (RFC 3327). */
  path: string | undefined;
  /** The local address from which requests leave (JSR 289 §14.2); undefined: any that fits. */
  outboundInterface: string | undefined;
  /**
   * Returns the flow to the next application of the composition, if there is one, or a status if none can be
   * determined. Pushes the routes onto the request by which it leaves (RULES.md section 5).
   */
  toNextApplication: ((request: Request) => Flow | number | undefined) | undefined;
  /** Seconds that a session may last without a refresh, where the path leads through here (RFC 4028 §8.1). */
  sessionExpires: number | undefined;
  /** The request is inside a dialog: it has one target, and no other can be added (C-34). */
  isInDialog = false;
  /** In a dialog: the flow on which the recipient was heard last. */
  heardOn: Flow | undefined = undefined;
}

/** The options that the application has set for one branch alone; undefined: as for the proxy. */
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
