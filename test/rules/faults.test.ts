// Rules C-41 and C-41a: handlers that fail, and requests that nobody answers.
import type { SipRequest, SipResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import type { LogLine } from '../world/siplet.js';
import { BOB, CAROL } from '../world/stage.js';

/** The ways in which a handler fails, and how long the container waits for it. */
const FAILURES: [how: string, fail: () => unknown, ms: number][] = [
  [
    'throws',
    () => {
      throw new Error('on purpose');
    },
    0,
  ],
  ['rejects', () => Promise.reject(new Error('on purpose')), 0],
  ['throws undefined', () => Promise.reject(undefined), 0],
  ['never settles', () => new Promise(() => {}), 10_000],
];

/** Fails in the first call alone: the next is unharmed. */
function once(fail: () => unknown, then: (argument: never) => unknown = watch) {
  let first: string | undefined;
  return (argument: SipRequest | SipResponse) => {
    first ??= argument.callId;
    return argument.callId === first ? fail() : then(argument as never);
  };
}

/** The one line at level error, which names the application, the handler and the method. */
function failure(s: ScriptedStage): LogLine {
  const lines = s.container.log.filter(({ level }) => level >= 50);
  expect(lines).toHaveLength(1);
  return present(lines[0]);
}

function expectCounted(s: ScriptedStage, handler: string, method: string): void {
  expect(failure(s)).toMatchObject({ app: 'rules', handler: `Rules.${handler}`, method });
  expect(s.container.engine.invocation.failures).toBe(1);
}

/** A whole call, as every other: answered, and ended when it is record-routed. */
async function nextCall(s: ScriptedStage): Promise<void> {
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(200);
  await call.response(200);
  call.ack();
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
}

const ring = proxies(BOB, { recordRoute: true });

describe.each(FAILURES.filter(([, , ms]) => ms === 0))('a handler that %s', (_, fail) => {
  test('C-41 of an initial request, before anything was sent: 500', async () => {
    const s = await scripted({ invite: once(fail, ring) });
    await s.call().response(500);
    expect(arrivals(s.alice)).toEqual(['2 100', '2 500']);
    expectCounted(s, 'invite', 'INVITE');
    await nextCall(s);
    await s.ends(1);
  });

  test('C-41 of an initial request that it has proxied: the call goes on', async () => {
    const s = await scripted({
      invite(request) {
        ring(request);
        return fail();
      },
    });
    await nextCall(s);
    expectCounted(s, 'invite', 'INVITE');
    await s.ends(1);
  });

  test('C-41 of an initial request that it has answered: nothing more is sent', async () => {
    const s = await scripted({
      invite(request) {
        request.createResponse(486).send();
        return fail();
      },
    });
    await s.call().response(486);
    await s.ends(1);
    expect(finals(s.alice)).toEqual([486]);
  });

  test('C-41 of a CANCEL: the branches are cancelled all the same', async () => {
    const s = await scripted({ invite: ring, cancel: once(fail) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    await nextCall(s);
    await s.ends(1); // the 487 waits behind it
  });
});

describe.each(FAILURES)('a handler that %s', (_, fail, ms) => {
  test('C-41 of a 1xx: it goes upstream as received', async () => {
    const s = await scripted({ invite: ring, provisional: once(fail) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(183, { body: 'v=0\r\n', headers: { 'X-Bob': '1' } });
    const early = await call.response(183);
    expect([s.world.clock.now(), early.body, early.header('X-Bob')]).toEqual([4 + ms, 'v=0\r\n', '1']);
    expectCounted(s, 'provisional', 'INVITE');
    invite.reply(404);
    await call.response(404);
    await nextCall(s);
    await s.ends(1);
  });

  test('C-41 of a 2xx: it goes upstream as received, each time', async () => {
    const s = await scripted({ invite: ring, success: once(fail) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200, { body: 'v=0\r\n' });
    const answer = await call.response(200);
    expect([s.world.clock.now(), answer.body]).toEqual([4 + ms, 'v=0\r\n']);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200); // its handler fails too
    expect(s.container.engine.invocation.failures).toBe(2);
    await nextCall(s);
    await s.ends(2);
  });

  test('C-41 of the best response: it goes upstream as received', async () => {
    const s = await scripted({ invite: ring, best: once(fail) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486, { headers: { 'Retry-After': '60' } });
    const final = await call.response(486);
    expect([s.world.clock.now(), final.header('Retry-After')]).toEqual([4 + ms, '60']);
    expectCounted(s, 'best', 'INVITE');
    await nextCall(s);
    await s.ends(1);
  });

  test('C-41 of the best response, after it has added a branch: the branch counts', async () => {
    let added = false;
    const s = await scripted({
      invite: ring,
      best(response) {
        if (added) return;
        added = true;
        present(response.proxy).proxyTo(CAROL);
        return fail();
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    (await s.carol.receive('INVITE')).reply(200);
    const answer = await call.response(200);
    call.ack();
    expect(answer.toTag).toBe('carol-1');
    const bye = call.bye();
    (await s.carol.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends(1);
    expect(finals(s.alice)).toEqual([200, 200]);
  });

  test('C-41 of a branch response: the proxying goes on', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }), branch: once(fail), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const next = await s.carol.receive('INVITE');
    expect(s.world.clock.now()).toBeLessThanOrEqual(4 + ms);
    next.reply(404);
    await call.response('4xx');
    expectCounted(s, 'branch', 'INVITE');
    await s.ends(1);
  });

  test('C-41 of a subsequent request: 500, and the dialog stands', async () => {
    const s = await scripted({ invite: ring, info: once(fail) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    const at = s.world.clock.now();
    await call.dialog.request('INFO').response(500);
    expect(s.world.clock.now()).toBe(at + 2 + ms);
    expectCounted(s, 'info', 'INFO');
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await nextCall(s);
    await s.ends(1);
    expect(requests(s.bob).filter((method) => method === 'INFO')).toEqual([]);
  });

  test('C-41 of an ACK: it is forwarded', async () => {
    const s = await scripted({ invite: ring, ack: once(fail) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    const at = s.world.clock.now();
    call.ack();
    await invite.ack();
    expect(s.world.clock.now()).toBe(at + 2 + ms);
    expectCounted(s, 'ack', 'ACK');
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await nextCall(s);
    await s.ends(1);
  });
});

describe('a handler that throws', () => {
  test.each([180, 200, 486])(
    'C-41 a %i goes upstream as received, also when the handler had changed it before it threw',
    async (status) => {
      const spoil = (response: SipResponse) => {
        response.headers.set('X-Half', 'done');
        response.setBody('half', 'text/plain');
        throw new Error('on purpose');
      };
      const s = await scripted({ invite: proxies(BOB), provisional: spoil, success: spoil, best: spoil });
      const call = s.call();
      const invite = await s.bob.receive('INVITE');
      invite.reply(status, { body: 'v=0\r\n' });
      const response = await call.response(status);
      expect([response.body, response.header('X-Half')]).toEqual(['v=0\r\n', undefined]);
    },
  );

  test('C-41 after a 1xx of its own: 500 all the same', async () => {
    const s = await scripted({
      invite(request) {
        request.createResponse(180).send();
        throw new Error('on purpose');
      },
    });
    await s.call().response(500);
    await s.ends(1);
  });

  test('C-41 because a target is not a URI: 500, and nothing is tried', async () => {
    const s = await scripted({ invite: proxies([BOB, 'not a URI']) });
    await s.call().response(500);
    await s.ends(1);
    expect(requests(s.bob)).toEqual([]);
  });
});

describe('in time', () => {
  test('C-41 the time of a handler is configurable', async () => {
    const s = await scripted(
      { invite: ring, best: () => new Promise(() => {}) },
      { configuration: 'limits:\n  handlerTimeout: 1500ms\n' },
    );
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    expect(s.world.clock.now()).toBe(4 + 1500);
    await s.ends(1);
  });

  test('C-41 a handler that settles just in time has not failed', async () => {
    const s: ScriptedStage = await scripted({
      invite: ring,
      async best(response) {
        await s.after(9999);
        response.headers.set('X-Late', 'yes');
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    expect((await call.response(486)).header('X-Late')).toBe('yes');
    expect(s.world.clock.now()).toBe(4 + 9999);
    await s.ends();
  });

  test('C-41 what a handler does after its time is over changes nothing', async () => {
    const s: ScriptedStage = await scripted({
      invite: ring,
      async best(response) {
        await s.after(11_000);
        present(response.proxy).proxyTo(CAROL);
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    expect(s.world.clock.now()).toBe(4 + 10_000);
    await s.world.runUntilIdle();
    expect([requests(s.carol), finals(s.alice)]).toEqual([[], [486]]);
  });

  test('C-41 a @Cancel handler that never settles: what waits behind it goes on after 10 s', async () => {
    const s = await scripted({ invite: proxies(BOB), cancel: () => new Promise(() => {}) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    expect(s.world.clock.now()).toBeLessThanOrEqual(10_100);
    await s.ends(1);
  });

  test('C-41 a timer handler that never settles: a response that waits behind it goes on after 10 s', async () => {
    const s = await scripted({
      invite(request) {
        request.applicationSession.setTimer('tick', 1000);
        proxies(BOB)(request);
      },
      timer: () => new Promise(() => {}),
    });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(100);
    await s.world.run(2000);
    invite.reply(486);
    await call.response(486);
    expect(s.world.clock.now()).toBeLessThanOrEqual(12_100);
    await s.ends(1);
  });

  test('C-41 one call’s handler that does not settle delays no other call', async () => {
    let first = true;
    const s = await scripted({
      invite: ring,
      provisional() {
        if (!first) return undefined;
        first = false;
        return new Promise(() => {});
      },
    });
    const stuck = s.call();
    const waiting = await s.bob.receive('INVITE');
    waiting.reply(180);
    await s.world.run(10);
    await nextCall(s);
    expect(s.world.clock.now()).toBeLessThan(100);
    waiting.reply(486);
    await stuck.response(486);
    await s.ends(1);
  });
});
