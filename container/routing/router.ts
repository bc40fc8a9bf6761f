// The port of application routing: the question for each initial request, and the possible answers (RULES.md section 5,
// JSR 289 §15).
import type { RoutingDirective, RoutingRegion, TargetedRequest } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Request, Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/former-routes.js';
import type { Flow } from '../transport/flow.js';
import type { RoutingState } from '../transport/routing-state.js';

/** The applications that take initial requests, in alphabetical order; a new list after every change. */
export interface ActiveApplications {
  readonly active: readonly DeployedApplication[];
  /** Calls `listener` on every change, so that nothing of a former version is kept. */
  listen?(listener: () => void): unknown;
}

/** This application is next. The object is also the routing state with which the request continues from there. */
export class Destination implements RoutingState {
  readonly visited: readonly string[];

  constructor(
    readonly application: DeployedApplication,
    /** The handler that takes the request. */
    readonly handler: Handler,
    /** For a stateless siplet: its routing function (RULES.md section 6). */
    readonly route: StatelessRoute | undefined,
    /** The names of the applications that had the request before this one. */
    readonly before: readonly string[],
    readonly directive: RoutingDirective,
    readonly region: RoutingRegion | undefined,
    readonly subscriberUri: string | undefined,
    readonly stateInfo: unknown,
    /** The Route of ours that the router gave the request, as if it had arrived by that Route (JSR 289 §15.6). */
    readonly popped: Uri | undefined,
  ) {
    this.visited = [...before, application.name];
  }

  get sender(): string | undefined {
    return this.before.at(-1);
  }

  get detectsLoops(): boolean {
    return this.route === undefined;
  }

  /** Distinguishes the application's second turn from a loop; '' for its first. */
  get turn(): string {
    const { name } = this.application;
    const turns = this.before.filter((each) => each === name).length;
    return turns === 0 ? '' : ` ${turns}`;
  }
}

/** The request leaves the container; it comes back if the first of its routes is ours. */
export class Departure implements RoutingState {
  constructor(
    /** The routes to push, as wire text of URIs; the first one ends up on top. */
    readonly routes: readonly string[],
    /** Whether the request returns to the router after these routes. */
    readonly returns: boolean,
    readonly visited: readonly string[],
    readonly directive: RoutingDirective,
    readonly region: RoutingRegion | undefined,
    readonly subscriberUri: string | undefined,
    readonly stateInfo: unknown,
  ) {}

  get sender(): string | undefined {
    return this.visited.at(-1);
  }
}

/** There is no answer: the sender of the request gets this status. */
export class NoAnswer {
  constructor(readonly status: number) {}
}

/** Undefined when no application takes the request. */
export type Answer = Destination | Departure | NoAnswer | undefined;

export interface Router {
  /** Whether an application that a request names gets it without asking the router (JSR 289 §15.11). */
  readonly yieldsToTarget: boolean;
  /** Whether `stateless` may have an answer. */
  readonly hasStateless: boolean;
  /** The methods that applications take as initial requests: for the Allow of a 405. */
  readonly methods: readonly string[];
  /** Why requests cannot be routed, for operators; undefined when they can. */
  readonly problem: string | undefined;
  /**
   * Which application is next. `flow` is where the request came from, undefined for one that an application sends or
   * proxies; `popped` is the Route value of ours by which it came.
   */
  next(
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
  ): Answer;
  /**
   * The routing function of the stateless siplet that is next for a received request, before any transaction exists
   * (RULES.md section 6).
   */
  stateless(request: Request, flow: Flow): StatelessRoute | undefined;
  /** Changes the order of the default router, for requests from now on. */
  reorder(order: ReadonlyMap<string, readonly string[]>): void;
}
