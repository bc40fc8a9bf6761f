// Overload (§21.5.4): new calls get 503, calls that stand are served, and below the low mark all is as before.
import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { Congestion, type Load, PATIENCE } from '../../container/engine/congestion.js';
import { stage } from '../world/stage.js';

function lasting(congestion: Congestion, load: Load): void {
  for (let i = 0; i < PATIENCE; i++) congestion.measure(load);
}

@Siplet({ name: 'ring' })
class Ring {
  @Invite()
  ring(request: SipRequest) {
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2');
  }
}

test.each([
  ['memory', { memory: 0.95, delay: 0 }, { memory: 0.8, delay: 0 }, { memory: 0.7, delay: 0 }],
  ['the event loop', { memory: 0, delay: 900 }, { memory: 0, delay: 450 }, { memory: 0, delay: 30 }],
])(
  'CNT-40 UAS-15 %s above its mark: 503 with Retry-After for new calls, CANCEL, ACK and BYE are served',
  async (_, high, between, low) => {
    const { container, alice, bob, ends } = await stage(Ring);
    const { congestion } = container.engine;
    const standing = alice.invite('sip:bob@siplet');
    const answered = await bob.receive('INVITE');
    answered.reply(200);
    await standing.response(200);
    const ringing = alice.invite('sip:bob@siplet');
    const unanswered = await bob.receive('INVITE');
    unanswered.reply(180);
    await ringing.response(180);

    congestion.measure(high);
    lasting(congestion, low);
    lasting(congestion, high);
    const refused = await alice.invite('sip:bob@siplet').response(503);
    expect(refused.header('Retry-After')).toBe('10');
    await alice.request('OPTIONS', 'sip:siplet').response(503);
    standing.ack();
    await answered.ack();
    ringing.cancel();
    (await bob.receive('CANCEL')).reply(200);
    unanswered.reply(487);
    await ringing.response(487);
    const bye = standing.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);

    congestion.measure(between);
    await alice.invite('sip:bob@siplet').response(503);
    congestion.measure(low);
    const again = alice.invite('sip:bob@siplet');
    (await bob.receive('INVITE')).reply(486);
    await again.response(486);
    await ends([expect.stringContaining('new calls are refused') as never]);
  },
);

test('CNT-40 a mark of 0 means no mark, and each change is told once', () => {
  const told: (string | undefined)[] = [];
  const congestion = new Congestion({ memory: 0, delay: 100 });
  congestion.onChange = (reason) => void told.push(reason);
  for (let i = 1; i < PATIENCE; i++) congestion.measure({ memory: 1, delay: 400 });
  for (const delay of [99, 100]) congestion.measure({ memory: 1, delay });
  for (let i = 0; i < PATIENCE; i++) congestion.measure({ memory: 1, delay: 101 });
  for (const delay of [200, 81, 79, 100, 400]) congestion.measure({ memory: 1, delay });
  expect(told).toEqual(['the event loop is 101 ms late', undefined]);
});
