// PCN-11…15: CANCEL, sent and received (§9.1, §9.2).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { incoming, NotingClient, outgoing, Stand } from './layer-stand.js';

function calling(transport: 'UDP' | 'TCP' = 'UDP') {
  const stand = new Stand(transport);
  const user = new NotingClient();
  const transaction = stand.send('INVITE', user);
  return { ...{ stand, user, transaction }, flow: stand.flow, clock: stand.clock };
}

describe('§9.1 when a CANCEL is sent', () => {
  test('at once in Proceeding', () => {
    const { stand, flow, clock, transaction } = calling();
    stand.answer(100);
    clock.turnTo(10);
    transaction.cancel();
    expect(flow.log).toEqual(['INVITE 0', 'CANCEL 10']);
  });
  test('with the first provisional response, when it was asked for in Calling', () => {
    const { stand, user, flow, clock, transaction } = calling();
    clock.turnTo(10);
    transaction.cancel();
    expect(flow.log).toEqual(['INVITE 0']);
    clock.turnTo(600);
    stand.answer(100);
    expect(flow.log).toEqual(['INVITE 0', 'INVITE 500', 'CANCEL 600']);
    stand.answer(180);
    expect(flow.times('CANCEL')).toEqual([600]);
    expect(user.notes).toEqual(['passed 100', 'passed 180']);
  });
  test('never, if a final response was the first to come', () => {
    for (const final of [200, 486]) {
      const { stand, flow, transaction } = calling();
      transaction.cancel();
      stand.answer(final);
      stand.answer(180);
      transaction.cancel();
      expect(flow.times('CANCEL')).toEqual([]);
    }
  });
  test('never after a final response', () => {
    for (const final of [200, 486]) {
      const { stand, flow, transaction } = calling();
      stand.answer(180);
      stand.answer(final);
      transaction.cancel();
      expect(flow.times('CANCEL')).toEqual([]);
    }
  });
  test('twice is as once', () => {
    const { stand, flow, transaction } = calling();
    transaction.cancel();
    transaction.cancel();
    stand.answer(180);
    transaction.cancel();
    expect(flow.times('CANCEL')).toEqual([0]);
  });
  test('without a provisional response it waits, and Timer B ends the INVITE', () => {
    const { stand, user, flow, clock, transaction } = calling();
    transaction.cancel();
    clock.turnTo(32_000);
    expect(user.notes).toEqual(['timeout', 'terminated']);
    expect(flow.times('CANCEL')).toEqual([]);
    expect(stand.total).toBe(0);
  });
  test('from within the provisional response', () => {
    const stand = new Stand();
    stand.send('INVITE', new NotingClient((_response, transaction) => transaction.cancel()));
    stand.answer(180);
    expect(stand.flow.log).toEqual(['INVITE 0', 'CANCEL 0']);
  });
});

test('PCN-11 the CANCEL: Request-URI, Call-ID, To, From, CSeq number, Route and top Via of the INVITE as sent; no Require', () => {
  const stand = new Stand();
  const invite = outgoing('INVITE');
  invite.uri = 'sip:bob@[2001:db8::1]:5070;transport=udp';
  invite.push('Route', '<sip:p2.example.com;lr>');
  invite.push('Route', '<sip:p1.example.com;lr>');
  invite.push('Via', 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKlower');
  for (const name of ['Require', 'Proxy-Require', 'Supported']) invite.append(name, '100rel');
  invite.append('Authorization', 'Digest username="x"');
  invite.setBody('v=0\r\n', 'application/sdp');
  const transaction = stand.layer.send(invite, stand.hop, new NotingClient());
  stand.answer(180, 'INVITE', 'early');
  transaction.cancel('SIP;cause=200;text="Call completed elsewhere"');
  expect(present(stand.flow.sent[1]).wire.split('\r\n')).toEqual([
    'CANCEL sip:bob@[2001:db8::1]:5070;transport=udp SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb1.0;rport',
    'Route: <sip:p1.example.com;lr>',
    'Route: <sip:p2.example.com;lr>',
    'From: <sip:caller@example.com>;tag=caller',
    'Call-ID: call-1',
    'To: <sip:callee@example.com>',
    'CSeq: 1 CANCEL',
    'Max-Forwards: 70',
    'Content-Length: 0',
    'Reason: SIP;cause=200;text="Call completed elsewhere"',
    '',
    '',
  ]);
});

test('a Reason that would end its line is refused at the call, and nothing is changed', () => {
  const { stand, flow, transaction } = calling();
  expect(() => transaction.cancel('SIP\r\nVia: forged')).toThrow(TypeError);
  transaction.cancel();
  stand.answer(180);
  expect(flow.times('CANCEL')).toHaveLength(1);
});

describe('the transaction of the CANCEL', () => {
  test('sends it again over UDP until it is answered, on its own', () => {
    const { stand, user, flow, clock, transaction } = calling();
    stand.answer(180);
    transaction.cancel();
    clock.turnTo(1500);
    stand.answer(200, 'CANCEL');
    clock.turnTo(31_000);
    expect(flow.times('CANCEL')).toEqual([0, 500, 1500]);
    expect(user.notes).toEqual(['passed 180']);
  });
  test.each([481, 500])('a %i to it changes nothing', (status) => {
    const { stand, user, transaction } = calling();
    stand.answer(180);
    transaction.cancel();
    stand.answer(status, 'CANCEL');
    expect(transaction.state).toBe('proceeding');
    stand.answer(200);
    expect(user.notes).toEqual(['passed 180', 'passed 200']);
  });
});

describe.each(['UDP', 'TCP'] as const)('PCN-12 over %s', (transport) => {
  test('without a final response 64*T1 after the CANCEL the INVITE is given up: timeout, destroyed', () => {
    const { stand, user, clock, transaction } = calling(transport);
    stand.answer(180);
    clock.turnTo(60_000);
    transaction.cancel();
    stand.answer(200, 'CANCEL');
    clock.turnTo(91_999);
    stand.answer(180);
    expect(user.notes).toEqual(['passed 180', 'passed 180']);
    clock.turnTo(92_000);
    expect(user.notes).toEqual(['passed 180', 'passed 180', 'timeout', 'terminated']);
    expect(transaction.state).toBe('terminated');
    expect(stand.total).toBe(0);
    stand.answer(487);
    expect(stand.strays).toHaveLength(1);
  });
  test('with a final response it is not', () => {
    const { stand, user, clock, transaction } = calling(transport);
    stand.answer(180);
    transaction.cancel();
    clock.turnTo(31_999);
    stand.answer(200);
    clock.turnTo(100_000);
    expect(user.notes).toEqual(['passed 180', 'passed 200', 'terminated']);
  });
});

describe('§9.2 which transaction a CANCEL is meant for', () => {
  test('PCN-13 a non-INVITE: found, for the 200, but not as one to cancel', () => {
    const stand = new Stand();
    stand.receive(incoming('OPTIONS'));
    stand.receive(incoming('CANCEL'));
    const [options, cancel] = stand.passed;
    expect(stand.layer.targetOf(present(cancel).request)).toBe(present(options).transaction);
    expect(stand.layer.inviteOf(present(cancel).request)).toBeUndefined();
  });
  test('PCN-14 another sent-by, or another branch: none', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.receive(incoming('CANCEL', { sentBy: '192.0.2.9' }));
    expect(stand.layer.targetOf(present(stand.passed[1]).request)).toBeUndefined();
    stand.receive(incoming('CANCEL', { sentBy: '192.0.2.2', branch: 'z9hG4bKother' }));
    expect(stand.layer.targetOf(present(stand.passed[2]).request)).toBeUndefined();
  });
  test.each(['SIP:callee@EXAMPLE.com', 'sip:callee@example.org', 'tel:+493012345'])(
    'E-02 §9.2 §17.2.3 the Request-URI does not count: %s finds the INVITE',
    (uri) => {
      const stand = new Stand();
      stand.receive(incoming('INVITE'));
      stand.receive(incoming('CANCEL', { uri }));
      expect(stand.layer.inviteOf(present(stand.passed[1]).request)).toBe(present(stand.passed[0]).transaction);
    },
  );
  test.each([200, 486])('after a %i it is still found, so that the CANCEL is answered 200', (final) => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.respond(final);
    stand.receive(incoming('CANCEL'));
    expect(stand.layer.inviteOf(present(stand.passed[1]).request)).toBe(present(stand.passed[0]).transaction);
  });
  test('PCN-15 a CANCEL that comes again is answered by its own transaction, and not passed again', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.receive(incoming('CANCEL'));
    stand.respond(200);
    stand.clock.turnTo(150);
    stand.receive(incoming('CANCEL'));
    expect(stand.flow.log).toEqual(['200 0', '200 150']);
    expect(stand.passed).toHaveLength(2);
  });
});
