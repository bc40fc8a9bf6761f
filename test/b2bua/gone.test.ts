// Early dialogs of a callee that are gone (§12.2.1.2), and what becomes of the call.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests } from '../world/arrivals.js';
import { bridging, tell } from './bridging.js';
import { ALICE, BOB } from './legs.js';

async function goneBy(method: string, status: number) {
  const on = await bridging();
  const { alice, bob } = on;
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  const asked = present(call.dialog).request(method);
  const relayed = await bob.receive(method);
  relayed.reply(status);
  (await bob.receive('CANCEL')).reply(200);
  return { on, call, invite, asked };
}

test.each([
  ['INFO', 481],
  ['MESSAGE', 481],
  ['OPTIONS', 481],
  ['UPDATE', 408],
  ['INFO', 408],
])(
  'E-07 §12.2.1.2 a callee that refuses %s in its early dialog with %i is cancelled, and its 2xx is ended',
  async (method, status) => {
    const { on, call, invite } = await goneBy(method, status);
    const { alice, bob, world, over } = on;
    invite.reply(200, { body: BOB });
    await call.response(480);
    await invite.ack();
    (await bob.receive('BYE')).reply(200);
    await world.run(1000);
    expect(requests(alice).filter((line) => line.startsWith('BYE'))).toEqual([]);
    await over();
  },
);

test('E-07 §12.2.1.2 a PRACK of the container that gets 481 ends the early dialog, and the application fails over', async () => {
  const on = await bridging();
  tell(async (request) => {
    const b2bua = request.b2bua();
    await b2bua.bridge({ to: 'sip:bob@10.0.0.2' }).catch(() => b2bua.bridge({ to: 'sip:carol@10.0.0.3' }));
  });
  const { alice, bob, carol, over } = on;
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(183, { headers: { Require: '100rel', RSeq: '1' } });
  (await bob.receive('PRACK')).reply(481);
  (await bob.receive('CANCEL')).reply(200);
  invite.reply(487);
  await invite.ack();
  const next = await carol.receive('INVITE');
  next.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await next.ack();
  const bye = call.bye();
  (await carol.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('E-07 §12.2.1.2 an early dialog that is gone leaves the other fork of the callee: it may still answer', async () => {
  const { alice, bob, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180, { toTag: 'one' });
  const first = await call.response(180);
  invite.reply(180, { toTag: 'two' });
  await call.response(180);
  call.dialogOf(first).request('INFO');
  (await bob.receive('INFO')).reply(481);
  invite.reply(200, { toTag: 'two', body: BOB });
  await call.response(200);
  call.ack();
  await invite.ack();
  expect(requests(bob)).not.toContain('CANCEL');
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  await over();
});

test('E-07 §12.2.1.1 the BYE to a late 2xx of a fork goes on with the CSeq numbers of its early dialog that has ended', async () => {
  const { alice, bob, container, over } = await bridging();
  const call = alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await bob.receive('INVITE');
  invite.reply(180, { toTag: 'one' });
  await call.response(180);
  invite.reply(180, { toTag: 'two' });
  const second = await call.response(180);
  const dialog = call.dialogOf(second);
  for (const status of [200, 481]) {
    const asked = dialog.request('INFO');
    (await bob.receive('INFO')).reply(status);
    await asked.response(status);
  }
  invite.reply(183, { toTag: 'two' });
  invite.reply(200, { toTag: 'two', body: BOB });
  await call.response((response) => response.status >= 400);
  await invite.ack();
  const bye = await bob.receive('BYE');
  const sequences = bob.received
    .filter(({ message }) => message.method === 'INFO')
    .map(({ message }) => message.sequence);
  expect(bye.message.sequence).toBeGreaterThan(Math.max(...sequences));
  bye.reply(200);
  await over();
  expect(container.engine.callsInProgress).toBe(0);
});
