// What only sockets show: transports that differ, large requests, connections that end, and the stateless siplet.
import { StatelessRoute, Siplet as siplet } from '@siplet/sdk';
import { afterAll, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests, statuses } from '../world/arrivals.js';
import type { Phone } from '../world/phone.js';
import { proxies, watch } from '../world/script.js';
import { BOTH } from '../world/stage.js';
import { type Loopback, loopback, nothingLeft } from './loopback.js';

afterAll(nothingLeft);

const LARGE = 'x'.repeat(1500);

/** Ends the connections of a phone, and waits until the container has noticed, and the phone that they are gone. */
async function hangsUp(s: Loopback, phone: Phone): Promise<void> {
  const { transport } = s.container.engine;
  const before = transport.connections;
  const mine = [...phone.wire.connections.values()];
  for (const connection of mine) connection.end();
  await s.world.until('the connection is gone', () => {
    const left = new Set(phone.wire.connections.values());
    return transport.connections <= before - mine.length && !mine.some((connection) => left.has(connection));
  });
}

describe('C-39 RFC 5658 the sides differ', () => {
  test.each([
    ['UDP', 'TCP'],
    ['TCP', 'UDP'],
  ] as const)('NAT-06 NAT-07 %s in and %s out: two Record-Routes, in both directions', async (inside, outside) => {
    const s = await loopback(inside, (w) => ({
      invite: proxies(w.uri(w.bob, outside), { recordRoute: true }),
      bye: watch,
      info: watch,
    }));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const values = invite.list('Record-Route').map((value) => /;transport=tcp/.test(value));
    expect(values).toEqual(outside === 'TCP' ? [true, false] : [false, true]);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.passes('INFO', call, s.bob);
    await s.passes('INFO', invite, s.alice);
    await s.passes('BYE', invite, s.alice);
    expect(new Set(s.bob.received.map(({ transport }) => transport))).toEqual(new Set([outside]));
    expect(new Set(s.alice.received.map(({ transport }) => transport))).toEqual(new Set([inside]));
    expect(s.seen).toEqual(['invite', 'info', 'info', 'bye']);
  });
});

describe('§18.1.1 a request that is too large for UDP', () => {
  test('goes over TCP, and the call stands', async () => {
    const s = await loopback('UDP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { call, invite } = await s.established({ body: LARGE });
    expect(invite.arrival.transport).toBe('TCP');
    expect(invite.body).toBe(LARGE);
    await s.passes('BYE', call, s.bob);
  });

  test('falls back to UDP where TCP is refused', async () => {
    let udpOnly: Phone | undefined;
    const s = await loopback('UDP', () => ({
      invite: (request) => proxies(present(udpOnly).uri, { recordRoute: true })(request),
    }));
    udpOnly = await s.world.phone('erin', '127.0.0.5', { listens: ['UDP'] });
    const call = s.call({ body: LARGE });
    const invite = await udpOnly.receive('INVITE');
    expect(invite.arrival.transport).toBe('UDP');
    expect(invite.body).toBe(LARGE);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.passes('BYE', call, udpOnly);
  });

  test('E-03 an ACK too, and the refusal is remembered', async () => {
    let udpOnly: Phone | undefined;
    const s = await loopback('UDP', () => ({
      invite: (request) => proxies(present(udpOnly).uri, { recordRoute: true })(request),
    }));
    udpOnly = await s.world.phone('frank', '127.0.0.6', { listens: ['UDP'] });
    const call = s.call();
    const invite = await udpOnly.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack({ body: LARGE });
    expect((await invite.ack()).body).toBe(LARGE);
    const { counters } = s.container.engine.transport;
    const opened = counters.connectionsOpened;
    const again = present(call.dialog).request('INFO', { body: LARGE });
    (await udpOnly.receive('INFO')).reply(200);
    await again.response(200);
    expect(counters.connectionsOpened).toBe(opened);
    await s.passes('BYE', call, udpOnly);
  });

  test('of 60,000 octets arrives whole over TCP', async () => {
    const s = await loopback('TCP', (w) => ({ message: proxies(w.uri(w.bob)) }));
    const body = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(32 + (i % 90))).join('');
    const message = s.request('MESSAGE', { body, contentType: 'text/plain' });
    const got = await s.bob.receive('MESSAGE');
    expect(got.body).toBe(body);
    got.reply(200, { body, contentType: 'text/plain' });
    expect((await message.response(200)).body).toBe(body);
  });
});

describe('§18.2.2 connections that end in the middle of a call', () => {
  test('the callee has closed: the next request opens another one', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { call } = await s.established();
    await hangsUp(s, s.bob);
    await s.passes('INFO', call, s.bob);
    await hangsUp(s, s.alice);
    await s.passes('BYE', call, s.bob);
  });

  test('W-09 the caller has closed after the call: nothing was lost', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { call } = await s.established();
    await s.passes('BYE', call, s.bob);
    const { counters } = s.container.engine.transport;
    const before = counters.sendFailures;
    const problems = s.container.problems().length;
    await hangsUp(s, s.alice);
    expect([counters.sendFailures, s.container.problems().length]).toEqual([before, problems]);
  });

  test('E-19 T-4 a caller that accepts no connections is reached on its own', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const { invite } = await s.established({ contact: '<sip:alice@127.0.0.1:1;transport=tcp>' });
    await s.passes('BYE', invite, s.alice);
  });

  test('the caller has closed while it rings: its 200 comes on a connection to its sent-by', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await hangsUp(s, s.alice);
    invite.reply(200);
    await call.response(200);
    expect(present(present(s.alice.received.at(-1)).connection).local.port).toBe(s.alice.port);
    call.ack();
    await invite.ack();
    await s.passes('BYE', invite, s.alice);
  });

  test('the callee has closed while it rings: its 200 comes on a connection to us', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob), { recordRoute: true }) }));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await hangsUp(s, s.bob);
    const answer = invite.reply(200); // goes nowhere: that connection has ended
    s.bob.send(answer, `${s.via};transport=tcp`);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.passes('BYE', call, s.bob);
  });

  test('the callee resets the connection before it has answered anything: 408, and the container lives', async () => {
    const s = await loopback('TCP', (w) => ({ invite: proxies(w.uri(w.bob)), message: proxies(w.uri(w.bob)) }));
    const call = s.call();
    await s.bob.receive('INVITE');
    for (const connection of s.bob.wire.connections.values()) connection.destroy();
    expect([408, 500]).toContain((await call.response('final')).status);
    const message = s.request('MESSAGE');
    (await s.bob.receive('MESSAGE')).reply(200);
    await message.response(200);
  });
});

describe.each(BOTH)('a stateless siplet over %s', (transport) => {
  async function switched(outside = transport): Promise<Loopback> {
    let target = '';
    @siplet({ name: 'switch', stateless: true })
    class Switch {
      @StatelessRoute()
      route(): string {
        return target;
      }
    }
    const s = await loopback(transport, () => ({}), { application: Switch });
    target = s.uri(s.bob, outside);
    return s;
  }

  test('SLP-01 SLP-02 SLP-10 no 100 of its own; retransmissions with the same octets; responses by Via', async () => {
    const s = await switched();
    const call = s.call();
    call.resend();
    await s.bob.receive('INVITE');
    const invite = await s.bob.receive('INVITE');
    await s.world.run(50);
    expect(s.alice.received).toEqual([]);
    expect(s.bob.received).toHaveLength(2);
    expect(new Set(s.bob.received.map(({ wire }) => wire)).size).toBe(1);
    for (const status of [100, 180, 200]) invite.reply(status);
    for (const status of [100, 180, 200]) await call.response(status);
    call.ack({ via: s.via });
    await invite.ack();
    expect(Object.values(s.container.alive).every((count) => count === 0)).toBe(true);
  });

  test('SLP-04 CANCEL and ACK with the branch of their INVITE', async () => {
    const s = await switched();
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    await s.bob.receive('ACK');
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(new Set(s.bob.received.map(({ message }) => message.branch)).size).toBe(1);
    expect(statuses(s.alice, 'INVITE')).toEqual([180, 487]);
  });

  test('SLP-08 to the other transport and back', async () => {
    const s = await switched(transport === 'UDP' ? 'TCP' : 'UDP');
    const message = s.request('MESSAGE');
    const got = await s.bob.receive('MESSAGE');
    expect(got.arrival.transport).not.toBe(transport);
    got.reply(200);
    await message.response(200);
    expect(present(s.alice.received[0]).transport).toBe(transport);
  });

  test('SLP-12 SLP-13 §8.2.7 an answer of its own is the same each time, and its ACK is ignored', async () => {
    const s = await switched();
    const call = s.call({ headers: { 'Proxy-Require': 'foo' } });
    await call.response(420);
    call.resend();
    await s.world.until('it comes again', () => s.alice.received.length === 2);
    await s.world.run(50);
    expect(s.alice.received).toHaveLength(2);
    expect(new Set(s.alice.received.map(({ wire }) => wire)).size).toBe(1);
    expect(s.bob.received).toEqual([]);
  });

  test('SLP-17 200 calls at once, and nothing is held', async () => {
    const s = await switched();
    s.bob.on('MESSAGE', (request) => request.reply(200));
    const all = Array.from({ length: 200 }, () => s.request('MESSAGE'));
    await Promise.all(all.map((one) => one.response(200)));
    expect(new Set(s.bob.received.map(({ message }) => message.branch)).size).toBe(200);
    expect(Object.values(s.container.alive).every((count) => count === 0)).toBe(true);
  });
});
