// Final responses (§16.7 steps 5 to 10): which one goes upstream, when, and what happens to the other branches.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { count, finals, finalsOf, requests, responsesTo, times } from '../world/arrivals.js';
import { proxies, type ScriptedStage, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE, NOBODY } from '../world/stage.js';
import { parameter } from '../world/text-message.js';
import { T1 } from '../world/timing.js';
import { answer, ERIN, withoutTopVia } from './drafted.js';

describe('2xx', () => {
  test('PRS-14 a 2xx to INVITE is forwarded at once, unchanged', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    await s.carol.receive('INVITE');
    const invite = await s.bob.receive('INVITE');
    const at = s.world.clock.now();
    const sent = invite.reply(202, { body: 'v=0\r\n' });
    await call.response(202);
    expect(s.world.clock.now()).toBe(at + 2);
    expect(present(responsesTo(s.alice, 'INVITE', 202)[0]).wire).toBe(withoutTopVia(sent));
    call.ack();
    await s.ends();
  });

  test('PRS-15 a second 2xx from another branch is forwarded too', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    const sent = [bobs.reply(200), carols.reply(200, { body: 'v=0\r\n' })];
    await s.world.run(10);
    expect(responsesTo(s.alice, 'INVITE', 200).map(({ wire }) => wire)).toEqual(sent.map(withoutTopVia));
    for (const response of call.responses.filter(({ status }) => status === 200)) call.ack({ response });
    for (const invite of [bobs, carols]) await invite.ack();
    expect([requests(s.bob), requests(s.carol)]).toEqual([
      ['INVITE', 'ACK'],
      ['INVITE', 'ACK'],
    ]);
    await s.ends();
  });

  test('PRS-16 a retransmitted 2xx is forwarded each time', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.reliable = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const sent = invite.reply(200);
    await s.world.run(64 * T1);
    const came = responsesTo(s.alice, 'INVITE', 200);
    expect(came.map(({ time }) => time)).toEqual(
      [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((ms) => 2 + ms + 2),
    );
    expect(new Set(came.map(({ wire }) => wire))).toEqual(new Set([withoutTopVia(sent)]));
    call.ack();
    await s.ends();
  });

  test('PRS-17 of two 2xx to a forked MESSAGE one is forwarded', async () => {
    const s = await scripted({ message: proxies([BOB, CAROL, DAVE]), success: watch, best: watch });
    const sent = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet' });
    const received = [
      await s.bob.receive('MESSAGE'),
      await s.carol.receive('MESSAGE'),
      await s.dave.receive('MESSAGE'),
    ];
    present(received[0]).reply(202);
    present(received[1]).reply(200);
    await s.world.run(100);
    present(received[2]).reply(603);
    await s.world.run(100);
    expect(sent.responses.map(({ status }) => status)).toEqual([202]);
    expect(s.seen).toEqual(['message', 'success 202 MESSAGE']);
    await s.ends();
    expect([requests(s.bob), requests(s.carol), requests(s.dave)]).toEqual(Array(3).fill(['MESSAGE']));
  });

  test('PRS-34 RFC 6026 one that belongs to no client transaction is dropped', async () => {
    const s = await scripted({ invite: proxies(BOB), success: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    invite.reply(200, { toTag: 'late' });
    await s.world.run(100);
    expect([s.seen, finalsOf(s.alice)]).toEqual([['invite', 'success 200'], [200]]);
    await s.ends();
  });

  test('PRS-40 a 2xx that comes after the caller’s CANCEL is forwarded', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), success: watch, best: watch });
    s.carol.autoTrying = s.carol.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await call.cancel().response(200);
    (await s.bob.receive('CANCEL')).reply(481);
    await s.world.run(500);
    expect(requests(s.carol)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.ends();
    expect([s.seen, finalsOf(s.alice)]).toEqual([['invite', 'success 200'], [200]]);
  });
});

describe('6xx', () => {
  test('PRS-18 it is not forwarded while others ring: they are cancelled, no branch is added, then it goes', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]), best: watch });
    s.dave.answerCancel = true;
    const call = s.call();
    (await s.dave.receive('INVITE')).reply(180);
    const carols = await s.carol.receive('INVITE');
    carols.reply(183);
    await s.world.run(100);
    (await s.bob.receive('INVITE')).reply(603);
    (await s.carol.receive('CANCEL')).reply(200);
    const at = s.world.clock.now();
    await s.world.run(1);
    expect([times(s.carol, 'CANCEL'), times(s.dave, 'CANCEL')]).toEqual([[at], [at]]);
    await s.world.run(5000);
    expect([finalsOf(s.alice), s.seen]).toEqual([[], ['invite']]);
    carols.reply(302, { contact: ERIN });
    await call.response(603);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[603], ['invite', 'best 603']]);
    expect(s.world.network.record.some(({ to }) => to.address === '10.0.0.5')).toBe(false);
  });

  test('PRS-18 in a sequential search the targets that are left are not tried', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { parallel: false }) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(600);
    await call.response(600);
    await s.ends();
    expect(requests(s.carol)).toEqual([]);
  });

  test('PRS-19 6xx, then 200 from another branch before it was cancelled: 200 forwarded, 6xx never', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), success: watch, best: watch });
    const call = s.call();
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    await s.world.run(100);
    (await s.bob.receive('INVITE')).reply(603);
    (await s.carol.receive('CANCEL')).reply(200);
    carols.reply(200);
    await call.response(200);
    call.ack();
    await carols.ack();
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[200], ['invite', 'success 200']]);
  });
});

describe('the best response', () => {
  test('PRS-20 a 486 is held until the other branch has ended', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
    const call = s.call();
    const carols = await s.carol.receive('INVITE');
    carols.reply(180);
    (await s.bob.receive('INVITE')).reply(486);
    await s.world.run(60_000);
    expect([finalsOf(s.alice), s.seen]).toEqual([[], ['invite']]);
    carols.reply(480);
    await call.response('4xx');
    await s.ends();
    expect(finalsOf(s.alice)).toHaveLength(1);
  });

  test('PRS-21 when no branch says anything, 408 upstream', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL], { timeout: '600s' }) });
    const final = await s.call().response('final');
    expect([final.status, s.world.clock.now()]).toEqual([408, 1 + 64 * T1 + 1]);
    expect([count(s.bob, 'INVITE'), count(s.carol, 'INVITE')]).toEqual([7, 7]);
    await s.ends();
  });

  const CHALLENGE = { 'Proxy-Authenticate': 'Digest realm="p", nonce="1"' };
  test.each<[string, number, [number, Record<string, string>?][]]>([
    ['PRS-22 404 and 603', 603, [[404], [603]]],
    ['PRS-23 302, 404 and 500', 302, [[500], [302, { Contact: `<${ERIN}>` }], [404]]],
    ['PRS-24 503, 407, 501 and 404', 407, [[503], [407, CHALLENGE], [501], [404]]],
    ['PRS-25 486 and 401', 401, [[486], [401, { 'WWW-Authenticate': 'Digest realm="u", nonce="1"' }]]],
    ['PRS-25 404 and 407', 407, [[404], [407, CHALLENGE]]],
    ['PRS-25 480 and 415', 415, [[480], [415, { Accept: 'application/sdp' }]]],
    ['PRS-25 403 and 420', 420, [[403], [420, { Unsupported: 'x' }]]],
    ['PRS-25 400 and 484', 484, [[400], [484]]],
    ['PRS-27 503 and 404', 404, [[503], [404]]],
  ])('%s: %i', async (_, best, answers) => {
    for (const order of [answers, [...answers].reverse()]) {
      const targets = [BOB, CAROL, DAVE, ERIN.replace('erin', 'else')].slice(0, order.length);
      const s = await scripted({ invite: proxies(targets, { recurse: false }), best: watch });
      const phones = [s.bob, s.carol, s.dave, s.world.phone('else', '10.0.0.5')];
      const call = s.call();
      await answer(
        s,
        order.map(([status, headers], i) => [present(phones[i]), status, headers] as const),
      );
      expect((await call.response('final')).status).toBe(best);
      await s.ends();
      expect([finalsOf(s.alice), s.seen]).toEqual([[best], ['invite', `best ${best}`]]);
    }
  });

  test.each([
    ['of one branch', [BOB]],
    ['of both', [BOB, CAROL]],
  ])('PRS-26 503 %s alone: 500 upstream, without its Retry-After', async (_, targets) => {
    const s = await scripted({ invite: proxies(targets) });
    for (const phone of [s.bob, s.carol]) {
      phone.on('INVITE', (invite) => invite.reply(503, { headers: { 'Retry-After': '3600', 'X-Why': 'full' } }));
    }
    const final = await s.call().response('final');
    expect([final.status, final.header('Retry-After'), final.header('X-Why')]).toEqual([500, undefined, 'full']);
    expect(final.reason).not.toBe('Service Unavailable');
    await s.ends();
  });

  test('PRS-27 a branch that cannot be reached and a 404: 404', async () => {
    const s = await scripted({ invite: proxies([NOBODY, BOB]) });
    const call = s.call();
    await answer(s, [[s.bob, 404]]);
    await call.response(404);
    await s.ends(1);
  });
});

describe('To tags', () => {
  test('PRS-28 a 408 of its own has a To tag of its own; those of others are as they came', async () => {
    const s = await scripted({ invite: proxies(BOB, { timeout: '5s' }) });
    s.bob.autoTrying = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180, { toTag: 'bobs' });
    expect((await call.response(180)).toTag).toBe('bobs');
    const final = await call.response(408);
    expect(final.toTag).toBeDefined();
    expect(final.toTag).not.toBe('bobs');
    await s.ends();
  });

  test('PRS-28 so has a 487', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180, { toTag: 'bobs' });
    await call.response(180);
    const answered = await call.cancel().response(200);
    const final = await call.response(487);
    expect(final.toTag).not.toBe('bobs');
    expect(final.toTag).toBe(answered.toTag);
    await s.ends();
  });

  test.each([200, 486])('PRS-29 the response %i to a request that had a To tag has that one', async (status) => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    const again = call.dialog.request('INVITE');
    const received = await s.bob.receive((request) => request.method === 'INVITE' && request.message.sequence === 2);
    received.reply(status);
    const response = await again.response(status);
    expect(response.header('To')).toBe(again.message.header('To'));
    expect(parameter(present(response.header('To')), 'tag')).toBe('bob-1');
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
  });

  test('PRS-29 a 408 of its own to such a request has it too', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    const again = call.dialog.request('INVITE');
    const response = await again.response(408);
    expect(response.header('To')).toBe(again.message.header('To'));
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
  });
});

describe('§16.7 step 7, challenges', () => {
  test.each([0, 1, 2])('PRS-30 401, 407 and 404: one 401 or 407 with the values of both (order %i)', async (turn) => {
    const www = ['Digest realm="a", nonce="1", algorithm=SHA-256', 'Digest  realm="a",nonce="2" , algorithm=MD5'];
    const proxy = ['Digest realm="b", qop="auth,auth-int", nonce="3"'];
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]), best: watch });
    const answers = [
      [s.bob, 401, { 'WWW-Authenticate': www }],
      [s.carol, 407, { 'Proxy-Authenticate': proxy }],
      [s.dave, 404],
    ] as const;
    const call = s.call();
    await answer(s, [...answers.slice(turn), ...answers.slice(0, turn)] as unknown as Parameters<typeof answer>[1]);
    const final = await call.response('4xx');
    expect([401, 407]).toContain(final.status);
    const values = (name: string) => final.headers.filter(([each]) => each === name).map(([, value]) => value);
    expect([values('WWW-Authenticate'), values('Proxy-Authenticate')]).toEqual([www, proxy]);
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([final.status]);
  });

  test('PRS-31 407 from two branches with the same realm: both challenges are there', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]) });
    const call = s.call();
    const challenges = ['Digest realm="same", nonce="1"', 'Digest realm="same", nonce="2"'];
    await answer(s, [
      [s.bob, 407, { 'Proxy-Authenticate': present(challenges[0]) }],
      [s.carol, 407, { 'Proxy-Authenticate': present(challenges[1]) }],
    ]);
    const final = await call.response(407);
    expect(final.headers.filter(([name]) => name === 'Proxy-Authenticate').map(([, value]) => value)).toEqual(
      challenges,
    );
    await s.ends();
  });
});

test('PRS-32 in over TCP, out over UDP, record-routed: each side sees a Record-Route that it can use', async () => {
  const s: ScriptedStage = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
  const call = s.call({ transport: 'TCP' });
  const invite = await s.bob.receive('INVITE');
  const [near = '', far = ''] = invite.list('Record-Route');
  expect(invite.list('Record-Route')).toHaveLength(2);
  expect([near.includes('transport=tcp'), far.includes('transport=tcp')]).toEqual([false, true]);
  invite.reply(200);
  const response = await call.response(200);
  expect(response.list('Record-Route')).toEqual([near, far]);
  call.ack();
  await invite.ack();
  for (const [from, to] of [
    [call.dialog, s.bob],
    [invite.dialog, s.alice],
  ] as const) {
    const info = from.request('INFO');
    const received = await to.receive('INFO');
    expect([received.arrival.transport, received.list('Route')]).toEqual([to === s.bob ? 'UDP' : 'TCP', []]);
    received.reply(200);
    await info.response(200);
  }
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
  expect(finals(s.alice).length).toBe(3);
});
