// The routing function of a stateless siplet, made safe to call on the way of a message (contract section 6).

import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import { Uri } from '../message/index.js';
import type { StatelessRoute } from '../proxy/stateless.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import { type UriOrAddress, uriText } from '../servlet/values.js';

/** What it throws, and what is no URI, is logged, and is as if it had named no target. */
export function statelessRoute(application: DeployedApplication, handler: Handler): StatelessRoute {
  return (request, flow, popped) => {
    try {
      return targetOf(handler.invoke(new ReadonlySipRequest(request, flow, popped)));
    } catch (error) {
      const { method, callId } = request;
      application.log.error({ err: error, handler: handler.label, method, callId }, `${handler.label} failed`);
      return undefined;
    }
  };
}

function targetOf(returned: unknown): string | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (returned instanceof Promise) {
    returned.catch(() => {}); // what it comes to is of no interest any more
    throw new TypeError('a stateless siplet has returned a promise: its routing function is synchronous');
  }
  const text = uriText(returned as UriOrAddress);
  if (typeof returned !== 'string' && Uri.parse(text) === undefined) {
    throw new TypeError(`a stateless siplet has returned no URI: ${text.slice(0, 80)}`);
  }
  return text;
}
