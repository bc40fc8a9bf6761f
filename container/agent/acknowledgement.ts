// The ACK to a 2xx, on the side that sends it (§13.2.2.4): without a transaction, to the first hop.
import type { Request, Uri } from '../message/index.js';
import { addContentLength, postprocessRouting, sizeOf } from '../proxy/forwarding.js';
import { type HopUser, NextHop } from '../proxy/next-hop.js';
import { type Hop, leavingFrom } from '../transport/flow.js';
import { asIfFrom } from './in-place-of-peers.js';
import type { AgentServices } from './services.js';

/**
 * Sends it from that address of ours, and calls `sent` with its hop first. Resolves when it was sent, or when it cannot
 * be sent, which is reported to `services.problem`.
 */
export function sendAcknowledgement(
  ack: Request,
  services: AgentServices,
  from: string | undefined,
  sent: (ack: Request, hop: Hop) => void,
): Promise<void> {
  const next = postprocessRouting(ack);
  addContentLength(ack);
  if (next === undefined) return Promise.resolve();
  return new Promise((done) => {
    const acknowledgement = new Acknowledgement(ack, services, from, sent, done);
    const hop = new NextHop(services, acknowledgement).find(next, services.internalFlowTo(next, undefined));
    if (hop !== undefined) acknowledgement.attempt(hop);
  });
}

class Acknowledgement implements HopUser {
  constructor(
    readonly ack: Request,
    readonly services: AgentServices,
    readonly from: string | undefined,
    readonly sent: (ack: Request, hop: Hop) => void,
    readonly done: () => void,
  ) {}

  sizeFor(next: Uri): number {
    return sizeOf(this.ack, next, asIfFrom(this.services));
  }

  attempt(found: Hop): void {
    const hop = leavingFrom(this.from, found);
    this.sent(this.ack.clone(), hop);
    this.services.transactions.sendStateless(this.ack, hop);
    this.done();
  }

  unreachable(error: unknown): void {
    this.services.problem(`ACK cannot be sent to ${this.ack.uri}`, error);
    this.done();
  }

  mayGoOn(): boolean {
    return true;
  }
}
