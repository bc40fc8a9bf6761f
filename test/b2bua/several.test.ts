// Several callees of one bridge at once: the first to answer stays (§16.7, RULES.md section 3).
import {
  BestResponse,
  BranchResponse,
  type CallFailedError,
  Invite,
  Siplet,
  type SipRequest,
  type SipResponse,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { thrown } from '../world/script.js';
import { BOB as TO_BOB, CAROL as TO_CAROL, DAVE as TO_DAVE } from '../world/stage.js';
import { type BridgingStage, bridging, doesAsTold } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const both = (request: SipRequest) => request.b2bua().bridge({ to: [TO_BOB, TO_CAROL] });

async function called(s: BridgingStage) {
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  return { call, bob: await s.bob.receive('INVITE'), carol: await s.carol.receive('INVITE') };
}

test('RULES.md section 3 both ring, each with a dialog of its own; the first to answer stays, the other is cancelled', async () => {
  const s = await bridging(both);
  s.bob.answerCancel = true;
  const { call, bob, carol } = await called(s);
  expect(bob.message.callId).not.toBe(carol.message.callId);
  bob.reply(183, { body: BOB });
  const early = await call.response(183);
  carol.reply(180);
  const ringing = await call.response(180);
  expect(early.toTag).not.toBe(ringing.toTag);
  carol.reply(200, { body: BOB });
  const ok = await call.response(200);
  expect(ok.toTag).toBe(ringing.toTag);
  call.ack({ response: ok });
  await carol.ack();
  await s.world.deliver();
  const cancel = s.bob.received.find(({ message }) => message.method === 'CANCEL');
  expect(cancel?.message.header('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
  const bye = call.dialogOf(ok).bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                    siplet                        bob            carol
        |--INVITE---------------->|                           |               |
        |<--100 Trying------------|                           |               |
        |                         |--INVITE------------------>|               |
        |                         |--INVITE---------------------------------->|
        |                         |<--183 Session Progress----|               |
        |<--183 Session Progress--|                           |               |
        |                         |<--180 Ringing-----------------------------|
        |<--180 Ringing-----------|                           |               |
        |                         |<--200 OK----------------------------------|
        |                         |--CANCEL------------------>|               |
        |<--200 OK----------------|                           |               |
        |                         |<--200 OK (CANCEL)---------|               |
        |                         |<--487 Request Terminated--|               |
        |--ACK------------------->|                           |               |
        |                         |--ACK--------------------->|               |
        |                         |--ACK------------------------------------->|
        |--BYE------------------->|                           |               |
        |<--200 OK (BYE)----------|                           |               |
        |                         |--BYE------------------------------------->|
        |                         |<--200 OK (BYE)----------------------------|"
  `);
  await s.over();
});

test('RULES.md section 3 two answers cross: the second is acknowledged and ended', async () => {
  const s = await bridging(both);
  s.bob.answerBye = true;
  const { call, bob, carol } = await called(s);
  carol.reply(200, { body: BOB });
  bob.reply(200, { body: BOB });
  await call.response(200);
  call.ack();
  await carol.ack();
  await bob.ack();
  const bye = call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
  expect(s.bob.received.filter(({ message }) => message.method === 'BYE' && message.isRequest)).toHaveLength(1);
  await s.over();
});

test.each([
  [486, 480, 486],
  [503, 404, 404],
  [480, 486, 480],
  [302, 486, 302],
  [486, 603, 603],
  [486, 484, 484],
  [487, 500, 487],
])('RULES.md section 3 §16.7 step 6: of %i and %i the caller gets %i', async (first, second, best) => {
  const s = await bridging(both);
  const { call, bob, carol } = await called(s);
  bob.reply(first);
  await s.world.run(100);
  expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
  carol.reply(second);
  await call.response(best);
  await s.over();
});

test('RULES.md section 3 §16.7 step 5: a 603 ends the search at once', async () => {
  const s = await bridging(both);
  s.bob.answerCancel = true;
  const { call, bob, carol } = await called(s);
  bob.reply(180);
  await call.response(180);
  carol.reply(603);
  await call.response(603);
  await s.world.deliver();
  expect(s.bob.received.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  await s.over();
});

test('RULES.md section 3 §16.7 step 7: the challenges of both reach the caller', async () => {
  const s = await bridging(both);
  const { call, bob, carol } = await called(s);
  bob.reply(401, { headers: { 'WWW-Authenticate': 'Digest realm="bob", nonce="1"' } });
  carol.reply(407, { headers: { 'Proxy-Authenticate': 'Digest realm="carol", nonce="2"' } });
  const refusal = await call.response('4xx');
  expect([refusal.header('WWW-Authenticate'), refusal.header('Proxy-Authenticate')]).toEqual([
    'Digest realm="bob", nonce="1"',
    'Digest realm="carol", nonce="2"',
  ]);
  await s.over();
});

test('RULES.md section 3 one of several forks: a fork of it may answer', async () => {
  const s = await bridging(both);
  s.carol.answerCancel = true;
  const { call, bob, carol } = await called(s);
  bob.reply(180, { toTag: 'one' });
  bob.reply(180, { toTag: 'two' });
  carol.reply(180);
  for (let count = 0; count < 3; count++) await call.response(180);
  expect(new Set(call.responses.flatMap(({ status, toTag }) => (status === 180 ? [toTag] : []))).size).toBe(3);
  bob.reply(200, { toTag: 'two', body: BOB });
  const ok = await call.response(200);
  call.ack({ response: ok });
  expect((await bob.ack()).message.toTag).toBe('two');
  const bye = call.dialogOf(ok).bye();
  const relayed = await s.bob.receive('BYE');
  expect(relayed.message.toTag).toBe('two');
  relayed.reply(200);
  await bye.response(200);
  await s.over();
});

test('RULES.md section 3 the caller gives up: all are cancelled with its Reason', async () => {
  const s = await bridging(both);
  s.bob.answerCancel = s.carol.answerCancel = true;
  const { call, bob, carol } = await called(s);
  bob.reply(180);
  carol.reply(180);
  await call.response(180);
  await call.response(180);
  await call.cancel({ headers: { Reason: 'SIP;cause=600' } }).response(200);
  await call.response(487);
  await s.world.deliver();
  for (const phone of [s.bob, s.carol])
    expect(phone.received.find(({ message }) => message.method === 'CANCEL')?.message.header('Reason')).toBe(
      'SIP;cause=600',
    );
  await s.over();
});

test('RULES.md section 3 timeout bounds the whole: the best answer so far is the failure', async () => {
  const failures: number[] = [];
  const s = await bridging(async (request) => {
    try {
      await request.b2bua().bridge({ to: [TO_BOB, TO_CAROL], timeout: '5s' });
    } catch (error) {
      failures.push((error as CallFailedError).status);
      throw error;
    }
  });
  s.carol.answerCancel = true;
  const { call, bob, carol } = await called(s);
  bob.reply(486);
  carol.reply(180);
  await call.response(180);
  await call.response(486);
  expect(failures).toEqual([486]);
  expect(Math.trunc(s.world.clock.now() / 1000)).toBe(5);
  await s.over();
});

test('RULES.md section 3 provisionalTimeout leaves the silent one; the other goes on', async () => {
  const s = await bridging((request) =>
    request.b2bua().bridge({ to: [TO_BOB, TO_CAROL], provisionalTimeout: '4s', timeout: '20s' }),
  );
  s.carol.answerCancel = true;
  const { call, bob, carol } = await called(s);
  carol.reply(100);
  bob.reply(180);
  await call.response(180);
  await s.world.run(5000);
  expect(s.carol.received.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  bob.reply(486);
  await call.response(486);
  await s.over();
});

test('E-13 one of several leaves its early dialog: the others go on', async () => {
  const s = await bridging(both);
  s.bob.answerCancel = true;
  const { call, bob, carol } = await called(s);
  bob.reply(183, { body: BOB });
  await call.response(183);
  await bob.bye().response(200);
  await s.world.run(1000);
  expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
  carol.reply(486);
  await call.response(480);
  await s.over();
});

const seen: string[] = [];

@Siplet({ name: 'watching' })
class Watching {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @BranchResponse()
  branch({ status }: SipResponse): void {
    seen.push(`branch ${status}`);
  }

  @BestResponse()
  best({ status }: SipResponse): void {
    seen.push(`best ${status}`);
  }
}

test('C-14 the answers of callees that are not the end go to @BranchResponse, the best one to @BestResponse', async () => {
  seen.length = 0;
  const s = await bridging((request) => request.b2bua().bridge({ to: [TO_BOB, TO_CAROL, TO_DAVE] }), Watching);
  const { call, bob, carol } = await called(s);
  const dave = await s.dave.receive('INVITE');
  carol.reply(480);
  await s.world.run(10);
  bob.reply(486);
  await s.world.run(10);
  dave.reply(404);
  await call.response(480);
  expect(seen).toEqual(['branch 480', 'branch 486', 'best 480']);
  await s.over();
});

test('RULES.md section 3 a list without a callee is refused; one that cannot be called leaves the others', async () => {
  const s = await bridging(async (request) => {
    expect(thrown(() => request.b2bua().bridge({ to: [] }))).toEqual(new TypeError('bridge: `to` names no callee'));
    await request.b2bua().bridge({ to: ['tel:+4930123', TO_CAROL] });
  });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  (await s.carol.receive('INVITE')).reply(486);
  await call.response(416);
  await s.over();
});
