// Application routing: which application is next for an initial request (JSR 289 §15).

import type { ReadonlySipRequest } from './messages.js';
import type { AddressLike } from './values/address.js';

/** On whose behalf an application is invoked: the caller's, the callee's, or nobody's. */
export type RoutingRegion = 'ORIGINATING' | 'TERMINATING' | 'NEUTRAL';

/** How a request came to be: from outside or without a model, from a request with the same service intent, or turned back (JSR 289 §15.4). */
export type RoutingDirective = 'NEW' | 'CONTINUE' | 'REVERSE';

/** What becomes of `routes`: they are pushed and the request leaves, they are pushed and it comes back here, or there are none. */
export type RouteModifier = 'ROUTE' | 'ROUTE_BACK' | 'NO_ROUTE';

/** A request that names its application itself: by an encoded URI, or by Join or Replaces (JSR 289 §15.11). */
export interface TargetedRequest {
  readonly type: 'ENCODED_URI' | 'JOIN' | 'REPLACES';
  readonly applicationName: string;
}

/** What an application router answers (JSR 289's SipApplicationRouterInfo). */
export interface RouterInfo {
  /** Undefined: no application is next, and the request leaves the container. */
  nextApplicationName?: string | undefined;
  /** Default: 'NEUTRAL'. */
  routingRegion?: RoutingRegion;
  /** On whose behalf the application is invoked. */
  subscriberUri?: AddressLike;
  /** Routes to push, the first is next. */
  routes?: readonly AddressLike[];
  /** Default: 'NO_ROUTE'. */
  routeModifier?: RouteModifier;
  /** Comes back at the next question for this call. */
  stateInfo?: unknown;
}

/** The class that is exported with `@ApplicationRouter()`. */
export interface SipApplicationRouter {
  /** Which application is next. Called for each initial request, received or sent by an application. To throw is to have no answer: the caller gets 500. */
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
