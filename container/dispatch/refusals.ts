// Requests that the container answers itself: refusals, and OPTIONS to the container (§8.2, §11.2).
import { type Request, responseTo } from '../message/index.js';
import { type Refusal, refusalOf } from '../proxy/validation.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { DispatchServices } from './services.js';

/** The container's own capabilities, for OPTIONS (§11.2). */
export const CAPABILITIES = [
  [
    'Allow',
    'INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, REFER, INFO, PRACK, UPDATE, PUBLISH',
  ],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'identity'],
  ['Accept-Language', '*'],
  ['Supported', 'path, 100rel, timer'],
] as const;

/** §21.5.4: temporary; the request may be tried again. */
export const UNAVAILABLE: Refusal = { status: 503, headers: [['Retry-After', '10']] };

export class Refusals {
  constructor(private readonly services: DispatchServices) {}

  refuse(request: Request, transaction: ServerTransaction, refusal: Refusal): void {
    this.services.counters.refused++;
    transaction.respond(refusalOf(request, refusal, transaction.toTag));
  }

  /** OPTIONS to the container itself (§11.2). */
  options(request: Request, transaction: ServerTransaction): void {
    if (this.services.refusesNew()) {
      this.refuse(request, transaction, UNAVAILABLE);
      return;
    }
    const response = responseTo(request, 200, undefined, transaction.toTag);
    for (const [name, value] of CAPABILITIES) response.append(name, value);
    transaction.respond(response);
  }

  /** No application takes it (RULES.md section 5). */
  ofNoApplication(request: Request): Refusal {
    const { methods } = this.services.router;
    if (request.maxForwards === 0) return { status: 483 };
    // The router may choose no application, although one takes the method.
    if (methods.length === 0 || methods.includes(request.method)) return { status: 404 };
    return { status: 405, headers: [['Allow', methods.join(', ')]] };
  }
}
