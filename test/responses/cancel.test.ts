// CANCEL (§9, §16.10): from the caller, and what goes downstream.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { arrivals, count, finals, finalsOf, requests, responsesTo, times } from '../world/arrivals.js';
import { proxies, scripted, watch } from '../world/script.js';
import { BOB, CAROL, DAVE } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';
import { T1 } from '../world/timing.js';

describe('from the caller', () => {
  test('PCN-06 200 at once, and CANCEL on every branch that has a 1xx', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]) });
    const call = s.call();
    const [bobs, carols] = [await s.bob.receive('INVITE'), await s.carol.receive('INVITE')];
    bobs.reply(180);
    carols.reply(100);
    await s.world.run(100);
    const at = s.world.clock.now();
    await call.cancel().response(200);
    expect(s.world.clock.now()).toBe(at + 2);
    await s.world.run(10);
    expect([times(s.bob, 'CANCEL'), times(s.carol, 'CANCEL'), times(s.dave, 'CANCEL')]).toEqual([
      [at + 2],
      [at + 2],
      [],
    ]);
    for (const [phone, invite] of [
      [s.bob, bobs],
      [s.carol, carols],
    ] as const) {
      (await phone.receive('CANCEL')).reply(200);
      invite.reply(487);
    }
    await s.world.run(1000);
    expect(finalsOf(s.alice)).toEqual([]); // dave may have answered yet
    await call.response(487);
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([487]);
  });

  test('PCN-07 before any 1xx: 200, nothing goes downstream until the first 1xx, then CANCEL', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    await call.cancel().response(200);
    await s.world.run(10_000);
    expect(new Set(requests(s.bob))).toEqual(new Set(['INVITE']));
    const at = s.world.clock.now();
    invite.reply(183);
    await call.response(487);
    expect(times(s.bob, 'CANCEL')).toEqual([at + 2]);
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([487]);
  });

  test('PCN-07 nothing ever comes from downstream: 487 all the same', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL]), best: watch });
    const call = s.call();
    await s.bob.receive('INVITE');
    await call.cancel().response(200);
    await call.response(487);
    expect(s.world.clock.now()).toBeLessThanOrEqual(64 * T1 + 2);
    await s.ends();
    expect([count(s.bob, 'CANCEL'), count(s.carol, 'CANCEL'), s.seen]).toEqual([0, 0, ['invite', 'best 487']]);
  });

  test('PCN-08 487s come back from all branches: one 487 upstream', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE]), best: watch });
    for (const phone of [s.bob, s.carol, s.dave]) phone.autoTrying = phone.answerCancel = true;
    const call = s.call();
    await s.dave.receive('INVITE');
    await s.world.run(10);
    call.cancel();
    await call.response(487);
    await s.ends();
    expect([finalsOf(s.alice), s.seen]).toEqual([[487], ['invite', 'best 487']]);
    expect([s.bob, s.carol, s.dave].map(requests)).toEqual(Array(3).fill(['INVITE', 'CANCEL', 'ACK']));
  });

  test.each([200, 486])('PCN-09 after a %i went up: 200, and no effect', async (status) => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(status);
    await call.response(status);
    await call.cancel().response(200);
    if (status === 200) call.ack();
    await s.world.run(1000);
    await s.ends();
    expect([requests(s.bob), finalsOf(s.alice)]).toEqual([['INVITE', 'ACK'], [status]]);
  });

  test('PCN-09 after the transaction has ended: 481', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await call.response(486);
    await s.ends();
    await call.cancel().response(481);
    await s.ends();
  });

  test('PCN-10 a CANCEL that matches nothing: 481', async () => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    const cancel = s.alice.request('CANCEL', 'sip:bob@10.0.0.2', { via: 'siplet', branch: 'z9hG4bK-of-nobody' });
    const response = await cancel.response(481);
    expect(response.toTag).toBeDefined();
    await s.ends();
    expect([requests(s.bob), s.seen, finals(s.alice)]).toEqual([[], [], [481]]);
  });

  test('PCN-13 for a MESSAGE: 200, otherwise no effect', async () => {
    const s = await scripted({ message: proxies([BOB, CAROL]), cancel: watch });
    const sent = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: 'siplet' });
    const received = await s.bob.receive('MESSAGE');
    received.reply(100);
    await s.world.run(10);
    const cancel = sent.cancel();
    await cancel.response(200);
    await s.world.run(1000);
    expect([count(s.bob, 'CANCEL'), count(s.carol, 'CANCEL'), finalsOf(s.alice, 'MESSAGE'), s.seen]).toEqual([
      0,
      0,
      [],
      ['message'],
    ]);
    received.reply(200);
    await sent.response(200);
    await s.ends();
    expect(finalsOf(s.alice, 'MESSAGE')).toEqual([200]);
  });

  test.each<[string, (cancel: TextMessage) => void]>([
    [
      'another sent-by',
      (cancel) => cancel.set('Via', `${present(cancel.header('Via')).replace('10.0.0.1', '10.0.0.11')};rport`),
    ],
    [
      'another port in sent-by',
      (cancel) => cancel.set('Via', `${present(cancel.header('Via')).replace(':5060', ':5061')};rport`),
    ],
    ['another branch', (cancel) => cancel.set('Via', `${cancel.header('Via')}x`)],
  ])('PCN-14 a CANCEL with %s does not match', async (_, spoil) => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    s.alice.strict = false;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const cancel = cancelOf(call.message);
    spoil(cancel);
    s.alice.send(cancel, 'siplet');
    await s.world.run(100);
    expect(responsesTo(s.alice, 'CANCEL').map(({ message }) => message.status)).toEqual([481]);
    expect([requests(s.bob), s.seen]).toEqual([['INVITE'], ['invite']]);
    invite.reply(486);
    await call.response(486);
    await s.ends();
  });

  test('PCN-14 one of an RFC 2543 client with another CSeq number does not match', async () => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    const call = s.call({ branch: '1' });
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const cancel = cancelOf(call.message).set('CSeq', '2 CANCEL');
    s.alice.send(cancel, 'siplet');
    await s.world.run(100);
    expect(responsesTo(s.alice, 'CANCEL').map(({ message }) => message.status)).toEqual([481]);
    await call.cancel().response(200);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(487);
    await call.response(487);
    await s.ends();
  });

  test('PCN-15 sent again it is answered again by its own transaction; nothing more goes downstream', async () => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const cancel = call.cancel();
    const first = await cancel.response(200);
    for (let i = 0; i < 3; i++) cancel.resend();
    await s.world.run(10);
    expect(cancel.responses.map(String)).toEqual(Array(4).fill(String(first)));
    expect([count(s.bob, 'CANCEL'), s.seen]).toEqual([1, ['invite', 'cancel']]);
    (await s.bob.receive('CANCEL')).reply(200);
    invite.reply(487);
    await call.response(487);
    cancel.resend();
    await s.world.run(10);
    expect(cancel.responses.map(String)).toEqual(Array(5).fill(String(first)));
    await s.ends();
    expect([count(s.bob, 'CANCEL'), finalsOf(s.alice)]).toEqual([1, [487]]);
  });

  test('PCN-16 the 200 to the CANCEL and a 487 that is ours have the same To tag', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const answered = await call.cancel().response(200);
    const final = await call.response(487);
    expect(answered.toTag).toBeDefined();
    expect(final.toTag).toBe(answered.toTag);
    await s.ends();
  });

  test('PCN-19 over another TCP connection of the same address it matches', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    s.bob.answerCancel = true;
    const call = s.call({ transport: 'TCP' });
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    const connections = s.world.network.connections.size;
    s.alice.wire.connections.clear(); // the phone has forgotten it; it stands all the same
    await call.cancel().response(200);
    expect(s.world.network.connections.size).toBeGreaterThan(connections);
    await call.response(487);
    await s.ends();
    expect(finalsOf(s.alice)).toEqual([487]);
  });

  test.each(['UDP', 'TCP'] as const)('E-02 PCN-19 §17.2.3 and from another address, over %s', async (transport) => {
    const s = await scripted({ invite: proxies(BOB), cancel: watch });
    s.bob.answerCancel = true;
    const nat = s.world.phone('nat', '10.0.0.66');
    const call = s.call({ transport });
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    nat.send(cancelOf(call.message), s.alice.destination('siplet', transport));
    await call.response(487);
    await s.ends();
    expect(responsesTo(nat, 'CANCEL').map(({ message }) => message.status)).toEqual([200]);
    expect([requests(s.bob), s.seen]).toEqual([
      ['INVITE', 'CANCEL', 'ACK'],
      ['invite', 'cancel'],
    ]);
  });

  test('PCN-20 crossing a 200 on the wire: the 200 wins, ACK and BYE as ever', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }), success: watch, bye: watch });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const cancel = call.cancel();
    invite.reply(200);
    await call.response(200);
    await cancel.response(200);
    call.ack();
    await invite.ack();
    for (const received of s.bob.unread.filter(({ method }) => method === 'CANCEL')) received.reply(481);
    const bye = call.bye();
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.seen).toEqual(['invite', 'success 200', 'bye', 'success 200 BYE']);
    await s.world.run(64 * T1 + 5000);
    await s.ends();
  });

  test('PCN-21 of a sequential search: the current branch is cancelled, the others are not tried', async () => {
    const s = await scripted({ invite: proxies([BOB, CAROL, DAVE], { parallel: false }) });
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(404);
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    call.cancel();
    const final = await call.response('4xx');
    expect(final.status).toBe(404); // it came, and tells more than a 487
    await s.ends();
    expect([requests(s.carol), requests(s.dave)]).toEqual([['INVITE', 'CANCEL', 'ACK'], []]);
  });

  test('PCN-22 an INVITE whose Expires has passed is not forwarded twice, and may still be answered', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call({ headers: { Expires: '5' } });
    const invite = await s.bob.receive('INVITE');
    expect(invite.header('Expires')).toBe('5');
    invite.reply(180);
    await s.world.run(20_000);
    expect(count(s.bob, 'INVITE')).toBe(1);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await s.ends();
    expect(arrivals(s.bob, ({ method }) => method === 'INVITE')).toHaveLength(1);
  });
});

/** The CANCEL of an INVITE (§9.1), not sent. */
function cancelOf(invite: TextMessage): TextMessage {
  const cancel = new (invite.constructor as typeof TextMessage)(invite.startLine.replace('INVITE', 'CANCEL'));
  cancel.add('Via', present(invite.header('Via'))).add('Max-Forwards', '70');
  for (const name of ['From', 'To', 'Call-ID']) cancel.add(name, present(invite.header(name)));
  return cancel.add('CSeq', `${invite.sequence} CANCEL`).add('Content-Length', '0');
}
