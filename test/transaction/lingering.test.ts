// What waits for the end of the transactions of a request that is done with (proxy/lingering.ts).
import { expect, test } from 'vitest';
import { Lingering } from '../../container/proxy/lingering.js';
import type { ProxyServices } from '../../container/proxy/services.js';

function lingering(transactions: number) {
  const told: unknown[] = [];
  const services = { problem: (_text: string, error: unknown) => void told.push(error) } as unknown as ProxyServices;
  return { told, user: new Lingering(transactions, { ended: () => void told.push('ended') }, services) };
}

test('§17.1.2.2 §17.2.2 the session is told once, when the last transaction has ended', () => {
  const { told, user } = lingering(2);
  user.terminated();
  expect(told).toEqual([]);
  user.terminated();
  expect(told).toEqual(['ended']);
});

test('§16.9 a response that cannot be sent again is told to operators, one that timed out is not', () => {
  const { told, user } = lingering(1);
  const error = new Error('unreachable');
  user.failed({ cause: 'timeout' });
  user.failed({ cause: 'transport', error });
  expect(told).toEqual([error]);
});
