// Double Record-Route (RFC 5658, C-39): where the two sides differ in transport, interface or IP version, each gets a
// URI that it can reach.
import { Initial, type SipRequest, Subsequent, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ServerRequest } from '../world/incoming.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { Siplet } from '../world/siplet.js';
import { left, nothingLeft } from '../world/stage.js';
import { uriIn } from '../world/text-message.js';
import { World } from '../world/world.js';

interface Side {
  readonly address: string;
  readonly transport: Transport;
  /** The container's address on this side. */
  readonly near: string;
}

const IPV4_UDP: Side = { address: '10.0.0.1', transport: 'UDP', near: '10.0.0.9' };
const IPV4_TCP: Side = { address: '10.0.0.2', transport: 'TCP', near: '10.0.0.9' };
const OTHER_UDP: Side = { address: '192.0.2.1', transport: 'UDP', near: '192.0.2.9' };
const OTHER_TCP: Side = { address: '192.0.2.2', transport: 'TCP', near: '192.0.2.9' };
const IPV6_UDP: Side = { address: 'fd00::1', transport: 'UDP', near: 'fd00::9' };
const IPV6_TCP: Side = { address: 'fd00::2', transport: 'TCP', near: 'fd00::9' };

const PAIRS: readonly [string, Side, Side][] = [
  ['NAT-06 NAT-07 UDP and TCP', IPV4_UDP, IPV4_TCP],
  ['NAT-06 NAT-07 TCP and UDP', IPV4_TCP, IPV4_UDP],
  ['NAT-06 NAT-07 two interfaces', IPV4_UDP, OTHER_UDP],
  ['NAT-06 NAT-07 two interfaces, UDP and TCP', IPV4_UDP, OTHER_TCP],
  ['NAT-06 NAT-07 two interfaces, TCP on both', IPV4_TCP, OTHER_TCP],
  ['NAT-09 IPv4 and IPv6', IPV4_UDP, IPV6_UDP],
  ['NAT-09 IPv6 and IPv4', IPV6_UDP, OTHER_UDP],
  ['NAT-09 IPv4 over UDP and IPv6 over TCP', IPV4_UDP, IPV6_TCP],
  ['NAT-09 IPv6 over TCP and IPv4 over UDP', IPV6_TCP, IPV4_UDP],
];

const host = (address: string) => (address.includes(':') ? `[${address}]` : address);
const tcp = ({ transport }: Side) => (transport === 'TCP' ? ';transport=tcp' : '');
const uriOf = (name: string, side: Side) => `sip:${name}@${host(side.address)}${tcp(side)}`;
/** Our Record-Route URI for a side, without what names the dialog. */
const ours = (side: Side) => `sip:${host(side.near)}:5060${tcp(side)};lr`;
const plain = (value: string) => uriIn(value).replace(/;sid=[^;]*/, '');

async function between(caller: Side, callee: Side, targets?: (request: SipRequest) => string) {
  const world = new World();
  const seen: string[] = [];
  @siplet({ name: 'relay' })
  class Relay {
    @Initial()
    route(request: SipRequest) {
      const target = targets?.(request) ?? uriOf('bob', callee);
      const proxy = request.proxy({ recordRoute: true });
      proxy.recordRouteUri?.parameters.set('app', 'one');
      proxy.proxyTo(target);
    }

    @Subsequent()
    subsequent(request: SipRequest) {
      seen.push(`${request.method} ${String(request.parameter('app'))}`);
    }
  }
  const addresses = [...new Set([caller.near, callee.near])];
  const container = await Siplet.start(world, { relay: { Relay } }, { addresses });
  const alice = world.phone('alice', caller.address, { transport: caller.transport });
  const bob = world.phone('bob', callee.address, { transport: callee.transport });
  const via = `${host(caller.near)}${tcp(caller)}`;
  return { world, container, alice, bob, seen, invite: () => alice.invite('sip:bob@example.com', { via }) };
}

/** Where the last message of a phone came from, and how. */
function cameFrom(phone: Phone): [string, Transport] {
  const { from, transport } = present(phone.received.at(-1));
  return [from.address, transport];
}

/**
 * A request in the dialog arrives with its Route set used up, by the right transport from the right address; its
 * response too.
 */
async function passes(
  from: ClientRequest | ServerRequest,
  sender: Phone,
  to: Phone,
  near: Side,
  far: Side,
  method: string,
) {
  const request = from.dialog.request(method);
  const got = await to.receive(method);
  expect(got.list('Route')).toEqual([]);
  expect(got.arrival.transport).toBe(far.transport);
  expect(got.arrival.from.address).toBe(far.near);
  got.reply(200);
  await request.response(200);
  expect(cameFrom(sender)).toEqual([near.near, near.transport]);
}

describe.each(PAIRS)('%s', (name, caller, callee) => {
  test(`${name}: two values, in both directions, responses untouched (NAT-08)`, async () => {
    const s = await between(caller, callee);
    const call = s.invite();
    const invite = await s.bob.receive('INVITE');
    const values = invite.list('Record-Route');
    expect(values.map((value) => plain(value).replace(';app=one', ''))).toEqual([ours(callee), ours(caller)]);
    for (const value of values) expect(value).toMatch(/^<sip:.*;lr[;>]/);
    expect(cameFrom(s.bob)).toEqual([callee.near, callee.transport]);

    // NAT-08: both are there already, and the response is as the callee wrote it.
    const ringing = invite.reply(180);
    expect((await call.response(180)).list('Record-Route')).toEqual(ringing.list('Record-Route'));
    invite.reply(200);
    expect((await call.response(200)).list('Record-Route')).toEqual(values);
    call.ack();
    const ack = await invite.ack();
    expect(ack.list('Route')).toEqual([]);
    expect(ack.arrival.transport).toBe(callee.transport);

    await passes(call, s.alice, s.bob, caller, callee, 'INFO');
    await passes(invite, s.bob, s.alice, callee, caller, 'INFO');
    await passes(invite, s.bob, s.alice, callee, caller, 'BYE');
    expect(s.seen).toEqual(['ACK one', 'INFO one', 'INFO one', 'BYE one']);
    await nothingLeft(s.world, [s.container]);
  });

  test(`${name}: re-INVITE from the callee and its ACK`, async () => {
    const s = await between(caller, callee);
    const call = s.invite();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const again = invite.dialog.request('INVITE');
    const got = await s.alice.receive('INVITE');
    expect(got.arrival.transport).toBe(caller.transport);
    got.reply(200);
    await again.response(200);
    again.ack();
    await got.ack();
    await passes(call, s.alice, s.bob, caller, callee, 'BYE');
  });

  test(`${name}: a container that was restarted routes by the Route set, both ways (C-40)`, async () => {
    const s = await between(caller, callee);
    const call = s.invite();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await s.world.complete(s.container.engine.transport.close());
    const addresses = [...new Set([caller.near, callee.near])];
    const restarted = await Siplet.start(s.world, {}, { name: 'restarted', addresses });
    await passes(call, s.alice, s.bob, caller, callee, 'INFO');
    await passes(invite, s.bob, s.alice, callee, caller, 'INFO');
    const again = call.dialog.request('INVITE');
    const got = await s.bob.receive('INVITE');
    got.reply(200);
    await again.response(200);
    again.ack();
    expect((await got.ack()).list('Route')).toEqual([]);
    await passes(call, s.alice, s.bob, caller, callee, 'BYE');
    expect(restarted.engine.counters.orphans).toBe(4);
    expect(s.seen).toEqual(['ACK one']);
    // The container that is gone still waits for the end of the call: deadlines of its own are pending.
    await s.world.runUntilIdle();
    expect([left(restarted), restarted.problems()]).toEqual([{}, []]);
  });
});

describe('one value where both sides are the same', () => {
  test.each([
    ['UDP', IPV4_UDP, { ...IPV4_UDP, address: '10.0.0.3' }],
    ['TCP', IPV4_TCP, { ...IPV4_TCP, address: '10.0.0.3' }],
    ['IPv6', IPV6_UDP, { ...IPV6_UDP, address: 'fd00::3' }],
  ] as const)('NAT-06 %s on both', async (_name, caller, callee) => {
    const s = await between(caller, callee);
    s.invite();
    expect((await s.bob.receive('INVITE')).list('Record-Route')).toHaveLength(1);
  });
});

describe('NAT-10 a spiral: the request passes the container twice', () => {
  /** alice → siplet → siplet → bob, with another Request-URI the second time. */
  const twice = (caller: Side, callee: Side) =>
    between(caller, callee, (request) =>
      `${request.uri}`.includes('again') ? uriOf('bob', callee) : `sip:again@${host(caller.near)}${tcp(caller)}`,
    );

  test.each([
    ['UDP throughout', IPV4_UDP, { ...IPV4_UDP, address: '10.0.0.3' }, 2],
    ['UDP in, TCP out', IPV4_UDP, IPV4_TCP, 3],
    ['IPv4 in, IPv6 out', IPV4_UDP, IPV6_UDP, 3],
    ['TCP in, UDP out', IPV4_TCP, IPV4_UDP, 3],
  ] as const)('NAT-10 %s: one pass takes its own values alone', async (_name, caller, callee, values) => {
    const s = await twice(caller, callee);
    const call = s.invite();
    const invite = await s.bob.receive('INVITE');
    expect(invite.list('Record-Route')).toHaveLength(values);
    const names = invite.list('Record-Route').map((value) => present(/sid=([^.]+)/.exec(value))[1]);
    expect(new Set(names).size).toBe(2);
    invite.reply(200);
    await call.response(200);
    call.ack();
    expect((await invite.ack()).list('Route')).toEqual([]);
    await passes(call, s.alice, s.bob, caller, callee, 'INFO');
    await passes(invite, s.bob, s.alice, callee, caller, 'INFO');
    await passes(invite, s.bob, s.alice, callee, caller, 'BYE');
    // The application has seen each of them twice: once for each pass.
    expect(s.seen).toEqual(['ACK', 'ACK', 'INFO', 'INFO', 'INFO', 'INFO', 'BYE', 'BYE'].map((one) => `${one} one`));
    await nothingLeft(s.world, [s.container]);
  });
});

test('C-39 both sides see a URI of their own even where the caller has put other proxies before us', async () => {
  const s = await between(IPV4_UDP, IPV4_TCP);
  const others = ['<sip:10.0.0.77;lr>', '<sip:10.0.0.78;lr>'];
  s.alice.invite('sip:bob@example.com', { via: '10.0.0.9', headers: { 'Record-Route': others } });
  const values: string[] = (await s.bob.receive('INVITE')).list('Record-Route');
  expect(values.slice(2)).toEqual(others);
  expect(values.slice(0, 2).map((value) => plain(value).replace(';app=one', ''))).toEqual([
    ours(IPV4_TCP),
    ours(IPV4_UDP),
  ]);
});
