// TRM-01…11, P53-01: which transaction a message belongs to (§17.1.3, §17.2.3). TRM-12 (no second forward) and TRM-13
// (merged requests, §8.2.2.2) are shown at the proxy and user agent layers; below them, IST-10 shows that the INVITE is
// absorbed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { type Request, responseTo } from '../../container/message/index.js';
import { incoming, NotingClient, NotingFlow, NotingServer, Stand, type Variation } from './layer-stand.js';

/** How many requests the user has seen after these. */
function seen(...wires: string[]): number {
  const stand = new Stand();
  for (const wire of wires) stand.receive(wire);
  return stand.passed.length;
}

describe('with the magic cookie', () => {
  test.each(['INVITE', 'OPTIONS', 'CANCEL', 'BYE', 'FOO'])(
    'TRM-01 same branch, sent-by and method (%s): the same transaction',
    (method) => {
      expect(seen(incoming(method), incoming(method))).toBe(1);
      // Nothing else is compared.
      expect(seen(incoming(method), incoming(method, { callId: 'other', cseq: 7, uri: 'sip:x@y', fromTag: 'z' }))).toBe(
        1,
      );
    },
  );
  test.each(['INVITE', 'OPTIONS'])('TRM-02 other sent-by host or port (%s): another transaction', (method) => {
    expect(seen(incoming(method), incoming(method, { sentBy: '192.0.2.3:5060' }))).toBe(2);
    expect(seen(incoming(method), incoming(method, { sentBy: '192.0.2.2:5070' }))).toBe(2);
  });
  test('TRM-02 other branch: another transaction', () => {
    expect(seen(incoming('INVITE'), incoming('INVITE', { branch: 'z9hG4bKpeer2' }))).toBe(2);
  });
  test('TRM-02 other method: another transaction, with its own retransmissions', () => {
    const stand = new Stand();
    for (const method of ['INVITE', 'OPTIONS', 'INFO', 'CANCEL', 'INFO', 'OPTIONS']) stand.receive(incoming(method));
    expect(stand.passed.map(({ request }) => request.method)).toEqual(['INVITE', 'OPTIONS', 'INFO', 'CANCEL']);
    for (const passed of stand.passed) stand.respond(404, 'ours', passed);
    stand.clock.turnTo(32_000);
    expect(stand.total).toBe(0);
  });
  test('TRM-03 an ACK with the branch of the INVITE belongs to it', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.respond(486);
    stand.receive(incoming('ACK', { toTag: 'ours' }));
    expect(present(present(stand.passed[0]).transaction).state).toBe('confirmed');
    expect(stand.passed).toHaveLength(1);
  });
  test('TRM-03 … and with another branch, or sent-by, it does not: it is passed without a transaction', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.respond(486);
    stand.receive(incoming('ACK', { toTag: 'ours', branch: 'z9hG4bKother' }));
    stand.receive(incoming('ACK', { toTag: 'ours', sentBy: '192.0.2.9' }));
    expect(stand.passed.slice(1).map(({ transaction }) => transaction)).toEqual([undefined, undefined]);
    expect(present(present(stand.passed[0]).transaction).state).toBe('completed');
  });
  test('TRM-04 a CANCEL with the branch of the INVITE has its own transaction, and is meant for the INVITE', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE'));
    stand.receive(incoming('CANCEL'));
    const [invite, cancel] = stand.passed;
    expect(present(cancel).transaction).not.toBe(present(invite).transaction);
    expect(present(cancel).transaction).toMatchObject({ isInvite: false, method: 'CANCEL', state: 'trying' });
    expect(stand.layer.inviteOf(present(cancel).request)).toBe(present(invite).transaction);
    expect(stand.layer.size).toEqual({ inviteClient: 0, nonInviteClient: 0, inviteServer: 1, nonInviteServer: 1 });
  });
  test('TRM-09 sent-by compares without case, and with the default port', () => {
    const wires = ['EXAMPLE.com:5060', 'example.com', 'Example.COM'].map((sentBy) => incoming('INVITE', { sentBy }));
    expect(seen(...wires)).toBe(1);
    expect(seen(present(wires[0]), incoming('INVITE', { sentBy: 'example.com:5061' }))).toBe(2);
    const tls = incoming('INVITE', { via: 'SIP/2.0/TLS example.com;branch=z9hG4bKpeer1' });
    expect(seen(tls, incoming('INVITE', { via: 'SIP/2.0/TLS example.com:5061;branch=z9hG4bKpeer1' }))).toBe(1);
  });
});

describe.each([
  ['no branch', ''],
  ['a branch without the cookie', '1'],
  ['TRM-11 the cookie alone', 'z9hG4bK'],
])('RFC 2543, %s', (_title, branch) => {
  const base: Variation = { branch };
  const variations: [string, Variation][] = [
    ['Request-URI', { uri: 'sip:other@example.com' }],
    ['To tag', { toTag: 'dialog' }],
    ['From tag', { fromTag: 'other' }],
    ['Call-ID', { callId: 'call-2' }],
    ['CSeq', { cseq: 2 }],
    ['top Via', { sentBy: '192.0.2.9:5060' }],
  ];
  test.each(['INVITE', 'OPTIONS'])('TRM-05 the same %s again is a retransmission', (method) => {
    expect(seen(incoming(method, base), incoming(method, base))).toBe(1);
    expect(seen(incoming(method, base), incoming(method === 'INVITE' ? 'INFO' : 'INVITE', base))).toBe(2);
  });
  test.each(variations)('TRM-05 with another %s it is another request', (_what, variation) => {
    for (const method of ['INVITE', 'OPTIONS']) {
      expect(seen(incoming(method, base), incoming(method, { ...base, ...variation }))).toBe(2);
    }
  });
  test('TRM-06 the ACK matches, with the To tag of the response that was sent', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE', base));
    stand.respond(486, 'ours');
    stand.receive(incoming('ACK', { ...base, toTag: 'not-ours' }));
    expect(present(present(stand.passed[0]).transaction).state).toBe('completed');
    expect(stand.passed[1]).toMatchObject({ transaction: undefined });
    stand.receive(incoming('ACK', { ...base, toTag: 'ours' }));
    expect(present(present(stand.passed[0]).transaction).state).toBe('confirmed');
    expect(stand.passed).toHaveLength(2);
    stand.receive(incoming('ACK', { ...base, toTag: 'ours' }));
    expect(stand.passed).toHaveLength(2);
  });
  test('TRM-06 the ACK within a dialog, where request, response and ACK have one To tag', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE', { ...base, toTag: 'dialog' }));
    stand.respond(488);
    stand.receive(incoming('ACK', { ...base, toTag: 'dialog' }));
    expect(present(present(stand.passed[0]).transaction).state).toBe('confirmed');
  });
  test('TRM-06 the ACK to a 2xx reaches the user of the transaction in Accepted', () => {
    const stand = new Stand();
    const user = new NotingServer();
    stand.receive(incoming('INVITE', base));
    stand.server.user = user;
    stand.respond(200, 'ours');
    stand.receive(incoming('ACK', { ...base, toTag: 'ours' }));
    expect(user.notes).toEqual(['ack to 2xx']);
  });
  test('a CANCEL is paired with its INVITE by the same', () => {
    const stand = new Stand();
    stand.receive(incoming('INVITE', base));
    stand.receive(incoming('CANCEL', base));
    stand.receive(incoming('CANCEL', { ...base, callId: 'call-2' }));
    const [invite, cancel, other] = stand.passed;
    expect(stand.layer.inviteOf(present(cancel).request)).toBe(present(invite).transaction);
    expect(stand.layer.inviteOf(present(other).request)).toBeUndefined();
  });
});

test('TRM-11 many requests whose branch is exactly z9hG4bK are as many transactions', () => {
  const wires = Array.from({ length: 50 }, (_, i) => incoming('OPTIONS', { branch: 'z9hG4bK', callId: `call-${i}` }));
  expect(seen(...wires)).toBe(50);
});

test('a key cannot be forged across the rules: what RFC 2543 compares is never taken for a branch', () => {
  expect(seen(incoming('INVITE', { branch: '' }), incoming('INVITE', { branch: 'z9hG4bKcall-1' }))).toBe(2);
  expect(seen(incoming('OPTIONS', { branch: '__proto__' }), incoming('OPTIONS', { branch: 'z9hG4bK__proto__' }))).toBe(
    2,
  );
});

/** Sends an OPTIONS; what would answer it. */
function answerTo(stand: Stand, user: NotingClient): string {
  stand.send('OPTIONS', user);
  return responseTo(stand.flow.last() as Request, 200, undefined, 'x').toWire();
}

describe('responses', () => {
  test('TRM-07 top branch and CSeq method equal: the transaction', () => {
    const stand = new Stand();
    const first = new NotingClient();
    const second = new NotingClient();
    stand.send('OPTIONS', first);
    const mine = stand.flow.last();
    stand.send('OPTIONS', second);
    stand.answer(200, 'OPTIONS');
    expect([first.notes, second.notes]).toEqual([[], ['passed 200']]);
    expect(present(mine.via).branch).toBe('z9hG4bKb1.0');
  });
  test('TRM-07 on whatever flow it comes', () => {
    const stand = new Stand();
    const user = new NotingClient();
    stand.send('OPTIONS', user);
    const other = new Stand();
    other.send('OPTIONS', new NotingClient());
    const response = other.answer(200, 'OPTIONS');
    stand.layer.receive(response, new NotingFlow('TCP', stand.clock));
    expect(user.notes).toEqual(['passed 200']);
  });
  test.each(['INVITE', 'OPTIONS', 'CANCEL'])('TRM-07 the branch of an INFO with CSeq method %s: stray', (method) => {
    const stand = new Stand();
    const user = new NotingClient();
    stand.send('INFO', user);
    stand.answer(200, 'INFO', 'x', (response) => response.set('CSeq', `1 ${method}`));
    expect(user.notes).toEqual([]);
    expect(stand.strays).toHaveLength(1);
  });
  test('P53-01 another branch, or none: stray, which the user may drop', () => {
    const stand = new Stand();
    stand.send('INVITE');
    const via = 'SIP/2.0/UDP 192.0.2.1:5060';
    stand.answer(200, 'INVITE', 'x', (response) => response.set('Via', `${via};branch=z9hG4bKnobody`));
    stand.answer(200, 'INVITE', 'x', (response) => response.set('Via', via));
    expect(stand.strays.map(({ status }) => status)).toEqual([200, 200]);
  });
  test('TRM-07 a late response does not go to who has its slot now', () => {
    const stand = new Stand();
    const late = answerTo(stand, new NotingClient());
    stand.receive(late);
    stand.clock.turnTo(6_000);
    const next = new NotingClient();
    expect(stand.send('OPTIONS', next).branch).toMatch(/\.0$/);
    expect(late).toMatch(/branch=\w+\.0;/);
    stand.receive(late);
    expect(next.notes).toEqual([]);
    expect(stand.strays).toHaveLength(1);
  });
  test.each([
    'b2.1',
    'b1.1',
    'b1.',
    'b1',
    'b1.00',
    'b1.0x',
    'b1.0-',
    'b1.-1',
    'b1.1e1',
    'b1.99999999999',
    '.0',
    '.',
    'B1.0',
  ])('TRM-07 z9hG4bK%s is not z9hG4bKb1.0: stray', (forged) => {
    const stand = new Stand();
    const user = new NotingClient();
    expect(stand.send('OPTIONS', user).branch).toBe('z9hG4bKb1.0');
    const via = `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${forged}`;
    stand.answer(200, 'OPTIONS', 'x', (response) => response.set('Via', via));
    expect(user.notes).toEqual([]);
    expect(stand.strays).toHaveLength(1);
  });
  test.each(['', ', SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKb9.7'])(
    'TRM-07 however its Via is written, the branch is found ("%s")',
    (rest) => {
      const stand = new Stand();
      const user = new NotingClient();
      stand.send('OPTIONS', user, '-loop');
      const via = `SIP / 2.0 / UDP 192.0.2.1:5060 ; received=192.0.2.1;rport=5060 ; Branch = z9hG4bKb1.0-loop ;x=y${rest}`;
      stand.answer(200, 'OPTIONS', 'x', (response) => response.set('Via', via));
      expect(user.notes).toEqual(['passed 200']);
    },
  );
  test('TRM-07 whatever begins and ends meanwhile, each response finds its transaction', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(20)), { maxLength: 60 }), (steps) => {
        const stand = new Stand();
        let alive: { user: NotingClient; answer: string }[] = [];
        const end = ({ user, answer }: (typeof alive)[number]): void => {
          stand.receive(answer);
          expect(user.notes).toEqual(['passed 200']);
        };
        for (const [step, n] of steps) {
          if (step > 0 || alive.length === 0) {
            const user = new NotingClient();
            alive.push({ user, answer: answerTo(stand, user) });
          } else {
            end(present(alive.splice(n % alive.length, 1)[0]));
            // Timer K: its slot is the next one's. Whom nobody has answered for 32 s has ended too.
            stand.clock.turnTo(stand.clock.now() + 5_000);
            alive = alive.filter(({ user }) => user.notes.length === 0);
          }
        }
        alive.forEach(end);
        expect(stand.strays).toEqual([]);
      }),
    );
  });
  test('TRM-08 the response to a CANCEL, with the branch of the INVITE, goes to the transaction of the CANCEL', () => {
    const stand = new Stand();
    const user = new NotingClient();
    const transaction = stand.send('INVITE', user);
    stand.answer(180);
    transaction.cancel();
    expect(present(stand.flow.last().via).branch).toBe(transaction.branch);
    stand.answer(200, 'CANCEL');
    expect(user.notes).toEqual(['passed 180']);
    expect(transaction.state).toBe('proceeding');
    stand.answer(487);
    expect(user.notes).toEqual(['passed 180', 'passed 487']);
    expect(stand.strays).toEqual([]);
  });
  test('TRM-10 branches that we make are of one case behind the cookie, so that it does not matter how they are compared', () => {
    const stand = new Stand();
    for (let i = 0; i < 20; i++) expect(stand.send('OPTIONS').branch).toMatch(/^z9hG4bK[0-9a-z.-]+$/);
  });
});
