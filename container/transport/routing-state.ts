// The routing state of JSR 289 §15: it travels with an initial request from application to application, and tells the
// router what it answered before (RULES.md section 5).
import type { RoutingDirective, RoutingRegion } from '@siplet/sdk';

export interface RoutingState {
  /**
   * The names of the applications that had the request, or a request that it was made from, in order. For a request
   * being sent, the sender is included.
   */
  readonly visited: readonly string[];
  /** The application that sent it; undefined when it comes from outside. */
  readonly sender: string | undefined;
  /** The directive of the last question to the router. */
  readonly directive: RoutingDirective;
  /** The region of the router's last answer: on whose behalf that application was invoked. */
  readonly region: RoutingRegion | undefined;
  /** The URI of that subscriber, as wire text. */
  readonly subscriberUri: string | undefined;
  /** The state information of the router's last answer. */
  readonly stateInfo: unknown;
  /** The next application detects loops itself (§16.3 step 4). The sender of the request need not. */
  readonly detectsLoops?: boolean;
}

/** The state of a request from outside: no application has had it. */
export const OUTSIDE: RoutingState = {
  visited: [],
  sender: undefined,
  directive: 'NEW',
  region: undefined,
  subscriberUri: undefined,
  stateInfo: undefined,
};

/**
 * The state of a request that an application sends: it continues from where it was made, and its sender counts as
 * visited.
 */
export function sentBy(sender: string, routingState: RoutingState): RoutingState {
  if (routingState.visited.at(-1) === sender) return routingState;
  const { directive, region, subscriberUri, stateInfo } = routingState;
  return { visited: [...routingState.visited, sender], sender, directive, region, subscriberUri, stateInfo };
}
