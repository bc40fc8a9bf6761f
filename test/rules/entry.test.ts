// RULES.md section 3: where a message entered the container, as each application of a composition reads it.
import { Cancel, Invite, type SipRequest, Subsequent, Siplet as siplet } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { BOB, stage } from '../world/stage.js';

type Seen = [string, string, string | undefined][];

/** Three applications in a row. Each notes where every request came from. */
async function inARow(goesOn: (request: SipRequest) => unknown) {
  const seen: Seen = [];
  const application = (name: string) => {
    const note = (request: SipRequest) => seen.push([name, request.method, request.initialRemote?.address]);
    @siplet({ name })
    class Noting {
      @Invite()
      invite(request: SipRequest) {
        note(request);
        return goesOn(request);
      }

      @Subsequent()
      subsequent(request: SipRequest) {
        note(request);
      }

      @Cancel()
      cancelled(request: SipRequest) {
        note(request);
      }
    }
    return { Noting };
  };
  return { ...(await stage({ a: application('a'), b: application('b'), c: application('c') })), seen };
}

test('W-15 in-dialog requests of either side: the phone that sent them', async () => {
  const s = await inARow((request) => request.proxyTo(request.uri, { recordRoute: true }));
  const call = s.call({}, BOB);
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  s.seen.length = 0;
  const info = call.dialog.request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = invite.dialog.bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.seen).toEqual([
    ...['a', 'b', 'c'].map((name) => [name, 'INFO', '10.0.0.1']),
    ...['c', 'b', 'a'].map((name) => [name, 'BYE', '10.0.0.2']),
  ]);
  await s.ends();
});

test.each([
  ['proxies', (request: SipRequest) => request.proxyTo(request.uri)],
  ['B2BUAs', (request: SipRequest) => request.b2bua().bridge({ to: BOB })],
] as const)('W-15 a CANCEL through %s: the caller who sent it', async (_, goesOn) => {
  const s = await inARow(goesOn);
  s.bob.answerCancel = true;
  const call = s.call({}, BOB);
  (await s.bob.receive('INVITE')).reply(180);
  await call.response(180);
  s.seen.length = 0;
  await call.cancel().response(200);
  await call.response(487);
  await s.world.run(1000);
  expect(s.seen).toEqual(['a', 'b', 'c'].map((name) => [name, 'CANCEL', '10.0.0.1']));
  await s.ends();
});
