// What the layer does without a transaction: malformed requests, stateless sending and answering, its bound; and what a
// finished transaction does (§8.2.7).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Message, responseTo } from '../../container/message/index.js';
import { incoming, NotingClient, NotingServer, outgoing, Stand } from './layer-stand.js';

describe('malformed messages', () => {
  const bad = incoming('INVITE', { cseqMethod: 'OPTIONS' });
  test('a request that can be answered is, once each time, and the user is told', () => {
    const stand = new Stand();
    stand.receive(bad);
    stand.receive(bad);
    expect(stand.flow.log).toEqual(['400 0', '400 0']);
    expect(present(stand.flow.sent[1]).wire).toBe(present(stand.flow.sent[0]).wire);
    expect(stand.flow.last().to.tag).toMatch(/^[0-9a-z]{14}$/);
    expect(stand.faults).toHaveLength(2);
    expect(stand.passed).toEqual([]);
    expect(stand.total).toBe(0);
  });
  test('an ACK, a response, and octets that are not SIP are not answered', () => {
    const stand = new Stand();
    stand.receive(incoming('ACK', { cseqMethod: 'OPTIONS' }));
    stand.receive('SIP/2.0 200 OK\r\nVia: x\r\n\r\n');
    stand.receive('\x00\x01\x02\x03');
    stand.receive('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(stand.flow.log).toEqual([]);
    expect(stand.faults.length).toBe(4);
  });
});

describe('§8.2.7 without a transaction', () => {
  test('respondStateless: the To tag is a function of the request', () => {
    const tagOf = (stand: Stand, wire: string): string | undefined => {
      stand.onRequest = (request, _transaction, flow) =>
        stand.layer.respondStateless(request, flow, responseTo(request, 483));
      stand.receive(wire);
      return stand.flow.last().to.tag;
    };
    const stand = new Stand();
    const first = tagOf(stand, incoming('OPTIONS'));
    expect(first).toBeDefined();
    expect(tagOf(stand, incoming('OPTIONS', { sentBy: '192.0.2.9' }))).toBe(first);
    for (const other of [
      { callId: 'other' },
      { fromTag: 'other' },
      { cseq: 2 },
      { branch: 'z9hG4bKother' },
      { uri: 'sip:other@x' },
    ]) {
      expect(tagOf(stand, incoming('OPTIONS', { sentBy: 'x', ...other }))).not.toBe(first);
    }
    expect(tagOf(stand, incoming('OPTIONS', { toTag: 'dialog', sentBy: 'y' }))).toBe('dialog');
  });
  test('sendStateless pushes a Via and keeps nothing', () => {
    const stand = new Stand();
    stand.layer.sendStateless(outgoing('ACK'), stand.hop);
    stand.layer.sendStateless(outgoing('ACK'), stand.hop, 'z9hG4bKgiven');
    expect(stand.flow.sent.map(({ wire }) => wire.split('\r\n')[1])).toEqual([
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKb1;rport',
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgiven;rport',
    ]);
    expect(stand.total).toBe(0);
    expect(stand.clock.running).toEqual([]);
    expect(stand.flow.senders.size).toBe(0);
  });
  test('a hop with a flow is sent on that flow', () => {
    const stand = new Stand();
    const other = new Stand('TCP');
    stand.layer.send(outgoing('OPTIONS'), { ...stand.hop, flow: other.flow }, new NotingClient());
    expect(stand.flow.log).toEqual([]);
    expect(other.flow.log).toEqual(['OPTIONS 0']);
    expect(present(other.flow.last().via).transport).toBe('TCP');
  });
});

describe('the bound on transactions', () => {
  const limited = (transactions: number) => new Stand('UDP', { limits: { transactions } });
  const nth = (method: string, n: number) => incoming(method, { branch: `z9hG4bKn${n}`, callId: `call-${n}` });

  test('above it a request is answered 503 with Retry-After, with no transaction', () => {
    const stand = limited(3);
    for (let n = 0; n < 3; n++) stand.receive(nth('INVITE', n));
    stand.receive(nth('INVITE', 3));
    stand.receive(nth('OPTIONS', 4));
    expect(stand.passed).toHaveLength(3);
    expect(stand.flow.log).toEqual(['503 0', '503 0']);
    expect(stand.flow.last().value('retry-after')).toBe('5');
    expect(stand.flow.last().to.tag).toBeDefined();
    expect(stand.total).toBe(3);
  });
  test('those of ours count, a CANCEL too, until they have ended', () => {
    const stand = limited(3);
    const invite = stand.send('INVITE');
    stand.send('OPTIONS');
    stand.answer(180);
    invite.cancel();
    stand.receive(nth('INVITE', 0));
    expect([stand.total, stand.passed.length]).toEqual([3, 0]);
    expect(stand.flow.times('503')).toEqual([0]);
    stand.answer(200, 'OPTIONS');
    stand.clock.turnTo(5_000); // Timer K
    stand.receive(nth('INVITE', 1));
    expect([stand.total, stand.passed.length]).toEqual([3, 1]);
  });
  test('retransmissions and responses of those that there are go on', () => {
    const stand = limited(2);
    stand.receive(nth('INVITE', 0));
    const user = new NotingClient();
    stand.send('INVITE', user);
    stand.receive(nth('INVITE', 0));
    stand.answer(180);
    expect(user.notes).toEqual(['passed 180']);
    expect(stand.flow.times('503')).toEqual([]);
  });
  test('what ends calls is let through: ACK always, BYE and CANCEL by a quarter more', () => {
    const stand = limited(4);
    for (let n = 0; n < 4; n++) stand.receive(nth('INVITE', n));
    stand.receive(nth('CANCEL', 0));
    stand.receive(nth('BYE', 9));
    for (let n = 10; n < 15; n++) stand.receive(nth('ACK', n));
    expect(stand.passed.slice(4).map(({ request }) => request.method)).toEqual([
      'CANCEL',
      'ACK',
      'ACK',
      'ACK',
      'ACK',
      'ACK',
    ]);
    expect(stand.flow.log).toEqual(['503 0']);
  });
  test('when transactions have ended requests are taken again', () => {
    const stand = limited(1);
    stand.receive(nth('OPTIONS', 0));
    stand.respond(200);
    stand.receive(nth('OPTIONS', 1));
    stand.clock.turnTo(32_000);
    stand.receive(nth('OPTIONS', 1));
    expect(stand.passed).toHaveLength(2);
  });
});

describe('C24 after the end', () => {
  test('every event and call of a finished server transaction does nothing', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    const { request, transaction } = present(stand.passed[0]);
    const user = new NotingServer();
    present(transaction).user = user;
    stand.respond(486);
    stand.clock.turnTo(32_000);
    const before = [...stand.flow.log];
    for (const status of [100, 180, 200, 486])
      expect(present(transaction).respond(responseTo(request, status))).toBe(false);
    present(transaction).abandon();
    (transaction as unknown as { transportFailed(error: Error): void }).transportFailed(new Error('late'));
    stand.clock.turnTo(200_000);
    expect(stand.flow.log).toEqual(before);
    expect(user.notes).toEqual(['timeout', 'terminated']);
  });
  test('… and of a finished client transaction', () => {
    const stand = new Stand();
    const user = new NotingClient();
    const transaction = stand.send('INVITE', user);
    stand.clock.turnTo(32_000);
    transaction.cancel();
    transaction.abandon();
    (transaction as unknown as { transportFailed(error: Error): void }).transportFailed(new Error('late'));
    stand.answer(200);
    stand.clock.turnTo(200_000);
    expect(user.notes).toEqual(['timeout', 'terminated']);
    expect(stand.flow.times('CANCEL')).toEqual([]);
    expect(stand.total).toBe(0);
  });
});

describe('B12 what lingers for 32 s holds no message', () => {
  const messagesOf = (transaction: object): unknown[] =>
    Object.values(transaction).filter((value) => value instanceof Message);

  test.each([
    ['INVITE', 200],
    ['INVITE', 486],
    ['OPTIONS', 200],
  ])('a server transaction of %s after %i, confirmed or not', (method, status) => {
    const stand = new Stand();
    stand.receive(incoming(method));
    const { transaction } = present(stand.passed[0]);
    expect(messagesOf(present(transaction))).toHaveLength(1);
    stand.respond(status);
    expect(messagesOf(present(transaction))).toEqual([]);
    stand.receive(incoming('ACK', { toTag: 'ours' }));
    expect(messagesOf(present(transaction))).toEqual([]);
  });
  test.each([
    ['INVITE', 200],
    ['INVITE', 486],
    ['OPTIONS', 200],
  ])('a client transaction of %s after %i', (method, status) => {
    const stand = new Stand();
    const transaction = stand.send(method);
    transaction.cancel();
    stand.answer(180, method);
    stand.answer(status, method);
    expect(stand.total).toBeGreaterThan(0);
    expect(messagesOf(transaction)).toEqual([]);
  });
});
