// What JSR 289's test kit and its containers' tests expect of branches. CNT-20 to CNT-25, CNT-42 to CNT-45.
import type { ProxyBranch, SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, finalsOf, requests, times } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';
import { T1 } from '../world/timing.js';

describe('branches', () => {
  test('CNT-20 parallel: false, the first answers 400: the second is tried after it, and the ACK is sent', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }) });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    await s.world.run(5000);
    expect(requests(s.carol)).toEqual([]);
    const at = s.world.clock.now();
    bobs.reply(400);
    await bobs.ack();
    (await s.carol.receive('INVITE')).reply(200);
    expect(times(s.carol, 'INVITE')).toEqual([at + 2]);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
  });

  test('CNT-21 parallel: true, the third answers 200: CANCEL to the others, 200, 487, ACK, one 200 up', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]) });
    const call = s.call();
    const ringing = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    for (const invite of ringing) invite.reply(180);
    (await s.dave.receive('INVITE')).reply(200);
    for (const [i, phone] of [s.bob, s.carol].entries()) {
      (await phone.receive('CANCEL')).reply(200);
      present(ringing[i]).reply(487);
      await present(ringing[i]).ack();
    }
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
    expect([requests(s.bob), requests(s.carol)]).toEqual(Array(2).fill(['INVITE', 'CANCEL', 'ACK']));
  });

  test('CNT-22 recursed branches are listed under the branch that gave them, at any depth', async () => {
    const tree = (branch: ProxyBranch): unknown => [
      String(branch.uri),
      branch.response?.status,
      branch.recursed.map(tree),
    ];
    let seen: unknown;
    let of: string | undefined;
    const s = await scripted({
      invite: proxies(BOB),
      best(response) {
        seen = present(response.proxy).branches.map(tree);
        of = String(present(response.branch).uri);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    (await s.carol.receive('INVITE')).reply(301, { contact: DAVE });
    (await s.dave.receive('INVITE')).reply(486);
    await call.response(486);
    expect(seen).toEqual([[BOB, 302, [[CAROL, 301, [[DAVE, 486, []]]]]]]);
    expect(of).toBe(DAVE);
    await s.ends();
  });

  test('CNT-23 what is changed in one branch is seen on that branch alone', async () => {
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ recordRoute: true });
        const [first, second] = proxy.createBranches([BOB, CAROL, DAVE]) as [ProxyBranch, ProxyBranch];
        first.request.headers.set('X-Branch', 'first');
        first.request.headers.delete('Subject');
        first.recordRouteUri.parameters.set('which', 'first');
        second.recordRoute = false;
        proxy.start();
      },
    });
    const call = s.call({ headers: { Subject: 'all' } });
    const [first, second, third] = [
      await s.bob.receive('INVITE'),
      await s.carol.receive('INVITE'),
      await s.dave.receive('INVITE'),
    ];
    expect([first, second, third].map((each) => [each.header('X-Branch'), each.header('Subject')])).toEqual([
      ['first', undefined],
      [undefined, 'all'],
      [undefined, 'all'],
    ]);
    expect([first, second, third].map((each) => each.list('Record-Route').length)).toEqual([1, 0, 1]);
    expect([first, third].map((each) => present(each.header('Record-Route')).includes('which=first'))).toEqual([
      true,
      false,
    ]);
    for (const invite of [first, second, third]) invite.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('CNT-24 the application cancels a branch: CANCEL on it, the next of a sequential search starts; then all', async () => {
    let request: SipRequest | undefined;
    const s = await scripted({
      invite(received) {
        request = received;
        received.proxy({ parallel: false }).proxyTo([BOB, CAROL, DAVE]);
      },
      best: watch,
    });
    s.bob.answerCancel = s.carol.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const at = s.world.clock.now();
    present(present(request).proxy().branch(BOB)).cancel({ cause: 480, text: 'Enough' });
    (await s.carol.receive('INVITE')).reply(180);
    expect([times(s.bob, 'CANCEL'), times(s.carol, 'INVITE')]).toEqual([[at + 1], [at + 3]]);
    expect(present(s.bob.received.find(({ message }) => message.method === 'CANCEL')).message.header('Reason')).toBe(
      'SIP;cause=480;text="Enough"',
    );
    await call.response(180);
    present(request).proxy().cancel();
    await call.response(487);
    await s.ends();
    expect([requests(s.bob), requests(s.carol), requests(s.dave)]).toEqual([
      ['INVITE', 'CANCEL', 'ACK'],
      ['INVITE', 'CANCEL', 'ACK'],
      [],
    ]);
    expect(s.seen).toEqual(['invite', 'best 487']);
  });

  test('CNT-24 a waiting branch that is cancelled is never started', async () => {
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ parallel: false });
        present(proxy.createBranches([BOB, CAROL, DAVE])[1]).cancel();
        proxy.start();
        present(proxy.branch(DAVE)).cancel();
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    await s.ends();
    expect([requests(s.carol), requests(s.dave)]).toEqual([[], []]);
  });

  test.each([true, false])(
    'CNT-25 the timeout elapses: the branch is cancelled and @BranchResponse told (parallel: %s)',
    async (parallel) => {
      const s = await scripted({
        invite: proxies([BOB, CAROL], { parallel, timeout: '10s' }),
        branch: watch,
        best: watch,
      });
      for (const phone of [s.bob, s.carol]) phone.autoTrying = phone.answerCancel = true;
      const call = s.call();
      await call.response(408);
      await s.ends();
      expect(times(s.bob, 'CANCEL')).toEqual([10_002]);
      expect(times(s.carol, 'CANCEL')).toEqual([parallel ? 10_002 : 20_002]);
      expect(s.seen).toEqual(['invite', 'branch 408', 'best 408']);
    },
  );
});

describe('options', () => {
  test('CNT-42 createBranches before start: they can be changed, and are started once', async () => {
    const states: string[] = [];
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy();
        const branches = proxy.createBranches([BOB, CAROL]);
        const note = () => states.push(branches.map(({ state }) => state).join(' '));
        note();
        present(branches[0]).request.headers.set('X-Changed', 'yes');
        proxy.start();
        note();
        proxy.start();
      },
    });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    expect([bobs.header('X-Changed'), carols.header('X-Changed')]).toEqual(['yes', undefined]);
    bobs.reply(404);
    carols.reply(404);
    await call.response(404);
    expect(states).toEqual(['waiting waiting', 'pending pending']);
    await s.ends();
    expect([count(s.bob, 'INVITE'), count(s.carol, 'INVITE')]).toEqual([1, 1]);
  });

  test('CNT-43 parallel set to false midway holds for branches that are not started', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional({ proxy }) {
        present(proxy).parallel = false;
        present(proxy).proxyTo([CAROL, DAVE]);
      },
    });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    bobs.reply(180);
    await s.world.run(5000);
    expect([requests(s.carol), requests(s.dave)]).toEqual([[], []]);
    bobs.reply(404);
    const carols = await s.carol.receive('INVITE');
    await s.world.run(300);
    expect(requests(s.dave)).toEqual([]);
    carols.reply(404);
    (await s.dave.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
  });

  test('CNT-43 parallel set to true midway: those that wait start together', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL, DAVE], { parallel: false }),
      provisional({ proxy }) {
        present(proxy).parallel = true;
      },
    });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    bobs.reply(180);
    await call.response(180);
    bobs.reply(404);
    const [carols, daves] = [await s.carol.receive('INVITE'), await s.dave.receive('INVITE')];
    expect(times(s.carol, 'INVITE')).toEqual(times(s.dave, 'INVITE'));
    carols.reply(404);
    daves.reply(404);
    await call.response(404);
    await s.ends();
  });

  test('CNT-45 noCancel: no CANCEL when another is answered; the losers answer later, and a late 2xx is forwarded', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL, DAVE], { noCancel: true }),
      success: watch,
      best: watch,
    });
    const call = s.call();
    const [carols, daves] = [await s.carol.receive('INVITE'), await s.dave.receive('INVITE')];
    carols.reply(180);
    daves.reply(180);
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(20 * 1000);
    carols.reply(200);
    daves.reply(486);
    const second = await call.response(200);
    expect(second.toTag).toBe('carol-1');
    call.ack({ response: second });
    await carols.ack();
    await daves.ack();
    await s.world.run(64 * T1);
    await s.ends();
    expect([count(s.carol, 'CANCEL'), count(s.dave, 'CANCEL'), finalsOf(s.alice)]).toEqual([0, 0, [200, 200]]);
    expect(s.seen).toEqual(['invite', 'success 200', 'success 200']);
  });
});
