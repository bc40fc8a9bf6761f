// A proxied call whose BYE is not simply forwarded: its handler fails, or the application has ended the call (§15).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { proxies, type ScriptedStage, scripted } from '../world/script.js';
import { BOB } from '../world/stage.js';

const RR = { recordRoute: true };

async function talks(s: ScriptedStage) {
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await s.bob.receive('ACK');
  return { call, invite };
}

test.each(['alice', 'bob'] as const)(
  'E-29 §15.1.1 the handler of a BYE of %s fails: it gets 500, and the other party a BYE',
  async (who) => {
    const s = await scripted({
      invite: proxies(BOB, RR),
      bye() {
        throw new Error('the handler fails');
      },
    });
    const { call, invite } = await talks(s);
    const bye = who === 'alice' ? call.bye() : invite.bye();
    (await s[who === 'alice' ? 'bob' : 'alice'].receive('BYE')).reply(200);
    await bye.response(500);
    await s.world.run(100);
    expect(s.container.alive.applicationSessions).toBe(0);
  },
);

test('E-04 §12.2.1.1 a request that waits for its handler while the application ends the call is not forwarded: 481', async () => {
  let resume = (): void => {};
  const s = await scripted({
    invite: proxies(BOB, RR),
    subsequent: (request) =>
      request.method === 'ACK' || request.method === 'BYE'
        ? undefined
        : new Promise<void>((resolve) => {
            resume = resolve;
          }),
  });
  const { call } = await talks(s);
  const info = call.dialogOf(present(call.last)).request('INFO');
  await s.world.run(100);
  const [session] = present(s.container.engine.sessions.of(present(s.container.active[0]))[0]).sessions;
  void present(session).terminate();
  for (const phone of [s.alice, s.bob]) (await phone.receive('BYE')).reply(200);
  resume();
  await info.response(481);
  const numbers = s.bob.received.filter(({ message }) => message.isRequest).map(({ message }) => message.method);
  expect(numbers).toEqual(['INVITE', 'ACK', 'BYE']);
});
