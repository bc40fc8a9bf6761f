// A bridge from the INVITE to the BYE (contract section 3, RFC 7092).
import { type Bridge, Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { stage } from '../agent/stage.js';

const BOB = 'sip:bob@10.0.0.2';
const OFFER = 'v=0\r\no=alice 1 1 IN IP4 10.0.0.1\r\n';
const ANSWER = 'v=0\r\no=bob 1 1 IN IP4 10.0.0.2\r\n';
const seen: string[] = [];

@Siplet({ name: 'bridging' })
class Bridging {
  @Invite()
  async call(request: SipRequest) {
    const bridge: Bridge = await request.b2bua().bridge({ to: BOB });
    seen.push(`answered ${bridge.response.status}`);
    await bridge.ended;
    seen.push('ended');
  }
}

test('B2B-01 B2B-02 B2B-04 a call over a bridge: INVITE, 180, 200, ACK, BYE', async () => {
  const { world, alice, bob, ends } = await stage(Bridging);
  const call = alice.invite('sip:bob@siplet', { body: OFFER, headers: { 'X-Any': 'thing' } });
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(200, { body: ANSWER });
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet              bob
        |--INVITE-------->|                 |
        |<--100 Trying----|                 |
        |                 |--INVITE-------->|
        |                 |<--180 Ringing---|
        |<--180 Ringing---|                 |
        |                 |<--200 OK--------|
        |<--200 OK--------|                 |
        |--ACK----------->|                 |
        |                 |--ACK----------->|
        |--BYE----------->|                 |
        |<--200 OK (BYE)--|                 |
        |                 |--BYE----------->|
        |                 |<--200 OK (BYE)--|"
  `);
  await ends();
  expect(seen).toEqual(['answered 200', 'ended']);
});
