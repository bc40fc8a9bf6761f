// What JSR 289's test kit and its containers' tests expect of proxying: redirection, the call, responses. CNT-01 to
// CNT-19.
import { IllegalStateError, type SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { finalsOf, requests, responsesTo, times } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, established } from '../world/stage.js';

describe('redirection', () => {
  test('CNT-01 recurse: the container follows the Contact itself; the application sees the outcome alone', async () => {
    const s = await scripted({ invite: proxies(BOB), provisional: watch, success: watch, best: watch });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    bobs.reply(302, { contact: CAROL });
    await bobs.ack();
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    carols.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([s.seen, finalsOf(s.alice)]).toEqual([['invite', 'provisional 180', 'success 200'], [200]]);
  });

  test('CNT-02 recurse: false, the application takes the Contact: nothing goes up before it has returned', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, { recurse: false }),
      async best(response) {
        if (response.status !== 302) return;
        await s.after(2000);
        present(response.proxy).proxyTo(present(response.headers.address('Contact')).uri);
        await s.after(2000);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    const invite = await s.carol.receive('INVITE');
    expect(invite.uri).toBe(CAROL);
    invite.reply(404);
    await s.world.run(500);
    expect(finalsOf(s.alice)).toEqual([]);
    const final = await call.response('final');
    expect([final.status, s.world.clock.now()]).toEqual([302, 3 + 2 * 4000 + 1]); // there was nothing new in it
    await s.ends();
    expect(s.seen).toEqual(['invite', 'best 302', 'best 302']);
  });

  test('CNT-03 recurse: false, the application adds nothing: the 302 is forwarded', async () => {
    const s = await scripted({ invite: proxies(BOB, { recurse: false }), redirect: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    expect((await call.response(302)).list('Contact')).toEqual([`<${CAROL}>`]);
    await s.ends();
    expect([s.seen, requests(s.carol)]).toEqual([['invite', 'redirect 302'], []]);
  });
});

describe('the call', () => {
  test('CNT-04 CANCEL from the caller: 200, CANCEL downstream, 487 up, and the ACKs', async () => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch, best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(487);
    await call.response(487);
    await s.ends();
    expect([requests(s.bob), s.seen]).toEqual([
      ['INVITE', 'CANCEL', 'ACK'],
      ['invite', 'cancel', 'best 487'],
    ]);
    expect([finalsOf(s.alice), finalsOf(s.alice, 'CANCEL')]).toEqual([[487], [200]]);
  });

  test.each(['INVITE', 'MESSAGE', 'OPTIONS', 'REGISTER'])(
    'CNT-05 an %s with Max-Forwards 0 is not proxied: 483',
    async (method) => {
      const proxy = proxies(BOB);
      const s = await scripted({ invite: proxy, message: proxy, options: proxy, register: proxy });
      const sent = s.alice.request(method, 'sip:bob@example.com', { via: 'siplet', headers: { 'Max-Forwards': '0' } });
      await sent.response(483);
      await s.ends();
      expect(requests(s.bob)).toEqual([]);
    },
  );

  test('CNT-06 the application answers with its own 2xx in the place of the best response', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      best: ({ request }) => request.createResponse(200, 'Instead').send(),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    expect((await call.response(200)).reason).toBe('Instead');
    call.ack();
    await call.bye().response(200);
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([200]);
  });

  test('CNT-07 without recordRoute ACK and BYE do not pass the container', async () => {
    const s = await scripted({ invite: proxies(BOB), subsequent: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    expect((await call.response(200)).list('Record-Route')).toEqual([]);
    const before = s.world.network.record.length;
    call.ack();
    const bye = invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.world.network.record.slice(before).some(({ to }) => to.address === '10.0.0.9')).toBe(false);
    await s.ends();
    expect(s.seen).toEqual(['invite']);
  });

  test.each(['caller', 'callee'])('CNT-08 with recordRoute BYE of the %s passes, seen with its 200', async (who) => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), bye: watch, success: watch });
    const { call, invite } = await established(s);
    const bye = who === 'caller' ? call.bye() : invite.bye();
    const received = await (who === 'caller' ? s.bob : s.alice).receive('BYE');
    expect(received.list('Via')).toHaveLength(2);
    received.reply(200);
    await bye.response(200);
    await s.ends();
    expect(s.seen).toEqual(['invite', 'success 200', 'bye', 'success 200 BYE']);
  });

  test('CNT-09 what the application puts into the Record-Route URI it reads again, from both sides', async () => {
    const read: unknown[] = [];
    const note = (request: SipRequest) => void read.push(request.parameter('state'), request.parameter('none'));
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ recordRoute: true });
        proxy.recordRouteUri.parameters.set('state', 'a=b;c,d');
        proxy.proxyTo(BOB);
      },
      info: note,
      ack: note,
      bye: note,
    });
    const { call, invite } = await established(s);
    for (const [dialog, to] of [
      [call.dialog, s.bob],
      [invite.dialog, s.alice],
    ] as const) {
      const info = dialog.request('INFO');
      (await to.receive('INFO')).reply(200);
      await info.response(200);
    }
    const bye = invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(read).toEqual(Array(4).fill(['a=b;c,d', undefined]).flat());
    await s.ends();
  });

  test('CNT-10 supervised: false: no response to the INVITE is seen, requests of the dialog and their responses are', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL], { recordRoute: true, supervised: false }),
      provisional: watch,
      success: watch,
      best: watch,
      branch: watch,
      bye: watch,
    });
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(486);
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    invite.reply(200);
    await call.response(200);
    invite.resend();
    await s.world.run(10);
    call.ack();
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
    expect(s.seen).toEqual(['invite', 'bye', 'success 200 BYE']);
  });
});

describe('responses', () => {
  test('CNT-11 a 1xx is given to the application, which may change it, and is sent up', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional(response) {
        response.headers.set('X-Seen', String(response.status));
        response.headers.delete('X-Secret');
        if (response.status === 183) response.setBody('changed', 'text/plain');
      },
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(100);
    invite.reply(180, { headers: { 'X-Secret': 'x' } });
    invite.reply(183, { body: 'v=0\r\n' });
    const [ringing, progress] = [await call.response(180), await call.response(183)];
    expect([ringing.header('X-Seen'), ringing.header('X-Secret')]).toEqual(['180', undefined]);
    expect([progress.body, progress.header('Content-Type'), progress.header('Content-Length')]).toEqual([
      'changed',
      'text/plain',
      '7',
    ]);
    expect(s.seen).toEqual(['invite', 'provisional 180', 'provisional 183']);
    invite.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('CNT-12 the application sends a 1xx of its own before it proxies', async () => {
    const s: ScriptedStage = await scripted({
      async invite(request) {
        request.createResponse(181).send();
        await s.after(1000);
        request.proxy().proxyTo(BOB);
      },
    });
    const call = s.call();
    const own = await call.response(181);
    expect([own.toTag !== undefined, own.list('Via')]).toEqual([true, call.message.list('Via')]);
    const invite = await s.bob.receive('INVITE');
    expect(s.world.clock.now()).toBe(1 + 1000 + 1);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(responsesTo(s.alice, 'INVITE').map(({ message }) => message.status)).toEqual([100, 181, 200]);
  });

  test('CNT-13 a 2xx: the other branches are cancelled, then the application sees it, then it is forwarded', async () => {
    const s: ScriptedStage = await scripted({ invite: proxies([BOB, CAROL]), success: () => s.after(3000) });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    const invite = await s.bob.receive('INVITE');
    const at = s.world.clock.now();
    invite.reply(200);
    await call.response(200);
    expect([times(s.carol, 'CANCEL'), s.world.clock.now()]).toEqual([[at + 2], at + 1 + 3000 + 1]);
    call.ack();
    await s.ends();
  });

  test('CNT-14 a retransmitted 2xx: the application is called again, the result is the same octets', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      success(response) {
        response.headers.set('X-Rewritten', 'yes');
        response.setBody('other', 'text/plain');
      },
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200, { body: 'v=0\r\n' });
    await call.response(200);
    invite.resend();
    invite.resend();
    await s.world.run(10);
    const wires = responsesTo(s.alice, 'INVITE', 200).map(({ wire }) => wire);
    expect([wires.length, new Set(wires).size, present(wires[0]).endsWith('other')]).toEqual([3, 1, true]);
    expect(s.seen).toEqual(['invite', 'success 200', 'success 200 again', 'success 200 again']);
    call.ack();
    await s.ends();
  });

  test('CNT-15 3xx-6xx of a branch: acknowledged by the container, seen only as the best one', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch, error: watch, provisional: watch });
    const call = s.call();
    const bobs = await s.bob.receive('INVITE');
    bobs.reply(500);
    await bobs.ack();
    expect(s.seen).toEqual(['invite']);
    (await s.carol.receive('INVITE')).reply(486);
    await call.response(486);
    await s.ends();
    expect(s.seen).toEqual(['invite', 'error 486']);
  });

  test('CNT-16 a 6xx: all branches are cancelled at once; none may be added after it', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      branch: ({ proxy }) => errors.push(thrown(() => present(proxy).proxyTo(DAVE))),
      best: ({ proxy }) => errors.push(thrown(() => present(proxy).proxyTo(DAVE))),
    });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    const at = s.world.clock.now();
    (await s.bob.receive('INVITE')).reply(600);
    await call.response(600);
    await s.ends();
    expect(times(s.carol, 'CANCEL')).toEqual([at + 2]);
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
    expect(requests(s.dave)).toEqual([]);
  });

  test('CNT-17 branches added in the best-response handler make a new round, again and again', async () => {
    const others = [CAROL, DAVE];
    const s = await scripted({
      invite: proxies(BOB, { timeout: '5s' }),
      best({ proxy }) {
        const next = others.shift();
        if (next !== undefined) present(proxy).proxyTo(next);
      },
    });
    s.carol.autoTrying = s.carol.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const daves = await s.dave.receive('INVITE');
    expect(times(s.dave, 'INVITE')).toEqual([3 + 5000 + 2 + 1]); // carol's round has ended by its timeout
    daves.reply(480);
    const final = await call.response('4xx');
    expect([480, 486]).toContain(final.status);
    await s.ends();
    expect(finalsOf(s.alice)).toHaveLength(1);
  });

  test.each([200, 603])('CNT-18 proxyTo after a %i was chosen is refused with an error', async (status) => {
    const errors: unknown[] = [];
    const attempt = (act: () => void) => void errors.push(thrown(act));
    const s = await scripted({
      invite: proxies(BOB),
      success: ({ proxy }) => attempt(() => present(proxy).proxyTo(CAROL)),
      best: ({ proxy }) => attempt(() => present(proxy).proxyTo(CAROL)),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    await call.response(status);
    if (status === 200) call.ack();
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true]);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });

  test('CNT-19 a subsequent request: isInitial is false, headers may be changed, proxyTo is an error, it is forwarded', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      info(request) {
        errors.push(
          request.isInitial,
          thrown(() => request.proxy().proxyTo(CAROL)),
        );
        request.headers.set('X-Seen', 'yes');
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    const info = call.dialog.request('INFO');
    const received = await s.bob.receive('INFO');
    expect(received.header('X-Seen')).toBe('yes');
    received.reply(200);
    await info.response(200);
    expect([errors[0], errors[1] instanceof IllegalStateError]).toEqual([false, true]);
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });
});
