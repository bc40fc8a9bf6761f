// Client transactions by the slot that our branch names: a response finds the one that it answers by a look into a
// list, and nothing is hashed (§17.1.3).

import { Slots } from '../base/slots.js';
import type { Via } from '../message/index.js';
import type { ClientTransaction } from './client-transaction.js';
import { MAGIC_COOKIE } from './keys.js';

/** Before the slot; behind it comes the loop part, if there is one, with a sign of its own. */
const DOT = 46;
/** Digits: of more than there can be of transactions. */
const LONGEST_SLOT = 9;

/** Unique over space and time by `chance` alone (§8.1.1.7). `loopPart` is '' or begins with what is no digit. */
export function branchOf(chance: string, slot: number, loopPart: string): string {
  return `${MAGIC_COOKIE}${chance}.${slot}${loopPart}`;
}

/** What the branch of a Via names, whoever wrote it; -1 where that is no slot. */
function slotIn(via: Via): number {
  let i = MAGIC_COOKIE.length;
  let octet = via.branchOctet(i);
  while (octet !== DOT && octet !== 0) octet = via.branchOctet(++i);
  const first = i + 1;
  let slot = 0;
  for (i = first; i - first <= LONGEST_SLOT; i++) {
    const digit = via.branchOctet(i) - 48;
    if (digit < 0 || digit > 9) return i === first ? -1 : slot;
    slot = slot * 10 + digit;
  }
  return -1;
}

export class SentTransactions {
  readonly #slots = new Slots<ClientTransaction>();
  #invites = 0;

  /** How many INVITEs there are. */
  get invites(): number {
    return this.#invites;
  }

  /** How many of other methods. */
  get others(): number {
    return this.#slots.size - this.#invites;
  }

  /** That the next one gets. */
  get nextSlot(): number {
    return this.#slots.next;
  }

  /** It has the next slot. */
  add(transaction: ClientTransaction): void {
    this.#slots.add(transaction);
    if (transaction.isInvite) this.#invites++;
  }

  /** Its slot is free for another; a second time nothing happens. */
  delete(transaction: ClientTransaction): void {
    if (this.#slots.delete(transaction.slot, transaction) && transaction.isInvite) this.#invites--;
  }

  /** By the topmost Via of a response; its method is still to be compared. */
  find(via: Via): ClientTransaction | undefined {
    const transaction = this.#slots.get(slotIn(via));
    return transaction !== undefined && via.hasBranch(transaction.branch) ? transaction : undefined;
  }
}
