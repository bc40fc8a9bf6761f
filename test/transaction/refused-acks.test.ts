// The ACK to a response that the transaction layer sent without a transaction goes no further (§8.2.7, §17.1.1.3).
import { describe, expect, test } from 'vitest';
import { requests, statuses } from '../world/arrivals.js';
import { proxies, scripted } from '../world/script.js';
import { BOB, established } from '../world/stage.js';

const BROKEN = { 'Max-Forwards': 'many' };

describe('W-01 §8.2.7 the ACK to our own stateless refusal', () => {
  test('W-01 a 400 to an INVITE that has a Route of ours: nothing goes downstream', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    const call = s.call({ headers: BROKEN, route: ['<sip:10.0.0.9;lr>', `<${BOB};lr>`] });
    await call.response(400);
    call.ack();
    await s.world.run(1000);
    expect([requests(s.bob), statuses(s.alice)]).toEqual([[], [400]]);
    await s.ends();
  });

  test('W-01 a 503 of a container that is full', async () => {
    const s = await scripted({ invite: proxies(BOB) }, { configuration: 'limits: { transactions: 1 }' });
    const first = s.request('INVITE');
    const invite = await s.bob.receive('INVITE');
    const second = s.call({ route: ['<sip:10.0.0.9;lr>', `<${BOB};lr>`] });
    await second.response(503);
    second.ack();
    await s.world.run(1000);
    expect(new Set(requests(s.bob))).toEqual(new Set(['INVITE']));
    invite.reply(486);
    await first.response(486);
    await s.ends();
  });

  test('W-01 a 400 to a re-INVITE of a record-routed dialog, whose To tag is the callee’s', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
    const { call } = await established(s);
    const again = call.dialog.request('INVITE', { headers: BROKEN });
    await again.response(400);
    again.ack();
    await s.world.run(1000);
    expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
  });
});
