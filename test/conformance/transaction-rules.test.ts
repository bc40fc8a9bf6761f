// Transactions as a proxy joins them: what comes twice, what comes too late, and who has merged (RFC 6026, RFC 4320,
// §8.2.2.2).
import type { SipRequest } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requestsOf } from '../world/arrivals.js';
import { proxies } from '../world/script.js';
import { BOTH, established } from '../world/stage.js';
import { expectRefusal, statuses } from './expected.js';
import { type ForwardingStage, forwarding, uriOver } from './forwarding.js';

/** Nothing is alive in the container. */
async function ends(s: ForwardingStage): Promise<void> {
  await s.world.runUntilIdle();
  expect(Object.entries(s.container.alive).filter(([, count]) => count > 0)).toEqual([]);
  expect(s.container.problems()).toEqual([]);
}

describe('INVITE', () => {
  test.each([false, true])(
    'TRM-12 RFC 6026 §7.1 an INVITE that comes again after its 2xx goes nowhere: recordRoute %s',
    async (recordRoute) => {
      const s = await forwarding({ initial: proxies(uriOver('UDP', 'bob'), { recordRoute }) });
      const { call, invite } = await established(s);
      for (const wait of [0, 100, 30_000]) {
        await s.world.run(wait);
        call.resend();
      }
      await s.world.run(100);
      expect(requestsOf(s.bob, 'INVITE')).toHaveLength(1);
      expect(statuses(call)).toEqual([100, 200]); // the 2xx is the callee's to send again (§13.3.1.4)
      invite.resend();
      await s.world.run(100);
      expect(statuses(call)).toEqual([100, 200, 200]);
      expect(requestsOf(s.bob, 'INVITE')).toHaveLength(1);
    },
  );

  const again = (s: ForwardingStage, method: string, branch: string) =>
    s.request(method, { branch, callId: 'same@alice', fromTag: 'same', sequence: 7 });

  // Once the first one has its final response, no other is merged with it.
  test.each([
    ['UDP', 'INVITE'],
    ['TCP', 'INVITE'],
  ] as const)('TRM-13 §8.2.2.2 a merged request: 482 from a user agent, over %s: %s', async (transport, method) => {
    let seen = 0;
    let answer = (): void => {};
    const initial = (request: SipRequest) => {
      seen++;
      request.createResponse(180).send();
      answer = () => request.createResponse(200).send();
      if (seen > 1) answer();
    };
    const s = await forwarding({ initial }, { transport });
    const first = again(s, method, 'z9hG4bK-one');
    await first.response(180);
    const second = again(s, method, 'z9hG4bK-two');
    await s.world.run(400);
    expectRefusal(second.responses, second.message, 482);
    answer();
    await first.response(200);
    expect([seen, statuses(first).filter((status) => status >= 200)]).toEqual([1, [200]]);
    // Another request of the same call is another request.
    const third = s.request(method, { branch: 'z9hG4bK-three', callId: 'same@alice', fromTag: 'same', sequence: 8 });
    await third.response(200);
    expect(seen).toBe(2);
  });

  test.each(BOTH.flatMap((transport) => ['INVITE', 'MESSAGE'].map((method) => [transport, method] as const)))(
    'TRM-13 §16.3 a proxy forwards both, over %s: %s',
    async (transport, method) => {
      const s = await forwarding({}, { transport });
      const calls = [again(s, method, 'z9hG4bK-one'), again(s, method, 'z9hG4bK-two')];
      const received = [await s.bob.receive(method), await s.bob.receive(method)];
      expect(received.map(({ message }) => message.list('Via')[1])).toEqual(
        calls.map(({ message }) => message.header('Via')),
      );
      present(received[0]).reply(200);
      present(received[1]).reply(482, { reason: 'Loop Detected' }); // as a user agent would
      await present(calls[0]).response(200);
      await present(calls[1]).response(482);
    },
  );
});

describe('RFC 4320, other methods', () => {
  test.each(BOTH)('NCT-07 RFC 4320 §4.2 nobody answers: no 408, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const message = s.request('MESSAGE');
    const received = await s.bob.receive('MESSAGE');
    await s.world.run(60_000);
    expect(statuses(message)).toEqual([100]); // the one that is due when Timer E reaches T2
    received.reply(200); // too late: Timer F has ended it
    await s.world.run(1000);
    expect(statuses(message)).toEqual([100]);
    await ends(s);
  });

  test.each(BOTH)('NST-10 RFC 4320 §4.2 a 408 from downstream goes no further, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const message = s.request('MESSAGE');
    (await s.bob.receive('MESSAGE')).reply(408);
    await s.world.run(60_000);
    expect(statuses(message)).toEqual([100]); // RFC 4320 §4.1, and nothing final
    const invite = s.call();
    (await s.bob.receive('INVITE')).reply(408);
    await invite.response(408); // only an INVITE's does
    await ends(s);
  });

  test.each(BOTH)('NST-10 RFC 4320 §4.2 nor where another branch has something to say, over %s', async (transport) => {
    const s = await forwarding(
      { initial: proxies([uriOver(transport, 'bob'), uriOver(transport, 'carol')]) },
      { transport },
    );
    const message = s.request('MESSAGE');
    (await s.bob.receive('MESSAGE')).reply(408);
    (await s.carol.receive('MESSAGE')).reply(404);
    await message.response(404);
    await s.world.run(60_000);
    expect(statuses(message)).toEqual([404]);
    await ends(s);
  });

  test.each(BOTH)(
    'NST-11 RFC 4320 §4.3 a final response that comes when all is over goes no further, over %s',
    async (transport) => {
      const targets = [uriOver(transport, 'bob'), uriOver(transport, 'carol')];
      const s = await forwarding({ initial: proxies(targets) }, { transport });
      const message = s.request('MESSAGE');
      const bob = await s.bob.receive('MESSAGE');
      (await s.carol.receive('MESSAGE')).reply(200);
      await message.response(200);
      await s.world.run(31_000);
      bob.reply(200); // one 2xx has gone up (C-10d)
      await s.world.run(2000);
      bob.reply(200); // Timers F and J have ended both
      bob.reply(500);
      await s.world.run(1000);
      expect(statuses(message)).toEqual([200]);
      await ends(s);
    },
  );

  test.each(BOTH)('NST-11 §17.2.2 one that comes again is not forwarded again, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const message = s.request('MESSAGE');
    const received = await s.bob.receive('MESSAGE');
    received.reply(486);
    await message.response(486);
    for (const wait of [10, 3000, 10_000, 30_000]) {
      await s.world.run(wait);
      received.resend();
    }
    await s.world.run(1000);
    expect(statuses(message)).toEqual([486]);
    await ends(s);
  });
});
