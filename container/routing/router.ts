// The port of application routing: what is asked for each initial request, and what may be answered (contract section 5, JSR 289 §15).
import type { RoutingDirective, RoutingRegion, TargetedRequest } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Request, Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/stateless.js';
import type { Flow } from '../transport/flow.js';
import type { RoutingState } from '../transport/routing-state.js';

/** What takes initial requests, in alphabetical order; a new list after every change. */
export interface ActiveApplications {
  readonly active: readonly DeployedApplication[];
  /** `listener` is told of every change, so that nothing of a former version is kept. */
  listen?(listener: () => void): unknown;
}

/** This application is next. It is the routing state with which the request goes on from there. */
export class Destination implements RoutingState {
  readonly visited: readonly string[];

  constructor(
    readonly application: DeployedApplication,
    /** What it takes the request with. */
    readonly handler: Handler,
    /** Of a stateless siplet: its routing function (contract section 6). */
    readonly route: StatelessRoute | undefined,
    /** Names of the applications that have had it before this one. */
    readonly before: readonly string[],
    readonly directive: RoutingDirective,
    readonly region: RoutingRegion | undefined,
    readonly subscriberUri: string | undefined,
    readonly stateInfo: unknown,
    /** The router has given it a route of ours, as if the request had come by it (JSR 289 §15.6). */
    readonly popped: Uri | undefined,
  ) {
    this.visited = [...before, application.name];
  }

  get sender(): string | undefined {
    return this.before.at(-1);
  }

  /** Sets the application's second turn apart from a loop; '' for its first. */
  get turn(): string {
    const { name } = this.application;
    const turns = this.before.filter((each) => each === name).length;
    return turns === 0 ? '' : ` ${turns}`;
  }
}

/** It leaves the container, or comes back where the first of its routes is ours. */
export class Departure implements RoutingState {
  constructor(
    /** To be pushed so that the first is on top; wire text of URIs. */
    readonly routes: readonly string[],
    /** Whether it is to come back to the router after them. */
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

/** There is no answer: whoever sent the request gets this status. */
export class NoAnswer {
  constructor(readonly status: number) {}
}

/** Undefined: no application takes it. */
export type Answer = Destination | Departure | NoAnswer | undefined;

export interface Router {
  /** Whether an application that a request names itself gets it without a question (JSR 289 §15.11). */
  readonly yieldsToTarget: boolean;
  /** Whether `stateless` may have an answer. */
  readonly hasStateless: boolean;
  /** The methods that some application takes initially: for the Allow of a 405. */
  readonly methods: readonly string[];
  /** Why no request can be routed, for operators; undefined: they can. */
  readonly problem: string | undefined;
  /**
   * Which application is next. `flow` is where the request came from, undefined for one that an application sends or proxies; `popped` is the Route
   * value of ours by which it came.
   */
  next(
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
  ): Answer;
  /** The routing function of the stateless siplet that is next for a request as it was received, before any transaction exists (contract section 6). */
  stateless(request: Request, flow: Flow): StatelessRoute | undefined;
  /** Another order of the default router, for requests from now on. */
  reorder(order: ReadonlyMap<string, readonly string[]>): void;
}
