// An ACK to a 2xx on its way through a proxy (§16.6 without a transaction): forwarded, never answered.
import type { Request, Uri } from '../message/index.js';
import type { Flow, Hop } from '../transport/flow.js';
import { addContentLength, decrementMaxForwards, postprocessRouting, sizeOf } from './forwarding.js';
import { type HopUser, NextHop } from './next-hop.js';
import type { ProxyServices } from './services.js';

/**
 * Forwards the request to its next hop and keeps nothing. A request that cannot be sent is dropped and reported to
 * `services.problem`.
 */
export function forwardStatelessly(original: Request, services: ProxyServices, inbound: Flow): void {
  if (original.maxForwards === 0) return;
  const request = original.clone();
  decrementMaxForwards(request, services.settings.maxForwards);
  const next = postprocessRouting(request);
  addContentLength(request);
  if (next === undefined) return;
  const sent = new Forwarded(request, services, inbound);
  const hop = new NextHop(services, sent).find(next, services.internalFlow(next, inbound));
  if (hop !== undefined) sent.attempt(hop);
}

class Forwarded implements HopUser {
  constructor(
    readonly request: Request,
    readonly services: ProxyServices,
    readonly inbound: Flow,
  ) {}

  sizeFor(next: Uri): number {
    return sizeOf(this.request, next, this.inbound);
  }

  attempt(hop: Hop): void {
    this.services.transactions.sendStateless(this.request, hop);
  }

  unreachable(error: unknown): void {
    this.services.problem(`${this.request.method} cannot be sent to ${this.request.uri}`, error);
  }

  mayGoOn(): boolean {
    return true;
  }
}
