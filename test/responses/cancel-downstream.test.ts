// CANCEL as it goes downstream (§9.1), Timer C (§16.8), transport errors (§16.9).
import { describe, expect, test } from 'vitest';
import { count, finalsOf, requests, responsesTo, times } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, NOBODY } from '../world/stage.js';
import { T1 } from '../world/timing.js';
import { TIMER_C } from './drafted.js';

describe('§9.1, the CANCEL', () => {
  test('PCN-11 has Request-URI, Call-ID, To, From, CSeq number, Route and top Via of the INVITE that was sent', async () => {
    const s = await scripted({
      invite(request) {
        request.pushRoute('sip:10.0.0.2;lr;x=1');
        request.proxy({ recordRoute: true }).proxyTo('sip:bob@192.0.2.5;y=2');
      },
    });
    const call = s.call({
      headers: {
        Via: ['SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-a', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-b'],
        Require: '100rel',
        'Proxy-Require': [],
        From: '"A, B" <sip:alice@10.0.0.1>;tag=alice-x;p',
        CSeq: '4711 INVITE',
        Supported: 'timer',
        'Max-Forwards': '9',
      },
      route: ['<sip:10.0.0.9;lr>', '<sip:10.0.0.3;lr>'],
      body: 'v=0\r\n',
    });
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    const cancel = await s.bob.receive('CANCEL');
    expect(cancel.message.startLine).toBe(invite.message.startLine.replace('INVITE', 'CANCEL'));
    expect(cancel.list('Via')).toEqual([invite.list('Via')[0]]);
    expect(cancel.list('Route')).toEqual(['<sip:10.0.0.2;lr;x=1>', '<sip:10.0.0.3;lr>']);
    for (const name of ['Route', 'From', 'To', 'Call-ID']) expect(cancel.list(name)).toEqual(invite.list(name));
    expect(cancel.header('CSeq')).toBe('4711 CANCEL');
    for (const name of ['Require', 'Proxy-Require', 'Record-Route', 'Contact', 'Content-Type', 'Supported'])
      expect(cancel.list(name)).toEqual([]);
    expect([cancel.body, cancel.header('Content-Length')]).toEqual(['', '0']);
    cancel.reply(200);
    invite.reply(487);
    await call.response(487);
    await s.ends();
  });

  test('PCN-12 no final response within 64*T1: the transaction is destroyed, upstream gets a final one', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    for (const phone of [s.bob, s.carol]) (await phone.receive('INVITE')).reply(180);
    await s.world.run(10);
    call.cancel();
    (await s.bob.receive('CANCEL')).reply(200); // and no 487
    const at = s.world.clock.now();
    await call.response(487);
    expect(s.world.clock.now()).toBe(at - 1 + 64 * T1 + 1);
    expect(s.container.alive).toMatchObject({ inviteClient: 0 });
    // A CANCEL is sent again as any request
    expect([count(s.bob, 'CANCEL'), count(s.carol, 'CANCEL')]).toEqual([1, 11]);
    await s.ends();
  });

  test.each([
    ['of a 2xx elsewhere', 'SIP;cause=200;text="Call completed elsewhere"'],
    ['of the caller’s CANCEL', 'Q.850;cause=16;text="Normal, cleared"'],
  ])('PCN-17 because %s it has a Reason', async (which, reason) => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    s.carol.answerCancel = s.bob.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await s.world.run(10);
    if (which === 'of a 2xx elsewhere') {
      invite.reply(200);
      await call.response(200);
      call.ack();
    } else {
      call.cancel({ headers: { Reason: reason } });
      await call.response(487);
    }
    const cancels = s.carol.received.filter(({ message }) => message.method === 'CANCEL');
    expect(cancels.map(({ message }) => message.list('Reason'))).toEqual([[reason]]);
    await s.ends();
  });

  test('PCN-18 a 487 that comes after 64*T1: nothing happens, nothing is forwarded, nothing is kept', async () => {
    const s = await scripted({ invite: proxies(BOB), best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await s.world.run(1000);
    invite.reply(487);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[487], ['invite', 'best 487']]);
    const another = s.call();
    (await s.bob.receive((request) => request.message.callId === another.message.callId)).reply(404);
    await another.response(404);
    await s.ends();
  });
});

describe('§16.8, Timer C', () => {
  test.each([
    ['answers the CANCEL', true],
    ['answers nothing', false],
  ])('PCN-01 the branch has a 180: CANCEL on it; a phone that %s: 408 upstream', async (_, answers) => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '100000s' }), best: watch });
    s.bob.answerCancel = answers;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.response(408, 300_000);
    expect(times(s.bob, 'CANCEL')[0]).toBe(3 + TIMER_C + 1);
    expect(s.world.clock.now()).toBeLessThanOrEqual(3 + TIMER_C + 64 * T1 + 2);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[408], ['invite', 'best 408']]);
  });

  test('PCN-01 of a sequential search the next one is tried', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false, timeout: '100000s' }) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    const invite = await s.carol.receive('INVITE', 300_000);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(count(s.bob, 'CANCEL')).toBe(1);
  });

  test('PCN-02 the branch has a 100 alone: as if a 408 had come', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { timeout: '100000s' }), branch: watch, best: watch });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(100);
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    await s.world.run(100_000);
    carols.reply(180); // starts her Timer C again
    await s.world.run(100_000);
    expect(s.seen.filter((line) => line.startsWith('branch'))).toEqual(['branch 408']);
    carols.reply(486);
    const final = await call.response('4xx');
    expect([408, 486]).toContain(final.status);
    await s.ends();
  });

  test('PCN-02 the branch has nothing at all: 408 by Timer B', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '100000s' }) });
    await s.call().response(408);
    expect(s.world.clock.now()).toBe(1 + 64 * T1 + 1);
    await s.ends();
  });
});

describe('§16.9, transport errors', () => {
  test('PCN-03 the connection of the only target is refused: 500 upstream, not 503', async () => {
    const s = await scripted({ invite: proxies(NOBODY), best: watch });
    const final = await s.call().response('final');
    expect([final.status, s.world.clock.now() < 100, s.seen]).toEqual([500, true, ['invite', 'best 503']]);
    await s.ends(1);
  });

  test('PCN-03 of a sequential search the next one is tried', async () => {
    const s = await scripted({ invite: proxies([NOBODY, BOB], { parallel: false }), branch: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    expect(s.world.clock.now()).toBeLessThan(100);
    await s.ends(1);
    expect(s.seen).toEqual(['invite', 'branch 503']);
  });

  test('PCN-03 of several servers of one target the next one is tried (RFC 3263 §4.3)', async () => {
    const s = await scripted({ invite: proxies('sip:bob@pair.example;transport=tcp') });
    s.world.resolver.service(
      '_sip._tcp.pair.example',
      { priority: 1, weight: 0, port: 5060, name: 'nobody.example' },
      { priority: 2, weight: 0, port: 5060, name: 'bob' },
    );
    s.world.resolver.address('nobody.example', '10.0.0.8');
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
  });

  test('PCN-04 a response cannot be delivered upstream: it is dropped, the branches are not cancelled', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), provisional: watch });
    const call = s.call({ transport: 'TCP' });
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    await call.response(100);
    s.world.network.rule({ from: 'siplet', to: 'alice', transport: 'TCP', refuse: true });
    s.world.network.reset('alice');
    await s.world.run(10);
    bobs.reply(180);
    carols.reply(183);
    await s.world.run(5000);
    expect([requests(s.bob), requests(s.carol)]).toEqual([['INVITE'], ['INVITE']]);
    expect(s.seen).toEqual(['invite', 'provisional 180', 'provisional 183']);
    bobs.reply(486);
    carols.reply(486);
    await s.world.runUntilIdle();
    expect([requests(s.bob), requests(s.carol)]).toEqual([
      ['INVITE', 'ACK'],
      ['INVITE', 'ACK'],
    ]);
    expect(responsesTo(s.alice, 'INVITE').map(({ message }) => message.status)).toEqual([100]);
    await s.ends(2); // one for each response that did not leave
  });

  test('PCN-05 the host says that the port or host is unreachable: a transport error', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }) });
    s.world.network.rule({ from: 'siplet', to: 'bob', unreachable: true });
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(200);
    expect(s.world.clock.now()).toBeLessThan(100);
    await call.response(200);
    call.ack();
    await s.ends(1);
  });

  test('PCN-05 a datagram that vanishes on its way is sent again', async () => {
    const s = await scripted({ invite: proxies([BOB, DAVE], { parallel: false }) });
    s.world.network.dropNext(({ to }) => to.address === '10.0.0.2', 3);
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    expect(s.world.clock.now()).toBe(1 + 7 * T1 + 1);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });
});
