// Rules C-16 to C-19: branches that are added while the transaction runs.
import { IllegalStateError, type SipProxy, type SipResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

/** What a best-response handler does with the first, the second … response that it gets. */
function inTurn(...acts: ((proxy: SipProxy, response: SipResponse) => unknown)[]): (response: SipResponse) => unknown {
  let turn = 0;
  return (response) => acts[turn++]?.(present(response.proxy), response);
}

describe('from a best-response handler', () => {
  test.each([300, 302, 404, 486, 500, 503])(
    'C-16 proxyTo after a %i adds a branch to the same transaction',
    async (status) => {
      const s = await scripted({
        invite: proxies(BOB, { recurse: false }),
        best: inTurn((proxy) => proxy.proxyTo(CAROL)),
        success: watch,
      });
      const call = s.call();
      const first = await s.bob.receive('INVITE');
      first.reply(status, { contact: DAVE });
      const added = await s.carol.receive('INVITE');
      expect(added.message.callId).toBe(first.message.callId);
      expect(added.header('CSeq')).toBe(first.header('CSeq'));
      expect(added.uri).toBe(CAROL);
      added.reply(200);
      await call.response(200);
      call.ack();
      await s.ends();
      expect(finals(s.alice)).toEqual([200]);
      expect(s.seen).toEqual(['invite', `best ${status}`, 'success 200']);
    },
  );

  test('C-16 createBranches and start do the same, and a branch may be changed in between', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      best: inTurn((proxy) => {
        const [branch] = proxy.createBranches([CAROL]);
        present(branch).request.headers.set('X-Branch', 'second');
        proxy.start();
      }),
    });
    const call = s.call();
    const first = await s.bob.receive('INVITE');
    first.reply(486);
    const added = await s.carol.receive('INVITE');
    expect([first.header('X-Branch'), added.header('X-Branch')]).toEqual([undefined, 'second']);
    added.reply(404);
    await call.response('4xx');
    await s.ends();
  });

  test('C-10b what an application has changed in a branch can be read after the call was answered, and so can what it never looked at', async () => {
    let proxy: SipProxy | undefined;
    const s = await scripted({
      invite: (request) => {
        proxy = request.proxy();
        const [first] = proxy.createBranches([BOB, CAROL]);
        present(first).request.headers.set('X-Branch', 'first');
        proxy.start();
      },
    });
    const call = s.call();
    const [first, second] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    second.reply(486);
    first.reply(200);
    await call.response(200);
    call.ack();
    const [bob, carol] = present(proxy).branches;
    expect([present(bob).request.headers.get('X-Branch'), present(carol).request.headers.get('X-Branch')]).toEqual([
      'first',
      undefined,
    ]);
    expect([String(present(bob).request.uri), String(present(carol).request.uri)]).toEqual([BOB, CAROL]);
    expect([present(bob).response?.status, present(carol).response?.status]).toEqual([200, 486]);
    expect(present(proxy).originalRequest.callId).toBe(first.message.callId);
    await s.ends();
  });

  test.each([
    ['@ErrorResponse', 'error', 486],
    ['@RedirectResponse', 'redirect', 302],
    ['@BestResponse', 'best', 404],
  ] as const)('C-16 from an async handler: %s', async (_, key, status) => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, { recurse: false }),
      async [key](response: SipResponse) {
        await s.after(5000);
        present(response.proxy).proxyTo(CAROL);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    const added = await s.carol.receive('INVITE');
    expect(s.world.clock.now()).toBe(3 + 5000 + 1);
    expect(finals(s.alice)).toEqual([]);
    added.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finals(s.alice)).toEqual([200]);
  });

  test('C-16 an added branch may fork, and is record-routed as the first were', async () => {
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      best: inTurn((proxy) => proxy.proxyTo([CAROL, DAVE])),
      bye: watch,
    });
    s.dave.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.dave.receive('INVITE')).reply(180);
    await call.response(180);
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    const bye = call.bye();
    (await s.carol.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.seen).toEqual(['invite', 'best 486', 'bye']);
    await s.ends();
  });
});

describe('rounds', () => {
  test('C-17 the response is not forwarded and stays a candidate; the handler is called with the best of all branches', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      best: inTurn(
        (proxy) => proxy.proxyTo(CAROL),
        (proxy) => proxy.proxyTo(DAVE),
      ),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(500);
    (await s.dave.receive('INVITE')).reply(501);
    const final = await call.response('final');
    expect([final.status, final.toTag]).toEqual([486, 'bob-1']);
    expect(s.seen).toEqual(['invite', 'best 486', 'best 486', 'best 486']);
    await s.ends();
    expect(finals(s.alice)).toEqual([486]);
  });

  test('C-17 a better one of a later round is the best', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      best: inTurn((proxy) => proxy.proxyTo([CAROL, DAVE])),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(500);
    (await s.carol.receive('INVITE')).reply(404);
    (await s.dave.receive('INVITE')).reply(407, { headers: { 'Proxy-Authenticate': 'Digest realm="d", nonce="1"' } });
    await call.response(407);
    expect(s.seen).toEqual(['invite', 'best 500', 'best 407']);
    await s.ends();
  });

  test('C-17 until the best is a 6xx: this one goes upstream, whatever the handler tries', async () => {
    let error: unknown;
    const s = await scripted({
      invite: proxies(BOB),
      best: inTurn(
        (proxy) => proxy.proxyTo(CAROL),
        (proxy) => {
          error = thrown(() => proxy.proxyTo(DAVE));
        },
      ),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(603);
    await call.response(603);
    expect(error).toBeInstanceOf(IllegalStateError);
    await s.ends();
    expect([requests(s.dave), finals(s.alice)]).toEqual([[], [603]]);
  });

  test('C-17 an application may go on for ten rounds', async () => {
    let round = 0;
    const s = await scripted({
      invite: proxies('sip:bob0@10.0.0.2'),
      best: ({ proxy }) => (++round < 10 ? present(proxy).proxyTo(`sip:bob${round}@10.0.0.2`) : undefined),
    });
    s.bob.on('INVITE', (invite) => void invite.reply(404));
    await s.call().response(404);
    expect(
      s.bob.received.filter(({ message }) => message.method === 'INVITE').map(({ message }) => message.uri),
    ).toEqual(Array.from({ length: 10 }, (_, i) => `sip:bob${i}@10.0.0.2`));
    await s.ends();
    expect(finals(s.alice)).toEqual([404]);
  });

  test('C-17 in a sequential search the handler is called when the list is exhausted, and adds to it', async () => {
    const s = await scripted({
      invite: proxies([BOB], { parallel: false }),
      best: inTurn((proxy) => proxy.proxyTo([CAROL, DAVE])),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const next = await s.carol.receive('INVITE');
    await s.world.run(1000);
    expect(requests(s.dave)).toEqual([]);
    next.reply(404);
    (await s.dave.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    expect(s.seen).toEqual(['invite', 'best 486']);
    await s.ends();
  });
});

describe('at other times', () => {
  test('C-18 proxyTo is legal from a 1xx handler', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      provisional: inTurn((proxy) => proxy.proxyTo(CAROL)),
    });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.world.run(10);
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await s.ends();
  });

  test('C-18 proxyTo is legal from a @BranchResponse handler', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL]),
      branch: inTurn((proxy) => proxy.proxyTo(DAVE)),
      best: watch,
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.dave.receive('INVITE')).reply(500);
    (await s.carol.receive('INVITE')).reply(501);
    await call.response(486);
    expect(s.seen).toEqual(['invite', 'branch 486', 'branch 500', 'best 486']);
    await s.ends();
  });

  test('C-18 an async @BranchResponse handler keeps the choice open: the branch that it adds counts', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL]),
      async branch(response) {
        if (response.status !== 486) return;
        await s.after(3000);
        present(response.proxy).proxyTo(DAVE);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const other = await s.carol.receive('INVITE');
    await s.world.run(1000);
    other.reply(404);
    (await s.dave.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finals(s.alice)).toEqual([200]);
  });

  test('C-18 proxyTo is legal after proxy.cancel()', async () => {
    const s = await scripted({
      invite: proxies([BOB]),
      provisional: inTurn((proxy) => {
        proxy.cancel({ cause: 480, text: 'Too long' });
        proxy.proxyTo(CAROL);
      }),
    });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    const added = await s.carol.receive('INVITE');
    await s.world.run(10);
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    const cancel = present(s.bob.received.find(({ message }) => message.method === 'CANCEL'));
    expect(cancel.message.header('Reason')).toBe('SIP;cause=480;text="Too long"');
    added.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(finals(s.alice)).toEqual([200]);
  });

  test('C-18 and from a timer, while a branch rings', async () => {
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy();
        proxy.proxyTo(BOB);
        request.applicationSession.setTimer('too long', 15_000);
        add = () => {
          proxy.cancel();
          proxy.proxyTo(CAROL);
        };
      },
      timer: () => add(),
    });
    let add = (): void => {};
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    (await s.carol.receive('INVITE')).reply(200);
    expect(arrivals(s.carol)).toEqual([`${1 + 15_000 + 1} INVITE`]);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(s.seen).toEqual(['invite', 'timer too long']);
  });

  test('C-18 after proxy.cancel() with nothing added the processing goes on as usual: 487', async () => {
    const s = await scripted({ invite: proxies(BOB), provisional: inTurn((proxy) => proxy.cancel()), best: watch });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(487);
    expect(s.seen).toEqual(['invite', 'provisional 180', 'best 487']);
    await s.ends();
    expect(finals(s.alice)).toEqual([487]);
  });

  test.each([200, 404, 603])('C-18 after completion with %i it throws IllegalStateError', async (status) => {
    let proxy: SipProxy | undefined;
    const s = await scripted({
      invite(request) {
        proxy = request.proxy();
        proxy.proxyTo(BOB);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    await call.response(status);
    if (status === 200) call.ack();
    expect(thrown(() => present(proxy).proxyTo(CAROL))).toBeInstanceOf(IllegalStateError);
    expect(thrown(() => present(proxy).createBranches(CAROL))).toBeInstanceOf(IllegalStateError);
    await s.ends();
    expect(thrown(() => present(proxy).proxyTo(CAROL))).toBeInstanceOf(IllegalStateError);
    await s.carol.receivesNothing();
  });
});

describe('the target set', () => {
  test.each([
    [[BOB, BOB]],
    [[BOB, 'SIP:bob@10.0.0.2']],
    [[BOB, 'sip:%62ob@10.0.0.2']],
    [[BOB, 'sip:bob@10.0.0.2;x-any=thing']],
    [['sip:bob@siplet-bob', 'sip:bob@SIPLET-Bob']],
  ])('C-19 of %j one is tried (§16.5, §19.1.4)', async (targets) => {
    const s = await scripted({ invite: proxies(targets) });
    s.world.resolver.address('siplet-bob', '10.0.0.2');
    s.world.resolver.address('SIPLET-Bob', '10.0.0.2');
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
    await s.ends();
  });

  test.each([[[BOB, 'sip:Bob@10.0.0.2']], [[BOB, 'sip:bob@10.0.0.2:5060']], [[BOB, 'sip:bob@10.0.0.2;user=phone']]])(
    'C-19 of %j both are',
    async (targets) => {
      const s = await scripted({ invite: proxies(targets) });
      s.bob.on('INVITE', (invite) => void invite.reply(404));
      await s.call().response(404);
      expect(requests(s.bob).filter((method) => method === 'INVITE')).toHaveLength(2);
      await s.ends();
    },
  );

  test('C-19 a later proxyTo to one that was tried adds nothing: the response goes upstream', async () => {
    const s = await scripted({ invite: proxies(BOB), best: ({ proxy }) => present(proxy).proxyTo(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    expect(s.seen).toEqual(['invite', 'best 486']);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
    await s.ends();
  });
});
