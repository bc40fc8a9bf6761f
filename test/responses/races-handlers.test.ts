// What happens while a handler adds branches, or still awaits something: in either order, the first is said in the
// title.
import { IllegalStateError, type SipRequest, type SipResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, finalsOf, requests, responsesTo } from '../world/arrivals.js';
import { proxies, type Script, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

/** Where a branch may be added from, and what the callee answers to get there. */
const PLACES = [
  ['provisional', 180],
  ['branch', 404],
  ['best', 486],
] as const;

describe('branch added by a handler against CANCEL', () => {
  test.each(PLACES)('branch first, from a %s handler: it is cancelled as the others are', async (key, status) => {
    let turn = 0;
    const add = ({ proxy }: SipResponse) => {
      if (turn++ === 0) present(proxy).proxyTo(DAVE);
    };
    const s = await scripted({ invite: proxies([BOB, CAROL]), [key]: add } as Script);
    for (const phone of [s.bob, s.carol, s.dave]) phone.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    const carols = await s.carol.receive('INVITE');
    if (key === 'best') carols.reply(486);
    else carols.reply(100);
    (await s.dave.receive('INVITE')).reply(180);
    await s.world.run(10);
    call.cancel();
    const final = await call.response('4xx');
    expect(final.status).toBe(key === 'provisional' ? 487 : status);
    await s.ends();
    expect(requests(s.dave)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(finalsOf(s.alice)).toHaveLength(1);
  });

  test.each(PLACES)(
    'CANCEL first, then a branch from a %s handler that awaited: it is not started',
    async (key, status) => {
      const errors: unknown[] = [];
      const s: ScriptedStage = await scripted({
        invite: proxies([BOB, CAROL]),
        async [key]({ proxy }: SipResponse) {
          await s.after(2000);
          errors.push(thrown(() => present(proxy).proxyTo(DAVE)));
        },
      } as Script);
      for (const phone of [s.bob, s.carol]) phone.answerCancel = true;
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(status);
      const carols = await s.carol.receive('INVITE');
      if (key === 'best') carols.reply(486);
      else carols.reply(100);
      await s.world.run(500);
      await call.cancel().response(200);
      const final = await call.response('4xx');
      expect(final.status).toBe(key === 'provisional' ? 487 : status);
      await s.ends();
      expect([requests(s.dave), errors]).toEqual([[], [undefined]]);
      expect(finalsOf(s.alice)).toHaveLength(1);
    },
  );

  test('branch first, made and not started; CANCEL; then start: it is not started', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB),
      async provisional({ proxy }) {
        present(proxy).createBranches(DAVE);
        await s.after(1000);
        present(proxy).start();
      },
    });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await s.world.run(100);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });

  test('CANCEL first, a 302 of the cancelled branch behind it: its Contacts are not tried', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(302, { contact: DAVE });
    const final = await call.response('final');
    expect([302, 487]).toContain(final.status);
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });

  test('302 first, CANCEL behind it: the branch that it gave is cancelled', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.dave.autoTrying = s.dave.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(302, { contact: DAVE });
    await s.world.run(10);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect(requests(s.dave)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  test('proxy.cancel() first, 200 behind it: the 200 goes upstream', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional: ({ proxy }) => present(proxy).cancel(),
      success: watch,
      best: watch,
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(s.seen).toEqual(['invite', 'provisional 180', 'success 200']);
  });

  test('200 first, proxy.cancel() from its handler: the 200 goes upstream', async () => {
    const s = await scripted({ invite: proxies(BOB), success: ({ proxy }) => present(proxy).cancel() });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
  });
});

describe('a handler still awaits when the caller cancels', () => {
  test.each([
    ['before it has proxied', false],
    ['after it has proxied', true],
  ])('handler of the INVITE first, %s, then CANCEL: 487', async (_, proxied) => {
    const errors: unknown[] = [];
    const s: ScriptedStage = await scripted({
      async invite(request) {
        if (proxied) request.proxy().proxyTo(BOB);
        await s.after(3000);
        errors.push(thrown(() => request.proxy().proxyTo(CAROL)));
      },
      cancel: watch,
      best: watch,
    });
    s.bob.autoTrying = s.bob.answerCancel = true;
    const call = s.call();
    await s.world.run(500);
    await call.cancel().response(200);
    await call.response(487);
    await s.ends();
    expect([requests(s.carol), finalsOf(s.alice), errors.length]).toEqual([[], [487], 1]);
    if (!proxied) expect(errors[0]).toBeInstanceOf(IllegalStateError);
  });

  test('handler of a 1xx first, then CANCEL and the 487 behind it: the 1xx goes up, then the 487', async () => {
    const s: ScriptedStage = await scripted({ invite: proxies(BOB), provisional: () => s.after(2000), cancel: watch });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await s.world.run(500);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect(responsesTo(s.alice, 'INVITE').map(({ message }) => message.status)).toEqual([100, 180, 487]);
  });

  test('CANCEL first, the handler of the best response awaits: one 487', async () => {
    const s: ScriptedStage = await scripted({ invite: proxies(BOB), best: () => s.after(2000) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await s.world.run(10);
    const cancel = call.cancel();
    await call.response(487);
    cancel.resend();
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([487]);
  });
});

describe('a handler still awaits when the last branch ends', () => {
  test.each([200, 486, 603])(
    'handler of the INVITE first, then %i: it goes upstream when the handler has settled',
    async (status) => {
      const s: ScriptedStage = await scripted({
        async invite(request) {
          request.proxy().proxyTo(BOB);
          await s.after(4000);
        },
        success: watch,
        best: watch,
      });
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(status);
      await call.response(status);
      expect(s.world.clock.now()).toBe(1 + 4000 + 1);
      if (status === 200) call.ack();
      await s.ends();
      expect(finalsOf(s.alice)).toEqual([status]);
    },
  );

  test('the last branch ends first, then the handler that awaited adds one: it counts', async () => {
    const s: ScriptedStage = await scripted({
      async invite(request) {
        request.proxy().proxyTo(BOB);
        await s.after(4000);
        request.proxy().proxyTo(CAROL);
      },
      best: watch,
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([finalsOf(s.alice), s.seen.includes('best 486')]).toEqual([[200], false]);
  });

  test.each([
    ['handler of a 1xx', 'provisional'],
    ['handler of another branch’s final response', 'branch'],
  ] as const)('%s first, then the last branch ends: one final response behind it', async (_, key) => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL]),
      [key]: () => s.after(3000),
      best: watch,
    } as Script);
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    bobs.reply(key === 'branch' ? 404 : 180);
    await s.world.run(500);
    if (key === 'provisional') bobs.reply(404);
    carols.reply(500);
    await call.response(404);
    expect(s.world.clock.now()).toBe(3 + 3000 + 1);
    await s.ends();
    expect([finalsOf(s.alice), s.seen.at(-1)]).toEqual([[404], 'best 404']);
  });
});

describe('a handler still awaits when the peer goes away', () => {
  const TCP = `${BOB};transport=tcp`;
  const SCRIPTS: [string, number | undefined, (s: () => ScriptedStage) => Script][] = [
    [
      'the INVITE',
      undefined,
      (s) => ({
        invite: (request) =>
          s()
            .after(3000)
            .then(() => proxies(TCP)(request)),
      }),
    ],
    ['a 1xx', 180, (s) => ({ invite: proxies(TCP), provisional: () => s().after(3000) })],
    ['a 2xx', 200, (s) => ({ invite: proxies(TCP), success: () => s().after(3000) })],
    ['the best response', 486, (s) => ({ invite: proxies(TCP), best: () => s().after(3000) })],
  ];

  test.each(SCRIPTS)('handler of %s first, then the connection of the caller is lost', async (_, status, script) => {
    const s: ScriptedStage = await scripted(script(() => s));
    const call = s.call({ transport: 'TCP' });
    const invites = status === undefined ? [] : [await s.bob.receive('INVITE')];
    invites[0]?.reply(present(status));
    await s.world.run(500);
    s.world.network.reset('alice', 'siplet');
    if (status === undefined) (await s.bob.receive('INVITE')).reply(486);
    await s.world.run(10_000);
    // By another connection, to where her Via says that she listens (§18.2.2).
    expect(present(responsesTo(s.alice, 'INVITE').at(-1)).message.status).toBe(status ?? 486);
    if (status === 200) call.ack();
    if (status === 180) present(invites[0]).reply(486);
    await s.ends();
    expect(count(s.bob, 'CANCEL')).toBe(0);
  });

  test.each(SCRIPTS.slice(1))(
    'handler of %s first, then the connection of the callee is lost',
    async (_, status, script) => {
      const s: ScriptedStage = await scripted(script(() => s));
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(present(status));
      await s.world.run(500);
      s.world.network.reset('bob');
      await s.world.run(10_000);
      expect(present(responsesTo(s.alice, 'INVITE').at(-1)).message.status).toBe(status);
      if (status === 200) call.ack();
      if (status === 180) {
        s.bob.answerCancel = true;
        call.cancel();
        await call.response(487);
      }
      await s.ends();
      expect(finalsOf(s.alice)).toEqual([status === 180 ? 487 : status]);
    },
  );

  test.each([
    ['connection of the callee first, then its final response by another', true],
    ['final response first, then the connection', false],
  ])('%s: it goes upstream all the same', async (_, lostFirst) => {
    const s = await scripted({ invite: proxies(TCP), best: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    if (lostFirst) {
      s.world.network.reset('bob');
      await s.world.run(10);
      s.bob.wire.connections.clear();
      const response = present(invite.replies[0]);
      response.startLine = 'SIP/2.0 486 Busy Here';
      s.bob.send(response, { address: '10.0.0.9', port: 5060, transport: 'TCP' });
    } else {
      invite.reply(486);
      await s.world.run(1);
      s.world.network.reset('bob');
    }
    await call.response(486);
    await s.ends(s.container.problems().length);
    expect([finalsOf(s.alice), s.seen]).toEqual([[486], ['invite', 'best 486']]);
  });
});

test('a request whose application has gone is held by nobody: the handler keeps it, the tables do not', async () => {
  let held: SipRequest | undefined;
  const s = await scripted({
    invite(request) {
      held = request;
    },
  });
  const call = s.call();
  await call.response(100);
  call.cancel();
  await call.response(487);
  await s.ends();
  expect(thrown(() => present(held).proxy())).toBeInstanceOf(IllegalStateError);
  expect(thrown(() => present(held).createResponse(200).send())).toBeInstanceOf(IllegalStateError);
});
