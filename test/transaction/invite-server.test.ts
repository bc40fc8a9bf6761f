// IST-01…15: the INVITE server transaction (§17.2.1, RFC 6026 §7.1).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { incoming, NotingFlow, NotingServer, Stand, type Variation } from './layer-stand.js';

function proceeding(transport: 'UDP' | 'TCP' = 'UDP', variation: Variation = {}) {
  const stand = new Stand(transport);
  const user = new NotingServer();
  stand.onRequest = (_request, transaction) => {
    if (transaction !== undefined) transaction.user = user;
  };
  const invite = incoming('INVITE', variation);
  stand.receive(invite);
  return { ...{ stand, user, invite, transaction: stand.server }, flow: stand.flow, clock: stand.clock };
}

const ACK = incoming('ACK', { toTag: 'ours' });

describe('IST-01 the 100', () => {
  test.each(['UDP', 'TCP'] as const)('is sent over %s when the user is silent for 200 ms', (transport) => {
    const { flow, clock } = proceeding(transport);
    clock.turnTo(199);
    expect(flow.log).toEqual([]);
    clock.turnTo(10_000);
    expect(flow.log).toEqual(['100 200']);
  });
  test.each([100, 180, 200, 486])('is not sent when the user answers %i in time, or at once', (status) => {
    const { stand, flow, clock } = proceeding();
    clock.turnTo(100);
    stand.respond(status);
    clock.turnTo(300);
    expect(flow.log).toEqual([`${status} 100`]);
    const prompt = new Stand();
    prompt.onRequest = () => prompt.respond(status);
    prompt.receive(incoming('INVITE'));
    expect(prompt.clock.running).not.toContain('timerTrying');
  });
});

describe('IST-02 the INVITE comes again in Proceeding', () => {
  test('the last provisional response is sent again, the user is not called', () => {
    const { stand, flow, clock, invite } = proceeding();
    stand.respond(180);
    stand.respond(183);
    clock.turnTo(500);
    stand.receive(invite);
    expect(flow.log).toEqual(['180 0', '183 0', '183 500']);
    expect(present(flow.sent[2]).wire).toBe(present(flow.sent[1]).wire);
    expect(stand.passed).toHaveLength(1);
  });
  test('the 100 of the transaction itself too, and nothing before there is one', () => {
    const { stand, flow, clock, invite } = proceeding();
    clock.turnTo(100);
    stand.receive(invite);
    clock.turnTo(500);
    stand.receive(invite);
    expect(flow.log).toEqual(['100 200', '100 500']);
  });
});

test('IST-03 486 over UDP: again after T1, 2*T1, … T2 at most, until Timer H', () => {
  const { stand, user, flow, clock } = proceeding();
  stand.respond(486);
  clock.turnTo(31_999);
  expect(flow.times('486')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  expect(new Set(flow.sent.map(({ wire }) => wire)).size).toBe(1);
  clock.turnTo(100_000);
  expect(flow.times('486')).toHaveLength(11);
  expect(user.notes).toEqual(['timeout', 'terminated']);
});

test('IST-04 486 over TCP: not sent again by a timer; Timer H runs all the same', () => {
  const { stand, user, flow, clock, transaction } = proceeding('TCP');
  stand.respond(486);
  clock.turnTo(31_999);
  expect(flow.log).toEqual(['486 0']);
  expect(transaction.state).toBe('completed');
  clock.turnTo(32_000);
  expect(user.notes).toEqual(['timeout', 'terminated']);
});

describe('IST-05 the ACK', () => {
  test('over UDP: Confirmed, no more is sent; T4 (Timer I) later it has ended', () => {
    const { stand, user, flow, clock, transaction } = proceeding();
    stand.respond(486);
    clock.turnTo(600);
    stand.receive(ACK);
    expect(transaction.state).toBe('confirmed');
    clock.turnTo(5599);
    expect(stand.total).toBe(1);
    clock.turnTo(5600);
    expect(stand.total).toBe(0);
    expect(flow.log).toEqual(['486 0', '486 500']);
    expect(user.notes).toEqual(['ack', 'terminated']);
    expect(stand.passed).toHaveLength(1);
  });
  test('over TCP: Timer I is zero', () => {
    const { stand, user, clock } = proceeding('TCP');
    stand.respond(486);
    stand.receive(ACK);
    clock.turnTo(0);
    expect(user.notes).toEqual(['ack', 'terminated']);
    expect(stand.total).toBe(0);
  });
});

test.each(['UDP', 'TCP'] as const)(
  'IST-06 the INVITE comes again in Completed over %s: the 486 is sent again',
  (transport) => {
    const { stand, flow, clock, invite } = proceeding(transport);
    stand.respond(486);
    clock.turnTo(300);
    stand.receive(invite);
    expect(flow.log).toEqual(['486 0', '486 300']);
    expect(present(flow.sent[1]).wire).toBe(present(flow.sent[0]).wire);
    expect(stand.passed).toHaveLength(1);
  },
);

test('IST-07 Timer H without ACK: the user is told, the transaction is destroyed', () => {
  const { stand, user, clock, transaction } = proceeding();
  stand.respond(603);
  clock.turnTo(32_000);
  expect(user.notes).toEqual(['timeout', 'terminated']);
  expect(transaction.state).toBe('terminated');
  expect(stand.total).toBe(0);
  expect(clock.running).toEqual([]);
});

test('IST-08 ACKs that come again in Confirmed are absorbed, INVITEs too', () => {
  const { stand, user, flow, invite } = proceeding();
  stand.respond(486);
  stand.receive(ACK);
  stand.receive(ACK);
  stand.receive(invite);
  expect(user.notes).toEqual(['ack']);
  expect(flow.log).toEqual(['486 0']);
  expect(stand.passed).toHaveLength(1);
});

describe.each(['UDP', 'TCP'] as const)('2xx over %s', (transport) => {
  test('IST-09 Accepted for 64*T1 (Timer L); the 2xx is not sent again by the transaction', () => {
    const { stand, user, flow, clock, transaction } = proceeding(transport);
    clock.turnTo(50);
    stand.respond(200);
    expect(transaction.state).toBe('accepted');
    clock.turnTo(32_049);
    expect(stand.total).toBe(1);
    clock.turnTo(32_050);
    expect(stand.total).toBe(0);
    expect(flow.log).toEqual(['200 50']);
    expect(user.notes).toEqual(['terminated']);
  });
  test('IST-10 the INVITE comes again in Accepted: absorbed, nobody hears of it', () => {
    const { stand, flow, clock, invite } = proceeding(transport);
    stand.respond(200);
    for (const at of [500, 1500, 31_999]) {
      clock.turnTo(at);
      stand.receive(invite);
    }
    expect(stand.passed).toHaveLength(1);
    expect(flow.log).toEqual(['200 0']);
    expect(stand.total).toBe(1);
  });
  test('IST-11 further 2xx of the user are sent', () => {
    const { stand, flow, clock } = proceeding(transport);
    const { request, transaction } = present(stand.passed[0]);
    stand.respond(200, 'one');
    clock.turnTo(500);
    expect(stand.respond(200, 'one', { request, transaction })).toBe(true);
    expect(stand.respond(200, 'two', { request, transaction })).toBe(true);
    expect(stand.respond(486, 'two', { request, transaction })).toBe(false);
    expect(flow.log).toEqual(['200 0', '200 500', '200 500']);
  });
  test('IST-12 an ACK in Accepted is passed to the user, every time', () => {
    const { stand, user } = proceeding(transport);
    stand.respond(200);
    stand.receive(ACK);
    stand.receive(ACK);
    expect(user.notes).toEqual(['ack to 2xx', 'ack to 2xx']);
    expect(stand.passed).toHaveLength(1);
  });
  test('IST-12 … as an ACK without transaction, where nobody listens at the transaction', () => {
    const { stand, transaction } = proceeding(transport);
    transaction.user = undefined;
    stand.respond(200);
    stand.receive(ACK);
    expect(stand.passed.at(-1)).toMatchObject({ request: { method: 'ACK' }, transaction: undefined });
  });
});

describe('IST-13 a transport error: the state is kept, the user is told', () => {
  test.each([
    [180, 'proceeding'],
    [200, 'accepted'],
    [486, 'completed'],
  ])('of a %i, in %s', (status, state) => {
    const { stand, user, flow, transaction } = proceeding('TCP');
    stand.respond(status);
    flow.fail();
    expect(transaction.state).toBe(state);
    expect(user.notes).toEqual(['transport']);
  });
});

describe('§18.2.2 a response that does not go where the request came from', () => {
  test('is sent again where it went first, and that flow is not heard of after the end', () => {
    const { stand, flow, clock } = proceeding();
    const back = new NotingFlow('TCP', clock);
    stand.flowBack = back;
    stand.respond(486);
    clock.turnTo(500);
    expect(flow.log).toEqual([]);
    expect(back.log).toEqual(['486 0', '486 500']);
    clock.turnTo(32_000);
    expect(back.senders.size).toBe(0);
  });
  test('because there is no way for it: the user is told, later', () => {
    const { stand, user, clock } = proceeding();
    stand.flowBack = null;
    expect(stand.respond(486)).toBe(true);
    expect(user.notes).toEqual([]);
    clock.turnTo(0);
    expect(user.notes).toEqual(['transport']);
  });
});

describe('the 100 of the transaction', () => {
  test('IST-14 has no To tag, and the Timestamp with the delay', () => {
    const { flow, clock } = proceeding('UDP', { extra: ['Timestamp: 54.21'] });
    clock.turnTo(200);
    const trying = flow.last();
    expect(trying.to.tag).toBeUndefined();
    expect(trying.value('timestamp')).toBe('54.21 0.2');
    expect(trying.value('via')).toBe('SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer1');
  });
  test('IST-15 has Timestamp 54 and the delay for Timestamp 54, and none where there was none', () => {
    const { flow, clock } = proceeding('UDP', { extra: ['Timestamp: 54'] });
    clock.turnTo(200);
    expect(flow.last().value('timestamp')).toBe('54 0.2');
    const without = proceeding();
    without.clock.turnTo(200);
    expect(without.flow.last().has('timestamp')).toBe(false);
  });
});

describe('what a transaction keeps', () => {
  test.each([200, 486])('the request is readable until %i was sent', (final) => {
    const { stand, transaction } = proceeding();
    stand.respond(180);
    expect(transaction.request.method).toBe('INVITE');
    stand.respond(final);
    expect(() => transaction.request).toThrow('until the final response');
    expect(transaction.method).toBe('INVITE');
  });
});

test('a second final response is absorbed, and said to be', () => {
  const { stand, flow } = proceeding();
  const [only] = stand.passed;
  expect(stand.respond(180, 'ours', only)).toBe(true);
  expect(stand.respond(486, 'ours', only)).toBe(true);
  for (const status of [180, 200, 486, 603]) expect(stand.respond(status, 'ours', only)).toBe(false);
  expect(flow.log).toEqual(['180 0', '486 0']);
});

test('an ACK before a final response is absorbed', () => {
  const { stand, user, transaction } = proceeding();
  stand.receive(ACK);
  expect(user.notes).toEqual([]);
  expect(stand.passed).toHaveLength(1);
  expect(transaction.state).toBe('proceeding');
});

test('§8.2.6.2 the To tag is drawn once for a transaction', () => {
  const { stand, transaction } = proceeding();
  const tag = transaction.toTag;
  expect(transaction.toTag).toBe(tag);
  stand.receive(incoming('INVITE', { branch: 'z9hG4bKpeer2' }));
  expect(stand.server.toTag).not.toBe(tag);
});

test('abandon ends it without another event; the INVITE that comes again is a new one', () => {
  const { stand, user, flow, clock, invite, transaction } = proceeding();
  transaction.abandon();
  expect(stand.total).toBe(0);
  expect(stand.respond(200)).toBe(false);
  clock.turnTo(1000);
  expect(user.notes).toEqual([]);
  expect(flow.log).toEqual([]);
  stand.receive(invite);
  expect(stand.passed).toHaveLength(2);
});
