// What is easily got wrong: late 2xx, redirects after the end, several Reasons, CANCEL without effect, cancelling a
// recursed branch.
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, requests, responsesTo } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';
import { T1 } from '../world/timing.js';
import { withoutTopVia } from './drafted.js';

describe('1 a 2xx whose server transaction is gone', () => {
  test('PRS-34 a 2xx for which the server transaction is gone is sent towards the next Via', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { noCancel: true }), success: watch });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    carols.reply(180);
    bobs.reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(64 * T1 + 1000);
    expect(s.container.alive).toMatchObject({ inviteServer: 0, inviteClient: 1 });
    const sent = carols.reply(200);
    await s.world.run(10);
    const [, late] = responsesTo(s.alice, 'INVITE', 200);
    expect(late?.wire).toBe(withoutTopVia(sent));
    expect(s.seen).toEqual(['invite', 'success 200', 'success 200']);
    await s.ends();
  });
});

describe('2 redirection after the end of a branch', () => {
  test.each([
    ['the whole', { timeout: '10s' }],
    ['the branch', { timeout: '10s', parallel: false }],
  ] as const)('PRS-06 C-22 a 302 that comes when the time of %s is over starts nothing', async (_, options) => {
    const s = await scripted({ invite: proxies(BOB, options), best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(302, { contact: CAROL });
    const final = await call.response('final');
    expect([302, 408]).toContain(final.status);
    expect(s.world.clock.now()).toBeLessThan(15_000);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });
  test('PRS-06 C-18 a 302 to what the application has cancelled starts nothing', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional: ({ proxy }) => present(proxy).cancel(),
      best: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(302, { contact: CAROL });
    const final = await call.response('final');
    expect([302, 487]).toContain(final.status);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });
});

describe('3 CANCEL', () => {
  test('PCN-17 several Reasons of the caller are all copied (RFC 3326)', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const reasons = ['SIP;cause=600;text="Busy"', 'Q.850;cause=17'];
    call.cancel({ headers: { Reason: reasons } });
    await call.response(487);
    const [cancel] = s.bob.received.filter(({ message }) => message.method === 'CANCEL');
    expect(present(cancel).message.list('Reason')).toEqual(reasons);
    await s.ends();
  });

  test.each([200, 486])('PCN-09 C-29 @Cancel is not told of a CANCEL that comes after a %i went up', async (status) => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    await call.response(status);
    await call.cancel().response(200);
    if (status === 200) call.ack();
    await s.ends();
    expect(s.seen).toEqual(['invite']);
  });
});

describe('4 ProxyBranch.cancel', () => {
  test('CNT-24 a branch that is cancelled takes those with it that its 3xx gave', async () => {
    let request: SipRequest | undefined;
    const s = await scripted({
      invite(received) {
        request = received;
        received.proxy().proxyTo([BOB, DAVE]);
      },
    });
    s.carol.answerCancel = true;
    const call = s.call();
    const daves = await s.dave.receive('INVITE');
    daves.reply(180);
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    (await s.carol.receive('INVITE')).reply(180);
    await s.world.run(10);
    present(present(request).proxy().branch(BOB)).cancel();
    await s.world.run(100);
    expect([count(s.carol, 'CANCEL'), count(s.dave, 'CANCEL')]).toEqual([1, 0]);
    daves.reply(486);
    await call.response(486);
    await s.ends();
  });
});
