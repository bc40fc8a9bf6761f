// The flows of a call on real sockets: what test/flows and test/rules show in virtual time, over UDP and over TCP.
import { afterAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests, statuses } from '../world/arrivals.js';
import { proxies, watch } from '../world/script.js';
import { BOTH } from '../world/stage.js';
import { loopback, nothingLeft } from './loopback.js';

afterAll(nothingLeft);

describe.each(BOTH)('over %s', (transport) => {
  test('C-10 C-34 answered, and ended by the caller', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies(w.uri(w.bob), { recordRoute: true }),
      bye: watch,
      success: watch,
    }));
    const { call } = await s.established();
    await s.passes('BYE', call, s.bob);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(s.seen).toEqual(['invite', 'success 200', 'bye', 'success 200 BYE']);
    expect(s.bob.received.every((one) => one.transport === transport)).toBe(true);
    expect(s.alice.received.every((one) => one.transport === transport)).toBe(true);
  });

  test('C-34 ended by the callee, after requests in both directions', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { call, invite } = await s.established();
    await s.passes('INFO', call, s.bob);
    await s.passes('INFO', invite, s.alice);
    await s.passes('BYE', invite, s.alice);
    expect(requests(s.alice)).toEqual(['INFO', 'BYE']);
  });

  test('C-10 forks: the first 200 cancels the other branch, whose 487 is acknowledged', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies([w.uri(w.bob), w.uri(w.carol)]) }));
    s.carol.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.carol.receive('ACK');
    expect(requests(s.carol)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(statuses(s.alice, 'INVITE')).toEqual([100, 180, 200]);
  });

  test('C-16 C-17 busy, then a branch that the best-response handler adds', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies(w.uri(w.bob)),
      best: (response) => response.status === 486 && present(response.proxy).proxyTo(w.uri(w.carol)),
    }));
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    const invite = await s.carol.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.bob.receive('ACK');
    expect(statuses(s.alice, 'INVITE')).toEqual([100, 200]);
    expect(s.seen).toEqual(['invite', 'best 486']);
  });

  test('C-23 one after another: the first is cancelled when its time is over', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies([w.uri(w.bob), w.uri(w.carol)], { parallel: false, timeout: '0.4s' }),
    }));
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    const begun = performance.now();
    const invite = await s.carol.receive('INVITE');
    expect(performance.now() - begun).toBeGreaterThan(200); // a slow host may have begun to look late
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.bob.receive('ACK');
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(present(s.bob.received[1]).message.header('Reason')).toBe('SIP;cause=408;text="Request Timeout"');
  });

  test('C-13 a 6xx cancels the others and goes upstream', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies([w.uri(w.bob), w.uri(w.carol)]), best: watch }));
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    (await s.bob.receive('INVITE')).reply(603);
    await call.response(603);
    expect(requests(s.carol).slice(0, 2)).toEqual(['INVITE', 'CANCEL']);
    expect(s.seen).toEqual(['invite', 'best 603']);
  });

  test('C-29 §9.1 the caller cancels after a 1xx', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob)), cancel: watch }));
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    await s.bob.receive('ACK');
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(s.seen).toContain('cancel');
  });

  test('C-29 §9.1 the caller cancels before a 1xx: the CANCEL waits for it', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob)) }));
    s.bob.answerCancel = true;
    s.bob.reliable = true; // it does not answer retransmissions again
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    await call.cancel().response(200);
    await s.world.run(60);
    expect(requests(s.bob)).not.toContain('CANCEL');
    invite.reply(180);
    await call.response(487);
    expect(requests(s.bob)).toContain('CANCEL');
  });

  test('§16.7 step 6 nobody answers: 408 after Timer B', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob)), best: watch }));
    const begun = performance.now();
    await s.call().response(408);
    expect(performance.now() - begun).toBeGreaterThan(1250);
    // Timer A: 20, 40, 80 … ms; over TCP there is none.
    expect(s.bob.received).toHaveLength(transport === 'UDP' ? 7 : 1);
    expect(s.seen).toEqual(['invite', 'best 408']);
  });

  test('C-34 re-INVITEs from both sides', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { call, invite } = await s.established();
    for (const [from, to] of [
      [call, s.bob],
      [invite, s.alice],
    ] as const) {
      const again = from.dialog.request('INVITE', { body: 'v=0\r\n' });
      const got = await to.receive('INVITE');
      got.reply(200, { body: 'v=0\r\n' });
      await again.response(200);
      again.ack();
      await got.ack();
    }
    await s.passes('BYE', call, s.bob);
  });

  test('C-10b a 2xx that comes again goes upstream again', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies(w.uri(w.bob), { recordRoute: true }),
      success: watch,
      ack: watch,
    }));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    invite.resend();
    await call.response(200);
    call.ack();
    await invite.ack();
    expect(s.seen).toEqual(['invite', 'success 200', 'success 200 again', 'ack']);
    await s.passes('BYE', call, s.bob);
  });

  test('C-10a a fork downstream: both 2xx go upstream, each dialog is ended', async () => {
    const s = await loopback(transport, (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200, { toTag: 'one' });
    invite.reply(200, { toTag: 'two' });
    for (const tag of ['one', 'two']) {
      const response = await call.response(({ toTag }) => toTag === tag);
      call.ack({ response });
      await s.bob.receive(({ method, message }) => method === 'ACK' && message.toTag === tag);
      const bye = call.dialogOf(response).bye();
      (await s.bob.receive('BYE')).reply(200);
      await bye.response(200);
    }
  });

  test('C-7 reliable 1xx: PRACK and UPDATE in the early dialog', async () => {
    const s = await loopback(transport, (w) => ({
      invite: proxies(w.uri(w.bob), { recordRoute: true }),
      prack: watch,
      update: watch,
    }));
    const call = s.call({ headers: { Supported: '100rel' } });
    const invite = await s.bob.receive('INVITE');
    invite.reply(183, { headers: { Require: '100rel', RSeq: '1' }, body: 'v=0\r\n' });
    await call.response(183);
    const prack = call.dialog.request('PRACK', { headers: { RAck: '1 1 INVITE' } });
    (await s.bob.receive('PRACK')).reply(200);
    await prack.response(200);
    await s.passes('UPDATE', call, s.bob);
    await s.passes('UPDATE', invite, s.alice);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    expect(s.seen).toEqual(['invite', 'prack', 'update', 'update']);
    await s.passes('BYE', invite, s.alice);
  });
});
