// W-03: confirmed dialogs that a peer no longer knows, and intervals that a callee refuses, over a bridge.
import { expect, test } from 'vitest';
import { requests } from '../world/arrivals.js';
import { scripted } from '../world/script.js';
import { bridging } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

test.each([
  ['INFO', 481],
  ['MESSAGE', 481],
  ['OPTIONS', 481],
  ['REFER', 481],
  ['UPDATE', 481],
  ['OPTIONS', 408],
])(
  'W-03 §12.2.1.2, RFC 5057 a callee that answers %s in the call with %i gets a BYE, and so does the caller',
  async (method, status) => {
    const on = await bridging();
    const { alice, bob } = await talking(on);
    alice.request(method, { headers: method === 'REFER' ? { 'Refer-To': '<sip:c@10.0.0.3>' } : {} });
    (await on.bob.receive(method)).reply(status);
    const bye = await on.bob.receive('BYE');
    expect(bye.header('Reason')).toBe(`SIP;cause=${status}`);
    bye.reply(481);
    (await on.alice.receive('BYE')).reply(200);
    expect(bob.callId).toBe(bye.message.callId);
    await on.over();
  },
);

test('W-03 §12.2.1.2 a caller that answers INFO with 481 gets a BYE, too', async () => {
  const on = await bridging();
  const { bob } = await talking(on);
  bob.request('INFO');
  (await on.alice.receive('INFO')).reply(481);
  (await on.alice.receive('BYE')).reply(200);
  (await on.bob.receive('BYE')).reply(200);
  await on.over();
});

test('W-03 §12.2.1.2 a user agent whose INFO gets 481 hangs up', async () => {
  const on = await scripted({
    invite(request) {
      request.createResponse(200).send();
    },
    async ack(request) {
      await request.session.createRequest('INFO').send();
    },
  });
  const call = on.call();
  await call.response(200);
  call.ack();
  (await on.alice.receive('INFO')).reply(481);
  (await on.alice.receive('BYE')).reply(481);
  await on.ends();
});

test('W-03 RFC 6665 §4.1.2 a 481 to NOTIFY ends the subscription, and not the call', async () => {
  const on = await bridging();
  const { alice, bob } = await talking(on);
  const refer = alice.request('REFER', { headers: { 'Refer-To': '<sip:c@10.0.0.3>' } });
  (await on.bob.receive('REFER')).reply(202);
  await refer.response(202);
  bob.request('NOTIFY', { headers: { Event: 'refer', 'Subscription-State': 'active' } });
  (await on.alice.receive('NOTIFY')).reply(481);
  await on.world.run(1000);
  expect([on.alice.unread, on.bob.unread]).toEqual([[], []]);
  const bye = alice.bye();
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});

test('W-03 RFC 4028 §6 a second 422 of the callee goes to the caller with its Min-SE', async () => {
  const on = await bridging();
  const call = on.alice.invite('sip:bob@siplet', { body: ALICE });
  const first = await on.bob.receive('INVITE');
  first.reply(422, { headers: { 'Min-SE': '3600' } });
  const second = await on.bob.receive('INVITE');
  second.reply(422, { headers: { 'Min-SE': '7200' } });
  expect((await call.response(422)).header('Min-SE')).toBe('7200');
  await on.over();
});

test('W-03 RFC 4028 §6 so does one in the dialog', async () => {
  const on = await bridging();
  const { alice } = await talking(on);
  const invite = alice.request('INVITE', { body: `${ALICE}a=sendonly\r\n` });
  for (const shortest of ['3600', '7200'])
    (await on.bob.receive('INVITE')).reply(422, { headers: { 'Min-SE': shortest } });
  expect((await invite.response(422)).header('Min-SE')).toBe('7200');
  const bye = alice.bye();
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});

test.each([
  ['its own', undefined, '90'],
  ["the application's", '600', '600'],
])('W-03 RFC 4028 §6 a 422 of an application has %s Min-SE', async (_, shortest, expected) => {
  const on = await scripted({
    invite(request) {
      const response = request.createResponse(422);
      if (shortest !== undefined) response.headers.set('Min-SE', shortest);
      response.send();
    },
  });
  const response = await on.call({ body: BOB }).response(422);
  expect(response.header('Min-SE')).toBe(expected);
  await on.ends();
});

test('W-03 §14.1 a re-INVITE that rings for too long is cancelled, and the call stands', async () => {
  const on = await bridging();
  const { alice } = await talking(on);
  const again = alice.request('INVITE', { body: ALICE });
  const reinvite = await on.bob.receive('INVITE');
  reinvite.reply(180);
  (await on.bob.receive('CANCEL', 400_000)).reply(200);
  reinvite.reply(487);
  await again.response(487);
  await on.world.run(40_000);
  expect([...requests(on.alice), ...requests(on.bob)].filter((line) => line.startsWith('BYE'))).toEqual([]);
  const bye = alice.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
});
