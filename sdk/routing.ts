// Application routing: which application is next for an initial request (JSR 289 §15).

import type { ReadonlySipRequest } from './messages.js';
import type { AddressLike } from './values/address.js';

/** On whose behalf an application is invoked: the caller's, the callee's, or nobody's. */
export type RoutingRegion = 'ORIGINATING' | 'TERMINATING' | 'NEUTRAL';

/**
 * How a request came to be: from outside or without a model, from a request with the same service intent,
 * or turned back (JSR 289 §15.4).
 */
export type RoutingDirective = 'NEW' | 'CONTINUE' | 'REVERSE';

/**
 * What becomes of `routes`: they are pushed and the request leaves, they are pushed and it
 * comes back here, or there are none.
 */
export type RouteModifier = 'ROUTE' | 'ROUTE_BACK' | 'NO_ROUTE';

/** A request that names its application itself: by an encoded URI, or by Join or Replaces (JSR 289 §15.11). */
export interface TargetedRequest {
  readonly type: 'ENCODED_URI' | 'JOIN' | 'REPLACES';
  readonly applicationName: string;
}

/**
 * What an application router answers (JSR 289's SipApplicationRouterInfo). Routes come first: with 'ROUTE_BACK', or
 * with 'ROUTE' and a first route elsewhere, the request leaves, whatever name stands beside.
 */
export interface RouterInfo {
  /** Undefined: no application is next, and the request leaves the container. */
  nextApplicationName?: string | undefined;
  /** Default: 'NEUTRAL'. */
  routingRegion?: RoutingRegion;
  /** On whose behalf the application is invoked. */
  subscriberUri?: AddressLike;
  /**
   * SIP or SIPS URIs to push, the first is next; at most 16. With 'ROUTE', a first one that is this container's is not
   * pushed: the application has it as `poppedRoute`.
   */
  routes?: readonly AddressLike[];
  /** Default: 'NO_ROUTE'. */
  routeModifier?: RouteModifier;
  /**
   * Comes back at the next question for this request, and for one that an application makes from it. It stays in this
   * process for five minutes at most while the request is out by 'ROUTE_BACK'.
   */
  stateInfo?: unknown;
}

/**
 * The class that is exported with `@ApplicationRouter()`. One instance serves each deployed version of its application;
 * the instance of a new version is asked from then on, for requests under way too, so `stateInfo` should be plain data.
 */
export interface SipApplicationRouter {
  /**
   * Which application is next. Called once for each initial request, received or sent by an application, for each
   * branch of a search, and for requests that a stateless siplet is to take: for these it must depend on the message
   * alone, since each retransmission, the ACK and the CANCEL is asked about anew, the last two as their INVITE
   * (§16.11). It answers at once; undefined is that no application takes the request: one from outside gets 404 or 405,
   * one of an application leaves the container. To throw, or to name what is not deployed or has no handler for the
   * method, is to have no answer: the caller gets 500.
   */
  getNextApplication(
    request: ReadonlySipRequest,
    region: RoutingRegion | undefined,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
    stateInfo: unknown,
  ): RouterInfo | undefined;
  /** These applications can be chosen from now on; called with all of them before the first question. */
  applicationsDeployed?(names: readonly string[]): void;
  /** These cannot be chosen any more. */
  applicationsUndeployed?(names: readonly string[]): void;
}
