// W-16: proxied calls whose BYE got lost (RFC 4028 §8).
import { expect, test } from 'vitest';
import { requests } from '../world/arrivals.js';
import { proxies, scripted } from '../world/script.js';
import { BOB, established, left } from '../world/stage.js';

const invite = proxies(BOB, { recordRoute: true });
const siplet = { sessionTimer: '10m', sessionTimeout: 0 } as const;
const MINUTE = 60_000;

test('W-16 RFC 4028 §8.1, §8.3 a call that nobody refreshes is forgotten, without a BYE', async () => {
  const s = await scripted({ invite }, { siplet });
  const call = s.call({ headers: { Supported: 'timer' } });
  const received = await s.bob.receive('INVITE');
  expect(received.header('Session-Expires')).toBe('600');
  received.reply(200, { headers: { 'Session-Expires': '600;refresher=uac', Require: 'timer' } });
  await call.response(200);
  call.ack();
  await received.ack();
  await s.world.run(9.9 * MINUTE);
  expect(left(s.container)).not.toEqual({});
  await s.world.run(MINUTE);
  expect([left(s.container), requests(s.alice), requests(s.bob)]).toEqual([{}, [], ['INVITE', 'ACK']]);
  await s.ends();
});

test('W-16 RFC 4028 §8.2 a callee without timers: the caller that has them is told to refresh', async () => {
  const s = await scripted({ invite }, { siplet });
  const call = s.call({ headers: { Supported: 'timer', 'Min-SE': '700' } });
  const received = await s.bob.receive('INVITE');
  expect(received.header('Session-Expires')).toBe('700');
  received.reply(200);
  const ok = await call.response(200);
  expect([ok.header('Session-Expires'), ok.list('Require')]).toEqual(['700;refresher=uac', ['timer']]);
  call.ack();
  await received.ack();
  await s.world.run(11 * MINUTE);
  const update = call.dialog.request('UPDATE', { headers: { Supported: 'timer', 'Session-Expires': '900' } });
  (await s.bob.receive('UPDATE')).reply(200);
  expect((await update.response(200)).header('Session-Expires')).toBe('900;refresher=uac');
  await s.world.run(14 * MINUTE);
  expect(left(s.container)).not.toEqual({});
  await s.world.run(2 * MINUTE);
  expect(left(s.container)).toEqual({});
  await s.ends();
});

test('W-16 RFC 4028 §8.2 neither party has timers: the session does not expire', async () => {
  const s = await scripted({ invite }, { siplet });
  const { call } = await established(s);
  await s.world.run(60 * MINUTE);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('W-16 RFC 4028 §8.3 without sessionTimer nothing is asked for, but the timer of the parties is followed', async () => {
  const s = await scripted({ invite });
  const call = s.call({ headers: { Supported: 'timer', 'Session-Expires': '1800' } });
  const received = await s.bob.receive('INVITE');
  received.reply(200, { headers: { 'Session-Expires': '1800;refresher=uas' } });
  await call.response(200);
  call.ack();
  await received.ack();
  await s.world.run(29 * MINUTE);
  expect(left(s.container)).not.toEqual({});
  await s.world.run(2 * MINUTE);
  expect(left(s.container)).toEqual({});
  await s.ends();
});
