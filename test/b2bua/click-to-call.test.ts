// SipFactory.bridge calls one party, then the other, and joins them (RFC 3725 §4.4, flow IV).
import {
  type Bridge,
  type CallFailedError,
  type CallOptions,
  Message,
  SipFactory,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { stage, ALICE as TO_ALICE, BOB as TO_BOB } from '../world/stage.js';

const ALICE_SDP = 'v=0\r\no=alice 5 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 1000 RTP/AVP 0\r\n';
const NO_MEDIA = 'v=0\r\no=alice 5 0 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n';
const BOB_SDP = 'v=0\r\no=bob 7 3 IN IP4 10.0.0.2\r\ns=-\r\nt=0 0\r\nm=audio 2000 RTP/AVP 0\r\n';

let options: Partial<CallOptions>;
const outcomes: unknown[] = [];

@Siplet({ name: 'clicking' })
class Clicking {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async click(request: SipRequest): Promise<void> {
    request.createResponse(200).send();
    try {
      const bridge: Bridge = await this.factory.bridge(request.applicationSession, {
        caller: TO_ALICE,
        callee: TO_BOB,
        ...options,
      });
      outcomes.push(bridge.caller.state, bridge.callee.state, bridge.response.status);
      await bridge.ended;
      outcomes.push('ended');
    } catch (error) {
      outcomes.push((error as CallFailedError).status);
    }
  }
}

async function click(more: Partial<CallOptions> = {}) {
  options = more;
  outcomes.length = 0;
  const s = await stage(Clicking);
  await s.carol.request('MESSAGE', 'sip:click@siplet').response(200);
  const first = await s.alice.receive('INVITE');
  return { ...s, first };
}

/** Alice has answered; Bob is called. */
async function answered(body = NO_MEDIA, more: Partial<CallOptions> = {}) {
  const s = await click(more);
  s.first.reply(200, { body });
  await s.first.ack();
  const second = await s.bob.receive('INVITE');
  return { ...s, second };
}

test('RFC 3725 §4.4 the caller answers an offer without media, and gets the offer of the callee in a re-INVITE', async () => {
  const s = await answered();
  expect(s.first.message.body).toMatch(
    /^v=0\r\no=- \d+ 1 IN IP4 10\.0\.0\.9\r\ns=-\r\nc=IN IP4 10\.0\.0\.9\r\nt=0 0\r\n$/,
  );
  expect([s.first.header('To'), s.first.message.header('From')?.split(';')[0]]).toEqual([
    `<${TO_ALICE}>`,
    `<${TO_BOB}>`,
  ]);
  expect([s.second.message.body, s.second.message.header('From')?.split(';')[0]]).toEqual(['', `<${TO_ALICE}>`]);
  s.second.reply(180);
  await s.world.run(5000);
  s.second.reply(200, { body: BOB_SDP });
  const again = await s.alice.receive('INVITE');
  // RFC 3264 §8: the session of the first offer, in its next version.
  const origin = /^o=.*$/m.exec(s.first.message.body)?.[0].replace(' 1 IN', ' 2 IN');
  expect(again.message.body).toBe(BOB_SDP.replace('o=bob 7 3 IN IP4 10.0.0.2', String(origin)));
  again.reply(200, { body: ALICE_SDP });
  await again.ack();
  expect((await s.second.ack()).message.body).toBe(ALICE_SDP);
  await s.world.deliver();
  expect(outcomes).toEqual(['confirmed', 'confirmed', 200]);
  const info = s.first.dialog.request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = s.second.bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.world.ladder({ times: false, participants: ['alice', 'siplet', 'bob'] })).toMatchInlineSnapshot(`
    "  alice             siplet               bob
        |<--INVITE---------|                  |
        |--200 OK--------->|                  |
        |<--ACK------------|                  |
        |                  |--INVITE--------->|
        |                  |<--180 Ringing----|
        |                  |<--200 OK---------|
        |<--INVITE---------|                  |
        |--200 OK--------->|                  |
        |<--ACK------------|                  |
        |                  |--ACK------------>|
        |--INFO----------->|                  |
        |                  |--INFO----------->|
        |                  |<--200 OK (INFO)--|
        |<--200 OK (INFO)--|                  |
        |                  |<--BYE------------|
        |                  |--200 OK (BYE)--->|
        |<--BYE------------|                  |
        |--200 OK (BYE)--->|                  |"
  `);
  await s.ends();
  expect(outcomes.at(-1)).toBe('ended');
});

test('RULES.md section 3 the caller does not answer: nobody else is called', async () => {
  const s = await click();
  s.first.reply(486);
  await s.world.run(1000);
  expect(outcomes).toEqual([486]);
  expect(s.bob.received).toEqual([]);
  await s.ends();
});

test('RULES.md section 3 the callee is busy: the caller gets a BYE that says so', async () => {
  const s = await answered();
  s.second.reply(486);
  const bye = await s.alice.receive('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=486;text="Busy Here"');
  bye.reply(200);
  await s.world.deliver();
  expect(outcomes).toEqual([486]);
  await s.ends();
});

test('RULES.md section 3 the caller hangs up while the callee rings: the callee is cancelled', async () => {
  const s = await answered();
  s.bob.answerCancel = true;
  s.second.reply(180);
  await s.world.run(100);
  await s.first.bye().response(200);
  await s.world.run(1000);
  expect(s.bob.received.filter(({ message }) => message.method === 'CANCEL')).toHaveLength(1);
  expect(outcomes).toEqual([487]);
  await s.ends();
});

test('RULES.md section 3 the caller hangs up as the callee answers: the callee gets its ACK and a BYE', async () => {
  const s = await answered();
  s.bob.answerBye = s.alice.answerBye = true;
  s.second.reply(200, { body: BOB_SDP });
  await s.first.bye().response(200);
  await s.second.ack();
  await s.world.run(1000);
  const byes = s.bob.received.filter(({ message }) => message.method === 'BYE' && message.isRequest);
  expect(byes).toHaveLength(1);
  for (const request of s.alice.unread) if (request.method === 'INVITE') request.reply(481);
  await s.world.run(1000);
  expect(outcomes).toHaveLength(1);
  await s.ends();
});

test('RULES.md section 3 the callee does not answer in time: it is cancelled, and the caller gets a BYE', async () => {
  const s = await answered(NO_MEDIA, { timeout: '20s' });
  s.bob.answerCancel = true;
  s.second.reply(180);
  const bye = await s.alice.receive('BYE');
  expect(bye.header('Reason')).toBe('SIP;cause=408');
  bye.reply(200);
  await s.world.deliver();
  expect(outcomes).toEqual([408]);
  await s.ends();
});

test('RFC 3725 the caller refuses the callee’s media: both legs end', async () => {
  const s = await answered();
  s.second.reply(200, { body: BOB_SDP });
  (await s.alice.receive('INVITE')).reply(488);
  expect((await s.second.ack()).message.body).toContain('m=audio 0 RTP/AVP 0');
  (await s.bob.receive('BYE')).reply(200);
  (await s.alice.receive('BYE')).reply(200);
  await s.world.deliver();
  expect(outcomes).toEqual([488]);
  await s.ends();
});

test('RFC 3725 the caller answers without a description, and the callee without an offer', async () => {
  const s = await answered('');
  s.second.reply(200);
  await s.second.ack();
  await s.world.deliver();
  expect(outcomes).toEqual(['confirmed', 'confirmed', 200]);
  const bye = s.first.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('E-20 the options concern both legs: headers, Contact, and credentials for the side that challenges', async () => {
  const s = await click({
    headers: { 'X-Click': '1' },
    contact: { user: 'click' },
    credentials: { username: 'click', password: 'secret', realm: 'phones' },
  });
  s.first.reply(401, { headers: { 'WWW-Authenticate': 'Digest realm="phones", nonce="1", qop="auth"' } });
  const again = await s.alice.receive('INVITE');
  expect(again.header('Authorization')).toContain('realm="phones"');
  expect([again.header('X-Click'), again.header('Contact')]).toEqual(['1', '<sip:click@10.0.0.9:5060>']);
  again.reply(200, { body: NO_MEDIA });
  expect((await again.ack()).header('Authorization')).toContain('realm="phones"');
  const second = await s.bob.receive('INVITE');
  expect([second.header('X-Click'), second.header('Contact')]).toEqual(['1', '<sip:click@10.0.0.9:5060>']);
  s.alice.answerBye = true;
  second.reply(603);
  await s.world.run(100);
  expect(outcomes).toEqual([603]);
  await s.ends();
});

test('RFC 3725 §4.3 a caller that takes no offer without media makes one itself, and is held until the callee answers', async () => {
  const s = await click();
  s.first.reply(488);
  const again = await s.alice.receive('INVITE');
  expect(again.message.body).toBe('');
  again.reply(200, { body: `${ALICE_SDP}a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\nm=video 1002 RTP/SAVP 31\r\n` });
  const { body } = (await again.ack()).message;
  expect(body).toMatch(
    /m=audio 9 RTP\/AVP 0\r\nc=IN IP4 0\.0\.0\.0\r\na=rtpmap:0 PCMU\/8000\r\na=inactive\r\nm=video 0 RTP\/SAVP 31\r\n$/,
  );
  const second = await s.bob.receive('INVITE');
  second.reply(200, { body: BOB_SDP });
  const joined = await s.alice.receive('INVITE');
  expect(joined.message.body).toContain('m=audio 2000 RTP/AVP 0\r\nm=video 0 RTP/SAVP 31\r\n');
  expect(/^o=- \d+ (\d+)/m.exec(joined.message.body)?.[1]).toBe('2');
  joined.reply(200, { body: `${ALICE_SDP}m=video 0 RTP/SAVP 31\r\n` });
  await joined.ack();
  expect((await second.ack()).message.body).toBe(ALICE_SDP);
  const bye = again.dialog.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});
