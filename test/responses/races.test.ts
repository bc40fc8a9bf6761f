// Two things that happen at once, in either order: what is first is said in the title. Nothing may be left of any of
// them.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, finalsOf, requests, times } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';
import { TIMER_C } from './drafted.js';

/** Whether what comes second comes while a handler still deals with the first. */
const HANDLERS = [
  ['in the same millisecond', 0, 0],
  ['while its handler awaits', 1000, 300],
] as const;

/** Lets a handler await that long. */
const awaits = (s: () => ScriptedStage, ms: number) => (ms === 0 ? watch : () => s().after(ms));

describe('CANCEL against 200', () => {
  test.each(HANDLERS)('200 first, CANCEL %s: the 200 wins, nothing is cancelled', async (_, ms, later) => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB),
      success: awaits(() => s, ms),
      cancel: watch,
      best: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    await s.world.run(later);
    const cancel = call.cancel();
    await cancel.response((response) => response.status === 200 && response.method === 'CANCEL');
    await call.response(200);
    call.ack();
    await s.ends();
    expect([requests(s.bob), finalsOf(s.alice)]).toEqual([['INVITE', 'ACK'], [200]]);
    expect(s.seen).not.toContain('best 487');
  });

  test.each([
    ['before the CANCEL has left downstream', 0],
    ['when the CANCEL has come to the callee', 5],
  ])('CANCEL first, 200 %s: the 200 wins', async (_, later) => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), success: watch, cancel: watch, best: watch });
    s.carol.autoTrying = s.carol.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    await s.world.run(later);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    for (const cancel of s.bob.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(200);
    await s.ends();
    expect([requests(s.carol), finalsOf(s.alice)]).toEqual([['INVITE', 'CANCEL', 'ACK'], [200]]);
    expect(s.seen).toEqual(['invite', 'cancel', 'success 200']);
  });

  test('CANCEL first, 487 of one branch, 200 of the other: the 200 wins', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    for (const invite of [bobs, carols]) invite.reply(180);
    await s.world.run(10);
    call.cancel();
    for (const phone of [s.bob, s.carol]) (await phone.receive('CANCEL')).reply(200);
    bobs.reply(487);
    carols.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[200], ['invite']]);
  });
});

describe('200 against 200 from another branch', () => {
  test.each([
    ['bob', 0],
    ['carol', 0],
    ['bob', 1000],
    ['carol', 1000],
  ] as const)('%s’s 200 first: both go upstream, in that order (handler: %i ms)', async (first, ms) => {
    const s: ScriptedStage = await scripted({ invite: proxies([BOB, CAROL]), success: awaits(() => s, ms) });
    s.bob.answerCancel = s.carol.answerCancel = true;
    const call = s.call();
    const invites = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    if (first === 'carol') invites.reverse();
    for (const invite of invites) invite.reply(180);
    for (const invite of invites) invite.reply(200);
    await s.world.run(2 * ms + 10);
    const answers = call.responses.filter(({ status }) => status === 200);
    expect(answers.map(({ toTag }) => toTag)).toEqual(first === 'bob' ? ['bob-1', 'carol-1'] : ['carol-1', 'bob-1']);
    for (const response of answers) call.ack({ response });
    for (const invite of invites) await invite.ack();
    await s.ends();
    expect([count(s.bob, 'ACK'), count(s.carol, 'ACK'), s.seen]).toEqual([
      1,
      1,
      ['invite', 'success 200', 'success 200'],
    ]);
  });
});

describe('6xx against 200', () => {
  test.each([true, false])(
    '6xx first, 200 in the same millisecond: the 200 goes upstream, the 6xx never (supervised: %s)',
    async (supervised) => {
      const s = await scripted({ invite: proxies([BOB, CAROL], { supervised }), success: watch, best: watch });
      const call = s.call();
      const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
      carols.reply(180);
      await call.response(180);
      bobs.reply(603);
      carols.reply(200);
      await call.response(200);
      call.ack();
      await carols.ack();
      for (const cancel of s.carol.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(200);
      await s.ends();
      expect([finalsOf(s.alice), s.seen]).toEqual([[200], supervised ? ['invite', 'success 200'] : ['invite']]);
    },
  );

  test('6xx first, its @BranchResponse handler awaits, then 200: the 200 goes upstream behind it', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL]),
      branch: () => s.after(2000),
      success: watch,
      best: watch,
    });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    bobs.reply(603);
    await s.world.run(100);
    carols.reply(200);
    await call.response(200);
    expect(s.world.clock.now()).toBe(3 + 2000 + 1);
    call.ack();
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[200], ['invite', 'branch 603', 'success 200']]);
  });

  test.each(HANDLERS)('200 first, 6xx %s: the 6xx is acknowledged and seen by nobody', async (_, ms, later) => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL]),
      success: awaits(() => s, ms),
      best: watch,
      branch: watch,
    });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    bobs.reply(200);
    await s.world.run(later);
    carols.reply(603);
    await carols.ack();
    await call.response(200);
    call.ack();
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[200], ['invite', 'success 200']]);
  });
});

describe('timeout against final response', () => {
  /** The timer fires at 20001. */
  const TIMEOUT = { timeout: '20s' };
  const at = (s: ScriptedStage, time: number) => s.world.run(time - s.world.clock.now());

  test.each([true, false])(
    '486 first by a millisecond: it goes upstream, nothing is cancelled (parallel: %s)',
    async (parallel) => {
      const s = await scripted({ invite: proxies(BOB, { ...TIMEOUT, parallel }), best: watch });
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(180);
      await at(s, 19_999);
      invite.reply(486);
      await call.response(486);
      await s.ends();
      expect([requests(s.bob), s.seen, finalsOf(s.alice)]).toEqual([['INVITE', 'ACK'], ['invite', 'best 486'], [486]]);
    },
  );

  test.each([
    [486, true],
    [486, false],
    [200, true],
    [200, false],
  ] as const)('timeout first by a millisecond, then %i: it goes upstream (parallel: %s)', async (status, parallel) => {
    const s = await scripted({ invite: proxies(BOB, { ...TIMEOUT, parallel }), best: watch, success: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await at(s, 20_001);
    invite.reply(status);
    await call.response(status);
    if (status === 200) call.ack();
    (await s.bob.receive('CANCEL')).reply(200);
    expect(times(s.bob, 'CANCEL')).toEqual([20_002]);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([
      [status],
      ['invite', `${status === 200 ? 'success' : 'best'} ${status}`],
    ]);
  });

  test('timeout first, the best-response handler of its 408 awaits, then 200: the 200 goes upstream, the 408 never', async () => {
    const errors: unknown[] = [];
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, TIMEOUT),
      async best({ proxy }) {
        await s.after(3000);
        try {
          present(proxy).proxyTo(CAROL);
        } catch (error) {
          errors.push(error);
        }
      },
      success: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await at(s, 23_000);
    expect(s.seen).toEqual(['invite', 'best 408']);
    invite.reply(200);
    await call.response(200);
    call.ack();
    for (const cancel of s.bob.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(481);
    await s.ends();
    expect([finalsOf(s.alice), errors.length, requests(s.carol)]).toEqual([[200], 1, []]);
    expect(s.seen).toEqual(['invite', 'best 408', 'success 200']);
  });

  test('200 first, its handler awaits beyond the timeout: the 200 goes upstream, nothing is cancelled', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, TIMEOUT),
      success: () => s.after(5000),
      best: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await at(s, 18_000);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([requests(s.bob), finalsOf(s.alice), s.seen]).toEqual([['INVITE', 'ACK'], [200], ['invite', 'success 200']]);
  });

  test.each([
    ['final response first', -2, 0],
    ['Timer C first', 0, 1],
  ])('%s, by a millisecond: the final response goes upstream', async (_, offset, cancels) => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '100000s' }), best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180); // Timer C fires at 3 + TIMER_C
    await at(s, 3 + TIMER_C + offset);
    invite.reply(480);
    await call.response(480);
    for (const cancel of s.bob.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(200);
    await s.world.run(10);
    for (const cancel of s.bob.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(200);
    await s.ends();
    expect([count(s.bob, 'CANCEL') > 0 ? 1 : 0, finalsOf(s.alice)]).toEqual([cancels, [480]]);
  });

  test.each([
    ['200 of the late one first', true],
    ['200 of the next one first', false],
  ])('sequential, %s: both go upstream in that order', async (_, lateFirst) => {
    const s = await scripted({
      invite: proxies([BOB, CAROL, DAVE], { parallel: false, timeout: '10s' }),
      success: watch,
    });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    bobs.reply(180);
    const carols = await s.carol.receive('INVITE');
    const order = lateFirst ? [bobs, carols] : [carols, bobs];
    for (const invite of order) invite.reply(200);
    await s.world.run(10);
    const answers = call.responses.filter(({ status }) => status === 200);
    expect(answers.map(({ toTag }) => toTag?.slice(0, -2))).toEqual(lateFirst ? ['bob', 'carol'] : ['carol', 'bob']);
    for (const response of answers) call.ack({ response });
    for (const cancel of s.bob.unread.filter(({ method }) => method === 'CANCEL')) cancel.reply(200);
    await s.ends();
    expect([s.seen, requests(s.dave)]).toEqual([['invite', 'success 200', 'success 200'], []]);
  });
});
