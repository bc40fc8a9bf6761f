// The amplification attack (RFC 5393 §3) and what stops it: loop detection (§4.2) and Max-Breadth (§5.3).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Siplet } from '../world/siplet.js';
import { nothingLeft } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';
import { type Contacts, location, sum, travelled } from './location-service.js';

const P1 = '10.0.0.9';
const P2 = '10.0.0.10';

/** a and b at each of two proxies; each of them forks to a and b at the other. */
async function twoProxies(world: World): Promise<Siplet[]> {
  const at = (host: string) => [`sip:a@${host}`, `sip:b@${host}`];
  const all = (from: string, to: string): Contacts => Object.fromEntries(at(from).map((uri) => [uri, at(to)]));
  return [
    await location(world, all(P1, P2), { name: 'p1', addresses: [P1] }),
    await location(world, all(P2, P1), { name: 'p2', addresses: [P2] }),
  ];
}

/** Where, at any moment, branches without a final response had more breadth than the request that they were made of. */
function excesses(world: World): string[] {
  const granted = new Map<string, number>();
  const children = new Map<string, Map<string, number>>();
  const found: string[] = [];
  for (const { kind, wire } of world.network.record) {
    if (kind !== 'datagram') continue;
    const message = TextMessage.read(wire);
    const [branch = '', parent = ''] = message.list('Via').map((via) => /branch=([^;]+)/.exec(via)?.[1] ?? '');
    if (message.isRequest && message.header('Max-Breadth') !== undefined) {
      const breadth = Number(message.header('Max-Breadth'));
      granted.set(branch, breadth);
      const pending = children.get(parent) ?? new Map<string, number>();
      children.set(parent, pending.set(branch, breadth));
      const total = sum([...pending.values()]);
      if (total > (granted.get(parent) ?? 60)) found.push(`${total} of ${granted.get(parent)}`);
    } else if (message.status >= 200 && message.method !== 'CANCEL') children.get(parent)?.delete(branch);
  }
  return found;
}

describe('P53-08 RFC 5393 §3 two AORs at each of two proxies, each forking to both of the other', () => {
  test.each(['INVITE', 'MESSAGE'])('P53-08 %s ends with 482 after 14 requests', async (method) => {
    const world = new World();
    const alice = world.phone('alice', '10.0.0.1');
    const proxies = await twoProxies(world);
    const request = alice.request(method, `sip:a@${P1}`);
    await request.response(482);
    const between = travelled(world, method).filter((message) => message.list('Via').length > 1);
    expect(between.length).toBeLessThanOrEqual(14);
    expect(excesses(world)).toEqual([]);
    await nothingLeft(world, proxies);
  });

  test('P53-08 one contact of b that answers is found all the same', async () => {
    const world = new World();
    const alice = world.phone('alice', '10.0.0.1');
    const bob = world.phone('bob', '10.0.0.2');
    const p1 = await location(
      world,
      { [`sip:a@${P1}`]: [`sip:a@${P2}`, `sip:b@${P2}`] },
      { name: 'p1', addresses: [P1] },
    );
    const p2 = await location(
      world,
      { [`sip:a@${P2}`]: [`sip:a@${P1}`], [`sip:b@${P2}`]: [`sip:a@${P1}`, bob.uri] },
      { name: 'p2', addresses: [P2] },
    );
    const call = alice.invite(`sip:a@${P1}`);
    (await bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await nothingLeft(world, [p1, p2]);
  });

  test('P53-11 §16.6 RFC 5393 §4.2.4 the Vias below are as they came, all the way and back', async () => {
    const world = new World();
    const alice = world.phone('alice', '10.0.0.1');
    const proxies = await twoProxies(world);
    const odd = 'SIP / 2.0 / UDP   proxy.example:9 ; received=10.7.7.7 ;branch=z9hG4bK.a.b ; x="y, z"';
    const request = alice.request('MESSAGE', `sip:a@${P1}`, {
      headers: { Via: ['SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1', odd] },
    });
    await world.runUntilIdle();
    const messages = travelled(world, 'MESSAGE');
    expect(messages.length).toBeGreaterThan(10);
    for (const message of messages)
      expect(present(message.headers.filter(([name]) => name === 'Via').at(-1))[1]).toBe(odd);
    // Each hop adds one on top and leaves the rest.
    const known = new Map(messages.map((message) => [message.branch, message]));
    for (const message of messages.slice(1)) {
      const below = message.list('Via').slice(1);
      const parent = present(known.get(present(present(/branch=([^;]+)/.exec(present(below[0])))[1])));
      const received = (via: string) => via.replace(/;(received|rport)(=[^;]*)?/g, '');
      expect(below.map(received)).toEqual(parent.list('Via').map(received));
    }
    const final = present(alice.received.at(-1)).message;
    expect(final.status).toBe(482);
    expect(present(final.headers.filter(([name]) => name === 'Via').at(-1))[1]).toBe(odd);
    await nothingLeft(world, proxies);
    expect(request.message.method).toBe('MESSAGE');
  });

  test('P53-08 the hash of a loop depends on what routing depends on: another Route or credentials is a spiral', async () => {
    for (const header of ['Route', 'Proxy-Authorization', 'none']) {
      const world = new World();
      const alice = world.phone('alice', '10.0.0.1');
      const bob = world.phone('bob', '10.0.0.2'); // plays a proxy that sends everything back
      bob.on('INVITE', (request) => {
        if (request.list('Via').length > 4) return void request.reply(486);
        const again = TextMessage.read(request.arrival.wire);
        again.headers.unshift(['Via', `SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK${request.list('Via').length}`]);
        if (header !== 'none') again.add(header, header === 'Route' ? '<sip:10.0.0.2;lr>' : 'Digest x="y"');
        bob.send(again, P1);
      });
      const p1 = await location(world, { [`sip:a@${P1}`]: ['sip:a@10.0.0.2'], 'sip:a@10.0.0.2': ['sip:a@10.0.0.2'] });
      alice.invite(`sip:a@${P1}`);
      await world.run(100);
      const loops = bob.received.filter(({ message }) => message.status === 482).length;
      expect(loops, header).toBe(header === 'none' ? 1 : 0);
      expect(p1.problems()).toEqual([]);
    }
  });
});

describe('P53-09 RFC 5393 §3 N AORs, each forking to all N', () => {
  const aors = (count: number) => Array.from({ length: count }, (_, i) => `sip:a${i}@${P1}`);

  async function mesh(count: number, extra: Contacts = {}) {
    const world = new World();
    const alice = world.phone('alice', '10.0.0.1');
    const contacts = Object.fromEntries(aors(count).map((uri) => [uri, aors(count)]));
    const proxy = await location(world, { ...contacts, ...extra });
    return { world, alice, proxy, call: alice.invite(present(aors(count)[0])) };
  }

  test.each([2, 3, 4])('P53-09 N=%i ends with 482', async (count) => {
    const { world, call, proxy } = await mesh(count);
    await call.response(482);
    expect(excesses(world)).toEqual([]);
    await nothingLeft(world, [proxy]);
  });

  test('P53-09 N=6 ends with 482, and never had more than its breadth under way', async () => {
    const { world, call, proxy } = await mesh(6);
    await call.response(482);
    // As many as there are orders of up to six AORs that begin with the first: no more, whatever the order in which
    // responses come.
    expect(travelled(world, 'INVITE').length).toBeLessThanOrEqual(1957);
    expect(excesses(world)).toEqual([]);
    await nothingLeft(world, [proxy]);
  });

  test('P53-09 N=10: bounded in breadth; others are served meanwhile; CANCEL ends it', async () => {
    const bob = 'sip:bob@10.0.0.2';
    const { world, alice, call, proxy } = await mesh(10, { 'sip:bob@example.com': [bob] });
    const phone = world.phone('bob', '10.0.0.2');
    const begun = world.clock.now();
    const other = alice.invite('sip:bob@example.com', { via: P1 });
    (await phone.receive('INVITE')).reply(200);
    await other.response(200);
    other.ack();
    expect(world.clock.now() - begun).toBeLessThan(10);
    expect(excesses(world)).toEqual([]);
    call.cancel();
    await call.response('final');
    const { length } = travelled(world, 'INVITE');
    await world.run(1000);
    expect(travelled(world, 'INVITE').length - length).toBeLessThan(60);
    await nothingLeft(world, [proxy]);
  });
});

test('P53-09 §16.3 step 3 without a loop Max-Forwards ends it', async () => {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  // Every pass has another Request-URI: spirals, no loops.
  const contacts: Record<string, string[]> = {};
  for (let i = 0; i < 100; i++) contacts[`sip:a${i}@${P1}`] = [`sip:a${i + 1}@${P1}`];
  const proxy = await location(world, contacts);
  const call = alice.invite(`sip:a0@${P1}`);
  await call.response(483);
  expect(proxy.engine.counters.initial).toBe(70);
  await nothingLeft(world, [proxy]);
});
