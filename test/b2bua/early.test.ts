// What passes before the answer: early media, forks, reliable provisional responses and their PRACK, UPDATE (RFC 3262,
// 3311, 3960, §13.2.2.4).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const RELIABLE = (sequence: number) => ({ Require: '100rel', RSeq: String(sequence) });

test('RFC 3960 early media: a 183 with a description goes to the caller with body and header fields', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: { 'X-Any': 'early', Require: undefined } });
  const early = await call.response(183);
  expect([early.body, early.header('X-Any'), early.header('Contact')]).toEqual([BOB, 'early', '<sip:10.0.0.9:5060>']);
  invite.reply(486);
  await call.response(486);
  await over();
});

test('E-08 §13.2.2.4 forks of the callee: the caller sees a dialog for each, and the answer of the fork that won', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { toTag: 'one', body: 'v=0\r\ns=one\r\n' });
  invite.reply(183, { toTag: 'two', body: 'v=0\r\ns=two\r\n' });
  invite.reply(180, { toTag: 'three' });
  expect((await call.response(183)).body).toContain('s=one');
  expect((await call.response(183)).body).toContain('s=two');
  await call.response(180);
  invite.reply(200, { toTag: 'two', body: BOB });
  const ok = await call.response(200);
  expect(ok.body).toBe(BOB);
  const tags = call.responses.filter(({ status }) => status > 100).map(({ toTag }) => toTag);
  expect(new Set(tags).size).toBe(3);
  expect(ok.toTag).toBe(tags[1]);
  call.ack();
  expect((await invite.ack()).message.toTag).toBe('two');
  // A fork that answers too is nobody's.
  invite.reply(200, { toTag: 'three', body: BOB });
  expect((await invite.ack()).message.toTag).toBe('three');
  const unwanted = await bob.receive('BYE');
  expect(unwanted.message.toTag).toBe('three');
  unwanted.reply(200);
  const bye = call.bye();
  const relayed = await bob.receive('BYE');
  expect(relayed.message.toTag).toBe('two');
  relayed.reply(200);
  await bye.response(200);
  await world.run(100);
  await over();
});

test('RFC 3262 both sides know 100rel: the PRACK of the caller is the PRACK to the callee, each with its own numbers', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: '100rel' } });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: RELIABLE(700) });
  const early = await call.response(183);
  expect(early.header('Require')).toBe('100rel');
  expect(early.header('RSeq')).not.toBe('700');
  const prack = present(call.dialog).request('PRACK', {
    headers: { RAck: `${early.header('RSeq')} ${call.message.header('CSeq')}`, 'X-Any': 'x' },
  });
  const relayed = await bob.receive('PRACK');
  expect([relayed.header('RAck'), relayed.header('X-Any')]).toEqual(['700 1 INVITE', 'x']);
  relayed.reply(200);
  await prack.response(200);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                    siplet                      bob
        |--INVITE---------------->|                         |
        |<--100 Trying------------|                         |
        |                         |--INVITE---------------->|
        |                         |<--183 Session Progress--|
        |<--183 Session Progress--|                         |
        |--PRACK----------------->|                         |
        |                         |--PRACK----------------->|
        |                         |<--200 OK (PRACK)--------|
        |<--200 OK (PRACK)--------|                         |
        |                         |<--200 OK----------------|
        |<--200 OK----------------|                         |
        |--ACK------------------->|                         |
        |                         |--ACK------------------->|
        |--BYE------------------->|                         |
        |<--200 OK (BYE)----------|                         |
        |                         |--BYE------------------->|
        |                         |<--200 OK (BYE)----------|"
  `);
  await over();
});

test('RFC 3262 only the callee knows 100rel: the container acknowledges, and the 200 to the caller has the answer of the 183', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: RELIABLE(700) });
  const prack = await bob.receive('PRACK');
  expect(prack.header('RAck')).toBe('700 1 INVITE');
  prack.reply(200);
  const early = await call.response(183);
  expect([early.header('Require'), early.header('RSeq'), early.body]).toEqual([undefined, undefined, BOB]);
  invite.reply(200);
  const ok = await call.response(200);
  expect([ok.body, ok.header('Content-Type')]).toEqual([BOB, 'application/sdp']);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('RFC 3262 §3 only the caller insists on 100rel: it gets reliable responses, and the container answers its PRACK', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Require: '100rel' } });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  const ringing = await call.response(180);
  expect(ringing.header('Require')).toBe('100rel');
  const prack = present(call.dialog).request('PRACK', { headers: { RAck: `${ringing.header('RSeq')} 1 INVITE` } });
  await prack.response(200);
  expect(bob.unread).toEqual([]);
  invite.reply(486);
  await call.response(486);
  await over();
});

test('RFC 3262 §5 a late offer in a reliable 183: the PRACK of the caller has the answer', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { headers: { Supported: '100rel' } });
  const invite = await bob.receive('INVITE');
  expect(invite.message.list('Supported')).toContain('100rel');
  invite.reply(183, { body: BOB, headers: RELIABLE(1) });
  const early = await call.response(183);
  const prack = present(call.dialog).request('PRACK', {
    body: ALICE,
    headers: { RAck: `${early.header('RSeq')} 1 INVITE` },
  });
  const relayed = await bob.receive('PRACK');
  expect(relayed.body).toBe(ALICE);
  relayed.reply(200);
  await prack.response(200);
  invite.reply(486);
  await call.response(486);
  await over();
});

test('RFC 3262 §3 the caller never sends its PRACK: both legs end', async () => {
  const { alice, bob, over } = await bridging();
  bob.answerCancel = true;
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: '100rel' } });
  (await bob.receive('INVITE')).reply(183, { body: BOB, headers: RELIABLE(1) });
  await call.response(500);
  await over();
});

test('RFC 3311 UPDATE in the early dialog, both ways', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: '100rel' } });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: RELIABLE(1) });
  const early = await call.response(183);
  const prack = present(call.dialog).request('PRACK', { headers: { RAck: `${early.header('RSeq')} 1 INVITE` } });
  (await bob.receive('PRACK')).reply(200);
  await prack.response(200);
  const update = present(call.dialog).request('UPDATE', { body: `${ALICE}a=sendonly\r\n` });
  const relayed = await bob.receive('UPDATE');
  expect(relayed.body).toContain('sendonly');
  relayed.reply(200, { body: BOB });
  expect((await update.response(200)).body).toBe(BOB);
  const back = invite.dialog.request('UPDATE', { body: BOB });
  (await alice.receive('UPDATE')).reply(200, { body: ALICE });
  expect((await back.response(200)).body).toBe(ALICE);
  invite.reply(486);
  await call.response(486);
  await over();
});
