// W-04: descriptions that change in or beside the refreshes of a session timer (RFC 4028 §7.4, RFC 3264 §8).
import { expect, test } from 'vitest';
import { requests } from '../world/arrivals.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const TIMED = { Supported: 'timer', 'Session-Expires': '200;refresher=uac' };
const invites = (phone: Parameters<typeof requests>[0]) =>
  requests(phone).filter((line) => line.startsWith('INVITE')).length;

/** The container refreshes the callee's leg after 100 s, and the caller its own. */
async function start() {
  const on = await bridging();
  const call = on.alice.invite('sip:bob@siplet', { body: ALICE, headers: TIMED });
  const invite = await on.bob.receive('INVITE');
  invite.reply(200, { body: BOB, headers: { 'Session-Expires': '200;refresher=uac', Require: 'timer' } });
  await call.response(200);
  call.ack();
  await invite.ack();
  return { ...on, call };
}

async function hangsUp(s: Awaited<ReturnType<typeof start>>): Promise<void> {
  const bye = s.call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
}

const CHANGED = [
  ['another direction', `${BOB}m=audio 2000 RTP/AVP 0\r\na=sendonly\r\n`],
  ['another port', `${BOB}m=audio 2002 RTP/AVP 0\r\n`],
  ['another version', BOB.replace('bob 1 1', 'bob 1 2')],
] as const;

test.each(CHANGED)(
  'W-04 RFC 4028 §7.4 a callee that answers the refresh of the container with %s: the caller gets it in a re-INVITE',
  async (_, body) => {
    const s = await start();
    const refresh = await s.bob.receive('INVITE', 110_000);
    expect(refresh.body).toBe(ALICE);
    refresh.reply(200, { body });
    await refresh.ack();
    const told = await s.alice.receive('INVITE');
    expect(told.body).toBe(body);
    told.reply(200, { body: ALICE });
    expect((await told.ack()).body).toBe('');
    await s.world.run(5000);
    expect(s.bob.unread).toEqual([]);
    await hangsUp(s);
  },
);

test('W-04 RFC 3264 §8 another answer of the caller goes back to the callee once, and the exchange ends there', async () => {
  const s = await start();
  const version = (sdp: string, number: number) => sdp.replace(' 1 1 IN', ` 1 ${number} IN`);
  (await s.bob.receive('INVITE', 110_000)).reply(200, { body: version(BOB, 2) });
  const told = await s.alice.receive('INVITE');
  told.reply(200, { body: version(ALICE, 2) });
  const back = await s.bob.receive('INVITE');
  expect(back.body).toBe(version(ALICE, 2));
  back.reply(200, { body: version(BOB, 3) });
  await back.ack();
  await s.world.run(10_000);
  expect([invites(s.alice), invites(s.bob)]).toEqual([1, 3]);
  await hangsUp(s);
});

test('W-04 RFC 4028 §7.4 a callee that answers the refresh as before: the caller is not disturbed', async () => {
  const s = await start();
  const refresh = await s.bob.receive('INVITE', 110_000);
  refresh.reply(200, { body: BOB });
  await refresh.ack();
  await s.world.run(5000);
  expect(s.alice.unread).toEqual([]);
  await hangsUp(s);
});

test('W-04 §14.1 a caller with an INVITE of its own under way is told afterwards; one that refuses keeps the call', async () => {
  const s = await start();
  const [, [, body]] = CHANGED;
  const refresh = await s.bob.receive('INVITE', 110_000);
  refresh.reply(200, { body });
  await refresh.ack();
  const told = await s.alice.receive('INVITE');
  told.reply(491);
  const again = await s.alice.receive('INVITE', 5000);
  expect(again.body).toBe(body);
  again.reply(488);
  await s.world.run(5000);
  expect(s.bob.unread).toEqual([]);
  await hangsUp(s);
});

test.each(CHANGED)(
  'W-04 RFC 3264 §8 a re-INVITE with a session interval and %s reaches the callee',
  async (_, body) => {
    const s = await start();
    const changed = body.replace('o=bob', 'o=alice').replace('10.0.0.2', '10.0.0.1');
    const again = s.call.dialog.request('INVITE', { body: changed, headers: TIMED });
    const relayed = await s.bob.receive('INVITE');
    expect(relayed.body).toBe(changed);
    relayed.reply(200, { body: BOB });
    await again.response(200);
    again.ack();
    await relayed.ack();
    await hangsUp(s);
  },
);

test('W-04 RFC 4028 §7.4 so does an UPDATE', async () => {
  const s = await start();
  const [, [, body]] = CHANGED;
  const update = s.call.dialog.request('UPDATE', { body, headers: TIMED });
  const relayed = await s.bob.receive('UPDATE');
  expect(relayed.body).toBe(body);
  relayed.reply(200, { body: BOB });
  await update.response(200);
  await hangsUp(s);
});
