// Subscriptions that a REFER makes through a bridge (RFC 3515 §2.4.6, RFC 6665 §4.2.2).
import { Invite, Siplet, type SipRequest, SuccessResponse } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { bridging, doesAsTold } from './bridging.js';
import { talking } from './legs.js';

const REFER = { headers: { 'Refer-To': '<sip:carol@10.0.0.3>' } };
const NOTIFY = (event: string, state = 'active;expires=60') => ({
  body: 'SIP/2.0 100 Trying\r\n',
  headers: {
    Event: event,
    'Subscription-State': state,
    'Content-Type': 'message/sipfrag',
  },
});

async function hangUp({ bob }: Awaited<ReturnType<typeof bridging>>, { call }: Awaited<ReturnType<typeof talking>>) {
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
}

test.each([
  ['alice', 'bob'],
  ['bob', 'alice'],
] as const)(
  'E-17 RFC 3515 §2.4.6 the id of a NOTIFY is the CSeq number of the REFER on its own leg, for several REFERs of %s',
  async (transferor, transferee) => {
    const on = await bridging();
    const talk = await talking(on);
    talk[transferor].sequence += 20;
    const ids: [number, number][] = [];
    for (let count = 0; count < 2; count++) {
      const refer = talk[transferor].request('REFER', REFER);
      const relayed = await on[transferee].receive('REFER');
      relayed.reply(202);
      await refer.response(202);
      ids.push([refer.message.sequence, relayed.message.sequence]);
    }
    for (const [own, others] of ids.reverse())
      for (const state of ['active;expires=60', 'terminated;reason=noresource']) {
        const notify = talk[transferee].request('NOTIFY', NOTIFY(`refer;id=${others}`, state));
        const received = await on[transferor].receive('NOTIFY');
        expect(received.header('Event')).toBe(`refer;id=${own}`);
        received.reply(200);
        await notify.response(200);
      }
    await hangUp(on, talk);
    await on.over();
  },
);

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

test('E-17 RFC 6665 §4.1.2.2 the transferor hangs up and unsubscribes, and gets 481: nothing is left', async () => {
  const on = await bridging();
  const call = await talking(on);
  const refer = call.alice.request('REFER', REFER);
  (await on.bob.receive('REFER')).reply(202);
  await refer.response(202);
  const notify = call.bob.request('NOTIFY', { headers: { Event: 'refer', 'Subscription-State': 'active' } });
  (await on.alice.receive('NOTIFY')).reply(200);
  await notify.response(200);
  await hangUp(on, call);
  const subscribe = call.alice.request('SUBSCRIBE', { headers: { Event: 'refer', Expires: '0' } });
  (await on.bob.receive('SUBSCRIBE')).reply(481);
  await subscribe.response(481);
  await on.world.run(100);
  expect(on.container.alive.applicationSessions).toBe(0);
  await on.over();
});

test('E-17 RFC 6665 §4.1.2.4 no NOTIFY follows: nothing is left after Timer N', async () => {
  const on = await bridging();
  const call = await talking(on);
  const refer = call.alice.request('REFER', REFER);
  (await on.bob.receive('REFER')).reply(202);
  await refer.response(202);
  await hangUp(on, call);
  await on.world.run(33_000);
  expect(on.container.alive.applicationSessions).toBe(0);
  await on.over();
});

let answered: () => Promise<void>;

@Siplet({ name: 'slow-notify' })
class SlowNotify {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @SuccessResponse('NOTIFY')
  notified() {
    return answered();
  }
}

test('E-17 §15.1.2 a BYE that comes while the last subscription ends is relayed, and answered as a BYE', async () => {
  const on = await bridging(undefined, SlowNotify);
  answered = () => on.after(1000);
  const talk = await talking(on);
  const refer = talk.alice.request('REFER', REFER);
  (await on.bob.receive('REFER')).reply(202);
  await refer.response(202);
  const notify = talk.bob.request('NOTIFY', NOTIFY('refer', 'terminated;reason=noresource'));
  (await on.alice.receive('NOTIFY')).reply(200);
  await on.world.run(200);
  const bye = talk.bob.request('BYE');
  (await on.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await notify.response(200);
  await on.over();
});
