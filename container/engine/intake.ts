// Decides which messages need no transaction: those of stateless siplets that belong to nothing that the container
// keeps (§16.11).
import { type Request, Response } from '../message/index.js';
import type { StatelessRoute } from '../proxy/former-routes.js';
import { cookieOf } from '../proxy/route-cookie.js';
import { isForElement, type Own } from '../proxy/route-preprocessing.js';
import type { StatelessProxy } from '../proxy/stateless.js';
import type { ActiveApplications, Router } from '../routing/router.js';
import type { StatelessUser, TransactionLayer } from '../transaction/transaction-layer.js';
import type { Flow } from '../transport/flow.js';

interface IntakeParts {
  readonly stateless: StatelessProxy;
  readonly transactions: TransactionLayer;
  readonly applications: ActiveApplications;
  readonly router: Router;
  readonly own: Own;
  /** Whether a request is in a dialog in which an application of ours is a user agent. */
  isInDialog(request: Request): boolean;
  /** Whether an initial request names a session that is here. */
  namesSession(request: Request, flow: Flow): boolean;
}

export class Intake implements StatelessUser {
  #known: ActiveApplications['active'];

  constructor(private readonly parts: IntakeParts) {
    this.#known = parts.applications.active;
  }

  takes(message: Request | Response, flow: Flow): boolean {
    const { stateless } = this.parts;
    if (message instanceof Response) return stateless.response(message, flow);
    const route = this.#statelessRoute(message, flow);
    if (route === undefined) return false;
    stateless.request(message, flow, route);
    return true;
  }

  /** The routing function of the stateless siplet that takes the request, if there is one. */
  #statelessRoute(request: Request, flow: Flow): StatelessRoute | undefined {
    const { applications, router, own, stateless } = this.parts;
    if (applications.active !== this.#known) {
      this.#known = applications.active;
      stateless.applicationsChanged();
    }
    if (!router.hasStateless && !stateless.hasFormer) return undefined;
    if (this.#isStateful(request, flow) || isForElement(request, own)) return undefined;
    const former = stateless.hasFormer ? stateless.formerRouteOf(request) : undefined;
    return former ?? router.stateless(request, flow);
  }

  /**
   * Whether the request belongs to a transaction, dialog or session of this container, which may have stateful
   * applications too.
   */
  #isStateful(request: Request, flow: Flow): boolean {
    const { method, to } = request;
    // A request that ended its dialog may be retransmitted (§17.2.2).
    const mayBeKnown = to.tag !== undefined || method === 'CANCEL' || method === 'ACK';
    if (mayBeKnown && this.parts.transactions.targetOf(request) !== undefined) return true;
    if (to.tag === undefined) return this.parts.namesSession(request, flow);
    if (this.parts.isInDialog(request)) return true;
    const first = request.has('route') ? request.routes('route')[0] : undefined;
    return first !== undefined && cookieOf(first.target) !== undefined;
  }
}
