// A party of a standing bridge is replaced: the application transfers a call (RULES.md section 3, RFC 3725 §7).
import {
  type Bridge,
  type CallFailedError,
  IllegalStateError,
  Invite,
  Siplet,
  type SipRequest,
  Subsequent,
} from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { thrown } from '../world/script.js';
import { stage, BOB as TO_BOB, CAROL as TO_CAROL } from '../world/stage.js';
import { ALICE, BOB, talking } from './legs.js';

const CAROL_SDP = 'v=0\r\no=carol 7 3 IN IP4 10.0.0.3\r\ns=-\r\nt=0 0\r\nm=audio 3000 RTP/AVP 0\r\n';
const ALICE_SDP = (version: number) =>
  `v=0\r\no=alice 1 ${version} IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 1000 RTP/AVP 0\r\n`;

const outcomes: unknown[] = [];
const bridges: Bridge[] = [];

@Siplet({ name: 'transferring' })
class Transferring {
  @Invite()
  async call(request: SipRequest): Promise<void> {
    const { user } = request.uri as unknown as { user: string };
    bridges.push(await request.b2bua().bridge({ to: user === 'carol' ? TO_CAROL : TO_BOB }));
  }

  @Subsequent('REFER')
  async refer(request: SipRequest): Promise<void> {
    const accepted = request.createResponse(202);
    accepted.headers.set('Refer-Sub', 'false');
    accepted.send();
    const [bridge] = bridges;
    try {
      const moved = await request.b2bua().bridge({ to: present(request.headers.address('Refer-To')) });
      outcomes.push(moved === bridge, moved.callee.state);
    } catch (error) {
      outcomes.push((error as CallFailedError).status);
    }
  }

  @Subsequent('MESSAGE')
  wrong(request: SipRequest): void {
    const body = { content: ALICE, type: 'application/sdp' };
    outcomes.push(thrown(() => request.b2bua().bridge({ to: TO_CAROL, body })));
    request.createResponse(200).send();
  }
}

async function start() {
  outcomes.length = bridges.length = 0;
  const s = await stage(Transferring);
  const legs = await talking(s);
  return { ...s, ...legs, phone: s.alice, bobPhone: s.bob };
}

type On = Awaited<ReturnType<typeof start>>;

/** Bob asks for Alice to be connected with Carol. */
async function refers(s: On) {
  const refer = s.bob.request('REFER', { headers: { 'Refer-To': `<${TO_CAROL}>` } });
  await refer.response(202);
  return s.carol.receive('INVITE');
}

test('RFC 3725 a REFER of the callee: the new callee makes the offer, the caller gets it, the old callee a BYE', async () => {
  const s = await start();
  const invite = await refers(s);
  expect([invite.message.body, invite.header('Supported')]).toEqual(['', 'timer']);
  expect(invite.header('From')).toContain('<sip:alice@10.0.0.1>');
  invite.reply(180);
  await s.world.run(3000);
  expect(s.phone.unread).toEqual([]);
  invite.reply(200, { body: CAROL_SDP });
  const again = await s.phone.receive('INVITE');
  // RFC 3264 §8: the same session as Bob's was, in its next version.
  expect(again.message.body).toBe(CAROL_SDP.replace('o=carol 7 3 IN IP4 10.0.0.3', 'o=bob 1 2 IN IP4 10.0.0.2'));
  again.reply(200, { body: ALICE_SDP(2) });
  await again.ack();
  expect((await invite.ack()).message.body).toBe(ALICE_SDP(2));
  (await s.bobPhone.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(outcomes).toEqual([true, 'confirmed']);
  // The new call is a bridge like any other; descriptions go on.
  const hold = invite.dialog.request('INVITE', { body: CAROL_SDP.replace('7 3', '7 4') });
  const held = await s.phone.receive('INVITE');
  expect(held.message.body).toBe(CAROL_SDP.replace('o=carol 7 3 IN IP4 10.0.0.3', 'o=bob 1 2 IN IP4 10.0.0.2'));
  held.reply(200, { body: ALICE_SDP(3) });
  expect((await hold.response(200)).body).toBe(ALICE_SDP(3));
  hold.ack();
  await held.ack();
  const bye = s.call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice            siplet                      bob            carol
        |--INVITE-------->|                         |               |
        |<--100 Trying----|                         |               |
        |                 |--INVITE---------------->|               |
        |                 |<--200 OK----------------|               |
        |<--200 OK--------|                         |               |
        |--ACK----------->|                         |               |
        |                 |--ACK------------------->|               |
        |                 |<--REFER-----------------|               |
        |                 |--202 Accepted (REFER)-->|               |
        |                 |--INVITE-------------------------------->|
        |                 |<--180 Ringing---------------------------|
        |                 |<--200 OK--------------------------------|
        |<--INVITE--------|                         |               |
        |--200 OK-------->|                         |               |
        |<--ACK-----------|                         |               |
        |                 |--ACK----------------------------------->|
        |                 |--BYE------------------->|               |
        |                 |<--200 OK (BYE)----------|               |
        |                 |<--INVITE--------------------------------|
        |                 |--100 Trying---------------------------->|
        |<--INVITE--------|                         |               |
        |--200 OK-------->|                         |               |
        |                 |--200 OK-------------------------------->|
        |                 |<--ACK-----------------------------------|
        |<--ACK-----------|                         |               |
        |--BYE----------->|                         |               |
        |<--200 OK (BYE)--|                         |               |
        |                 |--BYE----------------------------------->|
        |                 |<--200 OK (BYE)--------------------------|"
  `);
  await s.ends();
});

test('RFC 3725 a REFER of the caller: the callee stays', async () => {
  const s = await start();
  const refer = s.call.dialog.request('REFER', { headers: { 'Refer-To': `<${TO_CAROL}>` } });
  await refer.response(202);
  const invite = await s.carol.receive('INVITE');
  invite.reply(200, { body: CAROL_SDP });
  const again = await s.bobPhone.receive('INVITE');
  again.reply(200, { body: BOB });
  await again.ack();
  expect((await invite.ack()).message.body).toBe(BOB);
  (await s.phone.receive('BYE')).reply(200);
  const bye = s.invite.dialog.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('RULES.md section 3 the new callee is busy: the old call stands as before', async () => {
  const s = await start();
  (await refers(s)).reply(486);
  await s.world.run(1000);
  expect(outcomes).toEqual([486]);
  expect([s.phone.unread, s.bobPhone.unread.filter(({ method }) => method !== 'ACK')]).toEqual([[], []]);
  const info = s.call.dialog.request('INFO');
  (await s.bobPhone.receive('INFO')).reply(200);
  await info.response(200);
  const bye = s.call.bye();
  (await s.bobPhone.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('RULES.md section 3 the one who stays refuses the offer: the new leg is ended, the old call stands', async () => {
  const s = await start();
  const invite = await refers(s);
  invite.reply(200, { body: CAROL_SDP });
  (await s.phone.receive('INVITE')).reply(488);
  // §13.2.2.4: the ACK has an answer, which refuses every media line.
  expect((await invite.ack()).message.body).toContain('m=audio 0 RTP/AVP 0');
  (await s.carol.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(outcomes).toEqual([488]);
  const bye = s.call.bye();
  (await s.bobPhone.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('§14.1 the re-INVITE meets one of the other side: it is sent again', async () => {
  const s = await start();
  const invite = await refers(s);
  invite.reply(200, { body: CAROL_SDP });
  (await s.phone.receive('INVITE')).reply(491);
  const again = await s.phone.receive('INVITE');
  again.reply(200, { body: ALICE_SDP(2) });
  await again.ack();
  await invite.ack();
  (await s.bobPhone.receive('BYE')).reply(200);
  const bye = s.call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('RULES.md section 3 the one who stays hangs up while the new callee rings: all ends', async () => {
  const s = await start();
  const invite = await refers(s);
  s.carol.answerCancel = true;
  invite.reply(180);
  await s.world.run(100);
  const bye = s.call.bye();
  (await s.bobPhone.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.run(1000);
  expect(s.carol.received.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  expect(outcomes).toEqual([487]);
  await s.ends();
});

test('RFC 5589 §6.1 the transferor hangs up at once: the transfer goes on without it', async () => {
  const s = await start();
  const invite = await refers(s);
  await s.bob.bye().response(200);
  await s.world.run(500);
  expect(s.phone.unread).toEqual([]);
  invite.reply(200, { body: CAROL_SDP });
  const again = await s.phone.receive('INVITE');
  again.reply(200, { body: ALICE_SDP(2) });
  await again.ack();
  await invite.ack();
  const bye = s.call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('RULES.md section 3 the transferor hangs up, and then the new callee is busy: the one who stays gets a BYE', async () => {
  const s = await start();
  const invite = await refers(s);
  await s.bob.bye().response(200);
  invite.reply(486);
  const bye = await s.phone.receive('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=486;text="Busy Here"');
  bye.reply(200);
  await s.world.deliver();
  await s.ends();
});

test('RFC 3264 §8 media lines do not get fewer: those that the new party lacks are refused, and left out of its answer', async () => {
  const s = await stage(Transferring);
  outcomes.length = bridges.length = 0;
  const two = `${ALICE_SDP(1)}m=video 1002 RTP/AVP 31\r\n`;
  const call = s.alice.invite('sip:bob@siplet', { body: two });
  const first = await s.bob.receive('INVITE');
  first.reply(200, { body: `${BOB}m=audio 2000 RTP/AVP 0\r\nm=video 2002 RTP/AVP 31\r\n` });
  await call.response(200);
  call.ack();
  await first.ack();
  await first.dialog.request('REFER', { headers: { 'Refer-To': `<${TO_CAROL}>` } }).response(202);
  const invite = await s.carol.receive('INVITE');
  invite.reply(200, { body: CAROL_SDP });
  const again = await s.alice.receive('INVITE');
  expect(again.message.body).toContain('m=audio 3000 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n');
  again.reply(200, { body: `${ALICE_SDP(2)}m=video 0 RTP/AVP 31\r\n` });
  await again.ack();
  expect((await invite.ack()).message.body).toBe(ALICE_SDP(2));
  (await s.bob.receive('BYE')).reply(200);
  const bye = call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('RFC 5589 §7 an attended transfer: two standing legs become one call, the other two end', async () => {
  const s = await start();
  const other = s.dave.invite('sip:carol@siplet', { body: ALICE });
  const consultation = await s.carol.receive('INVITE');
  consultation.reply(200, { body: CAROL_SDP });
  await other.response(200);
  other.ack();
  await consultation.ack();
  const [bridge, second] = bridges as [Bridge, Bridge];
  const moved = bridge.transfer({ to: second.callee });
  const asked = await s.phone.receive('INVITE');
  expect(asked.message.body).toBe('');
  asked.reply(200, { body: ALICE_SDP(2) });
  const offered = await s.carol.receive('INVITE');
  expect(offered.message.body).toBe(ALICE_SDP(2).replace('o=alice 1 2 IN IP4 10.0.0.1', 'o=alice 1 2 IN IP4 10.0.0.1'));
  offered.reply(200, { body: CAROL_SDP.replace('7 3', '7 4') });
  await offered.ack();
  expect((await asked.ack()).message.body).toBe(
    CAROL_SDP.replace('o=carol 7 3 IN IP4 10.0.0.3', 'o=bob 1 2 IN IP4 10.0.0.2'),
  );
  (await s.bobPhone.receive('BYE')).reply(200);
  (await s.dave.receive('BYE')).reply(200);
  expect(await s.world.complete(moved)).toBe(bridge);
  await s.world.complete(second.ended);
  const bye = s.call.bye();
  (await s.carol.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.complete(bridge.ended);
  await s.ends();
});

test('RULES.md section 3 a transfer that cannot begin throws', async () => {
  const s = await start();
  const [bridge] = bridges as [Bridge];
  await s.call.dialog.request('MESSAGE').response(200);
  expect(outcomes).toEqual([expect.objectContaining({ message: expect.stringContaining('`body` cannot be given') })]);
  expect(thrown(() => bridge.transfer({ to: bridge.caller }))).toBeInstanceOf(IllegalStateError);
  expect(thrown(() => bridge.transfer({ to: [] }))).toEqual(new TypeError('transfer: `to` names no callee'));
  const invite = await refers(s);
  expect(String(thrown(() => bridge.transfer({ to: TO_CAROL })))).toContain('has a transfer under way');
  invite.reply(486);
  const bye = s.call.bye();
  (await s.bobPhone.receive('BYE')).reply(200);
  await bye.response(200);
  await s.world.deliver();
  expect(String(thrown(() => bridge.transfer({ to: TO_CAROL })))).toContain('has ended');
  await s.ends();
});
