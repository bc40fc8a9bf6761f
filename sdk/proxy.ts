// Proxying (§16) as an application controls it: JSR 289's Proxy and ProxyBranch, with the rules C-1 to C-40.

import type { SipRequest, SipResponse } from './messages.js';
import type { SipUri } from './values/sip-uri.js';
import type { Uri, UriLike } from './values/uri.js';

/** Options of a proxy. They may be changed until the proxy is started. */
export interface ProxyOptions {
  /**
   * Whether the application's response handlers are called for this transaction (C-2, C-4). Default:
   * what `@Siplet` says, else true.
   */
  supervised?: boolean;
  /** Whether all branches start at once (C-22), or one after another (C-23). Default: true. */
  parallel?: boolean;
  /** Whether the Contacts of a 3xx are tried (C-26). Default: true. */
  recurse?: boolean;
  /**
   * Whether the container stays in the dialog, so that `@Subsequent()` handlers see its requests (C-34). REGISTER is
   * never record-routed (C-38). Default: false.
   */
  recordRoute?: boolean;
  /**
   * Whether a Path is added to a REGISTER, so that requests to what it registers come through here
   * (RFC 3327, C-38). Default: false.
   */
  addToPath?: boolean;
  /**
   * Seconds: bounds a parallel search as a whole, and each branch of a sequential one (C-22, C-23). Default:
   * what `@Siplet` says, else 180.
   */
  timeout?: number;
  /** Whether other branches go on when one was answered with a 2xx (C-10). Default: false. */
  noCancel?: boolean;
  /** What the parameters of `Proxy.recordRouteUri` are taken from (C-35). */
  recordRouteUri?: UriLike;
  /** What the parameters of `Proxy.pathUri` are taken from. */
  pathUri?: UriLike;
  /**
   * The address of this container from which branches are sent: 'udp:192.0.2.1:5060', or an IP
   * address. Default: as routing has it.
   */
  outboundInterface?: string;
}

/**
 * Why something is cancelled: becomes the Reason header of the CANCEL (RFC 3326). A text is the
 * header's value: 'SIP;cause=200'.
 */
export type CancelReason = string | CancelCause;

export interface CancelCause {
  /** Default: 'SIP'; 'Q.850' is the other one in use. */
  protocol?: string;
  cause: number;
  text?: string;
}

/** Whether a branch was started, is waited for, or has its final response. */
export type BranchState = 'waiting' | 'pending' | 'ended';

/** The proxy of one transaction (§16). `request.proxy()` gives it. */
export interface Proxy extends Required<Omit<ProxyOptions, 'outboundInterface' | 'recordRouteUri' | 'pathUri'>> {
  outboundInterface: string | undefined;
  /**
   * The URI of the Record-Route, on which parameters may be set that come back in `request.parameter(name)` of each
   * subsequent request, from both sides (C-35). Reading it, before the start, makes it live: what is set is what is
   * sent; of a URI that is assigned the parameters are taken, since scheme, host and port are the container's. Throws
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
   * Adds branches for these URIs and starts them; one that is in the target set is not tried twice (§16.5, C-19).
   * Legal as long as the transaction has not completed: from 1xx, branch and best-response handlers, also later,
   * and after `cancel` (C-16, C-18). From a best-response handler of class 3, 4 or 5 the response is then not
   * forwarded, and stays a candidate (C-17). Throws IllegalStateError after completion, a 2xx or a 6xx;
   * SipParseError for a string that is no URI.
   */
  proxyTo(uri: UriLike | readonly UriLike[]): void;
  /** Adds branches that wait for `start`. One that is in the target set is left out. */
  createBranches(uris: UriLike | readonly UriLike[]): ProxyBranch[];
  /** Starts the branches that wait. */
  start(): void;
  /** Cancels all pending branches (§16.10); the response processing goes on as usual. */
  cancel(reason?: CancelReason): void;
  /** All branches, in the order in which they were added; those that a 3xx gave are in `recursed` of theirs. */
  readonly branches: readonly ProxyBranch[];
  /** The branch to this URI (§19.1.4). */
  branch(uri: UriLike): ProxyBranch | undefined;
  /** The request that is proxied. */
  readonly originalRequest: SipRequest;
}

/** One target of a proxied request: a client transaction (§16.6). */
export interface ProxyBranch {
  /** Where it goes. */
  readonly uri: Uri;
  /** The request as it is sent. Until it is started its headers may be changed, for this branch alone. */
  readonly request: SipRequest;
  /** What came last: a 1xx, then the final response; undefined as long as nothing has come. */
  readonly response: SipResponse | undefined;
  readonly state: BranchState;
  readonly proxy: Proxy;
  /** Cancels this branch (§9.1); one that waits is never started. */
  cancel(reason?: CancelReason): void;
  /** Seconds that it may take; default is that of the proxy. Timer C bounds an INVITE all the same (C-24). */
  timeout: number;
  /** Whether the Contacts of its 3xx are tried; default is that of the proxy. */
  recurse: boolean;
  /** The branches that its 3xx gave (C-26). */
  readonly recursed: readonly ProxyBranch[];
  /** Whether it is record-routed; default is that of the proxy. */
  recordRoute: boolean;
  /** The URI of the Record-Route on this branch alone; as `Proxy.recordRouteUri`. */
  get recordRouteUri(): SipUri;
  set recordRouteUri(uri: UriLike);
}
