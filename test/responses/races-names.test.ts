// What happens while the name of a target is still being resolved (RFC 3263): in either order, the first is said in the
// title.
import { describe, expect, test } from 'vitest';
import { finalsOf, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted } from '../world/script.js';
import { CAROL } from '../world/stage.js';

describe('a name is still being resolved', () => {
  /** The container hears of the address of 'slow.example', which is bob's, after so many milliseconds. */
  function resolveSlowly(s: ScriptedStage, ms: number): void {
    const { resolver } = s.world;
    const ask = resolver.addresses.bind(resolver);
    resolver.address('slow.example', '10.0.0.2');
    resolver.addresses = async (host) => {
      await s.after(ms);
      return ask(host);
    };
  }
  const SLOW = 'sip:bob@slow.example:5060';

  test('the question first, then CANCEL: 487 at once, and nothing is sent when the answer comes', async () => {
    const s = await scripted({ invite: proxies(SLOW) });
    resolveSlowly(s, 5000);
    const call = s.call();
    await s.world.run(100);
    call.cancel();
    await call.response(487);
    expect(s.world.clock.now()).toBeLessThan(200);
    await s.ends();
    expect(requests(s.bob)).toEqual([]);
  });

  test('the question first, then 200 of another branch: nothing is sent when the answer comes', async () => {
    const s = await scripted({ invite: proxies([SLOW, CAROL]) });
    resolveSlowly(s, 5000);
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([requests(s.bob), finalsOf(s.alice)]).toEqual([[], [200]]);
  });

  test('the question first, then the timeout of the branch: the next is tried, nothing is sent when the answer comes', async () => {
    const s = await scripted({ invite: proxies([SLOW, CAROL], { parallel: false, timeout: '2s' }) });
    resolveSlowly(s, 5000);
    const call = s.call();
    const invite = await s.carol.receive('INVITE');
    expect(s.world.clock.now()).toBe(2002);
    await s.world.run(1000);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(requests(s.bob)).toEqual([]);
  });

  test('the answer first, then CANCEL: the branch is cancelled as any', async () => {
    const s = await scripted({ invite: proxies(SLOW) });
    resolveSlowly(s, 1000);
    s.bob.autoTrying = s.bob.answerCancel = true;
    const call = s.call();
    await s.world.run(1500);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });
});
