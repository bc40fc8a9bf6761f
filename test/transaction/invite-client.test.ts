// ICT-01…14: the INVITE client transaction (§17.1.1, RFC 6026 §7.2).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Request } from '../../container/message/index.js';
import { NotingClient, outgoing, read, Stand } from './layer-stand.js';

function calling(transport: 'UDP' | 'TCP' = 'UDP', t1?: number) {
  const stand = new Stand(transport, t1 === undefined ? {} : { timers: { t1 } });
  const user = new NotingClient();
  const transaction = stand.send('INVITE', user);
  return { ...{ stand, user, transaction }, flow: stand.flow, clock: stand.clock };
}

test('§18.1.1 the INVITE is sent with a Via of ours on top: transport, sent-by, a new branch with the cookie, rport', () => {
  const { flow, transaction } = calling();
  expect(read(present(flow.sent[0]).wire).value('via')).toBe('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb1.0;rport');
  expect(transaction).toMatchObject({ state: 'calling', isInvite: true, method: 'INVITE', branch: 'z9hG4bKb1.0' });
});

test('ICT-01 over UDP, in silence: 7 copies at 0, .5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, Timer B at 32 s', () => {
  const { stand, user, flow, clock, transaction } = calling();
  clock.turnTo(31_999);
  expect(flow.times('INVITE')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  expect(user.notes).toEqual([]);
  clock.turnTo(32_000);
  expect(user.notes).toEqual(['timeout', 'terminated']);
  expect(transaction.state).toBe('terminated');
  clock.turnTo(200_000);
  expect(flow.sent).toHaveLength(7);
  expect(new Set(flow.sent.map(({ wire }) => wire)).size).toBe(1);
  expect(stand.total).toBe(0);
});

test('ICT-02 over TCP, in silence: one copy, Timer B at 32 s', () => {
  const { user, flow, clock } = calling('TCP');
  clock.turnTo(31_999);
  expect(user.notes).toEqual([]);
  clock.turnTo(32_000);
  expect(flow.times('INVITE')).toEqual([0]);
  expect(user.notes).toEqual(['timeout', 'terminated']);
});

describe('ICT-03 a 1xx', () => {
  test('stops the retransmissions, and Timer B no longer ends the transaction', () => {
    const { stand, user, flow, clock, transaction } = calling();
    clock.turnTo(600);
    stand.answer(180);
    expect(transaction.state).toBe('proceeding');
    clock.turnTo(600_000);
    expect(flow.times('INVITE')).toEqual([0, 500]);
    expect(user.notes).toEqual(['passed 180']);
    expect(clock.running).toEqual([]);
  });
  test('is passed every time, 100 too', () => {
    const { stand, user } = calling();
    for (const status of [100, 180, 180, 183]) stand.answer(status);
    expect(user.notes).toEqual(['passed 100', 'passed 180', 'passed 180', 'passed 183']);
  });
});

describe('ICT-04 300-699 over UDP', () => {
  test.each([302, 404, 503, 603])('%i: passed, ACK sent, Completed for 32 s (Timer D)', (status) => {
    const { stand, user, flow, clock, transaction } = calling();
    clock.turnTo(100);
    stand.answer(status);
    expect(flow.log).toEqual(['INVITE 0', 'ACK 100']);
    expect(user.notes).toEqual([`passed ${status}`]);
    clock.turnTo(32_099);
    expect(transaction.state).toBe('completed');
    clock.turnTo(32_100);
    expect(transaction.state).toBe('terminated');
    expect(user.notes).toEqual([`passed ${status}`, 'terminated']);
    expect(stand.total).toBe(0);
  });
  test('the ACK is on its way before the user hears', () => {
    const stand = new Stand();
    const seen: string[][] = [];
    stand.send('INVITE', new NotingClient(() => seen.push(stand.flow.log)));
    stand.answer(486);
    expect(seen).toEqual([['INVITE 0', 'ACK 0']]);
  });
});

test('ICT-05 a retransmitted 486 in Completed: ACK again each time, the user hears nothing', () => {
  const { stand, user, flow, clock } = calling();
  stand.answer(180);
  stand.answer(486);
  for (const at of [500, 1500, 3500]) {
    clock.turnTo(at);
    stand.answer(486);
  }
  expect(flow.log).toEqual(['INVITE 0', 'ACK 0', 'ACK 500', 'ACK 1500', 'ACK 3500']);
  expect(new Set(flow.sent.slice(1).map(({ wire }) => wire)).size).toBe(1);
  expect(user.notes).toEqual(['passed 180', 'passed 486']);
});

test('ICT-06 486 over TCP: Timer D is zero, the transaction ends at once', () => {
  const { stand, user, flow, clock, transaction } = calling('TCP');
  stand.answer(486);
  clock.turnTo(clock.now());
  expect(flow.log).toEqual(['INVITE 0', 'ACK 0']);
  expect(transaction.state).toBe('terminated');
  expect(user.notes).toEqual(['passed 486', 'terminated']);
  expect(stand.total).toBe(0);
  expect(flow.senders.size).toBe(0);
});

describe.each(['UDP', 'TCP'] as const)('2xx over %s', (transport) => {
  test('ICT-07 Accepted for 64*T1 (Timer M)', () => {
    const { stand, user, flow, clock, transaction } = calling(transport);
    clock.turnTo(100);
    stand.answer(200);
    expect(transaction.state).toBe('accepted');
    clock.turnTo(32_099);
    expect(transaction.state).toBe('accepted');
    expect(stand.layer.size.inviteClient).toBe(1);
    clock.turnTo(32_100);
    expect(transaction.state).toBe('terminated');
    expect(user.notes).toEqual(['passed 200', 'terminated']);
    expect(flow.log).toEqual(['INVITE 0']);
  });
  test('ICT-08 further 2xx, retransmitted or of another fork, are passed each time', () => {
    const { stand, user, clock } = calling(transport);
    stand.answer(200, 'INVITE', 'one');
    stand.answer(200, 'INVITE', 'one');
    clock.turnTo(30_000);
    stand.answer(200, 'INVITE', 'two');
    expect(user.notes).toEqual(['passed 200', 'passed 200', 'passed 200']);
    clock.turnTo(32_000);
    expect(user.notes.at(-1)).toBe('terminated');
  });
  test('ICT-09 what is not 2xx is not passed in Accepted, and gets no ACK', () => {
    const { stand, user, flow } = calling(transport);
    stand.answer(200);
    for (const status of [180, 302, 486, 600]) stand.answer(status);
    expect(user.notes).toEqual(['passed 200']);
    expect(flow.log).toEqual(['INVITE 0']);
    expect(stand.strays).toEqual([]);
  });
  // That the proxy drops the stray is shown at its layer.
  test('ICT-10 after Timer M the transaction is gone, a later 2xx is stray', () => {
    const { stand, user, clock } = calling(transport);
    stand.answer(200);
    clock.turnTo(32_000);
    stand.answer(200);
    expect(user.notes).toEqual(['passed 200', 'terminated']);
    expect(stand.strays.map(({ status }) => status)).toEqual([200]);
  });
});

test.each([200, 486])('ICT-11 a provisional response after %i is ignored', (final) => {
  const { stand, user } = calling();
  stand.answer(180);
  stand.answer(final);
  stand.answer(183);
  expect(user.notes).toEqual(['passed 180', `passed ${final}`]);
  expect(stand.strays).toEqual([]);
});

describe('ICT-12 a transport error', () => {
  test('of the INVITE: the user is told, with the error; Terminated', () => {
    const { stand, user, flow, clock, transaction } = calling('TCP');
    flow.fail(new Error('refused'));
    expect(user.notes).toEqual(['transport', 'terminated']);
    expect(user.failures).toEqual([{ cause: 'transport', error: new Error('refused') }]);
    expect(transaction.state).toBe('terminated');
    expect(stand.total).toBe(0);
    expect(clock.running).toEqual([]);
  });
  test('of the ACK, in Completed: the same', () => {
    const { stand, user, flow } = calling();
    stand.answer(486);
    flow.fail();
    expect(user.notes).toEqual(['passed 486', 'transport', 'terminated']);
  });
  test('in Proceeding, where nothing is sent: the response may come another way', () => {
    const { stand, user, flow } = calling('TCP');
    stand.answer(180);
    flow.fail();
    stand.answer(200);
    expect(user.notes).toEqual(['passed 180', 'passed 200']);
  });
});

test('ICT-13 the ACK: what §17.1.1.3 names, and nothing else', () => {
  const stand = new Stand();
  const invite = outgoing('INVITE');
  invite.push('Route', '<sip:p2.example.com;lr>');
  invite.push('Route', '<sip:p1.example.com;lr>');
  invite.push('Via', 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKlower');
  invite.append('Require', '100rel');
  invite.setBody('v=0\r\n', 'application/sdp');
  stand.layer.send(invite, stand.hop, new NotingClient());
  stand.answer(486, 'INVITE', 'theirs');
  expect(present(stand.flow.sent[1]).wire.split('\r\n')).toEqual([
    'ACK sip:callee@example.com SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb1.0;rport',
    'Route: <sip:p1.example.com;lr>',
    'Route: <sip:p2.example.com;lr>',
    'From: <sip:caller@example.com>;tag=caller',
    'Call-ID: call-1',
    'To: <sip:callee@example.com>;tag=theirs',
    'CSeq: 1 ACK',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ]);
});

test('ICT-14 with T1 of 100 ms all timers scale, in the same order', () => {
  const { user, flow, clock } = calling('UDP', 100);
  clock.turnTo(6399);
  expect(flow.times('INVITE')).toEqual([0, 100, 300, 700, 1500, 3100, 6300]);
  expect(user.notes).toEqual([]);
  clock.turnTo(6400);
  expect(user.notes).toEqual(['timeout', 'terminated']);
  for (const final of [200, 486]) {
    const next = calling('UDP', 100);
    next.stand.answer(final);
    next.clock.turnTo(6399);
    expect(next.stand.total).toBe(1);
    next.clock.turnTo(6400);
    expect(next.stand.total).toBe(0);
  }
});

describe('what a transaction keeps', () => {
  test('the request is readable when the user is passed the final response, and gone afterwards', () => {
    for (const final of [200, 486]) {
      const stand = new Stand();
      const seen: Request[] = [];
      const transaction = stand.send('INVITE', new NotingClient((_response, { request }) => seen.push(request)));
      stand.answer(180);
      expect(transaction.request.method).toBe('INVITE');
      stand.answer(final);
      expect(seen.map(({ method }) => method)).toEqual(['INVITE', 'INVITE']);
      expect(() => transaction.request).toThrow('until the final response');
    }
  });
  test('it is readable when the user is told of failure and of the end, for a try elsewhere', () => {
    const stand = new Stand();
    const uris: string[] = [];
    stand.layer.send(outgoing('INVITE'), stand.hop, {
      response() {},
      failed: (_failure, { request }) => uris.push(request.uri),
      terminated: ({ request }) => uris.push(request.uri),
    });
    stand.clock.turnTo(32_000);
    expect(uris).toEqual(['sip:callee@example.com', 'sip:callee@example.com']);
  });
});

describe('abandon', () => {
  test('ends it without another event: nothing is sent any more, what comes in is stray', () => {
    const { stand, user, flow, clock, transaction } = calling('TCP');
    transaction.abandon();
    transaction.abandon();
    transaction.cancel();
    clock.turnTo(100_000);
    stand.answer(200);
    expect(user.notes).toEqual([]);
    expect(flow.log).toEqual(['INVITE 0']);
    expect(stand.strays).toHaveLength(1);
    expect(transaction.state).toBe('terminated');
    expect(flow.senders.size).toBe(0);
  });
  test('may be called from within the response', () => {
    const stand = new Stand();
    const user = new NotingClient((_response, transaction) => transaction.abandon());
    stand.send('INVITE', user);
    stand.answer(486);
    stand.clock.turnTo(100_000);
    expect(user.notes).toEqual(['passed 486']);
    expect(stand.total).toBe(0);
  });
});

test('§8.1.1.7 every transaction has a branch of its own, also with the slot of one that has ended', () => {
  const stand = new Stand();
  const branches = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const transaction = stand.send('INVITE', new NotingClient(), '-loop');
    expect(transaction.branch).toMatch(/^z9hG4bK[0-9a-z]+\.0-loop$/);
    branches.add(transaction.branch);
    stand.answer(200);
    stand.clock.turnTo(stand.clock.now() + 40_000);
  }
  expect(branches.size).toBe(20);
});
