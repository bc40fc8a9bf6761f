// What is easily got wrong: proxying in a dialog, finals behind slow handlers, requests that nobody deals with.
import { IllegalStateError, type SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, established } from '../world/stage.js';

describe('C-1 C-34 proxying inside a dialog', () => {
  test('C-34 a best-response handler cannot add branches to a request inside a dialog', async () => {
    const errors: unknown[] = [];
    const s = await scripted({
      invite: proxies(BOB, { recordRoute: true }),
      best(response) {
        errors.push(
          thrown(() => present(response.proxy).proxyTo(CAROL)),
          thrown(() => response.request.proxy()),
        );
      },
    });
    const { call } = await established(s);
    const again = call.dialog.request('INVITE');
    (await s.bob.receive((request) => request.method === 'INVITE')).reply(488);
    await s.world.run(100);
    expect(requests(s.carol)).toEqual([]);
    await again.response(488);
    expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true]);
  });
});

describe('C-12', () => {
  test('C-12 a 2xx of its own to an INVITE has a Contact of the container, and a To tag (§12.1.1)', async () => {
    const s = await scripted({
      invite: proxies(BOB),
      best: ({ request }) => request.createResponse(200).send(),
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const answer = await call.response(200);
    expect(answer.header('Contact')).toMatch(/10\.0\.0\.9/);
  });
});

describe('C-14', () => {
  test('C-14 a final that came while an async @BranchResponse handler was adding a branch is intermediate too', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL]),
      async branch(response) {
        if (response.status !== 486) return;
        await s.after(1000);
        present(response.proxy).proxyTo(DAVE);
      },
      best: watch,
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await s.world.run(100);
    (await s.carol.receive('INVITE')).reply(404);
    (await s.dave.receive('INVITE')).reply(480);
    await call.response('final');
    expect(s.seen.slice(0, 3)).toEqual(['invite', 'branch 486', 'branch 404']);
    await s.ends();
  });
});

describe('C-41', () => {
  test('C-41 a handler that throws after createBranches without start: nothing was sent, 500', async () => {
    const s = await scripted({
      invite(request) {
        request.proxy().createBranches(BOB);
        throw new Error('on purpose');
      },
    });
    await s.call().response(500);
    await s.ends(1);
    expect(requests(s.bob)).toEqual([]);
  });

  test('C-41 C-41a the 10 s are for a handler that a response or a subsequent request waits for: a slow initial handler may proxy after 12 s', async () => {
    const s: ScriptedStage = await scripted({
      async invite(request) {
        await s.after(12_000);
        request.proxy().proxyTo(BOB);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    await call.response(404);
    expect(arrivals(s.bob)[0]).toBe('12002 INVITE');
  });
});

describe('C-41a', () => {
  test('C-41a an initial handler that never settles and did nothing: warning at 5 s, 500 at 180 s', async () => {
    const s = await scripted({ invite: () => new Promise(() => {}) });
    const call = s.call();
    await s.world.run(5001);
    expect(s.container.problems()).toHaveLength(1);
    await call.response(500, 200_000);
    expect(arrivals(s.alice)).toEqual(['2 100', '180002 500']);
  });

  test.each<[string, (request: SipRequest) => unknown]>([
    ['asked for the proxy and did nothing with it', (request) => request.proxy()],
    ['proxied to nobody', (request) => request.proxy().proxyTo([])],
    ['made branches and did not start them', (request) => request.proxy().createBranches(BOB)],
  ])('C-41a a handler that %s has not proxied: warning at 5 s, 500 at 180 s', async (_, handler) => {
    const s = await scripted({ invite: (request) => void handler(request) });
    const call = s.call();
    await s.world.run(5001);
    expect(s.container.problems()).toHaveLength(1);
    await call.response(500, 200_000);
    expect(arrivals(s.alice)).toEqual(['2 100', '180002 500']);
    await s.ends(1);
  });
});

describe('as sdk/messages.ts has it', () => {
  test('C-1 createResponse throws IllegalStateError when a final response has been sent', async () => {
    let error: unknown;
    const s = await scripted({
      invite(request) {
        request.createResponse(486).send();
        error = thrown(() => request.createResponse(404));
      },
    });
    await s.call().response(486);
    expect(error).toBeInstanceOf(IllegalStateError);
  });
});
