// What a lost connection and a failed request in a dialog leave behind: nothing, and everything.
import { describe, expect, test } from 'vitest';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, established } from '../world/stage.js';

describe('5 a connection that carried a provisional response', () => {
  test('PCN-04 §18.2.2 is not held for ever when the final response takes another one', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.answerCancel = true;
    const call = s.call({ transport: 'TCP' });
    const invite = await s.bob.receive('INVITE');
    s.world.network.reset('alice', 'siplet'); // the first connection: the INVITE's
    await s.world.run(100);
    invite.reply(180); // goes by a second one, which the container opens
    await call.response(180);
    call.cancel(); // comes by a third one, by which the 487 goes
    await call.response(487);
    await s.world.runUntilIdle();
    expect(s.container.engine.transport.connections).toBe(0);
    expect(s.world.clock.pending).toBe(0);
  });
});

describe('6 a dialog in which a request was answered 481 or 408', () => {
  test.each([
    ['INFO', 481],
    ['INVITE', 481],
    ['INVITE', 408],
  ] as const)(
    'C-34 CNT-08 %s was answered %i, the call goes on: its BYE is seen by the application',
    async (method, status) => {
      const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), bye: watch });
      const { call } = await established(s);
      const request = call.dialog.request(method);
      (await s.bob.receive(method)).reply(status);
      await request.response(status);
      await s.world.run(60_000);
      const bye = call.bye();
      (await s.bob.receive('BYE')).reply(200);
      await bye.response(200);
      await s.ends();
      expect(s.seen).toEqual(['invite', 'bye']);
    },
  );
});
