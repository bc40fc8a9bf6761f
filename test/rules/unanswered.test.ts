// Rule C-41a: initial requests that a handler took and then neither answered nor proxied.
import { expect, test } from 'vitest';
import { arrivals, finals } from '../world/arrivals.js';
import { proxies, type Script, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, DAVE } from '../world/stage.js';

const ring = proxies(BOB, { recordRoute: true });
const idle: Script = { invite: watch, message: watch };

test('C-41a an initial request that was neither answered nor proxied: a warning after 5 s, with the handler’s name', async () => {
  const s = await scripted(idle);
  s.call();
  await s.world.run(1 + 5000 - 1);
  expect(s.container.problems()).toEqual([]);
  await s.world.run(1);
  expect(s.container.log.filter(({ level }) => level === 40)).toHaveLength(1);
  expect(s.container.problems()[0]).toContain('Rules.invite');
  expect(s.container.log.at(-1)).toMatchObject({ app: 'rules', handler: 'Rules.invite', method: 'INVITE' });
  await s.ends(1);
});

test('C-41a and 500 after 180 s', async () => {
  const s = await scripted(idle);
  await s.call().response(500, 200_000);
  expect(arrivals(s.alice)).toEqual(['2 100', `${1 + 180_000 + 1} 500`]);
  await s.ends(1);
});

test('C-41a both are configurable', async () => {
  const s = await scripted(idle, { configuration: 'limits:\n  answerWarning: 2s\n  answerTimeout: 7s\n' });
  const call = s.call();
  await s.world.run(2001);
  expect(s.container.problems()).toHaveLength(1);
  await call.response(500);
  expect(s.world.clock.now()).toBe(1 + 7000 + 1);
  await s.ends(1);
});

test('C-41a a provisional response is not an answer', async () => {
  const s = await scripted({ invite: (request) => request.createResponse(180).send() });
  const call = s.call();
  await call.response(180);
  await s.world.run(5000);
  expect(s.container.problems()).toHaveLength(1);
  await call.response(500, 200_000);
  await s.ends(1);
});

test('C-41a what is answered or proxied later is not warned about, nor answered 500', async () => {
  const s: ScriptedStage = await scripted({
    invite: (request) => void s.after(4000).then(() => proxies([DAVE])(request)),
    message: (request) => void s.after(4500).then(() => request.createResponse(202).send()),
  });
  const call = s.call();
  const message = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet' });
  (await s.dave.receive('INVITE')).reply(404);
  await call.response(404);
  await message.response(202);
  await s.ends();
  expect(finals(s.alice)).toEqual([404, 202]);
});

test('C-41a after the warning it may still be proxied', async () => {
  const s: ScriptedStage = await scripted({ invite: (request) => void s.after(60_000).then(() => ring(request)) });
  const call = s.call();
  const invite = await s.bob.receive('INVITE', 70_000);
  expect(s.world.clock.now()).toBe(1 + 60_000 + 1);
  invite.reply(404);
  await call.response(404);
  await s.ends(1);
});
