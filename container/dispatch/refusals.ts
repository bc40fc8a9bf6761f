// Requests that the container answers itself: refusals, and OPTIONS to the container (§8.2, §11.2).
import type { Request } from '../message/index.js';
import { type Refusal, refusalOf } from '../proxy/validation.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { DispatchServices } from './services.js';

type HeaderFields = readonly (readonly [name: string, value: string])[];

/** What the container itself can do, for OPTIONS (§11.2). */
export const CAPABILITIES: HeaderFields = [
  [
    'Allow',
    'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, REFER, INFO, PRACK, UPDATE, PUBLISH',
  ],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'identity'],
  ['Accept-Language', '*'],
  ['Supported', 'path, 100rel, timer'],
];

/** Seconds. */
const RETRY_AFTER: HeaderFields = [['Retry-After', '10']];

export class Refusals {
  constructor(private readonly services: DispatchServices) {}

  respond(request: Request, transaction: ServerTransaction, status: number, headers: HeaderFields = []): void {
    if (status >= 300) this.services.counters.refused++;
    transaction.respond(refusalOf(request, { status, headers }, transaction.toTag));
  }

  /** A refusal that says why, of a request that no application has seen. */
  refuse(request: Request, transaction: ServerTransaction, refusal: Refusal): void {
    this.services.counters.refused++;
    transaction.respond(refusalOf(request, refusal, transaction.toTag));
  }

  /** §21.5.4: for the moment; it may be tried again. */
  unavailable(request: Request, transaction: ServerTransaction): void {
    this.respond(request, transaction, 503, RETRY_AFTER);
  }

  /** OPTIONS to the container itself (§11.2). */
  options(request: Request, transaction: ServerTransaction): void {
    if (this.services.refusesNew()) this.unavailable(request, transaction);
    else this.respond(request, transaction, 200, CAPABILITIES);
  }

  /** No application takes it (contract section 5). */
  noApplication(request: Request, transaction: ServerTransaction): void {
    const { methods } = this.services.router;
    if (request.maxForwards === 0) this.respond(request, transaction, 483);
    // The router may have none for a method that some application takes.
    else if (methods.length === 0 || methods.includes(request.method)) this.respond(request, transaction, 404);
    else this.respond(request, transaction, 405, [['Allow', methods.join(', ')]]);
  }
}
