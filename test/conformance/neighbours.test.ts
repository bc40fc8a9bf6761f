// Neighbours with our own secret, and datagrams that our own fields would make too large.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { applicationOf, proxies } from '../world/script.js';
import { Siplet } from '../world/siplet.js';
import { forwarding, uriOver } from './forwarding.js';

test('PRV-12 RFC 5393 §4.2.2 another proxy with the same secret is another proxy', async () => {
  const s = await forwarding();
  const Other = applicationOf({ initial: proxies(s.uri('bob')) });
  await Siplet.start(s.world, { subject: { Other } }, { name: 'other', addresses: ['10.0.0.19'] });
  s.world.resolver.address('example.com', '10.0.0.19');
  const call = s.call({}, 'sip:bob@example.com');
  const invite = await s.bob.receive('INVITE');
  expect(invite.list('Via').map((via) => via.replace(/;.*/, ''))).toEqual([
    'SIP/2.0/UDP 10.0.0.19:5060',
    'SIP/2.0/UDP 10.0.0.9:5060',
    'SIP/2.0/UDP 10.0.0.1:5060',
  ]);
  invite.reply(200);
  await call.response(200);
});

test('PFW-25 §18.1.1 no datagram is larger than 1300 octets, however long our Record-Route is', async () => {
  const s = await forwarding({
    initial(request) {
      const proxy = request.proxy({ recordRoute: true });
      proxy.recordRouteUri.parameters.set('p', 'a'.repeat(400));
      proxy.proxyTo(uriOver('UDP', 'bob'));
    },
  });
  for (let length = 1; length < 1000; length += 20) {
    s.request('MESSAGE', { body: 'x'.repeat(length) });
    const received = await s.bob.receive('MESSAGE');
    if (received.arrival.transport === 'UDP') expect(received.arrival.wire.length).toBeLessThanOrEqual(1300);
  }
});

test('PFW-25 §18.1.1 no datagram is larger than 1300 octets, whatever our addresses are', async () => {
  const [own, his] = ['fd00:1234:5678:9abc:def0:1234:5678:9abc', 'fd00:1234:5678:9abc:def0:1234:5678:9ab2'];
  const initial = proxies(`sip:bob@[${his}]`, { recordRoute: true });
  const s = await forwarding({ initial }, { addresses: ['10.0.0.9', present(own)] });
  const bob = s.world.phone('bob6', present(his));
  for (let length = 500; length < 900; length += 5) {
    s.request('MESSAGE', { body: 'x'.repeat(length) });
    const received = await bob.receive('MESSAGE');
    if (received.arrival.transport === 'UDP') expect(received.arrival.wire.length).toBeLessThanOrEqual(1300);
  }
});
