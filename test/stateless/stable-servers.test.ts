// SLP-16 where time and other calls change what RFC 3263 gives.
import { Message, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';
import { World } from '../world/world.js';
import { switched, switchOf } from './switch.js';

const FARM = ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'];

test('SLP-16 A records in another order (a DNS server that rotates them): the same server all the same', async () => {
  const world = new World();
  const servers = FARM.map((address, i) => world.phone(`server${i}`, address));
  let turn = 0;
  world.resolver.addresses = async () => {
    turn++;
    return FARM.map((_, i) => ({ address: present(FARM[(i + turn) % 4]), family: 4 as const }));
  };
  const s = await switched(() => 'sip:x@farm.example:5060', { world });
  const call = s.call();
  for (let i = 0; i < 7; i++) {
    await world.deliver();
    call.resend();
  }
  await world.deliver();
  expect(servers.filter(({ received }) => received.length > 0)).toHaveLength(1);
});

test('SLP-16 SRV records in another order: the same server all the same', async () => {
  const world = new World();
  const servers = FARM.map((address, i) => world.phone(`server${i}`, address));
  let turn = 0;
  world.resolver.services = async (name) => {
    if (name !== '_sip._udp.farm.example') return [];
    turn++;
    return FARM.map((_, i) => ({ name: `server${(i + turn) % 4}`, port: 5060, priority: 0, weight: 10 }));
  };
  const s = await switched(() => 'sip:x@farm.example', { world });
  const call = s.call();
  for (let i = 0; i < 7; i++) {
    await world.deliver();
    call.resend();
  }
  await world.deliver();
  expect(servers.filter(({ received }) => received.length > 0)).toHaveLength(1);
});

test('SLP-16 §16.11 a server that a stateful call has found dead stays the one of a stateless transaction', async () => {
  const world = new World();
  const servers = FARM.slice(0, 2).map((address, i) => world.phone(`server${i}`, address));
  world.resolver.address('farm.example', ...FARM.slice(0, 2));
  @siplet({ name: 'proxy' })
  class Forwarder {
    @Message()
    text(request: SipRequest) {
      request.proxy().proxyTo('sip:x@farm.example');
    }
  }
  const Switch = switchOf(() => 'sip:x@farm.example');
  const configuration = "router: { MESSAGE: [proxy], '*': [switch] }";
  const s = await stage({ proxy: { Forwarder }, switch: { Switch } }, { configuration, world });
  // Chance sends some of them to the server that is about to fail.
  const calls = Array.from({ length: 8 }, () => s.call());
  await world.deliver();
  const invitesAt = (n: number) =>
    present(servers[n])
      .received.filter(({ message }) => message.method === 'INVITE')
      .map(({ message }) => message.header('Call-ID'));
  const [first, second] = [new Set(invitesAt(0)), new Set(invitesAt(1))];
  expect(first.size).toBeGreaterThan(0);
  expect(first.size + second.size).toBe(8);
  const text = s.request('MESSAGE');
  (await present(servers[0]).receive('MESSAGE')).reply(503);
  (await present(servers[1]).receive('MESSAGE')).reply(200);
  await text.response(200);
  for (const call of calls) call.resend();
  await world.deliver();
  expect([new Set(invitesAt(0)), new Set(invitesAt(1))]).toEqual([first, second]);
  expect(invitesAt(0)).toHaveLength(2 * first.size);
});
