// The list of client transactions alone (§17.1.3): what the layer does with it is in matching.test.ts.
import { expect, test } from 'vitest';
import type { ClientTransaction } from '../../container/transaction/client-transaction.js';
import { SentTransactions } from '../../container/transaction/sent-transactions.js';

test('a slot that is given back twice is given out once', () => {
  const sent = new SentTransactions();
  const next = (isInvite: boolean): ClientTransaction => {
    const transaction = { isInvite, slot: sent.nextSlot } as ClientTransaction;
    sent.add(transaction);
    return transaction;
  };
  const first = next(true);
  sent.delete(first);
  sent.delete(first);
  expect([sent.invites, sent.others]).toEqual([0, 0]);
  expect([next(true).slot, next(false).slot]).toEqual([0, 1]);
  sent.delete(first);
  expect([sent.invites, sent.others, sent.nextSlot]).toEqual([1, 1, 2]);
});
