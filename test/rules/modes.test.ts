// Rules C-1 to C-7: modes of proxying, and provisional responses.
import { IllegalStateError, type SipProxy, type SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL } from '../world/stage.js';

describe('roles', () => {
  test('C-1 what was answered with a final response cannot be proxied, nor answered again', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite(request) {
        request.createResponse(486).send();
        errors.push(
          thrown(() => request.proxy().proxyTo(BOB)),
          thrown(() => request.b2bua()),
          thrown(() => request.createResponse(404).send()),
        );
      },
    });
    await s.call().response(486);
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true, true]);
    await s.bob.receivesNothing();
    expect(finals(s.alice)).toEqual([486]);
    await s.ends();
  });

  test('C-1 what is proxied has no B2BUA', async () => {
    let error: unknown;
    const s = await scripted({
      invite(request) {
        request.proxy().proxyTo(BOB);
        error = thrown(() => request.b2bua());
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(error).toBeInstanceOf(IllegalStateError);
    await s.ends();
  });

  test('C-1 a provisional response of its own takes no role: the application may proxy afterwards', async () => {
    const s = await scripted({
      invite(request) {
        request.createResponse(182).send();
        request.proxy().proxyTo(BOB);
      },
    });
    const call = s.call();
    await call.response(182);
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    await s.ends();
  });

  test('C-1 the same transaction always gives the same Proxy', async () => {
    const proxies: (SipProxy | undefined)[] = [];
    const s = await scripted({
      invite(request) {
        proxies.push(request.proxy(), request.proxy({ recurse: false }));
        request.proxy().proxyTo(BOB);
      },
      best: (response) => proxies.push(response.proxy, response.request.proxy()),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(proxies).toHaveLength(4);
    expect(new Set(proxies).size).toBe(1);
    expect(present(proxies[0]).recurse).toBe(false);
    await s.ends();
  });
});

describe('supervision', () => {
  const everything = { provisional: watch, success: watch, best: watch, branch: watch };

  test.each([
    ['of the proxy', { supervised: false }, {}],
    ['of @Siplet', {}, { supervised: false }],
  ])('C-2 unsupervised by the option %s: no response is seen, the best is forwarded', async (_, options, siplet) => {
    const s = await scripted({ ...everything, invite: proxies([BOB, CAROL], options) }, { siplet });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(500);
    (await s.carol.receive('INVITE')).reply(404);
    await call.response(404);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('C-2 unsupervised: a 2xx is forwarded unseen, and cancels the other branch', async () => {
    const s = await scripted({ ...everything, invite: proxies([BOB, CAROL], { supervised: false }) });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test('C-2 the proxy may say otherwise than @Siplet', async () => {
    const s = await scripted(
      { ...everything, invite: proxies(BOB, { supervised: true }) },
      { siplet: { supervised: false } },
    );
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(s.seen).toEqual(['invite', 'best 404']);
    await s.ends();
  });

  test('C-3 unsupervised concerns the initial transaction alone: BYE and its 200 are seen', async () => {
    const s = await scripted({
      ...everything,
      subsequent: watch,
      invite: proxies(BOB, { supervised: false, recordRoute: true }),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.bob.receive('ACK');
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.seen).toEqual(['invite', 'subsequent ACK', 'subsequent BYE', 'success 200 BYE']);
    await s.ends();
  });

  test('C-4 the response goes upstream with the changes of the handler, when its promise has settled', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB),
      async provisional(response) {
        await s.after(300);
        response.headers.set('X-Seen', 'yes');
      },
      async success(response) {
        response.setBody('changed', 'text/plain');
        await s.after(500);
        response.headers.delete('Server');
      },
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    const ringing = await call.response(180);
    expect(s.world.clock.now()).toBe(2 + 1 + 300 + 1);
    expect(ringing.header('X-Seen')).toBe('yes');
    invite.reply(200, { headers: { Server: 'bob' }, body: 'v=0\r\n' });
    const answered = await call.response(200);
    expect(s.world.clock.now()).toBe(304 + 1 + 500 + 1);
    expect([answered.body, answered.header('Content-Type'), answered.header('Content-Length')]).toEqual([
      'changed',
      'text/plain',
      '7',
    ]);
    expect(answered.header('Server')).toBeUndefined();
    call.ack();
    await s.ends();
  });

  test('C-4 the best response goes upstream with the changes of the handler', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB),
      async best(response) {
        await s.after(2000);
        response.headers.add('Warning', '399 siplet "try later"');
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(480);
    const best = await call.response(480);
    expect(best.header('Warning')).toBe('399 siplet "try later"');
    expect(s.world.clock.now()).toBe(2004);
    await s.ends();
  });

  test.each([180, 200, 486])(
    'C-4 the handler never calls send: on a %i it throws IllegalStateError',
    async (status) => {
      let error: unknown;
      const send = (response: { send(): void }) => {
        error ??= thrown(() => response.send());
      };
      const s = await scripted({ invite: proxies(BOB), provisional: send, success: send, best: send });
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(status);
      await call.response(status);
      if (status < 200) invite.reply(404);
      else if (status < 300) call.ack();
      expect(error).toBeInstanceOf(IllegalStateError);
      await s.ends();
      expect(arrivals(s.alice).filter((line) => line.endsWith(` ${status}`))).toHaveLength(1);
    },
  );
});

describe('100 Trying', () => {
  test('C-5 the container answers an INVITE with 100 at once, and the application sees none', async () => {
    const s: ScriptedStage = await scripted({
      async invite(request) {
        await s.after(4000);
        request.proxy().proxyTo(BOB);
      },
      provisional: watch,
    });
    s.bob.autoTrying = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(arrivals(s.alice)).toEqual(['2 100', '4004 404']);
    expect(s.seen).toEqual(['invite']);
    await s.ends();
  });

  test.each(['MESSAGE', 'OPTIONS', 'REGISTER'])('C-5 never for %s', async (method) => {
    const forward = proxies(BOB);
    const s = await scripted({ message: forward, options: forward, register: forward, provisional: watch });
    const sent = s.alice.request(method, 'sip:bob@example.com', { via: 'siplet' });
    const request = await s.bob.receive(method);
    request.reply(100);
    await s.world.run(3000);
    request.reply(200);
    await sent.response(200);
    expect(arrivals(s.alice)).toEqual(['3004 200']);
    expect(s.seen).toEqual([method.toLowerCase()]);
    await s.ends();
  });
});

describe('1xx', () => {
  test('C-6 101-199 of any branch go to the handler, then upstream at once', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), provisional: watch });
    const call = s.call();
    const one = await s.bob.receive('INVITE');
    const other = await s.carol.receive('INVITE');
    for (const [invite, status] of [
      [one, 101],
      [other, 180],
      [one, 183],
      [other, 180],
      [one, 199],
    ] as const) {
      await s.world.run(1000);
      invite.reply(status);
    }
    await s.world.run(10);
    expect(arrivals(s.alice)).toEqual(['2 100', '1004 101', '2004 180', '3004 183', '4004 180', '5004 199']);
    expect(s.seen.slice(1)).toEqual([101, 180, 183, 180, 199].map((status) => `provisional ${status}`));
    const tags = s.alice.received.slice(1).map(({ message }) => message.toTag);
    expect(tags).toEqual(['bob-1', 'carol-1', 'bob-1', 'carol-1', 'bob-1']);
    one.reply(486);
    other.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('C-6 the application sends 1xx of its own, any number, until the transaction has completed', async () => {
    let request: SipRequest | undefined;
    const s: ScriptedStage = await scripted({
      invite(received) {
        request = received;
        received.createResponse(182, 'Please wait').send();
        received.proxy().proxyTo(BOB);
        received.createResponse(183).send();
      },
      provisional: () => present(request).createResponse(181).send(),
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    expect((await call.response(182)).reason).toBe('Please wait');
    await call.response(180);
    present(request).createResponse(182).send();
    await s.world.run(10);
    expect(call.responses.map(({ status }) => status)).toEqual([100, 182, 183, 181, 180, 182]);
    invite.reply(404);
    await call.response(404);
    expect(thrown(() => present(request).createResponse(183).send())).toBeInstanceOf(IllegalStateError);
    await s.ends();
    expect(call.responses).toHaveLength(7);
  });

  test('C-6 after a 2xx the application sends no 1xx any more', async () => {
    let error: unknown;
    const s = await scripted({
      invite: proxies(BOB),
      success(response) {
        error = thrown(() => response.request.createResponse(183).send());
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(error).toBeInstanceOf(IllegalStateError);
    expect(arrivals(s.alice).filter((line) => / 1[89]\d$/.test(line))).toEqual([]);
  });

  test('C-7 a 1xx restarts Timer C, a 100 does not', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '10000s' }) });
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180); // arrives at 3
    await s.world.run(150_000);
    invite.reply(183); // arrives at 150003
    await s.world.run(100_000);
    invite.reply(100);
    await call.response(408, 600_000);
    const cancelled = arrivals(s.bob, (message) => message.method === 'CANCEL');
    expect(cancelled).toEqual([`${150_003 + 185_000 + 1} CANCEL`]);
    await s.ends();
  });

  test('C-7 reliable 1xx, PRACK and UPDATE pass end to end, to the branch that sent the 1xx', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL], { recordRoute: true }),
      provisional: watch,
      prack: watch,
      update: watch,
      success: watch,
    });
    s.carol.answerCancel = true;
    const call = s.call({ headers: { Supported: '100rel' } });
    const invites = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    for (const [i, phone] of [s.bob, s.carol].entries()) {
      present(invites[i]).reply(183, { headers: { Require: '100rel', RSeq: `${i + 7}` }, body: 'v=0\r\n' });
      const early = await call.response(183);
      expect([early.header('Require'), early.header('RSeq'), early.body]).toEqual(['100rel', `${i + 7}`, 'v=0\r\n']);
      const prack = call.dialogOf(early).request('PRACK', { headers: { RAck: `${i + 7} 1 INVITE` } });
      const request = await phone.receive('PRACK');
      expect(request.header('RAck')).toBe(`${i + 7} 1 INVITE`);
      request.reply(200);
      await prack.response(200);
      const update = call.dialogOf(early).request('UPDATE', { body: 'v=1\r\n' });
      (await phone.receive('UPDATE')).reply(200);
      await update.response(200);
    }
    expect(s.seen).toEqual([
      'invite',
      ...['provisional 183', 'prack', 'success 200 PRACK', 'update', 'success 200 UPDATE'],
      ...['provisional 183', 'prack', 'success 200 PRACK', 'update', 'success 200 UPDATE'],
    ]);
    present(invites[0]).reply(200);
    await call.response(200);
    call.ack();
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
  });
});
