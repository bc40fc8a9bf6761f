// Finds the handler of an application that takes an initial request, by the predicates of its handlers.
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Request, Uri } from '../message/index.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import type { Flow } from '../transport/flow.js';
import { NoAnswer } from './router.js';

const FAILED = new NoAnswer(500);

/**
 * The handler that takes the request; undefined when the application passes the request over. A predicate that fails is
 * logged, and the request is answered 500.
 */
export function handlerFor(
  { name, table, log }: DeployedApplication,
  /** For an ACK and a CANCEL, INVITE. */
  method: string,
  request: Request,
  flow: Flow | undefined,
  popped: Uri | undefined,
): Handler | NoAnswer | undefined {
  if (!table.hasPredicates) return table.initial(method);
  try {
    return table.initialFor(method, () => new ReadonlySipRequest(request, flow, popped));
  } catch (error) {
    log.error({ err: error, method, callId: request.callId }, `a predicate of ${name} failed`);
    return FAILED;
  }
}
