// Client transactions by the slot that our branch names: a response finds its transaction by index, without hashing
// (§17.1.3).

import { Slots } from '../base/slots.js';
import type { Via } from '../message/index.js';
import type { ClientTransaction } from './client-transaction.js';
import { MAGIC_COOKIE } from './keys.js';

/**
 * The character before the slot. The loop part, if there is one, follows the slot and begins with a separator of its
 * own.
 */
const DOT = 46;
/** Enough digits for any number of transactions. */
const LONGEST_SLOT = 9;

/** Unique over space and time because of `chance` (§8.1.1.7). `loopPart` is '' or does not begin with a digit. */
export function branchOf(chance: string, slot: number, loopPart: string): string {
  return `${MAGIC_COOKIE}${chance}.${slot}${loopPart}`;
}

/** The slot that the branch of a Via names, even if a peer wrote it; -1 when it names none. */
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

  /** How many INVITE transactions there are. */
  get invites(): number {
    return this.#invites;
  }

  /** How many transactions of other methods there are. */
  get others(): number {
    return this.#slots.size - this.#invites;
  }

  /** The slot of the next transaction. */
  get nextSlot(): number {
    return this.#slots.next;
  }

  /** Adds a transaction that was created with the next slot. */
  add(transaction: ClientTransaction): void {
    this.#slots.add(transaction);
    if (transaction.isInvite) this.#invites++;
  }

  /** Frees its slot. A second call does nothing. */
  delete(transaction: ClientTransaction): void {
    if (this.#slots.delete(transaction.slot, transaction) && transaction.isInvite) this.#invites--;
  }

  /** Finds a transaction by the topmost Via of a response. The caller must still compare the method. */
  find(via: Via): ClientTransaction | undefined {
    const transaction = this.#slots.get(slotIn(via));
    return transaction !== undefined && via.hasBranch(transaction.branch) ? transaction : undefined;
  }
}
