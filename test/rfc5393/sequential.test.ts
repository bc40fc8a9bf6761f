// P53-07 where a branch of a sequential search runs out of time.
import { Invite, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Siplet } from '../world/siplet.js';
import { World } from '../world/world.js';
import { breadths, sum, travelled } from './location-service.js';

test('P53-07 RFC 5393 §5.3.3.1 a branch that was cancelled and has no final response yet counts with what it was given', async () => {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const phones = [1, 2].map((i) => world.phone(`phone${i}`, `10.0.1.${i}`));
  @siplet({ name: 'hunt' })
  class Hunt {
    @Invite()
    ring(request: SipRequest) {
      request.proxy({ parallel: false, timeout: '5s' }).proxyTo(phones.map(({ uri }) => uri));
    }
  }
  await Siplet.start(world, { hunt: { Hunt } });
  alice.invite('sip:bob@example.com', { via: '10.0.0.9', headers: { 'Max-Breadth': '4' } });
  (await present(phones[0]).receive('INVITE')).reply(180);
  // 5 s later, together with the CANCEL to the first, which has not answered
  await present(phones[1]).receive('INVITE');
  expect(present(phones[0]).received.filter(({ message }) => message.method === 'INVITE')).toHaveLength(1);
  const given = breadths(travelled(world, 'INVITE', '10.0.0.9'));
  expect(sum(given)).toBeLessThanOrEqual(4); // 3 + 2 = 5
});
