// Extensions that a bridge passes on, and those that each leg has for itself (§20.37, §8.2.2.3).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

test.each(['precondition', 'resource-priority', 'unheard-of'])(
  'E-10 §20.37 %s passes from end to end, supported and required',
  async (tag) => {
    const { alice, bob, over } = await bridging();
    const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: tag, Require: tag } });
    const invite = await bob.receive('INVITE');
    expect([invite.message.list('Supported').includes(tag), invite.header('Require')]).toEqual([true, tag]);
    invite.reply(183, { body: BOB });
    await call.response(183);
    const update = invite.dialog.request('UPDATE', { headers: { Require: tag } });
    const relayed = await alice.receive('UPDATE');
    expect(relayed.header('Require')).toBe(tag);
    relayed.reply(200);
    await update.response(200);
    invite.reply(200, { body: BOB });
    await call.response(200);
    call.ack();
    await invite.ack();
    const again = invite.dialog.request('INVITE', { body: BOB, headers: { Require: tag } });
    const reinvite = await alice.receive('INVITE');
    expect(reinvite.header('Require')).toBe(tag);
    reinvite.reply(200, { body: ALICE });
    await again.response(200);
    again.ack();
    await alice.receive('ACK');
    const bye = call.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);
    await over();
  },
);

test('E-10 §8.2.2.3 the callee that does not understand an extension says so to the caller', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Require: 'foo' } });
  (await bob.receive('INVITE')).reply(420, { headers: { Unsupported: 'foo' } });
  expect((await call.response(420)).header('Unsupported')).toBe('foo');
  await over();
});

test('E-10 §8.2.2.3 an extension of one leg that the container does not know gets 420 from it', async () => {
  const { alice, bob, over } = await bridging();
  const refused = await alice.invite('sip:bob@siplet', { headers: { Require: 'gruu' } }).response(420);
  expect(present(refused.header('Unsupported'))).toBe('gruu');
  expect(bob.received).toEqual([]);
  await over();
});

test('E-10 §8.2.2.3 where the application answers itself the container refuses what it does not know', async () => {
  const on = await bridging((request) => request.createResponse(200).send());
  const call = on.alice.invite('sip:bob@siplet', { headers: { Require: 'precondition' } });
  expect((await call.response(420)).header('Unsupported')).toBe('precondition');
  await on.over();
});
