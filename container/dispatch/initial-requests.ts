// Initial requests (RULES.md section 5, §16.3, §16.5): the application that takes one, its session, and the response
// when none takes it.
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import { type Request, responseTo, type Uri } from '../message/index.js';
import { isForElement, isOwnUri } from '../proxy/route-preprocessing.js';
import type { Refusal } from '../proxy/validation.js';
import type { FlowInside } from '../routing/next-application.js';
import { Departure, type Destination, NoAnswer } from '../routing/router.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import { DialogSet } from '../session/dialog-set.js';
import type { SessionOwner } from '../session/owner.js';
import { withoutSession } from '../session/targeting.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import { routingStateOn } from '../transport/internal-flow.js';
import { OUTSIDE } from '../transport/routing-state.js';
import { HeldCopy } from './merged-requests.js';
import { type Beginner, ReceivedRequest } from './received-request.js';
import { type Refusals, UNAVAILABLE } from './refusals.js';
import { Relay } from './relay.js';
import type { DispatchServices } from './services.js';

/** An application takes it; `named` is the session that the request itself asks for. */
interface Inside {
  readonly to: Destination;
  readonly named: SessionOwner | undefined;
}

export class InitialRequests implements Beginner {
  constructor(
    private readonly services: DispatchServices,
    private readonly refusals: Refusals,
  ) {}

  /** `route` is the Route value of ours by which it came. */
  receive(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    if (isForElement(request, this.services.own)) {
      this.refusals.options(request, transaction);
      return;
    }
    const way = this.#wayOf(request, transaction.flow, route);
    if ('to' in way) this.#take(request, transaction, route, way);
    else if (way instanceof Departure) this.#depart(request, transaction, way, route);
    else this.refusals.refuse(request, transaction, way);
  }

  /** Where it goes next, or why it is refused. */
  #wayOf(request: Request, flow: Flow, route: Uri | undefined): Inside | Departure | Refusal {
    const { nextApplication, targeting, refusesNew } = this.services;
    const state = nextApplication.routingStateOf(request, flow, route);
    // The router no longer has the state of the request.
    if (state === undefined) return { status: 500 };
    // A request that an application has taken goes on to the next.
    if (state === OUTSIDE && refusesNew()) return UNAVAILABLE;
    const target = targeting.targetOf(request, route, nextApplication.before(state));
    if (target === 'malformed') return { status: 400, reason: 'Bad Replaces or Join' };
    const answer = nextApplication.received(request, flow, route, state, target);
    if (answer instanceof NoAnswer) return answer.status === 503 ? UNAVAILABLE : { status: answer.status };
    if (answer instanceof Departure) return answer;
    if (answer === undefined || answer.route !== undefined) return this.refusals.ofNoApplication(request);
    return { to: answer, named: target?.applicationSession };
  }

  #take(request: Request, transaction: ServerTransaction, route: Uri | undefined, inside: Inside): void {
    const { application } = inside.to;
    const original = this.services.merged.originalOf(request, application.name, transaction.flow);
    if (original === undefined) this.#begin(request, transaction, route, inside);
    else if (original.isUserAgent) this.refusals.refuse(request, transaction, { status: 482 });
    else {
      const goOn = (): void => this.receive(request, transaction, route);
      original.hold(new HeldCopy(request, transaction, this.services.clock, goOn));
    }
  }

  #begin(
    request: Request,
    transaction: ServerTransaction,
    route: Uri | undefined,
    { to: destination, named }: Inside,
  ): void {
    const { services, refusals } = this;
    const { application, handler } = destination;
    let loopPart: string | undefined;
    if (hasLowerVia(request)) {
      loopPart = services.loopDetection.partOf(request, application.name + destination.turn);
      if (services.loopDetection.loops(request, loopPart, services.own)) {
        refusals.refuse(request, transaction, { status: 482 }); // §16.3 step 4
        return;
      }
    }
    services.counters.initial++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100)); // C-5
    const session =
      named?.application === application ? named : this.#sessionFor(request, transaction, route, application, handler);
    if (session === undefined) {
      refusals.refuse(request, transaction, { status: 500 });
      return;
    }
    const { target } = request;
    if (target.parameters !== '' && services.own.isOwn(target.host, target.port, target.transport))
      withoutSession(request);
    const { first } = new DialogSet(session, request);
    const popped = destination.popped ?? route;
    const received = new ReceivedRequest(
      services,
      transaction,
      request,
      true,
      first,
      loopPart,
      popped,
      popped?.parameters,
      destination,
    );
    received.begin(handler, this);
  }

  /**
   * A new session, or the one of the key that the application gives the request (C-42). Undefined when that failed
   * (C-41).
   */
  #sessionFor(
    request: Request,
    transaction: ServerTransaction,
    route: Uri | undefined,
    application: DeployedApplication,
    handler: Handler,
  ): SessionOwner | undefined {
    const { sessions, invocation } = this.services;
    const { sessionTimeout } = handler.siplet.options;
    const { sessionKey } = application.table;
    if (sessionKey === undefined) return sessions.create(application, sessionTimeout);
    let key: unknown;
    try {
      key = sessionKey(new ReadonlySipRequest(request, transaction.flow, route));
      if (key === undefined) return sessions.create(application, sessionTimeout);
      return sessions.withKey(application, key as string, sessionTimeout);
    } catch (error) {
      if (key instanceof Promise) key.catch(() => {}); // the author is told that a promise is not a key
      invocation.failed(sessionKey.label, application, error, request);
      return undefined;
    }
  }

  /** Its session was invalidated before its handler was called: it is treated as if it had arrived now. */
  beginAgain(received: ReceivedRequest, handler: Handler): void {
    const { request, transaction, loopPart, route, routeParameters, application, routingState } = received;
    const session = this.#sessionFor(request, transaction, route, application, handler);
    if (session === undefined) {
      this.refusals.refuse(request, transaction, { status: 500 });
      return;
    }
    const { first } = new DialogSet(session, request);
    const again = new ReceivedRequest(
      this.services,
      transaction,
      request,
      true,
      first,
      loopPart,
      route,
      routeParameters,
      routingState,
    );
    again.begin(handler, this);
  }

  /**
   * The router sends it out without an application: it is forwarded, and its dialogs do not pass through here (§16).
   */
  #depart(request: Request, transaction: ServerTransaction, departure: Departure, route: Uri | undefined): void {
    const { services } = this;
    const loopPart = services.loopDetection.partOf(request, route?.text ?? '');
    const refusal = this.#refusalOfDeparture(request, departure, loopPart);
    if (refusal !== undefined) {
      this.refusals.refuse(request, transaction, refusal);
      return;
    }
    services.counters.initial++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    const toNext = (branch: Request): FlowInside =>
      services.nextApplication.carryOut(departure, branch, transaction.flow);
    new Relay(services.proxy, transaction, request, loopPart, toNext).start();
  }

  #refusalOfDeparture(request: Request, { routes }: Departure, loopPart: string): Refusal | undefined {
    const { own, loopDetection } = this.services;
    if (request.maxForwards === 0) return { status: 483 };
    // It is for this container, and no application has taken it.
    if (routes.length === 0 && !request.has('route') && isOwnUri(request.target, own)) return { status: 404 };
    return loopDetection.loops(request, loopPart, own) ? { status: 482 } : undefined;
  }

  /** Whether a request from outside asks for an existing session (JSR 289 §15.11), which the router leaves to us. */
  namesSession(request: Request, flow: Flow): boolean {
    const { router, own, targeting } = this.services;
    const { method } = request;
    if (!router.yieldsToTarget || method === 'ACK' || method === 'CANCEL' || routingStateOn(flow) !== OUTSIDE)
      return false;
    const first = request.has('route') ? request.routes('route')[0]?.target : undefined;
    const isOurs = first !== undefined && own.isOwn(first.host, first.port, first.transport);
    const target = targeting.targetOf(request, isOurs ? first : undefined);
    return typeof target === 'object' && target.applicationSession.application.table.initial(method) !== undefined;
  }
}

/** Whether another element has forwarded it: only then can it have been here. */
function hasLowerVia(request: Request): boolean {
  let seen = false;
  for (const field of request.fields) {
    if (field.key !== 'via') continue;
    if (seen || field.value.includes(',')) return true;
    seen = true;
  }
  return false;
}
