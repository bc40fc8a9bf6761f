// Rule C-29: CANCEL from upstream.
import { IllegalStateError, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, thrown, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

test('C-29 it is answered 200, all branches are cancelled, 487 goes upstream', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL]), cancel: watch, best: watch });
  s.bob.answerCancel = s.carol.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  (await s.carol.receive('INVITE')).reply(100);
  await call.response(180);
  const at = s.world.clock.now();
  const cancel = call.cancel({ headers: { Reason: 'SIP;cause=600;text="Busy"' } });
  await cancel.response(200);
  expect(s.world.clock.now()).toBe(at + 2);
  await call.response(487);
  expect(s.world.clock.now()).toBe(at + 4);
  for (const phone of [s.bob, s.carol]) {
    const [arrival, ...others] = phone.received.filter(({ message }) => message.method === 'CANCEL');
    expect([present(arrival).time, others]).toEqual([at + 2, []]);
    expect(present(arrival).message.header('Reason')).toBe('SIP;cause=600;text="Busy"');
  }
  expect(s.seen).toEqual(['invite', 'cancel', 'best 487']);
  await s.ends();
  expect(call.responses.filter(({ status }) => status >= 200)).toHaveLength(1);
});

test.each(['sync', 'async'])('C-29 nothing proxied yet: 487 to the INVITE (a handler that is %s)', async (kind) => {
  let error: unknown;
  let cancel: SipRequest | undefined;
  const s: ScriptedStage = await scripted({
    invite(request) {
      const proceed = () => {
        error = thrown(() => request.proxy().proxyTo(BOB));
      };
      if (kind === 'async') return s.after(4000).then(proceed);
      void s.after(4000).then(proceed);
    },
    cancel: (request) => {
      cancel = request;
    },
  });
  const call = s.call();
  await call.response(100);
  await s.world.run(1000);
  await call.cancel().response(200);
  const final = await call.response(487);
  expect(final.toTag).toBeDefined();
  expect(s.world.clock.now()).toBe(1004);
  await s.world.run(10_000);
  expect(error).toBeInstanceOf(IllegalStateError);
  expect(s.seen).toEqual(['invite', 'cancel']);
  expect([cancel?.method, cancel?.callId]).toEqual(['CANCEL', call.message.callId]);
  await s.ends();
  expect([requests(s.bob), finals(s.alice)]).toEqual([[], [200, 487]]);
});

test('C-29 something better came: a 200 that crosses the CANCEL goes upstream', async () => {
  const s = await scripted({ invite: proxies(BOB), success: watch, best: watch });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  const cancel = call.cancel();
  (await s.bob.receive('CANCEL')).reply(200);
  invite.reply(200);
  await call.response(200);
  await cancel.response(200);
  call.ack();
  expect(s.seen).toEqual(['invite', 'success 200']);
  await s.ends();
  expect(call.responses.map(({ status }) => status)).toEqual([100, 180, 200]);
});

test('C-29 a CANCEL that matches no INVITE is answered 481', async () => {
  const s = await scripted({ invite: proxies(BOB), cancel: watch });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  const stray = s.alice.request('CANCEL', 'sip:bob@example.com', { via: 'siplet', callId: call.message.callId });
  await stray.response(481);
  await s.world.run(1000);
  expect(requests(s.bob)).toEqual(['INVITE']);
  invite.reply(486);
  await call.response(486);
  expect(s.seen).toEqual(['invite']);
  await s.ends();
});

test('C-29 a CANCEL downstream waits for the branch’s first 1xx', async () => {
  const s = await scripted({ invite: proxies(BOB) });
  s.bob.answerCancel = true;
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  await call.cancel().response(200);
  await s.world.run(300);
  expect(requests(s.bob)).toEqual(['INVITE']);
  invite.reply(100);
  const at = s.world.clock.now();
  await call.response(487);
  expect(arrivals(s.bob, ({ method }) => method === 'CANCEL')).toEqual([`${at + 2} CANCEL`]);
  await s.ends();
});

test('C-29 the handler of the CANCEL waits for its turn; the branches do not', async () => {
  const s: ScriptedStage = await scripted({
    invite: proxies(BOB),
    provisional: () => s.after(3000),
    cancel: watch,
  });
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180); // its handler runs until 3003
  await s.world.run(1000);
  const at = s.world.clock.now();
  call.cancel();
  await s.world.run(10);
  expect(arrivals(s.bob, ({ method }) => method === 'CANCEL')).toEqual([`${at + 2} CANCEL`]);
  expect(s.seen).toEqual(['invite', 'provisional 180']);
  await call.response(487);
  expect(s.seen).toContain('cancel');
  await s.ends();
});

test('C-29 of a sequential search: the remaining targets are not tried', async () => {
  const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false }) });
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  call.cancel();
  await call.response(487);
  await s.ends();
  expect([requests(s.bob), requests(s.carol), requests(s.dave)]).toEqual([['INVITE', 'CANCEL', 'ACK'], [], []]);
});

test('C-29 a best-response handler that goes on after it adds nothing that rings', async () => {
  const s: ScriptedStage = await scripted({
    invite: proxies(BOB),
    async best(response) {
      await s.after(2000);
      present(response.proxy).proxyTo(CAROL);
    },
  });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(486);
  await s.world.run(1000);
  await call.cancel().response(200);
  const final = await call.response('final');
  expect([486, 487]).toContain(final.status);
  await s.world.runUntilIdle();
  expect([requests(s.carol), finals(s.alice)]).toEqual([[], [200, final.status]]);
});

test('C-29 C-10 between the first 2xx and its way upstream it cancels what noCancel has left; the 2xx goes upstream', async () => {
  const s: ScriptedStage = await scripted({
    invite: proxies([BOB, CAROL], { noCancel: true }),
    success: () => s.after(3000),
    cancel: watch,
  });
  s.carol.answerCancel = true;
  const call = s.call();
  (await s.carol.receive('INVITE')).reply(180);
  (await s.bob.receive('INVITE')).reply(200);
  await s.world.run(1000);
  expect(requests(s.carol)).toEqual(['INVITE']);
  await call.cancel({ headers: { Reason: 'Q.850;cause=16' } }).response(200);
  await call.response(200);
  expect(s.world.clock.now()).toBe(4 + 3000);
  const [, cancel] = s.carol.received;
  expect([present(cancel).time, present(cancel).message.header('Reason')]).toEqual([1004, 'Q.850;cause=16']);
  call.ack();
  await s.ends();
  expect([requests(s.bob), requests(s.carol)]).toEqual([
    ['INVITE', 'ACK'],
    ['INVITE', 'CANCEL', 'ACK'],
  ]);
  expect(finals(s.alice)).toEqual([200, 200]);
});

test('C-29 after the final response it is answered 200 and has no effect', async () => {
  const s = await scripted({ invite: proxies(BOB), cancel: watch });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(200);
  await call.response(200);
  const cancel = call.cancel();
  await cancel.response(200);
  call.ack();
  await s.world.run(100);
  expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
  await s.ends();
});

test('C-29 the 200 to the CANCEL and the 487 of the container’s own have the same To tag', async () => {
  const s = await scripted({ invite: watch });
  const call = s.call();
  await call.response(100);
  const answer = await call.cancel().response(200);
  const final = await call.response(487);
  expect(answer.toTag).toBe(final.toTag);
  await s.ends();
});

test.each<[string, (request: SipRequest) => unknown]>([
  ['the proxy was asked for', (request) => request.proxy()],
  ['branches were made and not started', (request) => request.proxy().createBranches(BOB)],
])('C-29 nothing proxied yet, though %s: 487', async (_, handler) => {
  const s = await scripted({ invite: (request) => void handler(request) });
  const call = s.call();
  await call.response(100);
  await call.cancel().response(200);
  await call.response(487);
  await s.ends();
  expect(requests(s.bob)).toEqual([]);
});

test('C-29 a callee that does not answer the CANCEL: 487 after 64*T1 (§9.1)', async () => {
  const s = await scripted({ invite: proxies(BOB) });
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  call.cancel(); // at 4
  await call.response(487);
  expect(s.world.clock.now()).toBe(5 + 32_000 + 1);
  await s.ends();
});
