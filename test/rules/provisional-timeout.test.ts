// RULES.md section 3: `provisionalTimeout` of a proxy gives up a branch that has had no 1xx by then.
import { expect, test } from 'vitest';
import { arrivals, count, finals, requests } from '../world/arrivals.js';
import { proxies, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

test('RULES.md section 3 a branch that has had no 1xx by then counts as answered with 408', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL], { provisionalTimeout: '4s' }), best: watch, branch: watch });
  const call = s.call();
  (await s.carol.receive('INVITE')).reply(486);
  await call.response(486); // C-15: a 408 says less
  expect(arrivals(s.alice).at(-1)).toBe('4002 486');
  expect(s.seen).toEqual(['invite', 'branch 486', 'best 486']);
  await s.ends();
});

test('RULES.md section 3 alone it goes upstream as 408, through the handler', async () => {
  const s = await scripted({ invite: proxies(BOB, { provisionalTimeout: '4s' }), best: watch });
  const call = s.call();
  await call.response(408);
  expect(arrivals(s.alice).at(-1)).toBe('4002 408');
  expect(s.seen).toEqual(['invite', 'best 408']);
  await s.ends();
});

test.each([100, 180])('RULES.md section 3 a %i is a 1xx: the branch goes on', async (status) => {
  const s = await scripted({ invite: proxies(BOB, { provisionalTimeout: '4s' }) });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(status);
  await s.world.run(30_000);
  expect(finals(s.alice)).toEqual([]);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.ends();
});

test('RULES.md section 3 C-23 a sequential search goes on with the next target, and with no other', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false, provisionalTimeout: '4s' }) });
  const call = s.call();
  const invite = await s.carol.receive('INVITE');
  expect(Math.trunc(s.world.clock.now())).toBe(4002);
  invite.reply(180);
  await s.world.run(10_000);
  expect(requests(s.dave)).toEqual([]);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.ends();
});

test('RULES.md section 3 §9.1 a late 1xx gets a CANCEL', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false, provisionalTimeout: '4s' }) });
  s.bob.answerCancel = true;
  const call = s.call();
  const late = await s.bob.receive('INVITE');
  const invite = await s.carol.receive('INVITE');
  expect(count(s.bob, 'CANCEL')).toBe(0);
  late.reply(180);
  invite.reply(180);
  await s.world.deliver();
  expect(count(s.bob, 'CANCEL')).toBe(1);
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.ends();
});

test('RULES.md section 3 C-23 a late 2xx still goes upstream', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false, provisionalTimeout: '4s' }) });
  s.carol.autoTrying = s.carol.answerCancel = true;
  const call = s.call();
  const late = await s.bob.receive('INVITE');
  await s.carol.receive('INVITE');
  late.reply(200);
  await call.response(200);
  call.ack();
  await late.ack();
  await s.ends();
  expect(count(s.carol, 'CANCEL')).toBe(1);
  expect(finals(s.alice)).toEqual([200]);
});

test('RULES.md section 3 C-26 the target of a redirection has as long again', async () => {
  const s = await scripted({ invite: proxies(BOB, { provisionalTimeout: '4s' }) });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  await s.world.run(3000);
  invite.reply(302, { contact: CAROL });
  await call.response(408);
  expect(Math.round(s.world.clock.now() / 100)).toBe(70);
  await s.ends();
});

test('RULES.md section 3 another method than INVITE has as long to its final response', async () => {
  const s = await scripted({ message: proxies([BOB, CAROL], { parallel: false, provisionalTimeout: '4s' }) });
  const sent = s.request('MESSAGE');
  const message = await s.carol.receive('MESSAGE');
  expect(Math.trunc(s.world.clock.now())).toBe(4002);
  message.reply(200);
  await sent.response(200);
  await s.ends();
});

test('RULES.md section 3 there is none unless it is set', async () => {
  const s = await scripted({ invite: proxies(BOB, { timeout: '20s' }) });
  const call = s.call();
  await call.response(408);
  expect(Math.trunc(s.world.clock.now() / 1000)).toBe(20);
  await s.ends();
});

test('RULES.md section 3 it reads as milliseconds; a number below 1000 throws RangeError', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const proxy = request.proxy();
      read.push(proxy.provisionalTimeout);
      proxy.provisionalTimeout = '4s';
      read.push(proxy.provisionalTimeout);
      read.push(
        thrown(() => {
          proxy.provisionalTimeout = 4;
        }),
      );
      proxy.provisionalTimeout = undefined;
      read.push(proxy.provisionalTimeout);
      request.createResponse(486).send();
    },
  });
  await s.call().response(486);
  expect(read).toEqual([
    undefined,
    4000,
    new RangeError("the provisionalTimeout of a proxy: 4 means 4 milliseconds; write '4s' for seconds, or '4ms'"),
    undefined,
  ]);
  await s.ends();
});

test('C-23 the timeout of a branch that is silent starts one other, and not two', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false, timeout: '5s' }) });
  const call = s.call();
  const invite = await s.carol.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  await s.ends();
  expect(requests(s.dave)).toEqual([]);
});
