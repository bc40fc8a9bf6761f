// The memory that a call keeps after its BYE, while its transactions linger (RFC 6026, JSR 289 §6.2.4).
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { callingPeers } from './calling-peers.js';
import { noting } from './noting.js';

/** So many calls are measured together, after others that warm the code up. */
const CALLS = 1000;
const WARM_UP = 1000;

@Siplet({ name: 'bridging' })
class Bridging {
  @Invite()
  call(request: SipRequest) {
    return request.b2bua().bridge({ to: 'sip:bob@10.0.0.2:5070' });
  }
}

@Siplet({ name: 'proxying' })
class Proxying {
  @Invite()
  call(request: SipRequest) {
    request.proxyTo('sip:bob@10.0.0.2:5070', { recordRoute: true });
  }
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function keptPerCall(application: Record<string, new () => object>): Promise<number> {
  const s = await noting({ application });
  const { network } = s.world;
  const peers = callingPeers(s.world);
  const run = async (calls: number) => {
    for (let i = 0; i < calls; i++) {
      peers.call();
      if (i % 50 === 49) await s.world.run(20);
      network.record.length = 0;
    }
    await s.world.run(1000);
    network.record.length = 0;
  };
  await run(WARM_UP);
  await s.world.run(70_000);
  const before = heapUsed();
  await run(CALLS);
  const during = heapUsed();
  expect(peers.failures).toEqual([]);
  expect(peers.ended).toBe(WARM_UP + CALLS);
  expect(s.container.alive.applicationSessions).toBe(0);
  await s.ends();
  return (during - before) / CALLS;
}

test('W-14 JSR 289 §6.2.4 a bridged call that has ended keeps at most 3 KB while its transactions linger', async () => {
  const kept = await keptPerCall({ Bridging });
  expect(kept).toBeLessThan(3 * 1024);
}, 60_000);

test('W-14 JSR 289 §6.2.4 a proxied call that has ended keeps at most 3 KB while its transactions linger', async () => {
  const kept = await keptPerCall({ Proxying });
  expect(kept).toBeLessThan(3 * 1024);
}, 60_000);
