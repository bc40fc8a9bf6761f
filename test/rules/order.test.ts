// Rule C-43: handlers of one application session run one after another, those of different ones side by side.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { proxies, type Script, type ScriptedStage, scripted } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';

/** Notes when each handler begins and ends. */
function spans(ms: number, current: () => ScriptedStage) {
  const lines: string[] = [];
  let running = 0;
  let together = 0;
  const during = (name: string) => async () => {
    together = Math.max(together, ++running);
    const begin = current().world.clock.now();
    await current().after(ms);
    lines.push(`${name} ${begin}-${current().world.clock.now()}`);
    running--;
  };
  return { lines, during, together: () => together };
}

test('C-43 handlers of one application session never run at the same time, and run in the order of what came', async () => {
  const { lines, during, together } = spans(1000, () => s);
  const script: Script = {
    invite: proxies([BOB, CAROL], { recordRoute: true }),
    provisional: during('1xx'),
    success: during('2xx'),
    ack: during('ack'),
    info: during('info'),
    bye: during('bye'),
    timer: during('timer'),
  };
  const s: ScriptedStage = await scripted({
    ...script,
    invite(request) {
      request.applicationSession.setTimer('tick', 1500);
      return present(script.invite)(request);
    },
  });
  s.carol.answerCancel = true;
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  (await s.carol.receive('INVITE')).reply(180); // at 3
  invite.reply(180); // at 3 too: waits until 1003
  await s.world.run(10);
  invite.reply(200); // waits until 2003, behind it the timer of 1501
  await call.response(200);
  call.ack();
  const info = call.dialog.request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(together()).toBe(1);
  expect(lines.slice(0, 4)).toEqual(['1xx 3-1003', '1xx 1003-2003', '2xx 2003-3003', 'timer 3003-4003']);
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    '1xx',
    '1xx',
    '2xx',
    'timer',
    'ack',
    'info',
    '2xx',
    'bye',
    '2xx',
  ]);
  await s.ends();
});

test('C-43 those of different ones do not wait for each other', async () => {
  const { lines, during, together } = spans(1000, () => s);
  const s: ScriptedStage = await scripted({ invite: proxies(BOB), best: during('best') });
  s.bob.on('INVITE', (invite) => void invite.reply(486));
  const calls = Array.from({ length: 10 }, () => s.call());
  for (const call of calls) await call.response(486);
  expect(together()).toBe(10);
  expect(lines).toEqual(Array(10).fill('best 3-1003'));
  await s.ends();
});

test('C-43 a response that comes while the request’s handler runs waits for it', async () => {
  const s: ScriptedStage = await scripted({
    async invite(request) {
      proxies(BOB)(request);
      await s.after(2000);
      request.session.attributes.set('ready', true);
    },
    provisional: (response) => response.headers.set('X-Ready', String(response.session.attributes.get('ready'))),
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  expect((await call.response(180)).header('X-Ready')).toBe('true');
  expect(s.world.clock.now()).toBe(1 + 2000 + 1);
  invite.reply(404);
  await call.response(404);
  await s.ends();
});

test('C-43 responses go upstream in the order in which they came, also where one has no handler', async () => {
  const s: ScriptedStage = await scripted({ invite: proxies(BOB), provisional: () => s.after(500) });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  for (const status of [180, 183, 180]) invite.reply(status);
  invite.reply(486);
  await call.response(486);
  expect(call.responses.map(({ status }) => status)).toEqual([100, 180, 183, 180, 486]);
  expect(s.world.clock.now()).toBe(3 + 3 * 500 + 1);
  await s.ends();
});

test('C-6 a 1xx whose handler still runs when the 2xx comes goes upstream before it', async () => {
  const s: ScriptedStage = await scripted({ invite: proxies(BOB), provisional: () => s.after(500) });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  for (const status of [180, 183, 180]) invite.reply(status);
  invite.reply(200);
  await call.response(200);
  expect(call.responses.map(({ status }) => status)).toEqual([100, 180, 183, 180, 200]);
  expect(s.world.clock.now()).toBe(3 + 3 * 500 + 1);
  call.ack();
  await s.ends();
});
