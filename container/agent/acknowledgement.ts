// The ACK to a 2xx, on the side that sends it (§13.2.2.4): without a transaction.
import type { Request, Uri } from '../message/index.js';
import { addContentLength, postprocessRouting, sizeOf } from '../proxy/forwarding.js';
import { StatelessRequest } from '../proxy/stateless-request.js';
import { type Flow, type Hop, leavingFrom } from '../transport/flow.js';
import { asIfFrom } from './in-place-of-peers.js';
import type { AgentServices } from './services.js';

/** The dialog in which it is sent. */
interface AcknowledgedDialog {
  /** The address of ours that it must leave from. */
  readonly outboundInterface: string | undefined;
  /** The flow on which the recipient of a request was heard last. */
  heardOn(request: Request): Flow | undefined;
}

/**
 * Sends it, and calls `sent`. Resolves when it was sent, or when it cannot be sent, which is reported to
 * `services.problem`.
 */
export function sendAcknowledgement(
  ack: Request,
  services: AgentServices,
  dialog: AcknowledgedDialog | undefined,
  sent: (acknowledgement: Acknowledgement) => void,
): Promise<void> {
  const heardOn = dialog?.heardOn(ack);
  const next = postprocessRouting(ack);
  addContentLength(ack);
  if (next === undefined) return Promise.resolve();
  return new Promise((done) => {
    const acknowledgement = new Acknowledgement(ack, services, dialog?.outboundInterface, heardOn, (isSent) => {
      if (isSent) sent(acknowledgement);
      done();
    });
    acknowledgement.start(next, services.internalFlowTo(next, undefined));
  });
}

export interface PackedAcknowledgement {
  readonly request: Request;
  /** It was sent there. */
  readonly hop: Hop;
}

export class Acknowledgement extends StatelessRequest {
  #hop: Hop | undefined;

  constructor(
    ack: Request,
    protected override readonly services: AgentServices,
    readonly from: string | undefined,
    heardOn: Flow | undefined,
    /** Told once: whether it has been sent. */
    private settled: ((isSent: boolean) => void) | undefined,
  ) {
    super(ack, services, undefined, undefined, heardOn);
  }

  override sizeFor(next: Uri): number {
    return sizeOf(this.request, next, asIfFrom(this.services));
  }

  /** CSeq number of its INVITE. */
  get sequence(): number {
    return this.request.cseq.number;
  }

  /** It is sent again with each copy of the 2xx. */
  protected override get message(): Request {
    return this.request.clone();
  }

  /** What is left to send it again, as octets: it may wait for long. */
  get packed(): PackedAcknowledgement | undefined {
    if (this.#hop === undefined) return undefined;
    this.request.pack();
    return { request: this.request, hop: this.#hop };
  }

  override attempt(hop: Hop): void {
    this.#hop = leavingFrom(this.from, hop);
    super.attempt(this.#hop);
    this.settle(true);
  }

  override unreachable(error: unknown): void {
    super.unreachable(error);
    this.settle(false);
  }

  private settle(isSent: boolean): void {
    const { settled } = this;
    this.settled = undefined;
    settled?.(isSent);
  }
}
