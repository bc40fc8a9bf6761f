// An ACK to a 2xx on its way through a proxy (§16.6 without a transaction): forwarded, never answered.
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { addContentLength, decrementMaxForwards, postprocessRouting } from './forwarding.js';
import type { ProxyServices } from './services.js';
import { StatelessRequest } from './stateless-request.js';

/**
 * Forwards the request to its next hop and keeps nothing once it has left. A request that cannot be sent is dropped and
 * reported to `services.problem`. `heardOn` is the flow on which the recipient was heard last in the dialog.
 */
export function forwardStatelessly(original: Request, services: ProxyServices, inbound: Flow, heardOn?: Flow): void {
  if (original.maxForwards === 0) return;
  const request = original.clone();
  decrementMaxForwards(request, services.settings.maxForwards);
  const next = postprocessRouting(request);
  addContentLength(request);
  if (next === undefined) return;
  new StatelessRequest(request, services, inbound, undefined, heardOn).start(
    next,
    services.internalFlow(next, inbound),
  );
}
