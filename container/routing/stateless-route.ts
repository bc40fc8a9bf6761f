// Wraps the routing function of a stateless siplet, so that it is safe to call while a message is handled (RULES.md
// section 6).

import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import { Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/former-routes.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import { type UriOrAddress, uriText } from '../servlet/values.js';

/** One function for each handler: it stands for a version of the siplet. */
const ROUTES = new WeakMap<Handler, StatelessRoute>();

/** If the function throws or returns something other than a URI, the error is logged, and the request has no target. */
export function statelessRoute(application: DeployedApplication, handler: Handler): StatelessRoute {
  const there = ROUTES.get(handler);
  if (there !== undefined) return there;
  const route: StatelessRoute = (request, flow, popped) => {
    try {
      return targetOf(handler.invoke(new ReadonlySipRequest(request, flow, popped)));
    } catch (error) {
      const { method, callId } = request;
      application.log.error({ err: error, handler: handler.label, method, callId }, `${handler.label} failed`);
      return undefined;
    }
  };
  ROUTES.set(handler, route);
  return route;
}

function targetOf(returned: unknown): string | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (returned instanceof Promise) {
    returned.catch(() => {}); // its result is ignored
    throw new TypeError('a stateless siplet returned a promise: its routing function must be synchronous');
  }
  const text = uriText(returned as UriOrAddress);
  if (typeof returned !== 'string' && Uri.parse(text) === undefined) {
    throw new TypeError(`a stateless siplet returned ${text.slice(0, 80)}, which is not a URI`);
  }
  return text;
}
