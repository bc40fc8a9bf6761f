// Subscriptions that a REFER makes through a bridge (RFC 3515 §2.4.6, RFC 6665 §4.2.2).
import { expect, test } from 'vitest';
import { bridging } from './bridging.js';
import { talking } from './legs.js';

const REFER = { headers: { 'Refer-To': '<sip:carol@10.0.0.3>', Contact: '<sip:alice@10.0.0.1>' } };
const NOTIFY = (event: string, state = 'active;expires=60') => ({
  body: 'SIP/2.0 100 Trying\r\n',
  headers: {
    Event: event,
    'Subscription-State': state,
    'Content-Type': 'message/sipfrag',
    Contact: '<sip:bob@10.0.0.2>',
  },
});

async function hangUp({ bob }: Awaited<ReturnType<typeof bridging>>, { call }: Awaited<ReturnType<typeof talking>>) {
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
}

test('E-17 RFC 3515 §2.4.6 the id of a NOTIFY is the CSeq number of the REFER on its own leg, for several REFERs', async () => {
  const on = await bridging();
  const talk = await talking(on);
  const { alice, bob, over } = on;
  talk.alice.sequence = 6;
  const ids: [number, number][] = [];
  for (let count = 0; count < 2; count++) {
    const refer = talk.alice.request('REFER', REFER);
    const relayed = await bob.receive('REFER');
    relayed.reply(202);
    await refer.response(202);
    ids.push([refer.message.sequence, relayed.message.sequence]);
  }
  for (const [own, others] of ids.reverse()) {
    const notify = talk.bob.request('NOTIFY', NOTIFY(`refer;id=${others}`, 'terminated;reason=noresource'));
    const received = await alice.receive('NOTIFY');
    expect(received.header('Event')).toBe(`refer;id=${own}`);
    received.reply(200);
    await notify.response(200);
  }
  await hangUp(on, talk);
  await over();
});

test('E-17 RFC 6665 §4.2.2 a 481 to NOTIFY ends the subscription on both legs: no session is left', async () => {
  const on = await bridging();
  const talk = await talking(on);
  const { alice, bob, container, world, over } = on;
  const refer = talk.alice.request('REFER', REFER);
  (await bob.receive('REFER')).reply(202);
  await refer.response(202);
  await hangUp(on, talk);
  const notify = talk.bob.request('NOTIFY', NOTIFY('refer'));
  (await alice.receive('NOTIFY')).reply(481);
  await notify.response(481);
  await world.run(40_000);
  expect(container.engine.callsInProgress).toBe(0);
  await over();
});

test('E-17 RFC 3515 §2.4.6 a NOTIFY without an id passes unchanged where there is one subscription', async () => {
  const on = await bridging();
  const talk = await talking(on);
  const { alice, bob, over } = on;
  const refer = talk.alice.request('REFER', REFER);
  (await bob.receive('REFER')).reply(202);
  await refer.response(202);
  const notify = talk.bob.request('NOTIFY', NOTIFY('refer', 'terminated'));
  const received = await alice.receive('NOTIFY');
  expect(received.header('Event')).toBe('refer');
  received.reply(200);
  await notify.response(200);
  await hangUp(on, talk);
  await over();
});
