// Requests through a stateless siplet (§16.11, RULES.md section 6): the same bytes to the same place each time, and
// nothing kept.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { statuses, wires } from '../world/arrivals.js';
import { BOTH, over, SIPLET } from '../world/stage.js';
import { branches, nothingHeld, OWN_BRANCH, switched, toBob } from './switch.js';

describe.each(BOTH)('over %s', (transport) => {
  test('SLP-01 §16.11 no 100 and no provisional response of its own', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    await s.bob.receive('INVITE');
    await s.world.run(40_000);
    expect(s.alice.received).toEqual([]);
    expect(call.responses).toEqual([]);
    expect(s.bob.received).toHaveLength(1); // no retransmission of its own
    await nothingHeld(s);
  });

  test('SLP-02 §16.11 a retransmission is forwarded again: same place, same branch, same octets', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call({ body: 'v=0\r\n', headers: { 'X-Any': ['one', 'two, three'], Supported: '' } });
    for (let i = 0; i < 4; i++) {
      await s.world.run(500 * 2 ** i);
      call.resend();
    }
    await s.world.deliver();
    const seen = wires(s.bob, 'INVITE');
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(1);
    expect(present(s.bob.received[0]).message.branch).toMatch(OWN_BRANCH);
    await nothingHeld(s);
  });

  test('SLP-02 a retransmission after the final response is forwarded too', async () => {
    const s = await switched(toBob(transport), { transport });
    const message = s.request('MESSAGE');
    (await s.bob.receive('MESSAGE')).reply(200);
    await message.response(200);
    message.resend();
    (await s.bob.receive('MESSAGE')).resend();
    await s.world.deliver();
    expect(new Set(wires(s.bob, 'MESSAGE')).size).toBe(1);
    expect(wires(s.bob, 'MESSAGE')).toHaveLength(2);
  });

  test('SLP-03 §16.11 one target, by what the message says', async () => {
    const places = ['10.0.0.2', '10.0.0.3'];
    const s = await switched((request) => `sip:x@${places[request.callId.charCodeAt(0) % 2]}${over(transport)}`, {
      transport,
    });
    const calls = ['a', 'b', 'c', 'd'].map((letter) => s.call({ callId: `${letter}@alice` }));
    for (const call of calls) call.resend();
    await s.world.deliver();
    const ids = (phone: typeof s.bob) => phone.received.map(({ message }) => message.callId);
    expect(ids(s.bob).sort()).toEqual(['b@alice', 'b@alice', 'd@alice', 'd@alice']);
    expect(ids(s.carol).sort()).toEqual(['a@alice', 'a@alice', 'c@alice', 'c@alice']);
  });

  test('SLP-04 §16.11 CANCEL goes to the place and with the branch of its INVITE, and is not answered here', async () => {
    const s = await switched(toBob(transport), { transport });
    s.bob.answerCancel = true;
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    const cancel = call.cancel();
    await cancel.response(200);
    await call.response(487);
    await invite.ack();
    expect(s.bob.received.map(({ message }) => message.method)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(new Set(branches(s.bob)).size).toBe(1);
    // §9.1: that is all by which the server knows them.
    const vias = s.bob.received.map(({ message }) => message.list('Via')[0]);
    expect(new Set(vias).size).toBe(1);
    expect(new Set(s.bob.received.map(({ message }) => message.uri)).size).toBe(1);
    await nothingHeld(s);
  });

  test('SLP-04 a CANCEL before any response, and each of its retransmissions, is forwarded at once', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const cancel = call.cancel();
    cancel.resend();
    await s.world.deliver();
    expect(s.bob.received.map(({ message }) => message.method)).toEqual(['INVITE', 'CANCEL', 'CANCEL']);
    expect(new Set(branches(s.bob)).size).toBe(1);
    expect(new Set(wires(s.bob, 'CANCEL')).size).toBe(1);
  });

  test('SLP-04 the ACK to a 486 goes where its INVITE went, with its branch; a CANCEL of nothing too', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(486);
    await call.response(486);
    await invite.ack();
    expect(new Set(branches(s.bob)).size).toBe(1);
    await s.world.deliver();
    expect(statuses(s.alice)).toEqual([486]);
  });

  test('SLP-04 the ACK to a 2xx is a transaction of its own: another branch', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack({ via: SIPLET });
    await invite.ack();
    expect(new Set(branches(s.bob)).size).toBe(2);
    await nothingHeld(s);
  });

  test('SLP-15 §16.11 Max-Forwards, Route and Content-Length are the same each time; no Record-Route is added', async () => {
    const s = await switched(() => `sip:bob@example.com`, { transport });
    const route = [`<sip:${SIPLET}${over(transport)};lr>`, `<sip:10.0.0.2${over(transport)};lr>`, '<sip:10.0.0.77;lr>'];
    const headers = { 'Max-Forwards': undefined, 'Content-Length': transport === 'UDP' ? undefined : '0' };
    const call = s.call({ route, headers });
    call.resend();
    const invite = await s.bob.receive('INVITE');
    await s.bob.receive('INVITE');
    expect(new Set(wires(s.bob, 'INVITE')).size).toBe(1);
    expect(invite.list('Route')).toEqual(route.slice(1));
    expect(invite.header('Max-Forwards')).toBe('70');
    expect(invite.header('Content-Length')).toBe('0');
    expect(invite.list('Record-Route')).toEqual([]);
    expect(invite.uri).toBe('sip:bob@example.com');
  });

  test('§16.6 the body and what is not ours pass as they came', async () => {
    const s = await switched(toBob(transport), { transport });
    const body = 'v=0\r\n\u00ff\u0000\r\n\r\nx';
    const headers = { 'X-Odd': ['a;b="c, d"', ''], Subject: 'x  y', k: 'path' };
    const sent = s.request('PUBLISH', { body, headers }).message;
    const got = (await s.bob.receive('PUBLISH')).message;
    expect(got.body).toBe(body);
    const others = (message: typeof got) =>
      message.headers.filter(([name]) => !/^(Via|Max-Forwards|Content-Length)$/i.test(name));
    expect(others(got)).toEqual(others(sent));
    expect(got.header('Max-Forwards')).toBe('69');
    // §18.2.1 adds `received` to the Via below ours where it says another address; here it does not.
    expect(got.list('Via').slice(1)).toEqual(sent.list('Via'));
  });
});

test('SLP-14 §16.9 what cannot be sent is answered once and not tried again', async () => {
  const s = await switched(() => 'sip:bob@nowhere.example');
  const call = s.call();
  await call.response(500);
  call.resend();
  await s.world.deliver();
  expect(statuses(s.alice)).toEqual([500, 500]);
  expect(new Set(s.alice.received.map(({ message }) => message.toTag)).size).toBe(1);
  await nothingHeld(s);
});

test('SLP-14 a connection that is refused loses what it was for, and nothing else', async () => {
  const s = await switched(() => 'sip:bob@10.0.0.8;transport=tcp');
  s.world.attach('nobody', ['10.0.0.8']);
  const call = s.call();
  call.resend();
  await s.world.run(60_000);
  expect(s.alice.received).toEqual([]);
  expect(Object.values(s.container.alive).every((count) => count === 0)).toBe(true);
  expect(s.world.clock.pending).toBe(0);
});
