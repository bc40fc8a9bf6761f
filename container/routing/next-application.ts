// Carries out the router's answer on a request: to the next application, or out of the container with its routes (JSR
// 289 §15.6).
import type { RoutingDirective } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import { type Request, Uri } from '../message/index.js';
import type { Own } from '../proxy/route-preprocessing.js';
import type { Target } from '../session/targeting.js';
import type { Flow } from '../transport/flow.js';
import { originOf, routingStateOn } from '../transport/internal-flow.js';
import { OUTSIDE, type RoutingState } from '../transport/routing-state.js';
import type { Returns } from './returns.js';
import { type Answer, Departure, Destination, NoAnswer, type Router } from './router.js';
import { handlerFor } from './taking.js';

/**
 * How many applications a request, and requests made from it, may pass. Max-Forwards also limits requests that are only
 * proxied.
 */
const MAX_PASSED = 70;

/**
 * A flow to this container itself; a status when the request is refused there; undefined when it leaves, by its Route
 * or its Request-URI.
 */
export type FlowInside = Flow | number | undefined;

interface NextApplicationParts {
  readonly router: Router;
  readonly own: Own;
  readonly returns: Returns;
  /** `origin` is the flow on which the request entered the container. */
  internalFlow(like: Flow, routingState: RoutingState, origin: Flow | undefined): Flow;
}

export class NextApplication {
  readonly #parts: NextApplicationParts;

  constructor(parts: NextApplicationParts) {
    this.#parts = parts;
  }

  /** The routing state of a received request; undefined when it claims to come back to the router but is unknown. */
  routingStateOf(request: Request, flow: Flow, popped: Uri | undefined): RoutingState | undefined {
    const routingState = routingStateOn(flow);
    if (routingState !== OUTSIDE || popped === undefined) return routingState;
    const returned = this.#parts.returns.of(popped, request.callId) ?? OUTSIDE;
    return returned === 'gone' ? undefined : returned;
  }

  /** The names of the applications that had a request before the current one. */
  before(routingState: RoutingState): readonly string[] {
    return routingState instanceof Destination ? routingState.before : routingState.visited;
  }

  /**
   * Which application takes a received request. A request that names an application may go to that one, if the router
   * agrees (JSR 289 §15.11).
   */
  received(
    request: Request,
    flow: Flow,
    popped: Uri | undefined,
    routingState: RoutingState,
    target: Target | undefined,
  ): Answer {
    const { router } = this.#parts;
    const named = target?.applicationSession.application;
    const handler = named && handlerFor(named, request.method, request, flow, popped);
    if (handler instanceof NoAnswer) return handler;
    const directive = routingState === OUTSIDE ? 'NEW' : 'CONTINUE';
    if (named !== undefined && handler !== undefined && router.yieldsToTarget)
      return this.#inSession(named, handler, routingState, directive);
    const targeted = target && { type: target.type, applicationName: target.applicationSession.application.name };
    const answer =
      routingState instanceof Destination
        ? routingState
        : router.next(request, flow, popped, routingState, directive, targeted);
    // A draining version also counts, because the session is there.
    if (named === undefined || handler === undefined || !(answer instanceof Destination)) return answer;
    return answer.application.name === named.name ? this.#inSession(named, handler, answer, directive) : answer;
  }

  #inSession(
    application: DeployedApplication,
    handler: Handler,
    routingState: RoutingState,
    directive: RoutingDirective,
  ): Destination {
    const { region, subscriberUri, stateInfo } = routingState;
    const before = this.before(routingState);
    return new Destination(
      application,
      handler,
      undefined,
      before,
      directive,
      region,
      subscriberUri,
      stateInfo,
      undefined,
    );
  }

  /**
   * Asks about a request that an application proxies or sends, and pushes routes onto it. `like` has the addresses for
   * a flow inside; `origin` is the flow on which the request entered the container.
   */
  of(
    request: Request,
    like: Flow,
    routingState: RoutingState,
    directive: RoutingDirective,
    origin = originOf(like),
  ): FlowInside {
    if (routingState.visited.length >= MAX_PASSED) return 483;
    return this.carryOut(
      this.#parts.router.next(request, undefined, undefined, routingState, directive, undefined),
      request,
      like,
      origin,
    );
  }

  carryOut(answer: Answer, request: Request, like: Flow, origin = originOf(like)): FlowInside {
    if (answer === undefined) return undefined;
    if (answer instanceof NoAnswer) return answer.status;
    if (!(answer instanceof Departure)) return this.#parts.internalFlow(like, answer, origin);
    const { routes } = answer;
    if (answer.returns) {
      const transport = like.transport === 'UDP' ? '' : `;transport=${like.transport.toLowerCase()}`;
      const parameters = this.#parts.returns.add(answer, request.callId);
      request.push('Route', `<sip:${like.sentBy}${transport};lr${parameters}>`);
    }
    for (const route of [...routes].reverse()) request.push('Route', `<${route}>`);
    const first = routes[0] === undefined ? undefined : Uri.parse(routes[0]);
    if (first === undefined || !this.#parts.own.isOwn(first.host, first.port, first.transport)) return undefined;
    return this.#parts.internalFlow(like, answer, origin);
  }
}
