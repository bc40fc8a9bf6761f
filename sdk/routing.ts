// Application routing: which application is next for an initial request (JSR 289 §15).

import type { ReadonlySipRequest } from './messages.js';
import type { AddressLike } from './values/address.js';

/** On whose behalf an application is invoked: the caller's, the callee's, or neither's. */
export type RoutingRegion = 'ORIGINATING' | 'TERMINATING' | 'NEUTRAL';

/**
 * The origin of a request: from outside or without a model, from another request in the same direction, or from another
 * request in the opposite direction (JSR 289 §15.4).
 */
export type RoutingDirective = 'NEW' | 'CONTINUE' | 'REVERSE';

/**
 * What happens to `routes`: they are pushed and the request leaves, they are pushed and the request comes back later,
 * or there are no routes.
 */
export type RouteModifier = 'ROUTE' | 'ROUTE_BACK' | 'NO_ROUTE';

/** A request that names its application itself: by an encoded URI, or by Join or Replaces (JSR 289 §15.11). */
export interface TargetedRequest {
  readonly type: 'ENCODED_URI' | 'JOIN' | 'REPLACES';
  readonly applicationName: string;
}

/**
 * The answer of an application router (JSR 289's SipApplicationRouterInfo). Routes take precedence: with 'ROUTE_BACK',
 * or with 'ROUTE' and a first route that is not this container's, the request leaves even if the answer names an
 * application.
 */
export interface RouterInfo {
  /**
   * The next application. The next application. Undefined: no application is next, and the request leaves the
   * container.
   */
  nextApplicationName?: string | undefined;
  /** Default: 'NEUTRAL'. */
  routingRegion?: RoutingRegion;
  /** On whose behalf the application is invoked. */
  subscriberUri?: AddressLike;
  /**
   * At most 16 SIP or SIPS URIs to push, the next hop first. With 'ROUTE', a first URI that is this container's is not
   * pushed: the application gets it as `poppedRoute`.
   */
  routes?: readonly AddressLike[];
  /** Default: 'NO_ROUTE'. */
  routeModifier?: RouteModifier;
  /**
   * Passed to the router when it is next asked about this request, or about one that an application makes from it.
   * While a request is away by 'ROUTE_BACK', the process keeps it for at most five minutes.
   */
  stateInfo?: unknown;
}

/**
 * The interface of a class with `@ApplicationRouter()`. One instance serves each deployed version of its application.
 * The instance of a new version is also asked about requests that are under way, so `stateInfo` should be plain data.
 */
export interface SipApplicationRouter {
  /**
   * Returns the next application, synchronously. It is called once for each initial request that is received or that an
   * application sends, and for each branch of a proxy. For a stateless siplet the answer must depend on the message
   * alone, because the router is asked again about each retransmission and about the ACK and the CANCEL, which are
   * presented as their INVITE (§16.11). Undefined means that no application takes the request: one from outside gets
   * 404 or 405, one from an application leaves the container. If the method throws, or names an application that is not
   * deployed or has no handler for the request's method, the sender gets 500.
   */
  getNextApplication(
    request: ReadonlySipRequest,
    region: RoutingRegion | undefined,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
    stateInfo: unknown,
  ): RouterInfo | undefined;
  /** These applications can be chosen from now on. Called with all of them before the first question. */
  applicationsDeployed?(names: readonly string[]): void;
  /** These applications can no longer be chosen. */
  applicationsUndeployed?(names: readonly string[]): void;
}
