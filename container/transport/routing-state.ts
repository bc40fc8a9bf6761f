// What travels with an initial request from application to application: by it the router knows what was answered before
// (contract section 5, JSR 289 §15).
import type { RoutingDirective, RoutingRegion } from '@siplet/sdk';

export interface RoutingState {
  /**
   * Names of the applications that have had the request, or one that it was made from, in order; of one that is sent,
   * its sender's too.
   */
  readonly visited: readonly string[];
  /** The application that it comes from; undefined: it comes from outside. */
  readonly sender: string | undefined;
  /** What the router was asked with last. */
  readonly directive: RoutingDirective;
  /** On whose behalf the application was invoked that had it last. */
  readonly region: RoutingRegion | undefined;
  /** URI of that subscriber, wire text. */
  readonly subscriberUri: string | undefined;
  /** What the router gave with its last answer. */
  readonly stateInfo: unknown;
}

/** Of a request that comes from outside: no application has had it. */
export const OUTSIDE: RoutingState = {
  visited: [],
  sender: undefined,
  directive: 'NEW',
  region: undefined,
  subscriberUri: undefined,
  stateInfo: undefined,
};

/** Of a request that an application sends: it goes on from where it was made, and its sender has had it. */
export function sentBy(sender: string, routingState: RoutingState): RoutingState {
  if (routingState.visited.at(-1) === sender) return routingState;
  const { directive, region, subscriberUri, stateInfo } = routingState;
  return { visited: [...routingState.visited, sender], sender, directive, region, subscriberUri, stateInfo };
}
