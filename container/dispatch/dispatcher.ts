// From a transaction to the object that takes its request (§16.3, §16.4, §9.2): initial, in a dialog, CANCEL or ACK.
import { type Malformed, type Request, type Response, responseTo } from '../message/index.js';
import { preprocessRoute } from '../proxy/route-preprocessing.js';
import { validate } from '../proxy/validation.js';
import type { ServerTransaction, TransactionUser } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import { Acknowledgements } from './acknowledgements.js';
import { DialogRequests } from './dialog-requests.js';
import { InitialRequests } from './initial-requests.js';
import { Refusals } from './refusals.js';
import type { DispatchServices } from './services.js';

export class Dispatcher implements TransactionUser {
  readonly initial: InitialRequests;
  readonly inDialog: DialogRequests;
  readonly #acknowledgements: Acknowledgements;
  readonly #refusals: Refusals;

  constructor(private readonly services: DispatchServices) {
    this.#refusals = new Refusals(services);
    this.initial = new InitialRequests(services, this.#refusals);
    this.inDialog = new DialogRequests(services, this.#refusals);
    this.#acknowledgements = new Acknowledgements(services);
  }

  request(request: Request, transaction: ServerTransaction | undefined, flow: Flow): void {
    const { method } = request;
    if (method === 'ACK') {
      this.#acknowledgements.receive(request, flow);
      return;
    }
    if (transaction === undefined) return;
    if (method === 'CANCEL') {
      this.#cancel(request, transaction);
      return;
    }
    const refusal = validate(request);
    // Its final recipient need not forward it (§16.3 step 3).
    if (refusal !== undefined && !(refusal.status === 483 && this.inDialog.agentOf(request) !== undefined)) {
      this.#refusals.refuse(request, transaction, refusal);
      return;
    }
    const route = preprocessRoute(request, this.services.own, flow);
    if (request.to.tag === undefined) this.initial.receive(request, transaction, route);
    else this.inDialog.receive(request, transaction, route);
  }

  /** §9.2, §16.10, C-29. */
  #cancel(cancel: Request, transaction: ServerTransaction): void {
    const invite = this.services.transactions.targetOf(cancel);
    if (invite === undefined) {
      this.#refusals.refuse(cancel, transaction, { status: 481 });
      return;
    }
    transaction.respond(responseTo(cancel, 200, undefined, invite.toTag));
    if (invite.isInvite) invite.user?.cancelled?.(cancel); // for any other method it has no effect (§9.2)
  }

  /** RFC 6026 §8.9: a stateful proxy drops it. */
  stray(_response: Response, _flow: Flow): void {
    this.services.counters.strays++;
  }

  malformed(fault: Malformed, flow: Flow): void {
    const { counters, log } = this.services;
    counters.malformed++;
    if (!log.isLevelEnabled('debug')) return;
    log.debug(
      { from: `${flow.remoteAddress}:${flow.remotePort}`, section: fault.section },
      `malformed message: ${fault.reason}`,
    );
  }
}
