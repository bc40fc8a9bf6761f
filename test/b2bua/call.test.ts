// A bridged call from its INVITE to its BYE, and what passes meanwhile (RULES.md section 3, RFC 7092).
import type { Bridge } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

test('B2B-01 B2B-02 B2B-04 a call over a bridge: INVITE, 180, 200, ACK, BYE', async () => {
  const seen: string[] = [];
  const { world, alice, bob, over } = await bridging(async (request) => {
    const bridge: Bridge = await request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
    seen.push(`answered ${bridge.response.status} ${bridge.caller.state} ${bridge.callee.state}`);
    await bridge.ended;
    seen.push('ended');
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(200, { body: BOB });
  expect((await call.response(200)).body).toBe(BOB);
  call.ack();
  await invite.ack();
  const bye = call.bye({ headers: { Reason: 'Q.850;cause=16' } });
  const relayed = await bob.receive('BYE');
  expect(relayed.header('Reason')).toBe('Q.850;cause=16');
  relayed.reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet              bob
        |--INVITE-------->|                 |
        |<--100 Trying----|                 |
        |                 |--INVITE-------->|
        |                 |<--180 Ringing---|
        |<--180 Ringing---|                 |
        |                 |<--200 OK--------|
        |<--200 OK--------|                 |
        |--ACK----------->|                 |
        |                 |--ACK----------->|
        |--BYE----------->|                 |
        |<--200 OK (BYE)--|                 |
        |                 |--BYE----------->|
        |                 |<--200 OK (BYE)--|"
  `);
  await over();
  expect(seen).toEqual(['answered 200 confirmed confirmed', 'ended']);
});

test('B2B-01 RFC 7092 §3.1 what the second leg has of the first: headers and body in order, no dialog, no way', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', {
    body: ALICE,
    from: '"Alice A." <sip:alice@example.com;x=1>;y=2',
    headers: {
      'Max-Forwards': '20',
      'Record-Route': '<sip:10.0.0.1:5099;lr>',
      'X-Second': 'b',
      Subject: 'Hello',
      'X-First': ['a', 'c'],
      'User-Agent': 'phone/1',
      Supported: '100rel, timer, replaces',
      Authorization: 'Digest username="alice"',
      'Proxy-Authorization': 'Digest username="alice"',
      Timestamp: '7',
    },
  });
  const { message } = await bob.receive('INVITE');
  expect(message.uri).toBe('sip:bob@10.0.0.2');
  expect(message.header('To')).toBe('<sip:bob@10.0.0.2>');
  expect(message.header('From')).toMatch(/^"Alice A." <sip:alice@example.com;x=1>;y=2;tag=[^;]+$/);
  expect(message.fromTag).not.toBe(call.message.fromTag);
  expect(message.callId).not.toBe(call.message.callId);
  expect(message.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  expect(message.header('Max-Forwards')).toBe('19');
  expect(message.list('Supported')).toEqual(expect.arrayContaining(['replaces', '100rel']));
  expect(message.body).toBe(ALICE);
  const names = String(message)
    .split('\r\n')
    .map((line) => present(line.split(':')[0]));
  expect(names.filter((name) => /^(X-|Subj|User)/.test(name))).toEqual([
    'X-Second',
    'Subject',
    'X-First',
    'X-First',
    'User-Agent',
  ]);
  for (const name of ['Record-Route', 'Authorization', 'Proxy-Authorization', 'Timestamp', 'Route'])
    expect(message.header(name), name).toBeUndefined();
  bob.answerCancel = true;
  alice.autoAck = true;
  call.cancel();
  await call.response(487);
  await over();
});

test('bridge() takes From, headers and a body of the application', async () => {
  const { alice, bob, over } = await bridging((request) =>
    request.b2bua().bridge({
      to: '"Bob" <sip:bob@10.0.0.2>',
      from: 'sip:office@example.com',
      headers: { 'X-Any': ['1', '2'], 'User-Agent': undefined },
      body: { content: 'hello', type: 'text/plain' },
    }),
  );
  const call = alice.invite('sip:bob@siplet', {
    body: ALICE,
    headers: { 'User-Agent': 'phone/1', 'Content-Disposition': 'session' },
  });
  const invite = await bob.receive('INVITE');
  const { message } = invite;
  expect(message.header('From')).toMatch(/^<sip:office@example.com>;tag=/);
  expect(message.header('To')).toBe('Bob <sip:bob@10.0.0.2>');
  expect(message.list('X-Any')).toEqual(['1', '2']);
  expect(message.header('User-Agent')).toBeUndefined();
  expect(message.header('Content-Disposition')).toBeUndefined();
  expect([message.header('Content-Type'), message.body]).toEqual(['text/plain', 'hello']);
  invite.reply(486);
  await call.response(486);
  await over();
});

test('B2B-05 CNT-34 re-INVITE, UPDATE, INFO, MESSAGE, REFER with NOTIFY, OPTIONS and others pass both ways, each leg with its own CSeq', async () => {
  const on = await bridging();
  const { alice, bob, over } = on;
  const { alice: left, bob: right, call } = await talking(on);
  for (const [method, from, to] of [
    ['INFO', left, bob],
    ['MESSAGE', right, alice],
    ['UPDATE', left, bob],
    ['OPTIONS', right, alice],
    ['REFER', left, bob],
    ['NOTIFY', right, alice],
    ['PUBLISH', right, alice],
    ['FOO', left, bob],
    ['INFO', left, bob],
  ] as const) {
    const headers = {
      'X-Any': 'there',
      ...(method === 'NOTIFY' && { Event: 'refer', 'Subscription-State': 'terminated' }),
    };
    const request = from.request(method, { headers, body: `${method} body`, contentType: 'text/plain' });
    const relayed = await to.receive(method);
    expect([relayed.header('X-Any'), relayed.body]).toEqual(['there', `${method} body`]);
    relayed.reply(202, { body: 'answer', contentType: 'text/plain', headers: { 'X-Any': 'back' } });
    const response = await request.response(202);
    expect([response.header('X-Any'), response.body]).toEqual(['back', 'answer']);
  }
  const again = left.request('INVITE', { body: `${ALICE}a=sendonly\r\n` });
  const relayed = await bob.receive('INVITE');
  expect(relayed.body).toContain('sendonly');
  relayed.reply(180);
  await again.response(180);
  relayed.reply(200, { body: BOB });
  expect((await again.response(200)).body).toBe(BOB);
  again.ack();
  await relayed.ack();
  const back = right.request('INVITE', { body: BOB });
  const other = await alice.receive('INVITE');
  other.reply(488);
  await back.response(488);
  const bye = right.bye();
  (await alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(call.message.callId).not.toBe(relayed.message.callId);
  await over();
});

test('§13.2.1 a late offer: the 200 carries the offer and the ACK the answer, through to the callee; in a re-INVITE too', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet');
  const invite = await bob.receive('INVITE');
  expect(invite.message.header('Supported') ?? '').not.toContain('100rel');
  invite.reply(200, { body: BOB });
  expect((await call.response(200)).body).toBe(BOB);
  call.ack({ body: ALICE });
  const ack = await invite.ack();
  expect([ack.body, ack.header('Content-Type')]).toEqual([ALICE, 'application/sdp']);
  const again = invite.dialog.request('INVITE');
  const relayed = await alice.receive('INVITE');
  relayed.reply(200, { body: ALICE });
  await again.response(200);
  again.ack({ body: BOB });
  expect((await relayed.ack()).body).toBe(BOB);
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('§13.2.2.4 the callee repeats its 200 until the caller has acknowledged; then the ACK is repeated', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  invite.resend();
  await world.run(300);
  expect(bob.received.some(({ message }) => message.method === 'ACK')).toBe(false);
  call.ack();
  await invite.ack();
  invite.resend();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('a bridge that nobody awaits works as well, and terminate() ends both legs', async () => {
  let bridge: Promise<Bridge> | undefined;
  const on = await bridging((request) => {
    bridge = request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  });
  await talking(on);
  const ended = present(bridge).then((made) => made.terminate());
  const [one, other] = [await on.alice.receive('BYE'), await on.bob.receive('BYE')];
  one.reply(200);
  other.reply(200);
  await on.world.complete(ended);
  await on.over();
});
