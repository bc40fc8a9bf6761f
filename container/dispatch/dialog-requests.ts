// Requests inside a dialog (§12.2.2, C-34): in one that an application has proxied, in one in which it is a user agent,
// and in an unknown one.
import { Dialog } from '../agent/dialog.js';
import { Leg } from '../agent/leg.js';
import { serve } from '../agent/serving.js';
import { lifetimeOf, subscriptionOf } from '../agent/subscriptions.js';
import { type Request, responseTo, type Uri } from '../message/index.js';
import type { RouteCookie } from '../proxy/route-cookie.js';
import type { SipSession } from '../session/sip-session.js';
import type { ServerTransaction } from '../transaction/user.js';
import { OUTSIDE } from '../transport/routing-state.js';
import { sessionNotified } from './proxied-subscriptions.js';
import { ReceivedRequest } from './received-request.js';
import type { Refusals } from './refusals.js';
import { Relay } from './relay.js';
import type { DispatchServices } from './services.js';

export class DialogRequests {
  constructor(
    private readonly services: DispatchServices,
    private readonly refusals: Refusals,
  ) {}

  /** `route` is the Route value of ours by which it came. */
  receive(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    const { services } = this;
    services.counters.subsequent++;
    const cookie =
      route === undefined ? undefined : services.routeCookies.read(route, request.callId, services.proxiedDialogs);
    const set = cookie === undefined ? undefined : services.proxiedDialogs.named(cookie.name);
    const session = set?.match(request) ?? sessionNotified(set, request, services.clock);
    if (session !== undefined) this.#forward(request, transaction, route, cookie, session);
    else this.#serve(request, transaction, route);
  }

  #forward(
    request: Request,
    transaction: ServerTransaction,
    route: Uri | undefined,
    cookie: RouteCookie | undefined,
    session: SipSession,
  ): void {
    if (request.maxForwards === 0) {
      this.refusals.refuse(request, transaction, { status: 483 });
      return;
    }
    session.senderOf(request)?.takes(request);
    const received = this.#received(request, transaction, session, route, cookie?.parameters ?? '');
    received.forwardInDialog(received.application.table.subsequent(request.method));
  }

  /** Gives it to the application that is the user agent, if there is one. */
  #serve(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    const session = this.agentOf(request);
    if (session !== undefined) {
      const received = this.#received(request, transaction, session, route, route?.parameters);
      serve(received.answering, received.application.table.subsequent(request.method));
      return;
    }
    const { callId, to, from } = request;
    if (request.method === 'BYE' && this.services.userAgents.isEnding(callId, to.tag, from.tag))
      transaction.respond(responseTo(request, 200, undefined, transaction.toTag));
    else this.#relay(request, transaction, route);
  }

  #received(
    request: Request,
    transaction: ServerTransaction,
    session: SipSession,
    route: Uri | undefined,
    routeParameters: string | undefined,
  ): ReceivedRequest {
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    return new ReceivedRequest(
      this.services,
      transaction,
      request,
      false,
      session,
      '',
      route,
      routeParameters,
      OUTSIDE,
    );
  }

  /** C-40: a request whose To tag matches no dialog is routed by its Route set if that names us, else refused. */
  #relay(request: Request, transaction: ServerTransaction, route: Uri | undefined): void {
    const { services, refusals } = this;
    if (route === undefined) {
      refusals.refuse(request, transaction, { status: 481 });
      return;
    }
    if (request.maxForwards === 0) {
      refusals.refuse(request, transaction, { status: 483 });
      return;
    }
    services.counters.orphans++;
    if (transaction.isInvite) transaction.respond(responseTo(request, 100));
    new Relay(services.proxy, transaction, request).start();
  }

  /** The session of the dialog in which an application is a user agent; a NOTIFY may make it (RFC 6665 §4.4.1). */
  agentOf(request: Request): SipSession | undefined {
    const { userAgents } = this.services;
    if (userAgents.size === 0) return undefined;
    const { callId, to, from } = request;
    const found = userAgents.find(callId, to.tag, from.tag);
    if (found !== undefined || request.method !== 'NOTIFY') return found;
    return this.#notified(request, userAgents.awaitingNotify(callId, to.tag));
  }

  /** RFC 6665 §4.4.1: `asker` has sent the request that the NOTIFY answers. */
  #notified(request: Request, asker: SipSession | undefined): SipSession | undefined {
    const original = asker === undefined ? undefined : Leg.find(asker)?.original;
    if (asker === undefined || original === undefined) return undefined;
    const session = asker.set.sessionOfTag(request.from.tag ?? '');
    if (session.state === 'terminated' || !session.isValid) return undefined;
    const leg = Leg.of(session, this.services.agent);
    leg.open(Dialog.ofNotified(original, request));
    leg.beginSubscription(subscriptionOf(original), lifetimeOf(request));
    return session;
  }

  /**
   * Whether it is in a dialog in which an application is a user agent, makes one (RFC 6665 §4.4.1), or crosses with our
   * BYE (§15.1.2).
   */
  isInDialog(request: Request): boolean {
    const { userAgents } = this.services;
    if (userAgents.size === 0) return false;
    const { method, callId, to, from } = request;
    if (userAgents.find(callId, to.tag, from.tag) !== undefined) return true;
    if (method === 'NOTIFY') return userAgents.awaitingNotify(callId, to.tag) !== undefined;
    return method === 'BYE' && userAgents.isEnding(callId, to.tag, from.tag);
  }
}
