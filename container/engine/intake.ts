// Where messages enter (§16.11, §17): the stateless siplet that takes a request, or the transactions.
import { Malformed, type Request, Response } from '../message/index.js';
import { cookieOf } from '../proxy/route-cookie.js';
import { isForElement, type Own } from '../proxy/route-preprocessing.js';
import type { StatelessProxy, StatelessRoute } from '../proxy/stateless.js';
import type { Router } from '../routing/router.js';
import type { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Flow } from '../transport/flow.js';

export interface IntakeParts {
  readonly stateless: StatelessProxy;
  readonly transactions: TransactionLayer;
  readonly router: Router;
  readonly own: Own;
  /** Whether a request is in a dialog in which an application of ours is a user agent. */
  isInDialog(request: Request): boolean;
  /** Whether an initial request asks for a session that is here. */
  namesSession(request: Request, flow: Flow): boolean;
}

export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  /** A message from the transport layer, or from a flow of the container to itself. */
  receive(message: Request | Response | Malformed, flow: Flow): void {
    const { transactions, stateless } = this.parts;
    if (message instanceof Malformed) {
      transactions.receive(message, flow);
    } else if (message instanceof Response) {
      if (!stateless.response(message, flow)) transactions.receive(message, flow);
    } else {
      const route = this.#statelessRoute(message, flow);
      if (route === undefined) transactions.receive(message, flow);
      else stateless.request(message, flow, route);
    }
  }

  /** The routing function of the stateless siplet that takes the request, if one does. */
  #statelessRoute(request: Request, flow: Flow): StatelessRoute | undefined {
    const { router, own } = this.parts;
    if (!router.hasStateless || this.#isStateful(request, flow) || isForElement(request, own)) return undefined;
    return router.stateless(request, flow);
  }

  /** It belongs to a transaction, a dialog or a session that is kept: this container has stateful applications too. */
  #isStateful(request: Request, flow: Flow): boolean {
    const { method } = request;
    if ((method === 'CANCEL' || method === 'ACK') && this.parts.transactions.targetOf(request) !== undefined)
      return true;
    if (request.to.tag === undefined) return this.parts.namesSession(request, flow);
    if (this.parts.isInDialog(request)) return true;
    const first = request.has('route') ? request.routes('route')[0] : undefined;
    return first !== undefined && cookieOf(first.target) !== undefined;
  }
}
