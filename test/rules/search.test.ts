// Rules C-22 to C-27: parallel and sequential search, Timer C, recursion.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, finals, requests } from '../world/arrivals.js';
import type { Phone } from '../world/phone.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';

/** When CANCELs came to a phone. */
const cancelled = (phone: Phone) => arrivals(phone, (message) => message.isRequest && message.method === 'CANCEL');
/** When INVITEs came to a phone. */
const invited = (phone: Phone) => arrivals(phone, (message) => message.isRequest && message.method === 'INVITE');

describe('parallel', () => {
  test('C-22 all branches start at once', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]) });
    const call = s.call();
    for (const phone of [s.bob, s.carol, s.dave]) (await phone.receive('INVITE')).reply(404);
    await call.response(404);
    expect([invited(s.bob), invited(s.carol), invited(s.dave)]).toEqual([['2 INVITE'], ['2 INVITE'], ['2 INVITE']]);
    await s.ends();
  });

  test('C-22 when the timeout expires all are cancelled, and 408 goes through the handler and upstream', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { timeout: '20s' }), best: watch });
    for (const phone of [s.bob, s.carol]) {
      phone.autoTrying = phone.answerCancel = true;
    }
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await s.carol.receive('INVITE');
    await call.response(408);
    expect([cancelled(s.bob), cancelled(s.carol)]).toEqual([['20002 CANCEL'], ['20002 CANCEL']]);
    expect(s.seen).toEqual(['invite', 'best 408']);
    expect(arrivals(s.alice).at(-1)).toBe('20004 408');
    await s.ends();
    expect(finals(s.alice)).toEqual([408]);
  });

  test('C-22 what a branch answered before is the best response', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { timeout: '20s' }), best: watch });
    s.carol.autoTrying = s.carol.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    expect(arrivals(s.alice).at(-1)).toBe('20004 486');
    expect(s.seen).toEqual(['invite', 'best 486']);
    await s.ends();
  });

  test('C-22 a callee that answers neither INVITE nor CANCEL does not keep the caller waiting for long', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { timeout: '20s' }), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(408);
    expect(s.world.clock.now()).toBeGreaterThanOrEqual(20_002);
    expect(s.world.clock.now()).toBeLessThanOrEqual(23_000);
    expect(cancelled(s.bob)[0]).toBe('20002 CANCEL');
    await s.ends();
    expect(cancelled(s.carol)).toEqual([]);
    expect(finals(s.alice)).toEqual([408]);
  });

  test('C-22 the timeout is that of @Siplet where the proxy says none, and bounds other methods too', async () => {
    const s = await scripted({ message: proxies(BOB) }, { siplet: { proxyTimeout: '5s' } });
    const sent = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet' });
    await s.bob.receive('MESSAGE');
    await s.world.run(60_000);
    // RFC 4320 §4.2: no 408 to a request that is not INVITE, and a 100 no earlier than Timer E reaches T2 (§4.1).
    expect(arrivals(s.alice)).toEqual(['3502 100']);
    expect(sent.responses).toHaveLength(1);
    await s.ends();
  });

  test('C-22 the timeout bounds branches that were added meanwhile too', async () => {
    const s: ScriptedStage = await scripted({
      invite: proxies(BOB, { timeout: '20s' }),
      async provisional(response) {
        await s.after(8000);
        present(response.proxy).proxyTo(CAROL);
      },
    });
    s.bob.answerCancel = s.carol.answerCancel = s.carol.autoTrying = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(408);
    expect([invited(s.carol), cancelled(s.carol)]).toEqual([['8004 INVITE'], ['20002 CANCEL']]);
    expect(s.world.clock.now()).toBe(20_004);
    await s.ends();
  });

  test('C-22 the best-response handler may add a branch after the timeout', async () => {
    let added = false;
    const s = await scripted({
      invite: proxies(BOB, { timeout: '20s' }),
      best({ proxy }) {
        if (!added) present(proxy).proxyTo(CAROL);
        added = true;
      },
    });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    (await s.carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(s.seen).toEqual(['invite', 'best 408']);
  });
});

describe('sequential', () => {
  test.each([302, 404, 486, 500, 503])('C-23 in list order: a %i starts the next', async (status) => {
    const s: ScriptedStage = await scripted({
      invite: proxies([BOB, CAROL, DAVE], { parallel: false, recurse: false }),
    });
    const call = s.call();
    const first = await s.bob.receive('INVITE');
    first.reply(100);
    await s.world.run(3000 - s.world.clock.now());
    expect([requests(s.carol), requests(s.dave)]).toEqual([[], []]);
    first.reply(status);
    (await s.carol.receive('INVITE')).reply(200);
    expect(invited(s.carol)).toEqual(['3002 INVITE']);
    await call.response(200);
    call.ack();
    await s.ends();
    expect([invited(s.bob).length, requests(s.dave)]).toEqual([1, []]);
  });

  test('C-23 the timeout bounds each branch: it is cancelled, and the next is started', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false, timeout: '10s' }), best: watch });
    for (const phone of [s.bob, s.carol, s.dave]) {
      phone.autoTrying = phone.answerCancel = true;
    }
    const call = s.call();
    await call.response(408);
    expect([invited(s.bob), invited(s.carol), invited(s.dave)]).toEqual([
      ['2 INVITE'],
      ['10002 INVITE'],
      ['20002 INVITE'],
    ]);
    expect([cancelled(s.bob), cancelled(s.carol), cancelled(s.dave)]).toEqual([
      ['10002 CANCEL'],
      ['20002 CANCEL'],
      ['30002 CANCEL'],
    ]);
    expect(arrivals(s.alice).at(-1)).toBe('30004 408');
    expect(s.seen).toEqual(['invite', 'best 408']);
    await s.ends();
    expect(finals(s.alice)).toEqual([408]);
  });

  test('C-23 the timeout of one branch may be its own', async () => {
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy({ parallel: false, timeout: '10s' });
        present(proxy.createBranches([BOB, CAROL])[0]).timeout = '3s';
        proxy.start();
      },
    });
    s.bob.autoTrying = s.bob.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(404);
    expect([cancelled(s.bob), invited(s.carol)]).toEqual([['3002 CANCEL'], ['3002 INVITE']]);
    await call.response(404);
    await s.ends();
  });

  test('C-23 a late 2xx still goes upstream, and ends the search', async () => {
    const s = await scripted({
      invite: proxies([BOB, CAROL, DAVE], { parallel: false, timeout: '10s' }),
      success: watch,
      best: watch,
    });
    s.carol.autoTrying = s.carol.answerCancel = true;
    const call = s.call();
    const late = await s.bob.receive('INVITE');
    late.reply(180);
    await s.carol.receive('INVITE');
    late.reply(200); // its CANCEL came too late
    const answer = await call.response(200);
    expect(answer.toTag).toBe('bob-1');
    call.ack();
    await s.world.run(10);
    expect(requests(s.carol)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(s.seen).toEqual(['invite', 'success 200']);
    await s.ends();
    expect([requests(s.dave), finals(s.alice)]).toEqual([[], [200]]);
  });

  test('C-23 a callee that never answers does not stop the search', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false, timeout: '10s' }) });
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(200);
    expect(invited(s.carol)).toEqual(['10002 INVITE']);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(cancelled(s.bob)).toEqual([]);
  });

  test('C-23 C-24 a Timer C that fires when the branch’s time is over already starts nothing: the next branch has its own time', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false, timeout: '184s' }) });
    for (const phone of [s.bob, s.carol]) phone.autoTrying = true;
    const call = s.call();
    // Bob does not answer the CANCEL: it is waited for still, 185 s after his INVITE.
    (await s.dave.receive('INVITE', 400_000)).reply(486);
    await call.response(486);
    expect([invited(s.bob)[0], invited(s.carol)[0], invited(s.dave)[0]]).toEqual([
      '2 INVITE',
      '184002 INVITE',
      '368002 INVITE',
    ]);
    expect([cancelled(s.bob)[0], cancelled(s.carol)[0]]).toEqual(['184002 CANCEL', '368002 CANCEL']);
    await s.ends();
  });

  test('C-23 two branches of one list, each with its own 1xx', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }), provisional: watch });
    const call = s.call();
    for (const phone of [s.bob, s.carol]) {
      const invite = await phone.receive('INVITE');
      invite.reply(180);
      await call.response(180);
      invite.reply(486);
    }
    await call.response(486);
    expect(s.seen).toEqual(['invite', 'provisional 180', 'provisional 180']);
    await s.ends();
  });
});

describe('Timer C', () => {
  test.each([true, false])(
    'C-24 bounds every INVITE branch whatever the application set (parallel: %s)',
    async (parallel) => {
      const s = await scripted({ invite: proxies(BOB, { parallel, timeout: '100000s' }), best: watch });
      s.bob.answerCancel = true;
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(180);
      await call.response(408, 400_000);
      expect(cancelled(s.bob)).toEqual([`${3 + 185_000 + 1} CANCEL`]);
      expect(s.seen).toEqual(['invite', 'best 408']);
      await s.ends();
    },
  );

  test('C-24 with a 100 alone it is as if a 408 had come', async () => {
    const s = await scripted({ invite: proxies([BOB], { timeout: '100000s' }), best: watch });
    s.bob.autoTrying = s.bob.answerCancel = true;
    const call = s.call();
    await call.response(408, 400_000);
    expect(s.world.clock.now()).toBeGreaterThan(180_000);
    expect(cancelled(s.bob)).toEqual([`${1 + 185_000 + 1} CANCEL`]);
    await s.ends();
  });
});

describe('recurse', () => {
  test('C-26 a branch for every Contact of a 3xx; the 3xx is not a candidate', async () => {
    const s = await scripted({ invite: proxies(BOB), best: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { headers: { Contact: [`<${CAROL}>`, `<${DAVE}>`] } });
    (await s.carol.receive('INVITE')).reply(404);
    (await s.dave.receive('INVITE')).reply(500);
    expect([invited(s.carol), invited(s.dave)]).toEqual([['4 INVITE'], ['4 INVITE']]);
    await call.response(404);
    expect(s.seen).toEqual(['invite', 'best 404']);
    await s.ends();
  });

  test('C-26 best q first in a sequential search, before the targets that are left', async () => {
    const s = await scripted({ invite: proxies([BOB, DAVE], { parallel: false }) });
    const call = s.call();
    const order: string[] = [];
    s.carol.on('INVITE', (invite) => {
      order.push(invite.uri);
      invite.reply(404);
    });
    (await s.bob.receive('INVITE')).reply(302, {
      headers: {
        Contact: [
          '<sip:second@10.0.0.3>;q=0.5, "Third, really" <sip:third@10.0.0.3>;q=0.20',
          '<sip:first@10.0.0.3>;q=1.0',
          '<sip:last@10.0.0.3>;q=0',
        ],
      },
    });
    const dave = await s.dave.receive('INVITE');
    expect(order).toEqual(['first', 'second', 'third', 'last'].map((user) => `sip:${user}@10.0.0.3`));
    dave.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
  });

  test('C-26 a URI that is in the target set is not tried again: the 3xx is a candidate', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: BOB });
    const final = await call.response(302);
    expect(final.list('Contact')).toEqual([`<${BOB}>`]);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
    await s.ends();
  });

  test.each(['http://example.com/bob', 'mailto:bob@example.com', 'urn:service:sos'])(
    'C-26 a Contact of %s cannot be tried: the 3xx is a candidate',
    async (contact) => {
      const s = await scripted({ invite: proxies(BOB), best: watch });
      const call = s.call();
      (await s.bob.receive('INVITE')).reply(302, { contact });
      expect((await call.response(302)).list('Contact')).toEqual([`<${contact}>`]);
      expect(s.seen).toEqual(['invite', 'best 302']);
      await s.ends();
    },
  );

  test('C-26 the Contacts of a Contact’s 3xx are tried too, a circle ends', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(301, { contact: CAROL });
    (await s.carol.receive('INVITE')).reply(302, { contact: DAVE });
    (await s.dave.receive('INVITE')).reply(302, { contact: BOB });
    await call.response(302);
    await s.ends();
    expect([s.bob, s.carol, s.dave].map(requests)).toEqual(Array(3).fill(['INVITE', 'ACK']));
  });

  test('C-26 recursed branches are listed under the branch that gave them', async () => {
    let listed: string[] = [];
    const s = await scripted({
      invite: proxies(BOB),
      best({ proxy }) {
        listed = present(proxy).branches.map(
          (branch) => `${branch.uri} > ${branch.recursed.map(({ uri }) => String(uri))}`,
        );
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: CAROL });
    (await s.carol.receive('INVITE')).reply(404);
    await call.response(404);
    expect(listed).toEqual([`${BOB} > ${CAROL}`]);
    await s.ends();
  });

  test('C-27 recurse: false, a 3xx competes as any other', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { recurse: false }), redirect: watch, error: watch });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: DAVE });
    (await s.carol.receive('INVITE')).reply(404);
    expect((await call.response(302)).list('Contact')).toEqual([`<${DAVE}>`]);
    expect(s.seen).toEqual(['invite', 'redirect 302']);
    await s.ends();
    expect(requests(s.dave)).toEqual([]);
  });

  test('C-27 recurse: false of one branch', async () => {
    const s = await scripted({
      invite(request) {
        const proxy = request.proxy();
        present(proxy.createBranches([BOB, CAROL])[0]).recurse = false;
        proxy.start();
      },
    });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: 'sip:not-tried@10.0.0.4' });
    (await s.carol.receive('INVITE')).reply(302, { contact: DAVE });
    (await s.dave.receive('INVITE')).reply(404);
    await call.response(302);
    expect(
      s.dave.received.filter(({ message }) => message.method === 'INVITE').map(({ message }) => message.uri),
    ).toEqual([DAVE]);
    await s.ends();
  });
});

test('C-22 a search that was sequential and is parallel from now on: what waited starts with what is added', async () => {
  const s = await scripted({
    invite: proxies([BOB, CAROL], { parallel: false }),
    provisional: (response) => {
      present(response.proxy).parallel = true;
      present(response.proxy).proxyTo(DAVE);
    },
  });
  s.bob.answerCancel = true;
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(180);
  const [carol, dave] = [await s.carol.receive('INVITE'), await s.dave.receive('INVITE')];
  carol.reply(486);
  dave.reply(200);
  await call.response(200);
  call.ack();
  await s.world.run(1000);
  expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
});
