// The application router that an application exports (RULES.md section 5, JSR 289 §15): it is asked for each initial
// request, and its answers are checked.
import type { RoutingDirective, SipApplicationRouter, TargetedRequest } from '@siplet/sdk';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { Request, Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/former-routes.js';
import type { Own } from '../proxy/route-preprocessing.js';
import { preprocessRoute } from '../proxy/route-preprocessing.js';
import { validate } from '../proxy/validation.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import type { Flow } from '../transport/flow.js';
import { routingStateOn } from '../transport/internal-flow.js';
import { OUTSIDE, type RoutingState } from '../transport/routing-state.js';
import { RETURN } from './returns.js';
import { type ActiveApplications, type Answer, Departure, Destination, NoAnswer, type Router } from './router.js';
import { type Info, infoOf } from './router-info.js';
import { statelessRoute } from './stateless-route.js';
import { handlerFor } from './taking.js';

/** The router threw or gave an invalid answer; the caller can do nothing about it. */
const FAILED = new NoAnswer(500);
/** There is no router at the moment; another server may have one (§21.5.4). */
const UNAVAILABLE = new NoAnswer(503);

const NONE: readonly DeployedApplication[] = [];

/** The version of `router.application` in service. */
interface InService {
  readonly application: DeployedApplication;
  readonly router: SipApplicationRouter;
}

interface CustomRouterParts {
  readonly applications: ActiveApplications;
  /** The name in `router.application`. */
  readonly name: string;
  readonly own: Own;
  readonly log: Logger;
  /** Whether one of our transactions has this request already. */
  isKnown(request: Request): boolean;
}

export class CustomRouter implements Router {
  readonly yieldsToTarget = false;
  readonly #parts: CustomRouterParts;
  /** The list of applications that all fields below were computed from. */
  #known: readonly DeployedApplication[] = NONE;
  #inService: InService | undefined;
  /** The names that the router has been told. */
  #told: readonly string[] = [];
  /** The routing functions of stateless siplets, by the application's name. */
  readonly #stateless = new Map<string, StatelessRoute>();
  /** Answers about requests that had no transaction yet, so that the router is asked once. */
  readonly #asked = new WeakMap<Request, { readonly answer: Answer }>();
  #complained = false;

  constructor(parts: CustomRouterParts) {
    this.#parts = parts;
    parts.applications.listen?.(() => this.#refresh());
  }

  get problem(): string | undefined {
    this.#update();
    if (this.#inService !== undefined) return undefined;
    const { name } = this.#parts;
    const isThere = this.#known.some((application) => application.name === name);
    return isThere
      ? `the application '${name}' (router.application) exports no class that is decorated with @ApplicationRouter()`
      : `the application '${name}' (router.application) is not in service`;
  }

  get hasStateless(): boolean {
    this.#update();
    return this.#stateless.size > 0;
  }

  get methods(): readonly string[] {
    this.#update();
    const methods = new Set<string>();
    for (const { table } of this.#known)
      if (table.initialMethods !== 'any') for (const method of table.initialMethods) methods.add(method);
    return [...methods].sort();
  }

  /** The order of the default router has no effect here. */
  reorder(): void {}

  // Asking -----------------------------------------------------------------------------------------

  next(
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
  ): Answer {
    const asked = this.#asked.get(request);
    // If the request has since been found to name a session, the router is asked again.
    if (asked === undefined || targeted !== undefined)
      return this.#ask(request, flow, popped, routingState, directive, targeted);
    this.#asked.delete(request);
    return asked.answer;
  }

  stateless(request: Request, flow: Flow): StatelessRoute | undefined {
    const routingState = routingStateOn(flow);
    if (routingState instanceof Destination) return routingState.route;
    // A request that cannot be forwarded is refused without asking the router (§16.3).
    if (routingState !== OUTSIDE || this.#parts.isKnown(request) || validate(request) !== undefined) return undefined;
    const copy = request.clone();
    const isOfInvite = request.method === 'ACK' || request.method === 'CANCEL';
    if (isOfInvite) {
      // A CANCEL and an ACK go where their INVITE went: the router is asked the same question again.
      copy.method = 'INVITE';
      copy.set('CSeq', `${request.cseq.number} INVITE`);
    }
    const popped = preprocessRoute(copy, this.#parts.own, flow);
    // `NextApplication` routes a request that comes back, by the router's earlier answer.
    if (popped?.parameter(RETURN) !== undefined) return undefined;
    const answer = this.#ask(copy, flow, popped, OUTSIDE, 'NEW', undefined);
    if (answer instanceof Destination && answer.route !== undefined) return answer.route;
    if (!isOfInvite) this.#asked.set(request, { answer });
    return undefined;
  }

  #ask(
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    routingState: RoutingState,
    directive: RoutingDirective,
    targeted: TargetedRequest | undefined,
  ): Answer {
    this.#update();
    const inService = this.#inService;
    if (inService === undefined) return this.#unavailable();
    try {
      const readable = new ReadonlySipRequest(request, flow, popped);
      const { region, stateInfo } = routingState;
      const { router } = inService;
      const info = infoOf(router.getNextApplication(readable, region, directive, targeted, stateInfo));
      return info === undefined ? undefined : this.#answerOf(info, request, flow, popped, routingState, directive);
    } catch (error) {
      const { application } = inService;
      const { method, callId } = request;
      application.log.error({ err: error, method, callId }, `the router of ${application.name} failed to answer`);
      return FAILED;
    }
  }

  /** Logs one line until there is a router again. */
  #unavailable(): NoAnswer {
    if (!this.#complained) this.#parts.log.error(`requests are answered 503: ${this.problem}`);
    this.#complained = true;
    return UNAVAILABLE;
  }

  /**
   * JSR 289 §15.6: routes first, then the name. Throws for an unknown name, or if that application does not take the
   * method.
   */
  #answerOf(
    info: Info,
    request: Request,
    flow: Flow | undefined,
    popped: Uri | undefined,
    { visited }: RoutingState,
    directive: RoutingDirective,
  ): Answer {
    const { name, region, subscriberUri, modifier, routes, stateInfo } = info;
    const [first] = routes;
    const { own } = this.#parts;
    const isOurs = first !== undefined && own.isOwn(first.host, first.port, first.transport);
    const leaves = name === undefined || modifier === 'ROUTE_BACK' || (modifier === 'ROUTE' && !isOurs);
    if (leaves) {
      const texts = routes.map(({ text }) => text);
      const returns = modifier === 'ROUTE_BACK';
      return new Departure(texts, returns, visited, directive, region, subscriberUri, stateInfo);
    }
    const application = this.#known.find((each) => each.name === name);
    if (application === undefined) throw new TypeError(`it has chosen ${name}, which is not in service`);
    const { table } = application;
    const handler = handlerFor(application, request.method, request, flow, popped) ?? table.stateless;
    if (handler instanceof NoAnswer) return handler;
    if (handler === undefined)
      throw new TypeError(`it has chosen ${name}, which has no handler for this ${request.method}`);
    const route = handler === table.stateless ? this.#stateless.get(name) : undefined;
    return new Destination(
      application,
      handler,
      route,
      visited,
      directive,
      region,
      subscriberUri,
      stateInfo,
      isOurs ? first : undefined,
    );
  }

  // Which applications there are -------------------------------------------------------------------

  #update(): void {
    if (this.#parts.applications.active !== this.#known) this.#refresh();
  }

  /** The router of a new version takes over at once. It is told of all applications before it is asked. */
  #refresh(): void {
    const { applications, name, log } = this.#parts;
    this.#known = applications.active;
    this.#stateless.clear();
    for (const each of this.#known) {
      const { stateless } = each.table;
      if (stateless !== undefined) this.#stateless.set(each.name, statelessRoute(each, stateless));
    }
    const application = this.#known.find((each) => each.name === name);
    const before = this.#inService;
    if (application?.router === undefined) {
      this.#inService = undefined;
      this.#told = [];
      return;
    }
    const isNew = application !== before?.application;
    const inService =
      before === undefined || isNew ? { application, router: application.router as SipApplicationRouter } : before;
    if (isNew) this.#told = [];
    this.#inService = inService;
    if (this.#complained) log.info(`the router of ${name} is in service: requests are routed again`);
    this.#complained = false;
    this.#tell(inService, isNew);
  }

  /** Tells the router which applications can be chosen from now on, and which no longer. */
  #tell({ application, router }: InService, isNew: boolean): void {
    const before = this.#told;
    // An application that is only a router takes no requests.
    const names = this.#known.filter(({ siplets }) => siplets.length > 0).map((each) => each.name);
    const gone = before.filter((each) => !names.includes(each));
    const come = names.filter((each) => !before.includes(each));
    this.#told = names;
    const tell = (method: 'applicationsDeployed' | 'applicationsUndeployed', which: readonly string[]): void => {
      try {
        router[method]?.(which);
      } catch (error) {
        application.log.error({ err: error }, `${method} of the router of ${application.name} failed`);
      }
    };
    if (gone.length > 0) tell('applicationsUndeployed', gone);
    if (come.length > 0 || isNew) tell('applicationsDeployed', come);
  }
}
