// E-18: subscriptions that an application has proxied with recordRoute (RFC 6665 §4.3, C-34).
import { Initial, Notify, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ServerRequest } from '../world/incoming.js';
import { BOB, left, type Stage, stage } from '../world/stage.js';

const seen: string[] = [];

@Siplet({ name: 'watching' })
class Watching {
  @Initial()
  ring(request: SipRequest) {
    request.proxyTo(BOB, { recordRoute: true });
  }

  @Notify()
  told(request: SipRequest) {
    seen.push(`${request.headers.get('Subscription-State')} ${request.session.state}`);
  }
}

const EVENT = { Event: 'presence' } as const;

interface Subscribed {
  readonly s: Stage;
  readonly asked: ReturnType<Stage['request']>;
  readonly subscribe: ServerRequest;
}

async function subscribing(method = 'SUBSCRIBE', headers: Record<string, string> = EVENT): Promise<Subscribed> {
  seen.length = 0;
  const s = await stage({ watching: { Watching } });
  const asked = s.request(method, { headers, contact: 'sip:alice@10.0.0.1' });
  return { s, asked, subscribe: await s.bob.receive(method) };
}

/** Bob's NOTIFY in the dialog with this tag; what Alice got. */
async function notify({ s, subscribe }: Subscribed, state: string, tag: string, number: number, event = 'presence') {
  const { message } = subscribe;
  const sent = s.bob.request('NOTIFY', 'sip:alice@10.0.0.1', {
    fromTag: '',
    from: `${present(message.header('To'))};tag=${tag}`,
    to: present(message.header('From')),
    callId: message.callId,
    sequence: number,
    route: message.list('Record-Route'),
    contact: 'sip:bob@10.0.0.2',
    headers: { Event: event, 'Subscription-State': state },
  });
  const got = await s.alice.receive('NOTIFY');
  return { sent, got };
}

async function accepted(of: Subscribed, state: string, tag: string, number: number, event?: string, status = 200) {
  const { sent, got } = await notify(of, state, tag, number, event);
  got.reply(status);
  await sent.response(status);
  return got;
}

test('E-18 RFC 6665 §4.3 NOTIFYs get Record-Route and are seen; the last one ends the session', async () => {
  const of = await subscribing();
  of.subscribe.reply(200, { toTag: 'b', contact: BOB, headers: { Expires: '600' } });
  await of.asked.response(200);
  const got = await accepted(of, 'active;expires=600', 'b', 1);
  expect(got.list('Record-Route')).toEqual(of.subscribe.list('Record-Route'));
  await accepted(of, 'terminated;reason=timeout', 'b', 2);
  await of.s.world.run(40_000);
  expect(seen).toEqual(['active;expires=600 confirmed', 'terminated;reason=timeout confirmed']);
  expect(left(of.s.container)).toEqual({});
  await of.s.ends();
});

test('E-18 RFC 6665 §4.4.1 a NOTIFY that overtakes the 200 is seen in the session of the request', async () => {
  const of = await subscribing();
  await accepted(of, 'active;expires=600', 'b', 1);
  of.subscribe.reply(200, { toTag: 'b', contact: BOB, headers: { Expires: '600' } });
  await of.asked.response(200);
  await accepted(of, 'terminated', 'b', 2);
  await of.s.world.run(40_000);
  expect([seen.length, left(of.s.container)]).toEqual([2, {}]);
  await of.s.ends();
});

test('E-18 RFC 6665 §4.4.1 a NOTIFY of another fork has a session of its own, which ends by itself', async () => {
  const of = await subscribing();
  of.subscribe.reply(200, { toTag: 'b', contact: BOB, headers: { Expires: '600' } });
  await of.asked.response(200);
  await accepted(of, 'active;expires=60', 'c', 1);
  await accepted(of, 'terminated', 'b', 1);
  expect(left(of.s.container)).not.toEqual({});
  await of.s.world.run(100_000);
  expect([seen, left(of.s.container)]).toEqual([['active;expires=60 confirmed', 'terminated confirmed'], {}]);
  await of.s.ends();
});

test('E-18 RFC 6665 §4.1.3 a 481 to a NOTIFY ends the session', async () => {
  const of = await subscribing();
  of.subscribe.reply(200, { toTag: 'b', contact: BOB, headers: { Expires: '600' } });
  await of.asked.response(200);
  await accepted(of, 'active', 'b', 1, 'presence', 481);
  await of.s.world.run(40_000);
  expect(left(of.s.container)).toEqual({});
  await of.s.ends();
});

test('E-18 RFC 6665 §4.1.2 without a NOTIFY the session ends when its time has passed, unless refreshed', async () => {
  const of = await subscribing();
  of.subscribe.reply(200, { toTag: 'b', contact: BOB, headers: { Expires: '600' } });
  await of.asked.response(200);
  await of.s.world.run(500_000);
  const again = of.asked.dialog.request('SUBSCRIBE', { headers: EVENT });
  (await of.s.bob.receive('SUBSCRIBE')).reply(200, { contact: BOB, headers: { Expires: '600' } });
  await again.response(200);
  await of.s.world.run(500_000);
  expect(left(of.s.container)).not.toEqual({});
  await of.s.world.run(140_000);
  expect(left(of.s.container)).toEqual({});
  await of.s.ends();
});

test('E-18 RFC 3515 §2.4.4 the subscription of a REFER ends with its last NOTIFY', async () => {
  const of = await subscribing('REFER', { 'Refer-To': '<sip:carol@example.com>' });
  of.subscribe.reply(202, { toTag: 'b', contact: BOB });
  await of.asked.response(202);
  await accepted(of, 'active;expires=60', 'b', 1, 'refer');
  await accepted(of, 'terminated;reason=noresource', 'b', 2, 'refer');
  await of.s.world.run(40_000);
  expect([seen.length, left(of.s.container)]).toEqual([2, {}]);
  await of.s.ends();
});
