// The 2xx to INVITEs that an application sent in one dialog and whose ACKs have not arrived (§13.3.1.4).
import type { Request, Response } from '../message/index.js';
import type { RequestReceived } from './exchanges.js';
import type { AgentServices } from './services.js';
import { SuccessRetransmission } from './success-retransmission.js';

export class SentSuccesses {
  #successes: SuccessRetransmission[] | undefined;
  #whenAcknowledged: (() => void)[] | undefined;

  constructor(
    private readonly services: AgentServices,
    /** No ACK has come within 64*T1. */
    private readonly unacknowledged: (received: RequestReceived, response: Response) => void,
  ) {}

  /** One waits for its ACK. */
  get isWaiting(): boolean {
    return (this.#successes?.length ?? 0) > 0;
  }

  /** It has been sent: from now on it is sent again until its ACK comes. */
  add(received: RequestReceived, response: Response): void {
    const { clock, settings } = this.services;
    const success = new SuccessRetransmission(clock, settings, received.transaction, response, () => {
      this.#forget(success);
      this.unacknowledged(received, response);
    });
    this.#successes ??= [];
    this.#successes.push(success);
  }

  /** Whether the ACK is for one of them, which is then no longer sent; false: it was acknowledged before. */
  acknowledge(ack: Request): boolean {
    const success = this.#successes?.find(({ sequence }) => sequence === ack.cseq.number);
    if (success === undefined) return false;
    success.stop();
    this.#forget(success);
    return true;
  }

  /** Resolves when each 2xx has its ACK or has been given up. */
  whenAcknowledged(): Promise<void> {
    if (!this.isWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenAcknowledged ??= [];
      this.#whenAcknowledged.push(resolve);
    });
  }

  /** Gives them up: the dialog has ended. */
  stop(): void {
    for (const success of this.#successes ?? []) success.stop();
    this.#successes = undefined;
    this.#tellAcknowledged();
  }

  #forget(success: SuccessRetransmission): void {
    this.#successes = this.#successes?.filter((each) => each !== success);
    if (!this.isWaiting) this.#tellAcknowledged();
  }

  #tellAcknowledged(): void {
    const waiting = this.#whenAcknowledged;
    this.#whenAcknowledged = undefined;
    for (const tell of waiting ?? []) tell();
  }
}
