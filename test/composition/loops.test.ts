// Loops through a composition (§16.3 step 4): hops inside the container carry no loop part of their own, and the
// application that sends a request out detects them for all.
import { Invite, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { switchOf } from '../stateless/switch.js';
import { BOB, stage } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';

const BACK = 'sip:bob@10.0.0.2;transport=udp';

function passing(name: string, seen: string[], target?: string) {
  @siplet({ name })
  class Passing {
    @Invite()
    invite(request: SipRequest) {
      seen.push(name);
      request.proxyTo(target ?? request.uri);
    }
  }
  return { Passing };
}

test('W-11 a request that comes back unchanged: the last application says 482, and no one rings twice', async () => {
  const seen: string[] = [];
  const s = await stage({ a: passing('a', seen), b: passing('b', seen), c: passing('c', seen, BACK) });
  const call = s.call({}, BACK);
  const invite = await s.bob.receive('INVITE');
  const vias = invite.list('Via');
  expect(vias.slice(0, 3).map((via) => [via.includes(';rport'), /-[0-9a-z]{14}(;|$)/.test(via)])).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
  const again = TextMessage.read(invite.arrival.wire);
  again.set('Via', ['SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKagain', ...vias].join(', '));
  s.bob.send(again, s.bob.destination('siplet', 'UDP'));
  await s.world.run(500);
  expect(s.bob.received.filter(({ message }) => message.status === 482)).not.toHaveLength(0);
  expect(seen).toEqual(['a', 'b', 'c', 'a', 'b']);
  invite.reply(486);
  await call.response(486);
});

test('W-11 in front of a stateless siplet, which detects none, the loop part stays', async () => {
  const seen: string[] = [];
  const s = await stage(
    { a: passing('a', seen), switch: { Switch: switchOf(() => BOB) } },
    { configuration: 'router: { "*": [a, switch] }' },
  );
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(invite.list('Via')[1]).toMatch(/branch=z9hG4bK[^;]*-[0-9a-z]{14}/);
  invite.reply(486);
  await call.response(486);
});
