// Rules C-10 to C-10d: 2xx.
import { IllegalStateError, type SipResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, established } from '../world/stage.js';

describe('the first 2xx to an INVITE', () => {
  test('C-10 cancels every other pending branch before its handler has settled, then goes upstream', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL, DAVE]),
      success: () => s.after(1000),
    });
    s.carol.answerCancel = s.dave.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    (await s.dave.receive('INVITE')).reply(180);
    await s.world.run(10);
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    const at = s.world.clock.now();
    const cancelled = (phone: typeof s.bob) => arrivals(phone, (message) => message.method === 'CANCEL');
    expect([cancelled(s.carol), cancelled(s.dave)]).toEqual([[`${at - 1000} CANCEL`], [`${at - 1000} CANCEL`]]);
    expect(cancelled(s.bob)).toEqual([]);
    call.ack();
    await s.world.run(10);
    expect([requests(s.carol), requests(s.dave)]).toEqual([
      ['INVITE', 'CANCEL', 'ACK'],
      ['INVITE', 'CANCEL', 'ACK'],
    ]);
    await s.ends();
    expect(finals(s.alice)).toEqual([200]);
  });

  test('C-10 a branch without a 1xx is cancelled when its first 1xx comes', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    s.carol.answerCancel = true;
    const call = s.call();
    const waiting = await s.carol.receive('INVITE');
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(300);
    expect(requests(s.carol)).toEqual(['INVITE']);
    waiting.reply(100);
    await s.world.run(10);
    expect(requests(s.carol)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await s.ends();
  });

  test('C-10 with noCancel the others go on', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { noCancel: true }), success: watch });
    const call = s.call();
    const other = await s.carol.receive('INVITE');
    other.reply(180);
    (await s.bob.receive('INVITE')).reply(200);
    call.ack({ response: await call.response(200) });
    await s.world.run(2000);
    expect(requests(s.carol)).toEqual(['INVITE']);
    other.reply(200);
    call.ack({ response: await call.response(200) });
    await s.ends();
    expect(s.seen).toEqual(['invite', 'success 200', 'success 200']);
    expect(finals(s.alice)).toEqual([200, 200]);
  });

  test('C-10 no branch may be added after it', async () => {
    let errors: unknown[] = [];
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB),
      success(response) {
        const proxy = present(response.proxy);
        errors = [
          thrown(() => proxy.proxyTo(CAROL)),
          thrown(() => proxy.createBranches(CAROL)),
          thrown(() => proxy.start()),
        ];
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true, true]);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });

  test('C-10 in a sequential search the targets that are left are not tried', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });
});

describe('further 2xx', () => {
  test('C-10a one from another branch goes through the handler and upstream, with a session of its own', async () => {
    const sessions: string[] = [];
    const s = await scripted({
      invite: proxies([BOB, CAROL], { recordRoute: true }),
      success: (response) => sessions.push(`${response.session.id} ${response.to.parameters.get('tag')}`),
    });
    const call = s.call();
    const one = await s.bob.receive('INVITE');
    const other = await s.carol.receive('INVITE');
    one.reply(200);
    other.reply(200); // crosses the CANCEL, if there is one
    const answers = [await call.response(200), await call.response(200)];
    expect(answers.map(({ toTag }) => toTag)).toEqual(['bob-1', 'carol-1']);
    expect(sessions.map((line) => line.split(' ')[1])).toEqual(['bob-1', 'carol-1']);
    expect(new Set(sessions.map((line) => line.split(' ')[0])).size).toBe(2);
    for (const response of answers) {
      call.ack({ response });
      const bye = call.dialogOf(response).bye();
      const callee = response.toTag === 'bob-1' ? s.bob : s.carol;
      await callee.receive('ACK');
      (await callee.receive('BYE')).reply(200);
      await bye.response(200);
    }
    await s.ends();
  });

  test('C-10a one from a fork downstream of the same branch does too', async () => {
    const responses: SipResponse[] = [];
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      success: (response) => void responses.push(response),
      bye: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200, { toTag: 'one' });
    await s.world.run(5000);
    invite.reply(200, { toTag: 'two' });
    for (const tag of ['one', 'two']) {
      const response = await call.response((each) => each.toTag === tag);
      call.ack({ response });
      const bye = call.dialogOf(response).bye();
      (await s.bob.receive('BYE')).reply(200);
      await bye.response(200);
    }
    const initial = responses.filter(({ method }) => method === 'INVITE');
    expect(initial.map(({ isRetransmission }) => isRetransmission)).toEqual([false, false]);
    expect(present(initial[0]).session.id).not.toBe(present(initial[1]).session.id);
    expect(s.seen.filter((line) => line === 'bye')).toHaveLength(2);
    await s.ends();
  });

  test('C-10a attributes of the first session are in the session of a fork', async () => {
    const values: unknown[] = [];
    const s = await scripted({
      invite(request) {
        request.session.attributes.set('who', 'alice');
        request.proxy().proxyTo(BOB);
      },
      success: (response) => values.push(response.session.attributes.get('who')),
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    for (const toTag of ['one', 'two']) {
      invite.reply(200, { toTag });
      call.ack({ response: await call.response(200) });
    }
    expect(values).toEqual(['alice', 'alice']);
    await s.ends();
  });

  test('C-10b a retransmitted 2xx goes through the handler and upstream again, changed in the same way', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      success: (response) => response.headers.set('X-Rule', 'C-10b'),
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200, { body: 'v=0\r\n' });
    await call.response(200);
    for (const ms of [500, 1000, 2000]) {
      await s.world.run(ms);
      invite.resend();
    }
    await s.world.run(10);
    expect(s.seen).toEqual(['invite', 'success 200', ...Array(3).fill('success 200 again')]);
    expect(finals(s.alice)).toEqual([200, 200, 200, 200]);
    const wires = s.alice.received.filter(({ message }) => message.status === 200).map(({ wire }) => wire);
    expect(new Set(wires).size).toBe(1);
    expect(present(call.last).header('X-Rule')).toBe('C-10b');
    call.ack();
    await s.ends();
  });

  test('C-10b RFC 6026 the transactions are in Accepted for 64*T1: a later 2xx is dropped', async () => {
    const s = await scripted({ invite: proxies(BOB), success: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200); // it came to the container at 3
    await s.world.run(3 + 32_000 - 2 - s.world.clock.now());
    invite.resend();
    await s.world.run(10);
    expect(finals(s.alice)).toEqual([200, 200]);
    invite.resend();
    await s.world.run(10);
    expect(finals(s.alice)).toEqual([200, 200]);
    await s.ends();
  });
});

describe('ACK', () => {
  test('C-10c that of a 2xx goes to @Ack, then downstream when its promise has settled', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      async ack(request) {
        await s.after(700);
        request.headers.set('X-Ack', String(request.isInitial));
      },
      bye: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    const at = s.world.clock.now();
    call.ack({ body: 'v=0\r\n' });
    const bye = call.bye();
    const ack = await invite.ack();
    expect([s.world.clock.now(), ack.header('X-Ack'), ack.body]).toEqual([at + 702, 'false', 'v=0\r\n']);
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.seen).toEqual(['invite', 'ack', 'bye']);
    await s.ends();
  });

  test('C-10c each retransmitted 2xx is acknowledged end to end', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), ack: watch });
    const { call, invite } = await established(s);
    invite.resend();
    await invite.ack();
    expect(s.seen).toEqual(['invite', 'ack', 'ack']);
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
  });

  test('C-10c that of a non-2xx is the container’s, and is never seen', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { recordRoute: true }), ack: watch, subsequent: watch });
    const call = s.call();
    const invites = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    present(invites[0]).reply(486);
    await present(invites[0]).ack();
    present(invites[1]).reply(404);
    await present(invites[1]).ack();
    await call.response('4xx');
    await s.ends();
    expect(s.seen).toEqual(['invite']);
    expect([requests(s.bob), requests(s.carol)]).toEqual([
      ['INVITE', 'ACK'],
      ['INVITE', 'ACK'],
    ]);
  });
});

describe('other methods', () => {
  test.each(['MESSAGE', 'REGISTER', 'OPTIONS'])(
    'C-10d of several 2xx to %s exactly one goes upstream',
    async (method) => {
      const forward = proxies([BOB, CAROL, DAVE]);
      const s: ScriptedStage = await scripted({
        message: forward,
        register: forward,
        options: forward,
        success: () => s.after(100),
        best: watch,
      });
      const sent = s.alice.request(method, 'sip:bob@example.com', { via: 'siplet' });
      const received = [await s.bob.receive(method), await s.carol.receive(method), await s.dave.receive(method)];
      present(received[0]).reply(404);
      present(received[1]).reply(200);
      present(received[2]).reply(202);
      const final = await sent.response('2xx');
      expect([final.status, final.toTag]).toEqual([200, 'carol-1']);
      await s.ends();
      expect(finals(s.alice)).toEqual([200]);
      expect(s.seen).toEqual([method.toLowerCase(), `success 200 ${method}`]);
      expect([requests(s.bob), requests(s.carol), requests(s.dave)]).toEqual([[method], [method], [method]]);
    },
  );
});
