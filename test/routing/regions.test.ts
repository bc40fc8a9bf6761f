// RULES.md section 5, JSR 289 §15: services of the caller's and of the callee's side, chosen by a router that an
// application exports.
import { expect, test } from 'vitest';
import { BOB } from '../world/stage.js';
import { Subscribers } from './apps/subscribers.js';
import { chosen, service } from './chosen.js';

const CHOOSER = { chooser: { Subscribers } };

async function subscribers(seen: string[] = []) {
  return chosen({
    ...CHOOSER,
    screen: service('screen', seen),
    'short-dial': service('short-dial', seen, 'sip:bob@example.com'),
    divert: service('divert', seen, 'sip:bob@example.com'),
    mailbox: service('mailbox', seen, BOB),
  });
}

test('CNT-32 JSR 289 §15.3 the services of the caller have the request before those of the callee, each on behalf of its subscriber', async () => {
  const seen: string[] = [];
  const { world, alice, bob, ends } = await subscribers(seen);
  const call = alice.invite('sip:23@example.com', { via: 'siplet', from: '<sip:alice@example.com>' });
  const invite = await bob.receive('INVITE');
  expect(seen).toEqual([
    'screen: NEW ORIGINATING sip:alice@example.com',
    'short-dial: CONTINUE ORIGINATING sip:alice@example.com',
    'divert: CONTINUE TERMINATING sip:bob@example.com',
    'mailbox: CONTINUE TERMINATING sip:bob@example.com',
  ]);
  expect(invite.list('Record-Route')).toHaveLength(4);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet              bob
        |--INVITE-------->|                 |
        |<--100 Trying----|                 |
        |                 |--INVITE-------->|
        |                 |<--200 OK--------|
        |<--200 OK--------|                 |
        |--ACK----------->|                 |
        |                 |--ACK----------->|
        |--BYE----------->|                 |
        |                 |--BYE----------->|
        |                 |<--200 OK (BYE)--|
        |<--200 OK (BYE)--|                 |"
  `);
  await ends();
});

test('JSR 289 §15.3 a caller from elsewhere has no services here', async () => {
  const seen: string[] = [];
  const { alice, bob, ends } = await subscribers(seen);
  const call = alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet', from: '<sip:alice@elsewhere.org>' });
  (await bob.receive('MESSAGE')).reply(200);
  await call.response(200);
  expect(seen).toEqual([
    'divert: NEW TERMINATING sip:bob@example.com',
    'mailbox: CONTINUE TERMINATING sip:bob@example.com',
  ]);
  await ends();
});

test('section 5 a request that the router has no application for is answered 404, and goes nowhere', async () => {
  const { alice, bob, ends } = await subscribers();
  const call = alice.invite(BOB, { via: 'siplet', from: '<sip:alice@elsewhere.org>' });
  await call.response(404);
  await bob.receivesNothing();
  await ends();
});

test('D-1 a service that is deployed later is chosen from then on', async () => {
  const seen: string[] = [];
  const { container, alice, bob, ends } = await chosen({ ...CHOOSER, divert: service('divert', seen, BOB) });
  const message = async () => {
    const sent = alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet', from: '<sip:alice@elsewhere.org>' });
    (await bob.receive('MESSAGE')).reply(200);
    await sent.response(200);
  };
  await message();
  await container.deploy('divert', service('divert', seen, 'sip:bob@example.com'));
  await container.deploy('mailbox', service('mailbox', seen, BOB));
  await message();
  expect(seen.map((line) => line.split(':')[0])).toEqual(['divert', 'divert', 'mailbox']);
  await ends();
});
