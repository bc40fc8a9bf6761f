// What becomes of the other branches (§16.7 step 10, §17.1.1.3), and that nothing of a response context stays.
import { describe, expect, test } from 'vitest';
import { count, finalsOf, requests, times } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';
import { T1 } from '../world/timing.js';

describe('§16.7 step 10', () => {
  test('PRS-35 a final response is forwarded while two branches ring: CANCEL to both', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]) });
    s.carol.answerCancel = s.dave.answerCancel = true;
    const call = s.call();
    for (const phone of [s.carol, s.dave]) (await phone.receive('INVITE')).reply(180);
    const invite = await s.bob.receive('INVITE');
    const at = s.world.clock.now();
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(100);
    expect([times(s.carol, 'CANCEL'), times(s.dave, 'CANCEL')]).toEqual([[at + 2], [at + 2]]);
    await s.ends();
    expect([requests(s.carol), requests(s.dave)]).toEqual(Array(2).fill(['INVITE', 'CANCEL', 'ACK']));
    expect([requests(s.bob), finalsOf(s.alice)]).toEqual([['INVITE', 'ACK'], [200]]);
  });

  test.each([100, 180])(
    'PRS-36 a branch without a provisional response gets no CANCEL before its first 1xx, a %i',
    async (status) => {
      const s = await scripted({ invite: proxies([BOB, CAROL]) });
      s.carol.answerCancel = true;
      const call = s.call();
      const carols = await s.carol.receive('INVITE');
      (await s.bob.receive('INVITE')).reply(200);
      await call.response(200);
      call.ack();
      await s.world.run(5000);
      expect(count(s.carol, 'CANCEL')).toBe(0);
      expect(count(s.carol, 'INVITE')).toBeGreaterThan(1); // it is sent again: it may have been lost
      const at = s.world.clock.now();
      carols.reply(status);
      await s.world.run(100);
      expect(times(s.carol, 'CANCEL')).toEqual([at + 2]);
      await s.ends();
      expect(finalsOf(s.alice)).toEqual([200]);
    },
  );

  test('PRS-36 one that says nothing at all gets none', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([count(s.carol, 'CANCEL'), count(s.carol, 'INVITE'), finalsOf(s.alice)]).toEqual([0, 7, [200]]);
  });
});

describe('the response context', () => {
  test('PRS-41 is kept until every transaction has ended: a late 487 is acknowledged and not forwarded', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch, branch: watch, success: watch });
    const call = s.call();
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    (await s.carol.receive('CANCEL')).reply(200);
    await s.world.run(25_000);
    expect(s.container.alive).toMatchObject({ inviteClient: 2 });
    carols.reply(487);
    await carols.ack();
    carols.resend();
    await s.world.run(10);
    expect(count(s.carol, 'ACK')).toBe(2);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[200], ['invite', 'success 200']]);
  });

  test('PRS-41 a branch rings on after the 200 for as long as its phone likes, and nothing leaks', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { noCancel: true, timeout: '10s' }) });
    const call = s.call();
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(120_000);
    expect([count(s.carol, 'CANCEL'), s.container.alive.inviteClient]).toEqual([0, 1]);
    carols.reply(486);
    await carols.ack();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
  });

  test('PRS-42 the ACK to a non-2xx is generated hop by hop', async () => {
    const s = await scripted({
      invite(request) {
        request.pushRoute('sip:10.0.0.2;lr;x=1');
        request.proxy({ recordRoute: true }).proxyTo('sip:bob@192.0.2.5;y=2');
      },
    });
    const call = s.call({
      headers: { Via: ['SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-a', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-b'] },
      route: ['<sip:10.0.0.9;lr>', '<sip:10.0.0.3;lr>'],
      body: 'v=0\r\n',
    });
    const invite = await s.bob.receive('INVITE');
    expect(invite.list('Route')).toHaveLength(2);
    invite.reply(486, { toTag: 'busy' });
    const ack = await invite.ack();
    const of = (name: string) => [ack.list(name), invite.list(name)] as const;
    expect([ack.method, ack.uri, ack.message.branch]).toEqual(['ACK', invite.uri, invite.message.branch]);
    expect(ack.list('Via')).toEqual([invite.list('Via')[0]]);
    for (const name of ['Route', 'From', 'Call-ID']) expect(of(name)[0]).toEqual(of(name)[1]);
    expect([ack.header('To'), ack.header('CSeq')]).toEqual([`${invite.header('To')};tag=busy`, '1 ACK']);
    expect([ack.body, ack.header('Content-Length')]).toEqual(['', '0']);
    expect([ack.list('Contact'), ack.list('Record-Route')]).toEqual([[], []]);
    await call.response(486);
    await s.ends();
  });

  test('PRS-42 one for each time that it comes, over as long as 64*T1', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(486);
    await call.response(486);
    await s.world.run(64 * T1 - 100);
    invite.resend();
    await s.world.run(10);
    expect(count(s.bob, 'ACK')).toBe(2);
    await s.world.run(1000);
    invite.resend();
    await s.ends();
    expect([count(s.bob, 'ACK'), finalsOf(s.alice)]).toEqual([2, [486]]);
  });
});
