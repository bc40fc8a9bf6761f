// NCT-01…08: the non-INVITE client transaction (§17.1.2). NCT-07, no 408 upstream, is shown at the proxy layer.
import { expect, test } from 'vitest';
import { NotingClient, Stand } from './layer-stand.js';

function trying(transport: 'UDP' | 'TCP' = 'UDP', method = 'OPTIONS') {
  const stand = new Stand(transport);
  const user = new NotingClient();
  const transaction = stand.send(method, user);
  return { ...{ stand, user, transaction }, flow: stand.flow, clock: stand.clock };
}

test('NCT-01 over UDP, in silence: 11 copies, doubling to T2, until Timer F at 32 s', () => {
  const { stand, user, flow, clock, transaction } = trying();
  clock.turnTo(31_999);
  expect(flow.times('OPTIONS')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  expect(user.notes).toEqual([]);
  clock.turnTo(32_000);
  expect(user.notes).toEqual(['timeout', 'terminated']);
  clock.turnTo(200_000);
  expect(flow.sent).toHaveLength(11);
  expect(transaction.state).toBe('terminated');
  expect(stand.total).toBe(0);
});

test('NCT-02 1xx in Trying: Proceeding, the running Timer E ends, then every T2; Timer F unchanged', () => {
  const { stand, user, flow, clock, transaction } = trying();
  clock.turnTo(600);
  stand.answer(100, 'OPTIONS');
  expect(transaction.state).toBe('proceeding');
  clock.turnTo(31_999);
  expect(flow.times('OPTIONS')).toEqual([0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500]);
  clock.turnTo(32_000);
  expect(user.notes).toEqual(['passed 100', 'timeout', 'terminated']);
});

test.each([200, 302, 404, 500, 600])('NCT-03 %i over UDP: passed, Completed for T4 (Timer K)', (status) => {
  const { stand, user, flow, clock, transaction } = trying();
  clock.turnTo(100);
  stand.answer(status, 'OPTIONS');
  expect(transaction.state).toBe('completed');
  clock.turnTo(5099);
  expect(stand.total).toBe(1);
  clock.turnTo(5100);
  expect(stand.total).toBe(0);
  expect(user.notes).toEqual([`passed ${status}`, 'terminated']);
  expect(flow.log).toEqual(['OPTIONS 0']);
});

test('NCT-04 over TCP: one copy; Timer K is zero', () => {
  const { stand, user, flow, clock } = trying('TCP');
  clock.turnTo(20_000);
  stand.answer(200, 'OPTIONS');
  clock.turnTo(20_000);
  expect(flow.log).toEqual(['OPTIONS 0']);
  expect(user.notes).toEqual(['passed 200', 'terminated']);
  expect(stand.total).toBe(0);
});

test('NCT-05 a retransmitted final in Completed is absorbed, 2xx too', () => {
  const { stand, user } = trying();
  stand.answer(200, 'OPTIONS');
  stand.answer(200, 'OPTIONS');
  stand.answer(404, 'OPTIONS');
  stand.answer(100, 'OPTIONS');
  expect(user.notes).toEqual(['passed 200']);
  expect(stand.strays).toEqual([]);
});

test.each(['UDP', 'TCP'] as const)('NCT-06 Timer F over %s: the user is told; no CANCEL', (transport) => {
  const { user, flow, clock, transaction } = trying(transport, 'BYE');
  transaction.cancel();
  clock.turnTo(32_000);
  transaction.cancel();
  clock.turnTo(100_000);
  expect(user.failures).toEqual([{ cause: 'timeout' }]);
  expect(flow.times('CANCEL')).toEqual([]);
});

test.each([undefined, 100])('NCT-08 a transport error, after %s: the user is told at once', (provisional) => {
  const { stand, user, flow, clock } = trying('TCP');
  if (provisional !== undefined) stand.answer(provisional, 'OPTIONS');
  flow.fail();
  expect(user.notes.slice(-2)).toEqual(['transport', 'terminated']);
  expect(stand.total).toBe(0);
  expect(clock.running).toEqual([]);
});
