// An ACK to a 2xx on its way through a proxy (§16.6 without a transaction): forwarded, never answered.
import type { Request } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { hopOf } from '../transport/internal-flow.js';
import { addContentLength, decrementMaxForwards, postprocessRouting, sizeOf } from './forwarding.js';
import type { ProxyServices } from './services.js';

/** Forwards the request to its next hop and keeps nothing. What cannot be sent is dropped, and told to `services.problem`. */
export function forwardStatelessly(original: Request, services: ProxyServices, inbound: Flow): void {
  if (original.maxForwards === 0) return;
  const request = original.clone();
  decrementMaxForwards(request, services.settings.maxForwards);
  const next = postprocessRouting(request);
  addContentLength(request);
  if (next === undefined) return;
  const failed = (error: unknown): void => services.problem(`${request.method} cannot be sent to ${next.text}`, error);
  const internal = services.internalFlow(next, inbound);
  const send = (hops: Awaited<ReturnType<ProxyServices['locate']>>): void => {
    if (hops.length > 0) services.transactions.sendStateless(request, hops[0]!);
  };
  try {
    const located = internal === undefined ? services.locate(next, sizeOf(request, next, inbound)) : [hopOf(internal)];
    if (located instanceof Promise) located.then(send, failed);
    else send(located);
  } catch (error) {
    failed(error);
  }
}
