// A host that has failed is not the first to be tried for a while (RFC 3263 §4.3).
import { expect, test } from 'vitest';
import { requestsOf } from '../world/arrivals.js';
import type { Transport } from '../world/phone-wire.js';
import { type ForwardingStage, forwarding } from './forwarding.js';

const CLUSTER = 'sip:bob@cluster.example';

const FAILURES: [Transport, string, (s: ForwardingStage) => void][] = [
  ['UDP', 'has answered 503', (s) => s.bob.on('INVITE', (request) => void request.reply(503))],
  ['TCP', 'has answered 503', (s) => s.bob.on('INVITE', (request) => void request.reply(503))],
  ['TCP', 'has reset the connection', (s) => s.bob.on('INVITE', () => s.world.network.reset('siplet', 'bob'))],
  ['UDP', 'was silent', (s) => s.bob.on('INVITE', () => {})],
];

test.each(FAILURES)(
  'PFW-16 DNS-13 RFC 3263 §4.3 for 30 s the other host is tried first, over %s when one %s',
  async (transport, _how, fail) => {
    const s = await forwarding({}, { transport, logLevel: 'error' });
    s.world.resolver.service(
      `_sip._${transport.toLowerCase()}.cluster.example`,
      { name: 'bob', port: 5060, priority: 1, weight: 0 },
      { name: 'carol', port: 5060, priority: 2, weight: 0 },
    );
    fail(s);
    const transactions = () => new Set(requestsOf(s.bob, 'INVITE').map(({ branch }) => branch)).size;
    const tried: number[] = [];
    for (const pause of [20_000, 11_000, 0]) {
      const call = s.call({}, CLUSTER);
      (await s.carol.receive('INVITE', 60_000)).reply(200);
      await call.response(200);
      tried.push(transactions());
      await s.world.run(pause);
    }
    expect(tried).toEqual([1, 1, 2]);
  },
);
