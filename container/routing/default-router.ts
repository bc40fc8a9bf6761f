// The default router (RULES.md section 5): applications in the configured order by method, otherwise all of them,
// alphabetically.
import type { RoutingDirective } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Request, Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/former-routes.js';
import type { Flow } from '../transport/flow.js';
import { routingStateOn } from '../transport/internal-flow.js';
import { OUTSIDE, type RoutingState } from '../transport/routing-state.js';
import { type ActiveApplications, Destination, NoAnswer, type Router } from './router.js';
import { statelessRoute } from './stateless-route.js';
import { handlerFor } from './taking.js';

/** How many methods are cached; methods come from the wire. */
const MAX_KNOWN = 64;

export class DefaultRouter implements Router {
  readonly yieldsToTarget = true;
  readonly problem = undefined;
  readonly #applications: ActiveApplications;
  /** The names in order, by method or '*'. */
  #order: ReadonlyMap<string, readonly string[]>;
  /** The applications that the cached answers for new requests were computed from. */
  #known: readonly DeployedApplication[] = [];
  readonly #destinations = new Map<string, Destination | NoAnswer | undefined>();
  #hasStateless = false;
  /** Whether an answer depends on more than the method. */
  #hasPredicates = false;

  constructor(applications: ActiveApplications, order: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#applications = applications;
    this.#order = order;
    applications.listen?.(() => this.#refresh());
  }

  reorder(order: ReadonlyMap<string, readonly string[]>): void {
    this.#order = order;
    this.#destinations.clear();
  }

  get hasStateless(): boolean {
    if (this.#applications.active !== this.#known) this.#refresh();
    return this.#hasStateless;
  }

  /** The first application in order that has a handler for the method and has not had the request yet (composition). */
  next(
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
  ): Destination | NoAnswer | undefined {
    return routingState.visited.length > 0
      ? this.#find(request.method, request, flow, popped, routingState, directive)
      : this.#first(request.method, request, flow, popped, directive);
  }

  stateless(request: Request, flow: Flow): StatelessRoute | undefined {
    const routingState = routingStateOn(flow);
    if (routingState instanceof Destination) return routingState.route;
    const { method } = request;
    // A CANCEL and an ACK go where their INVITE went.
    const as = method === 'CANCEL' || method === 'ACK' ? 'INVITE' : method;
    const answer = this.#first(as, request, flow, undefined, 'NEW');
    return answer instanceof Destination ? answer.route : undefined;
  }

  #first(
    method: string,
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    directive: RoutingDirective,
  ): Destination | NoAnswer | undefined {
    if (this.#applications.active !== this.#known) this.#refresh();
    if (this.#hasPredicates) return this.#find(method, request, flow, popped, OUTSIDE, directive);
    if (this.#destinations.size > MAX_KNOWN) this.#destinations.clear();
    if (!this.#destinations.has(method)) {
      const found = this.#find(method, request, flow, popped, OUTSIDE, directive);
      this.#destinations.set(method, found);
    }
    return this.#destinations.get(method);
  }

  #refresh(): void {
    this.#known = this.#applications.active;
    this.#destinations.clear();
    this.#hasStateless = this.#known.some(({ table }) => table.stateless !== undefined);
    this.#hasPredicates = this.#known.some(({ table }) => table.hasPredicates);
  }

  /** For an ACK and a CANCEL `method` is INVITE. */
  #find(
    method: string,
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
  ): Destination | NoAnswer | undefined {
    const { visited, region, subscriberUri, stateInfo } = routingState;
    for (const application of this.#inOrder(method)) {
      const { name, table } = application;
      if (visited.includes(name)) continue;
      const handler = handlerFor(application, method, request, flow, popped) ?? table.stateless;
      if (handler instanceof NoAnswer) return handler;
      if (handler === undefined) continue;
      const route = handler === table.stateless ? statelessRoute(application, handler) : undefined;
      return new Destination(
        application,
        handler,
        route,
        visited,
        directive,
        region,
        subscriberUri,
        stateInfo,
        undefined,
      );
    }
    return undefined;
  }

  #inOrder(method: string): readonly DeployedApplication[] {
    const { active } = this.#applications;
    const names = this.#order.get(method) ?? this.#order.get('*');
    if (names === undefined) return active;
    return names.flatMap((name) => active.filter((application) => application.name === name));
  }

  /** Only methods that the order leads to are included. */
  get methods(): readonly string[] {
    const methods = new Set<string>();
    for (const { table } of this.#applications.active) {
      if (table.initialMethods !== 'any') for (const method of table.initialMethods) methods.add(method);
    }
    const taken = [...methods].filter((method) =>
      this.#inOrder(method).some(({ table }) => table.initial(method) !== undefined),
    );
    return taken.sort();
  }
}
