// The applications of sdk/B2BUA.md, and their ladders.
import { expect, test } from 'vitest';
import { stage } from '../world/stage.js';
import { Failover } from './apps/failover.js';
import { Front } from './apps/front.js';
import { ByHand } from './apps/helper.js';
import { Masked } from './apps/masked.js';
import { Transfer } from './apps/transfer.js';
import { ALICE, BOB, checkLegs, talking } from './legs.js';

test('a bridge passes a call from its INVITE to its BYE', async () => {
  const { world, alice, bob, ends } = await stage(Front);
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = invite.bye();
  (await alice.receive('BYE')).reply(200);
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
        |                 |<--BYE-----------|
        |                 |--200 OK (BYE)-->|
        |<--BYE-----------|                 |
        |--200 OK (BYE)-->|                 |"
  `);
  await ends();
  checkLegs([alice, bob]);
});

test('a bridge that fails is caught, and the next gateway is called', async () => {
  const { world, alice, bob, carol, ends } = await stage(Failover);
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  (await bob.receive('INVITE')).reply(503);
  const second = await carol.receive('INVITE');
  second.reply(486);
  await call.response(486);
  await world.run(100);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice             siplet                        bob            carol
        |--INVITE--------->|                           |               |
        |<--100 Trying-----|                           |               |
        |                  |--INVITE------------------>|               |
        |                  |<--503 Service Unavaila..--|               |
        |                  |--ACK--------------------->|               |
        |                  |--INVITE---------------------------------->|
        |                  |<--486 Busy Here---------------------------|
        |                  |--ACK------------------------------------->|
        |<--486 Busy Here--|                           |               |
        |--ACK------------>|                           |               |"
  `);
  await ends();
  checkLegs([alice, bob, carol]);
});

test('handlers beside a bridge change, answer and cut off', async () => {
  const { world, alice, bob, ends } = await stage(Masked);
  const call = alice.invite('sip:bob@siplet', {
    body: ALICE,
    headers: { 'P-Asserted-Identity': '<sip:alice@10.0.0.1>' },
  });
  const invite = await bob.receive('INVITE');
  expect(invite.header('P-Asserted-Identity')).toBeUndefined();
  expect(invite.header('X-Account')).toBe('42');
  expect(invite.header('From')).toContain('<sip:office@example.com>');
  invite.reply(200, { body: BOB, headers: { Server: 'gateway/1' } });
  expect((await call.response(200)).header('Server')).toBeUndefined();
  call.ack();
  await invite.ack();
  await call.dialog.request('INFO', { body: '1', contentType: 'application/dtmf' }).response(415);
  await world.run(60_000);
  for (const phone of [alice, bob]) (await phone.receive('BYE')).reply(200);
  await ends();
});

test('JSR 289 §14 both legs by hand', async () => {
  const on = await stage(ByHand);
  const legs = await talking(on);
  const info = legs.bob.request('INFO');
  (await on.alice.receive('INFO')).reply(200);
  await info.response(200);
  const bye = legs.alice.bye();
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.ends();
});

test.each([200, 486])('a REFER replaces its sender, which is told how that went: %i', async (status) => {
  const { world, alice, bob, carol, ends } = await stage(Transfer);
  const { call, invite } = await talking({ alice, bob } as never);
  const refer = invite.dialog.request('REFER', { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } });
  await refer.response(202);
  (await bob.receive('NOTIFY')).reply(200);
  const second = await carol.receive('INVITE');
  second.reply(status, status === 200 ? { body: BOB } : {});
  if (status === 200) {
    const again = await alice.receive('INVITE');
    again.reply(200, { body: ALICE });
    await again.ack();
    await second.ack();
    (await bob.receive('BYE')).reply(200);
  }
  const told = await bob.receive('NOTIFY');
  expect(told.message.body).toBe(`SIP/2.0 ${status === 200 ? '200 OK' : '503 Service Unavailable'}`);
  told.reply(200);
  const bye = call.bye();
  (await (status === 200 ? carol : bob).receive('BYE')).reply(200);
  await bye.response(200);
  await world.deliver();
  await ends();
});
