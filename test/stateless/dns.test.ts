// Where a name has several servers, a stateless siplet asks the same one again (§16.11, RFC 3263 §4.2): the branch
// decides, not chance.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { World } from '../world/world.js';
import { branches, nothingHeld, switched } from './switch.js';

const FARM = ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'];

/** A farm of servers behind one name, by SRV of equal or unequal weight. */
async function farm(weights = [1, 1, 1, 1], priorities = [0, 0, 0, 0]) {
  const world = new World();
  const servers = FARM.map((address, i) => world.phone(`server${i}`, address));
  world.resolver.service(
    '_sip._udp.farm.example',
    ...FARM.map((_, i) => ({
      name: `server${i}`,
      port: 5060,
      priority: present(priorities[i]),
      weight: present(weights[i]),
    })),
  );
  return { s: await switched(() => 'sip:x@farm.example', { world }), servers };
}

const ids = (phone: Phone) => phone.received.map(({ message }) => message.callId);

describe('SLP-16 RFC 3263 §4.2', () => {
  test('SLP-16 retransmissions, CANCEL and ACK go to the server of their INVITE', async () => {
    const { s, servers } = await farm();
    const calls = Array.from({ length: 40 }, () => s.call());
    for (let again = 0; again < 3; again++) {
      await s.world.deliver();
      for (const call of calls) call.resend();
    }
    for (const call of calls) call.cancel();
    await s.world.deliver();
    for (const server of servers) {
      expect(server.received.length % 5).toBe(0); // four INVITEs and a CANCEL of each call that is its own
      expect(server.received.length).toBe(5 * new Set(branches(server)).size);
      for (const request of server.unread.filter(({ method }) => method === 'INVITE')) request.reply(486);
    }
    await s.world.deliver();
    for (const server of servers) {
      const acks = server.received.filter(({ message }) => message.method === 'ACK');
      expect(acks.every(({ message }) => branches(server).filter((one) => one === message.branch).length > 5)).toBe(
        true,
      );
    }
    expect(new Set(servers.flatMap(ids)).size).toBe(40);
    await nothingHeld(s);
  });

  test('SLP-16 the calls are shared out by weight', async () => {
    const { s, servers } = await farm([10, 20, 30, 40]);
    for (let i = 0; i < 500; i++) s.request('MESSAGE');
    await s.world.deliver();
    for (const [i, server] of servers.entries()) {
      expect(Math.abs(server.received.length - 50 * (i + 1))).toBeLessThan(45);
    }
  });

  test('SLP-16 priority is kept: the lowest number alone is asked', async () => {
    const { s, servers } = await farm([1, 1, 1, 1], [2, 1, 1, 2]);
    for (let i = 0; i < 50; i++) s.request('MESSAGE');
    await s.world.deliver();
    expect(servers.map(({ received }) => received.length > 0)).toEqual([false, true, true, false]);
  });

  test('SLP-16 of several addresses of one name the same one each time', async () => {
    const world = new World();
    const [one, other] = FARM.map((address, i) => world.phone(`server${i}`, address));
    world.resolver.address('farm.example', ...FARM.slice(0, 2));
    const s = await switched(() => 'sip:x@farm.example', { world });
    const call = s.call();
    for (let i = 0; i < 5; i++) {
      await s.world.run(1000);
      call.resend();
    }
    await s.world.deliver();
    expect([one, other].map((server) => present(server).received.length).sort()).toEqual([0, 6]);
  });
});
