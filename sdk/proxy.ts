// Proxying (§16) as an application controls it: JSR 289's Proxy and ProxyBranch.

import type { Duration } from './duration.js';
import type { SipRequest, SipResponse } from './messages.js';
import type { SipUri } from './values/sip-uri.js';
import type { Uri, UriLike } from './values/uri.js';

/** Options of a proxy. Setting one other than `parallel` throws IllegalStateError once its first branch has started. */
export interface ProxyOptions {
  /**
   * Whether the container calls the application's response handlers for this transaction. Default: that of `@Siplet`,
   * else true.
   */
  supervised?: boolean;
  /**
   * Whether all branches start at once, or one after another. Default: true. Changed during the search, it holds for
   * the branches that wait.
   */
  parallel?: boolean;
  /** Whether the proxy tries the Contacts of a 3xx itself (§16.7 step 4). Default: true. */
  recurse?: boolean;
  /**
   * Whether the container stays in the dialog, so that `@Subsequent()` handlers see its requests. A REGISTER is never
   * record-routed. Default: false.
   */
  recordRoute?: boolean;
  /**
   * Whether the proxy adds a Path to a REGISTER, so that requests to the registered Contact pass through this container
   * (RFC 3327). Default: false.
   */
  addToPath?: boolean;
  /**
   * How long a parallel search may take as a whole, and each branch of a sequential one. Default: `proxyTimeout` of
   * `@Siplet`, else '180s'. A number below 1000 throws RangeError, because it would be milliseconds: write '20s'.
   */
  timeout?: Duration;
  /**
   * How long a branch may take to its first 1xx. After that it is given up as if it had answered 408. A request that
   * is not an INVITE has as long to its final response, since 1xx are rare there. Default: no such limit. A number
   * below 1000 throws RangeError, as in `timeout`.
   */
  provisionalTimeout?: Duration;
  /** Whether the other branches go on after a 2xx. Default: false. */
  noCancel?: boolean;
  /** The URI whose parameters `SipProxy.recordRouteUri` gets. */
  recordRouteUri?: UriLike;
  /** The URI whose parameters `SipProxy.pathUri` gets. */
  pathUri?: UriLike;
  /**
   * The address of this container that requests leave from: 'udp:192.0.2.1:5060', or an IP address. Default: the
   * routing table decides.
   */
  outboundInterface?: string;
}

/**
 * Why something is cancelled. It becomes the Reason header of the CANCEL (RFC 3326). A text is the value of that
 * header: 'SIP;cause=200'.
 */
export type CancelReason = string | CancelCause;

export interface CancelCause {
  /** Default: 'SIP'; 'Q.850' is the other one in use. */
  protocol?: string;
  cause: number;
  text?: string;
}

/** Whether a branch has not been started, waits for its final response, or has ended. */
export type BranchState = 'waiting' | 'pending' | 'ended';

/** The proxy of one transaction (§16), as `request.proxy()` returns it. */
export interface SipProxy
  extends Required<
    Pick<ProxyOptions, 'supervised' | 'parallel' | 'recurse' | 'recordRoute' | 'addToPath' | 'noCancel'>
  > {
  /** Milliseconds: see ProxyOptions. */
  get timeout(): number;
  set timeout(timeout: Duration);
  /** Milliseconds; undefined for no limit: see ProxyOptions. */
  get provisionalTimeout(): number | undefined;
  set provisionalTimeout(timeout: Duration | undefined);
  /** See ProxyOptions. Throws RangeError for an address that is not this container's. */
  outboundInterface: string | undefined;
  /**
   * The URI of the Record-Route. Parameters that the application sets on it come back in `request.parameter(name)` of
   * each subsequent request, from both sides. The URI is live until the start: changing it changes the header, and
   * throws afterwards. Assigning a URI copies its parameters; scheme, host and port are the container's. Throws
   * IllegalStateError when `recordRoute` is false.
   */
  get recordRouteUri(): SipUri;
  set recordRouteUri(uri: UriLike);
  /**
   * The URI of the Path, as `recordRouteUri` is that of the Record-Route (RFC 3327). Throws
   * IllegalStateError when `addToPath` is false.
   */
  get pathUri(): SipUri;
  set pathUri(uri: UriLike);
  /**
   * Adds a branch for each URI and starts it. A URI that is already in the target set is not tried again (§16.5). Any
   * handler may call it until the transaction has completed, also after `cancel`. When the handler of a best response
   * of 300 to 599 calls it, the container does not forward that response: it stays a candidate beside those of the new
   * branches. Throws IllegalStateError after a 2xx, a 6xx or the completion of the transaction, and SipParseError for a
   * string that is not a URI.
   */
  proxyTo(uri: UriLike | readonly UriLike[]): void;
  /** Adds branches that wait for `start`. URIs that are already in the target set are left out. */
  createBranches(uris: UriLike | readonly UriLike[]): ProxyBranch[];
  /** Starts the waiting branches. */
  start(): void;
  /** Cancels all pending branches (§16.10), if there are any; the response processing goes on as usual. */
  cancel(reason?: CancelReason): void;
  /**
   * All branches, in the order in which they were added. Those that a 3xx added are in `recursed` of the branch that it
   * came on.
   */
  readonly branches: readonly ProxyBranch[];
  /** The branch to this URI (§19.1.4). */
  branch(uri: UriLike): ProxyBranch | undefined;
  /** The request that the application proxies. */
  readonly originalRequest: SipRequest;
}

/**
 * One target of a proxied request: a client transaction (§16.6). Setting one of its options after it was started throws
 * IllegalStateError.
 */
export interface ProxyBranch {
  /** Its target. */
  readonly uri: Uri;
  /**
   * The request that is sent to the target. Until the branch starts, its headers can be changed for this branch alone.
   */
  readonly request: SipRequest;
  /** The last response: a 1xx, then the final response; undefined before any. */
  readonly response: SipResponse | undefined;
  readonly state: BranchState;
  readonly proxy: SipProxy;
  /**
   * Cancels this branch and those that its 3xx added (§9.1). A branch that waits is never started; one that has ended
   * is left alone.
   */
  cancel(reason?: CancelReason): void;
  /**
   * How long the branch may take, in milliseconds. Default: that of the proxy. Timer C limits an INVITE in any case
   * (§16.8).
   */
  get timeout(): number;
  set timeout(timeout: Duration);
  /** Whether the proxy tries the Contacts of its 3xx. Default: that of the proxy. */
  recurse: boolean;
  /** The branches that its 3xx added. */
  readonly recursed: readonly ProxyBranch[];
  /** Whether it is record-routed. Default: that of the proxy. */
  recordRoute: boolean;
  /** The URI of the Record-Route on this branch alone; as `SipProxy.recordRouteUri`. */
  get recordRouteUri(): SipUri;
  set recordRouteUri(uri: UriLike);
  /** Whether it adds a Path to a REGISTER; default is that of the proxy. */
  addToPath: boolean;
  /** The URI of the Path on this branch alone; as `SipProxy.pathUri`. */
  get pathUri(): SipUri;
  set pathUri(uri: UriLike);
  /** The address of this container that this branch leaves from; default is that of the proxy. */
  outboundInterface: string | undefined;
}
