// NST-01…11: the non-INVITE server transaction (§17.2.2, RFC 4320). NST-10 and NST-11, what a proxy forwards, are shown
// at the proxy layer.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { incoming, NotingServer, Stand } from './layer-stand.js';

function trying(transport: 'UDP' | 'TCP' = 'UDP', method = 'OPTIONS') {
  const stand = new Stand(transport);
  const user = new NotingServer();
  stand.onRequest = (_request, transaction) => {
    present(transaction).user = user;
  };
  const request = incoming(method, { extra: ['Timestamp: 7'] });
  stand.receive(request);
  return { ...{ stand, user, request, transaction: stand.server }, flow: stand.flow, clock: stand.clock };
}

test('NST-01 the request comes again in Trying: dropped', () => {
  const { stand, flow, clock, request, transaction } = trying();
  for (const at of [500, 1500]) {
    clock.turnTo(at);
    stand.receive(request);
  }
  expect(stand.passed).toHaveLength(1);
  expect(flow.log).toEqual([]);
  expect(transaction.state).toBe('trying');
});

test('NST-02 … in Proceeding: the last provisional response is sent again', () => {
  const { stand, flow, clock, request, transaction } = trying();
  clock.turnTo(4000);
  expect(transaction.state).toBe('proceeding');
  stand.receive(request);
  expect(flow.log).toEqual(['100 3500', '100 4000']);
  expect(present(flow.sent[1]).wire).toBe(present(flow.sent[0]).wire);
  expect(stand.passed).toHaveLength(1);
});

test('NST-03 … in Completed: the final response is sent again, octet for octet', () => {
  const { stand, flow, clock, request } = trying();
  stand.respond(200);
  clock.turnTo(31_999);
  stand.receive(request);
  expect(flow.log).toEqual(['200 0', '200 31999']);
  expect(present(flow.sent[1]).wire).toBe(present(flow.sent[0]).wire);
  expect(stand.passed).toHaveLength(1);
});

describe('NST-04 Timer J', () => {
  test('is 64*T1 over UDP', () => {
    const { stand, user, clock } = trying();
    clock.turnTo(100);
    stand.respond(404);
    clock.turnTo(32_099);
    expect(stand.total).toBe(1);
    clock.turnTo(32_100);
    expect(stand.total).toBe(0);
    expect(user.notes).toEqual(['terminated']);
    expect(clock.running).toEqual([]);
  });
  test('is zero over TCP', () => {
    const { stand, flow, clock } = trying('TCP');
    stand.respond(200);
    clock.turnTo(0);
    expect(stand.total).toBe(0);
    expect(flow.senders.size).toBe(0);
  });
});

test('NST-05 a second final response is dropped', () => {
  const { stand, flow, request } = trying();
  const [only] = stand.passed;
  expect(stand.respond(200, 'ours', only)).toBe(true);
  expect(stand.respond(500, 'ours', only)).toBe(false);
  stand.receive(request);
  expect(flow.log).toEqual(['200 0', '200 0']);
});

test('NST-06 a CANCEL that comes again after Timer J is a new request, for the user to answer 481', () => {
  const { stand, clock, request } = trying('UDP', 'CANCEL');
  stand.respond(200);
  clock.turnTo(31_999);
  stand.receive(request);
  expect(stand.passed).toHaveLength(1);
  clock.turnTo(32_000);
  stand.receive(request);
  expect(stand.passed).toHaveLength(2);
  expect(stand.layer.inviteOf(present(stand.passed[1]).request)).toBeUndefined();
});

test.each(['UDP', 'TCP'] as const)('NST-07 no 1xx but 100 is sent over %s, before or after it', (transport) => {
  const { stand, flow, clock } = trying(transport);
  for (const status of [101, 180, 183, 199]) expect(stand.respond(status)).toBe(false);
  clock.turnTo(3500);
  for (const status of [101, 180, 183, 199]) expect(stand.respond(status)).toBe(false);
  expect(flow.log).toEqual(['100 3500']);
});

describe('NST-08 the 100', () => {
  test.each(['UDP', 'TCP'] as const)(
    'is due 3.5 s after the request over %s, without a To tag and with the Timestamp',
    (transport) => {
      const { flow, clock } = trying(transport);
      clock.turnTo(3499);
      expect(flow.log).toEqual([]);
      clock.turnTo(60_000);
      expect(flow.log).toEqual(['100 3500']);
      expect(flow.last().to.tag).toBeUndefined();
      expect(flow.last().value('timestamp')).toBe('7 3.5');
    },
  );
  test('is not sent earlier over UDP, even if the user would', () => {
    const { stand, flow, clock, transaction } = trying();
    clock.turnTo(3499);
    expect(stand.respond(100)).toBe(false);
    expect(transaction.state).toBe('trying');
    expect(flow.log).toEqual([]);
    clock.turnTo(3500);
    expect(stand.respond(100)).toBe(true);
    expect(flow.log).toEqual(['100 3500', '100 3500']);
  });
  test('is not sent when a final response was', () => {
    const { stand, flow, clock } = trying();
    clock.turnTo(3499);
    stand.respond(200);
    clock.turnTo(10_000);
    expect(flow.log).toEqual(['200 3499']);
  });
  test.each([
    [100, 1000],
    [500, 2000],
    [500, 500],
  ])('T1 %i and T2 %i: due when Timer E is reset to T2', (t1, t2) => {
    const client = new Stand('UDP', { timers: { t1, t2 } });
    client.send('OPTIONS');
    client.clock.turnTo(3 * t2 + 64 * t1);
    const times = client.flow.times('OPTIONS');
    const due = times.findIndex((at, i) => i > 0 && present(times[i + 1]) - at === t2);
    const server = new Stand('UDP', { timers: { t1, t2 } });
    server.receive(incoming('OPTIONS'));
    server.clock.turnTo(20_000);
    // With T1 = T2 Timer E is T2 from the start.
    expect(server.flow.times('100')).toEqual([t1 === t2 ? 0 : times[due]]);
  });
});

test('NST-09 over TCP the user may send 100 at any time', () => {
  const { stand, flow, clock, transaction } = trying('TCP');
  expect(stand.respond(100)).toBe(true);
  expect(transaction.state).toBe('proceeding');
  clock.turnTo(10_000);
  expect(flow.log).toEqual(['100 0']);
});

test('RFC 6026 §8.8 a response that could not be sent: the user is told, the state is kept', () => {
  const { stand, user, flow, clock, transaction } = trying('TCP');
  stand.respond(100);
  flow.fail();
  expect(user.notes).toEqual(['transport']);
  expect(transaction.state).toBe('proceeding');
  stand.respond(200);
  flow.fail();
  clock.turnTo(0);
  expect(user.notes).toEqual(['transport', 'transport', 'terminated']);
});

test('RFC 4320 §4.2 abandon: it ends unanswered, and the request that comes again is a new one', () => {
  const { stand, user, flow, clock, request, transaction } = trying();
  clock.turnTo(3600);
  transaction.abandon();
  expect(transaction.state).toBe('terminated');
  expect(stand.total).toBe(0);
  expect(user.notes).toEqual([]);
  stand.receive(request);
  expect(stand.passed).toHaveLength(2);
  expect(flow.log).toEqual(['100 3500']);
});
