// Two legs that go their own ways: glare, BYEs that cross, one that is lost (§14.1, §15, §13.3.1.4, RFC 4028).
import { expect, test } from 'vitest';
import type { Phone } from '../world/phone.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

const count = (phone: Phone, method: string) =>
  phone.received.filter(({ message }) => message.isRequest && message.method === method).length;

test('B2B-06 §14.1 re-INVITEs that cross: both get 491, and who sends again first gets through', async () => {
  const on = await bridging();
  const { world, alice, bob, over } = on;
  const { alice: left, bob: right } = await talking(on);
  const one = left.request('INVITE', { body: ALICE });
  const other = right.request('INVITE', { body: BOB });
  // The container has taken one of them when the other comes to the other leg.
  const crossed = await bob.receive('INVITE').catch(() => undefined);
  crossed?.reply(491);
  await one.response(491);
  await other.response(491);
  await world.run(1500);
  const again = right.request('INVITE', { body: BOB });
  const relayed = await alice.receive('INVITE');
  relayed.reply(200, { body: ALICE });
  await again.response(200);
  again.ack();
  await relayed.ack();
  const bye = left.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('B2B-04 BYE against BYE: both are answered, no leg waits', async () => {
  const on = await bridging();
  const { alice, bob } = on;
  const legs = await talking(on);
  alice.answerBye = true;
  bob.answerBye = true;
  const one = legs.alice.bye();
  const other = legs.bob.bye();
  await one.response(200);
  await other.response(200);
  await on.over();
});

test.each(['alice', 'bob'] as const)(
  'B2B-08 BYE of %s against a re-INVITE of the other: 487 or 481, and both legs end',
  async (name) => {
    const on = await bridging();
    const { alice, bob } = on;
    const legs = await talking(on);
    alice.answerBye = true;
    bob.answerBye = true;
    const other = name === 'alice' ? 'bob' : 'alice';
    const invite = legs[other].request('INVITE', { body: ALICE });
    const bye = legs[name].bye();
    await bye.response(200);
    expect([481, 487]).toContain((await invite.response()).status);
    for (const request of [...alice.unread, ...bob.unread]) if (request.method === 'INVITE') request.reply(487);
    await on.over();
  },
);

test('B2B-08 a BYE that is answered late or never leaves no leg behind', async () => {
  const on = await bridging();
  const legs = await talking(on);
  const bye = legs.alice.bye();
  await bye.response(200);
  await on.bob.receive('BYE');
  await on.over();
});

test('B2B-08 a BYE right after the 200, without an ACK: the callee gets its ACK and its BYE', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  const bye = call.bye();
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('B2B-09 §13.3.1.4 the ACK of the caller never comes: the 2xx is sent for 64*T1, then both legs get a BYE', async () => {
  const { world, alice, bob, over } = await bridging();
  alice.answerBye = true;
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  await world.run(31_000);
  expect(count(bob, 'ACK')).toBe(0);
  await invite.ack();
  const bye = await bob.receive('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=408;text="No ACK received"');
  bye.reply(200);
  await world.run(1000);
  expect(count(alice, 'BYE')).toBe(1);
  expect(call.responses.filter(({ status }) => status === 200).length).toBe(11);
  await over();
});

test('§15 the callee hangs up before the caller has acknowledged: the BYE waits for the ACK', async () => {
  const { world, alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(200, { body: BOB });
  await call.response(200);
  const bye = invite.bye();
  await bye.response(200);
  await world.run(200);
  expect(count(alice, 'BYE')).toBe(0);
  call.ack();
  (await alice.receive('BYE')).reply(200);
  await over();
});

test.each([481, 408])(
  '§12.2.1.2 a re-INVITE that gets %i says that the leg is gone: the other is ended',
  async (status) => {
    const on = await bridging();
    const { alice, bob } = on;
    const legs = await talking(on);
    alice.answerBye = true;
    bob.answerBye = true;
    const invite = legs.alice.request('INVITE', { body: ALICE });
    (await bob.receive('INVITE')).reply(status);
    await invite.response(status);
    await on.world.run(100);
    expect([count(alice, 'BYE'), count(bob, 'BYE')]).toEqual([1, 1]);
    await on.over();
  },
);

test('B2B-11 the callee is gone without a word: the next request tells, and the caller is released', async () => {
  const on = await bridging();
  const { world, alice } = on;
  const legs = await talking(on);
  alice.answerBye = true;
  world.network.rule({ to: 'bob', loss: 1 });
  const info = legs.alice.request('INFO');
  await world.run(33_000);
  expect(count(alice, 'BYE')).toBe(1);
  expect(info.last?.status).toBe(100);
  await on.over();
});

test('B2B-11 a callee whose connection is reset: the first request that cannot be sent ends the call', async () => {
  const on = await bridging((request) => request.b2bua().bridge({ to: '<sip:bob@10.0.0.2;transport=tcp>' }));
  const { world, alice } = on;
  const legs = await talking(on);
  alice.answerBye = true;
  world.network.reset('bob');
  world.network.rule({ to: 'bob', refuse: true });
  await world.run(1000);
  expect(count(alice, 'BYE')).toBe(0);
  const info = legs.alice.request('INFO');
  await info.response(503);
  await alice.receive('BYE').catch(() => undefined);
  expect(count(alice, 'BYE')).toBe(1);
  await world.runUntilIdle();
});

test('§9.1 a re-INVITE is cancelled: the callee decides what becomes of it', async () => {
  const on = await bridging();
  const { bob, world } = on;
  const legs = await talking(on);
  const cancelled = legs.alice.request('INVITE', { body: ALICE });
  const relayed = await bob.receive('INVITE');
  relayed.reply(180);
  await cancelled.response(180);
  bob.answerCancel = true;
  cancelled.cancel();
  await cancelled.response(487);
  await world.run(100);
  bob.answerCancel = false;
  const late = legs.alice.request('INVITE', { body: ALICE });
  const second = await bob.receive('INVITE');
  second.reply(180);
  await late.response(180);
  late.cancel();
  second.reply(200, { body: BOB });
  await late.response(200);
  late.ack();
  await second.ack();
  (await bob.receive('CANCEL')).reply(200);
  const bye = legs.bob.bye();
  (await on.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});
