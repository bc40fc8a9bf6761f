// E-08: the caller of a bridge sees a dialog for each of the callee's side, as behind a forking proxy (§13.2.1, §16.7).
import type { CallFailedError, SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { BOB as TO_BOB, CAROL as TO_CAROL } from '../world/stage.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const RELIABLE = (sequence: number) => ({ Require: '100rel', RSeq: String(sequence) });
const SDP = (name: string) => `v=0\r\no=${name} 1 1 IN IP4 10.0.0.2\r\ns=-\r\nt=0 0\r\n`;

/** Two forks ring with media of their own, reliably. */
async function twoForks(options: { reliable?: boolean } = {}) {
  const s = await bridging();
  const headers = { Supported: '100rel' };
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE, ...(options.reliable && { headers }) });
  const invite = await s.bob.receive('INVITE');
  const more = (sequence: number) => (options.reliable ? { headers: RELIABLE(sequence) } : {});
  invite.reply(183, { toTag: 'one', body: SDP('one'), ...more(70) });
  const one = await call.response(183);
  invite.reply(183, { toTag: 'two', body: SDP('two'), ...more(90) });
  const two = await call.response(183);
  return { ...s, call, invite, one, two };
}

type Forks = Awaited<ReturnType<typeof twoForks>>;

/** Fork two answers; then Alice hangs up in its dialog. */
async function answersAndEnds({ call, invite, two, bob, over, world }: Forks): Promise<void> {
  invite.reply(200, { toTag: 'two', body: SDP('two') });
  const ok = await call.response(200);
  expect(ok.toTag).toBe(two.toTag);
  call.ack({ response: ok });
  expect((await invite.ack()).message.toTag).toBe('two');
  const bye = call.dialogOf(ok).bye();
  const relayed = await bob.receive('BYE');
  expect(relayed.message.toTag).toBe('two');
  relayed.reply(200);
  await bye.response(200);
  await world.deliver();
  await over();
}

test('E-08 §13.2.1 early media of two forks: each has its To tag, and the 200 has the tag of the fork that answered', async () => {
  const forks = await twoForks();
  expect(forks.one.toTag).not.toBe(forks.two.toTag);
  expect([forks.one.body, forks.two.body]).toEqual([SDP('one'), SDP('two')]);
  await answersAndEnds(forks);
});

test('E-08 RFC 3262 §3 each dialog has its own RSeq, and the PRACK goes to the fork whose tag it has', async () => {
  const forks = await twoForks({ reliable: true });
  const { call, one, two, bob, world } = forks;
  for (const [response, tag, sequence] of [
    [two, 'two', 90],
    [one, 'one', 70],
  ] as const) {
    const headers = { RAck: `${response.header('RSeq')} 1 INVITE` };
    const prack = call.dialogOf(response).request('PRACK', { headers });
    const relayed = await bob.receive('PRACK');
    expect([relayed.message.toTag, relayed.header('RAck')]).toEqual([tag, `${sequence} 1 INVITE`]);
    relayed.reply(200);
    await prack.response(200);
  }
  const before = call.responses.length;
  await world.run(5000);
  expect(call.responses.length).toBe(before); // both are acknowledged: nothing comes again
  await answersAndEnds(forks);
});

test('E-08 RFC 3262 §3 the PRACK of one dialog does not acknowledge the 1xx of another, which comes again', async () => {
  const { call, one, two, bob, world, invite, over } = await twoForks({ reliable: true });
  const prack = call.dialogOf(one).request('PRACK', { headers: { RAck: `${one.header('RSeq')} 1 INVITE` } });
  (await bob.receive('PRACK')).reply(200);
  await prack.response(200);
  await world.run(1000);
  expect(call.responses.at(-1)?.toTag).toBe(two.toTag);
  const wrong = call.dialogOf(two).request('PRACK', { headers: { RAck: `${one.header('RSeq')} 1 INVITE` } });
  await wrong.response(481);
  invite.reply(486, { toTag: 'three' });
  await call.response(486);
  await over();
});

test.each(['UPDATE', 'INFO', 'OPTIONS'])(
  'E-08 RFC 3311 %s of the caller goes to the fork whose tag it has, and that of a fork to its dialog',
  async (method) => {
    const forks = await twoForks();
    const { call, one, bob, invite, alice } = forks;
    const request = call.dialogOf(one).request(method);
    const relayed = await bob.receive(method);
    expect(relayed.message.toTag).toBe('one');
    relayed.reply(200);
    await request.response(200);
    const back = invite.dialogOf('one').request(method);
    const received = await alice.receive(method);
    expect(received.message.fromTag).toBe(one.toTag);
    received.reply(200);
    await back.response(200);
    await answersAndEnds(forks);
  },
);

test('E-08 W-03 §15 a BYE of the caller in one early dialog ends that fork alone', async () => {
  const forks = await twoForks();
  const { call, one, bob } = forks;
  const bye = call.dialogOf(one).bye({ headers: { Reason: 'SIP;cause=200' } });
  const relayed = await bob.receive('BYE');
  expect([relayed.message.toTag, relayed.header('Reason')]).toEqual(['one', 'SIP;cause=200']);
  relayed.reply(200);
  await bye.response(200);
  expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
  await answersAndEnds(forks);
});

test('E-08 W-03 §15 a BYE of one early fork ends that one alone', async () => {
  const forks = await twoForks();
  const bye = forks.invite.dialogOf('one').bye();
  await bye.response(200);
  await forks.world.run(1000);
  expect(forks.call.responses.some(({ status }) => status >= 200)).toBe(false);
  await forks.call.dialogOf(forks.one).request('INFO').response(481);
  await answersAndEnds(forks);
});

test('E-08 §15 a BYE of the caller in its last early dialog ends the call', async () => {
  const { call, one, two, bob, over, world } = await twoForks();
  bob.answerBye = bob.answerCancel = true;
  await call.dialogOf(one).bye().response(200);
  await call.dialogOf(two).bye().response(200);
  await call.response(487);
  await world.deliver();
  expect(bob.received.filter(({ message }) => message.method === 'CANCEL' && message.isRequest)).toHaveLength(1);
  await over();
});

test('E-08 §13.2.2.4 the 200 of one fork ends the early dialogs of the others with the caller', async () => {
  const forks = await twoForks();
  const { call, one, two, invite, world } = forks;
  invite.reply(200, { toTag: 'two', body: SDP('two') });
  call.ack({ response: await call.response(200) });
  await invite.ack();
  expect(call.responses.at(-1)?.toTag).toBe(two.toTag);
  await call.dialogOf(one).request('INFO').response(481);
  const bye = call.dialogOf(two).bye();
  (await forks.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await world.deliver();
  await forks.over();
});

test('E-08 the 200 of a fork that the caller has left is acknowledged and ended', async () => {
  const { call, one, bob, over, invite, world } = await twoForks();
  const bye = call.dialogOf(one).bye();
  (await bob.receive('BYE')).reply(200);
  await bye.response(200);
  invite.reply(200, { toTag: 'one', body: SDP('one') });
  await world.run(1000);
  const sent = bob.received.filter(({ message }) => message.isRequest).map(({ message }) => message);
  expect(sent.filter(({ method }) => method === 'ACK').map(({ toTag }) => toTag)).toEqual(['one']);
  expect(call.responses.at(-1)?.status).toBe(487);
  await over();
});

test('E-08 RFC 3262 §3 the caller never sends the PRACK of one dialog: that one ends, the other goes on', async () => {
  const forks = await twoForks({ reliable: true });
  const { call, two, bob, world } = forks;
  const prack = call.dialogOf(two).request('PRACK', { headers: { RAck: `${two.header('RSeq')} 1 INVITE` } });
  (await bob.receive('PRACK')).reply(200);
  await prack.response(200);
  const bye = await bob.receive('BYE');
  expect(bye.message.toTag).toBe('one');
  bye.reply(200);
  await world.run(100);
  expect(call.responses.some(({ status }) => status >= 200)).toBe(false);
  await answersAndEnds(forks);
});

test('E-08 a callee after failover has a To tag and a session of its own, even where the first rang reliably', async () => {
  const sessions: boolean[] = [];
  const { alice, bob, carol, over } = await bridging(async (request) => {
    const b2bua = request.b2bua();
    const failure = await b2bua.bridge({ to: TO_BOB }).catch((error: CallFailedError) => error.status);
    const bridge = await b2bua.bridge({ to: TO_CAROL });
    sessions.push(failure === 503, bridge.caller === request.session, bridge.caller.state === 'confirmed');
    sessions.push(b2bua.linkedSession(bridge.caller) === bridge.callee);
  });
  const call = alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: '100rel' } });
  const first = await bob.receive('INVITE');
  first.reply(183, { body: SDP('bob'), headers: RELIABLE(7) });
  const early = await call.response(183);
  const prack = call.dialogOf(early).request('PRACK', { headers: { RAck: `${early.header('RSeq')} 1 INVITE` } });
  (await bob.receive('PRACK')).reply(200);
  await prack.response(200);
  first.reply(503);
  const second = await carol.receive('INVITE');
  second.reply(200, { body: SDP('carol') });
  const ok = await call.response(200);
  expect([ok.toTag === early.toTag, ok.body]).toEqual([false, SDP('carol')]);
  call.ack({ response: ok });
  await second.ack();
  expect(sessions).toEqual([true, false, true, true]);
  const bye = second.bye();
  const relayed = await alice.receive('BYE');
  expect(relayed.message.fromTag).toBe(ok.toTag);
  relayed.reply(200);
  await bye.response(200);
  await over();
});

test('E-08 a dialog that the application has made by a 183 of its own remains its own', async () => {
  const tags = new Set<string>();
  const s = await bridging(async (request: SipRequest) => {
    const announcement = request.createResponse(183);
    announcement.setBody(SDP('announcement'), 'application/sdp');
    announcement.send();
    await request.b2bua().bridge({ to: TO_BOB });
  });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  tags.add(present((await call.response(183)).toTag)).add(present((await call.response(180)).toTag));
  invite.reply(200, { body: BOB });
  const ok = await call.response(200);
  tags.add(present(ok.toTag));
  expect(tags.size).toBe(2);
  expect(ok.toTag).toBe(call.responses.find(({ status }) => status === 180)?.toTag);
  call.ack({ response: ok });
  await invite.ack();
  const bye = invite.bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});
