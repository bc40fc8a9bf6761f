// Sent ACKs to 2xx: each is sent again when its 2xx is retransmitted (§13.2.2.4).
import type { Request } from '../message/index.js';
import type { Transactions } from '../transaction/user.js';
import type { Hop } from '../transport/flow.js';

export interface SentAck {
  /** CSeq number of the INVITE. */
  readonly sequence: number;
  readonly request: Request;
  readonly hop: Hop;
}

/** The last INVITE, and one that crossed with it. */
const KEPT = 2;

export class SentAcks {
  #acks: SentAck[] | undefined;

  add(sequence: number, request: Request, hop: Hop): void {
    this.#acks ??= [];
    this.#acks.push({ sequence, request, hop });
    if (this.#acks.length > KEPT) this.#acks.shift();
  }

  of(sequence: number): SentAck | undefined {
    return this.#acks?.find((ack) => ack.sequence === sequence);
  }

  sendAgain(sequence: number, transactions: Transactions): void {
    const ack = this.of(sequence);
    if (ack !== undefined) transactions.sendStateless(ack.request.clone(), ack.hop);
  }
}
