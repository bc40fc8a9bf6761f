// Which INVITE a CANCEL is meant for (§9.2, §17.2.3), whatever became of the Request-URI after it was received.
import { Invite, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { count, finalsOf, requests } from '../world/arrivals.js';
import type { ClientRequest } from '../world/outgoing.js';
import { proxies, type ScriptedStage, scripted } from '../world/script.js';
import { BOB, SIPLET, stage } from '../world/stage.js';

/** Rings, and ends when the caller cancels. */
async function ringsUntilCancelled(s: Pick<ScriptedStage, 'bob'>, call: ClientRequest): Promise<void> {
  s.bob.answerCancel = true;
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  await call.cancel().response(200);
  await call.response(487);
}

describe('E-02 §9.2 §17.2.3 the CANCEL of an INVITE', () => {
  test('E-02 whose Request-URI the application has rewritten', async () => {
    const s = await scripted({
      invite: (request) => {
        request.uri = BOB;
        request.proxyTo(BOB);
      },
    });
    await ringsUntilCancelled(s, s.call());
    await s.ends();
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  test('E-02 from whose Request-URI our maddr was removed', async () => {
    const s = await scripted({ invite: proxies(BOB) });
    await ringsUntilCancelled(s, s.call({}, `sip:bob@example.com;maddr=${SIPLET}`));
    await s.ends();
    expect(requests(s.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  test.each(['sip:other@example.net', 'tel:+493012345'])(
    'E-02 that the application answers itself, after it set request.uri to %s',
    async (uri) => {
      const s = await scripted({
        invite: (request) => {
          request.uri = uri;
          request.createResponse(180).send();
        },
      });
      const call = s.call();
      await call.response(180);
      await call.cancel().response(200);
      await call.response(487);
      await s.ends();
    },
  );

  test('E-02 that a strict router has rewritten, in a record-routed dialog (§16.4)', async () => {
    const s = await scripted({ invite: proxies(BOB, { recordRoute: true }) });
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(200);
    const ok = await call.response(200);
    call.ack();
    await s.world.run(100);
    const [ours] = ok.list('Record-Route');
    const strict = ours?.slice(1, -1) ?? '';
    const again = s.alice.request('INVITE', strict, {
      via: 'siplet',
      route: [`<${BOB}>`],
      callId: ok.header('Call-ID') ?? '',
      from: ok.header('From') ?? '',
      to: ok.header('To') ?? '',
      fromTag: '',
      sequence: 2,
    });
    const invite = await s.bob.receive('INVITE');
    invite.reply(180);
    await again.response(180);
    await again.cancel().response(200);
    await again.response(487);
    expect(count(s.bob, 'CANCEL')).toBe(1);
  });

  test('E-02 inside a composition, where each application rewrites the Request-URI', async () => {
    const rewrites = (name: string, uri: string) => {
      @siplet({ name })
      class Rewrites {
        @Invite()
        invite(request: SipRequest) {
          request.uri = uri;
          request.proxyTo(uri);
        }
      }
      return { Rewrites };
    };
    const s = await stage({
      a: rewrites('a', 'sip:b@example.net'),
      b: rewrites('b', 'sip:c@example.net'),
      c: rewrites('c', BOB),
    });
    await ringsUntilCancelled(s, s.call());
    await s.ends();
    expect([requests(s.bob), finalsOf(s.alice)]).toEqual([['INVITE', 'CANCEL', 'ACK'], [487]]);
  });
});
