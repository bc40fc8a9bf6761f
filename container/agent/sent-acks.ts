// Sent ACKs to 2xx: each is sent again when its 2xx is retransmitted (§13.2.2.4).
import type { Acknowledgement } from './acknowledgement.js';

/** The last INVITE, and one that crossed with it. */
const KEPT = 2;

export class SentAcks {
  #acks: Acknowledgement[] | undefined;
  /** The CSeq number of the last INVITE that was acknowledged; those before it have been, too (§14.1). */
  #last = 0;

  add(ack: Acknowledgement): void {
    this.#acks ??= [];
    this.#acks.push(ack);
    this.#last = Math.max(ack.sequence, this.#last);
    if (this.#acks.length > KEPT) this.#acks.shift();
  }

  /** Whether the 2xx to that INVITE has been acknowledged; its ACK may be forgotten by now. */
  has(sequence: number): boolean {
    return sequence <= this.#last;
  }

  of(sequence: number): Acknowledgement | undefined {
    return this.#acks?.find((ack) => ack.sequence === sequence);
  }
}
