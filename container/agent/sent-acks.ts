// Sent ACKs to 2xx: each is sent again when its 2xx is retransmitted (§13.2.2.4).
import type { Acknowledgement } from './acknowledgement.js';

/** The last INVITE, and one that crossed with it. */
const KEPT = 2;

export class SentAcks {
  #acks: Acknowledgement[] | undefined;

  add(ack: Acknowledgement): void {
    this.#acks ??= [];
    this.#acks.push(ack);
    if (this.#acks.length > KEPT) this.#acks.shift();
  }

  of(sequence: number): Acknowledgement | undefined {
    return this.#acks?.find((ack) => ack.sequence === sequence);
  }
}
