// The routing function of a stateless siplet, made safe to call on the way of a message (contract section 6).
import type { DeployedApplication } from '../deployment/application.js';
import type { Handler } from '../dispatch/handler-table.js';
import type { StatelessRoute } from '../proxy/stateless.js';
import { ReadonlySipRequest } from '../servlet/readonly-request.js';
import { type UriOrAddress, uriText } from '../servlet/values.js';

/** What it throws is logged, and is as if it had named no target. */
export function statelessRoute(application: DeployedApplication, handler: Handler): StatelessRoute {
  return (request, flow, popped) => {
    try {
      const target = handler.invoke(new ReadonlySipRequest(request, flow, popped));
      return target === undefined || target === null ? undefined : uriText(target as UriOrAddress);
    } catch (error) {
      const { method, callId } = request;
      application.log.error({ err: error, handler: handler.label, method, callId }, `${handler.label} failed`);
      return undefined;
    }
  };
}
