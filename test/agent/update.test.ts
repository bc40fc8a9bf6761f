// UPDATE, and offers that meet (RFC 3311, RFC 3264 §4, §14.1, §14.2).
import { Ack, Invite, OnTimer, Siplet, type SipRequest, type SipSession, Update } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';

const OFFER = 'v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\n';
const ANSWER = 'v=0\r\no=b 1 1 IN IP4 10.0.0.9\r\n';
const seen: string[] = [];
let answer: (request: SipRequest) => void;
let update: (request: SipRequest) => void;
let later: (session: SipSession) => void;

@Siplet({ name: 'talking', sessionTimeout: 0 })
class Talking {
  #session!: SipSession;

  @Invite()
  ring(request: SipRequest) {
    this.#session = request.session;
    answer(request);
  }

  @Ack()
  ack() {
    seen.push('ACK');
  }

  @Update()
  update(request: SipRequest) {
    seen.push(`UPDATE ${request.session.state}`);
    update(request);
  }

  /** What the test asks for, in the session of the call. */
  @OnTimer()
  go() {
    later(this.#session);
  }
}

function reply(request: SipRequest, status: number, body?: string, reliably = false) {
  const response = request.createResponse(status);
  if (body !== undefined) response.setBody(body, 'application/sdp');
  if (reliably) response.sendReliably();
  else response.send();
}

async function start(parts: { answer: typeof answer; update?: typeof update; later?: typeof later }) {
  answer = (request) => {
    parts.answer(request);
    if (parts.later !== undefined) request.applicationSession.setTimer('go', 3000);
  };
  update = parts.update ?? ((request) => reply(request, 200, ANSWER));
  later = parts.later ?? (() => {});
  seen.length = 0;
  return stage(Talking);
}

const ANSWERING = { answer: (request: SipRequest) => reply(request, 200, ANSWER) };

test('RFC 3311 §5.2 an UPDATE in the early and in the confirmed dialog goes to its handler, and moves the remote target', async () => {
  const { world, alice, ends } = await start({
    answer: (request) => reply(request, 183, ANSWER, true),
    later: (session) => void session.createRequest('INFO').send(),
  });
  const call = alice.invite('sip:bob@siplet', { body: OFFER, headers: { Supported: '100rel' } });
  const progress = await call.response(183);
  const dialog = present(call.dialog);
  await dialog
    .request('PRACK', { headers: { RAck: `${progress.header('RSeq')} ${progress.header('CSeq')}` } })
    .response(200);
  const updated = await dialog.request('UPDATE', { body: OFFER, contact: 'sip:moved@10.0.0.1' }).response(200);
  expect(updated.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  expect(seen).toEqual(['UPDATE early']);
  const info = await alice.receive('INFO');
  expect(info.uri).toBe('sip:moved@10.0.0.1');
  info.reply(200);
  await call.cancel().response(200);
  await call.response(487);
  await world.run(1);
  await ends();
});

test('RFC 3311 §5.2 an offer in an UPDATE gets 500 with Retry-After while the offer of the INVITE is unanswered', async () => {
  const { alice, ends } = await start({ answer: (request) => reply(request, 180) });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(180);
  const refused = await present(call.dialog).request('UPDATE', { body: OFFER }).response(500);
  expect(Number(refused.header('Retry-After'))).toBeLessThanOrEqual(10);
  expect(seen).toEqual([]);
  await present(call.dialog).request('UPDATE').response(200);
  await call.cancel().response(200);
  await call.response(487);
  await ends();
});

test('RFC 3311 §5.2 an UPDATE while another is unanswered gets 500 with Retry-After, also without an offer', async () => {
  const open: SipRequest[] = [];
  const { alice, ends } = await start({ ...ANSWERING, update: (request) => void open.push(request) });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  const first = present(call.dialog).request('UPDATE', { body: OFFER });
  const refused = await present(call.dialog).request('UPDATE').response(500);
  expect(refused.header('Retry-After')).toMatch(/^(\d|10)$/);
  reply(present(open[0]), 200, ANSWER);
  await first.response(200);
  await call.bye().response(200);
  await ends();
});

test('RFC 3311 §5.2 an offer in an UPDATE or INVITE gets 491 while ours is unanswered; ours resolves with what the peer says', async () => {
  const { alice, ends } = await start({
    ...ANSWERING,
    async later(session) {
      const request = session.createRequest('UPDATE');
      request.setBody(OFFER, 'application/sdp');
      seen.push(`answered ${(await request.send()).status}`);
    },
  });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  const ours = await alice.receive('UPDATE');
  await present(call.dialog).request('UPDATE', { body: OFFER }).response(491);
  await present(call.dialog).request('INVITE', { body: OFFER }).response(491);
  ours.reply(491);
  await present(call.dialog).request('UPDATE', { body: OFFER }).response(200);
  await call.bye().response(200);
  expect(seen).toEqual(['ACK', 'answered 491', 'UPDATE confirmed']);
  await ends();
});

test('§14.1 a re-INVITE that meets the peer’s resolves with 491 and is not sent again by the container', async () => {
  const { world, alice, ends } = await start({
    ...ANSWERING,
    async later(session) {
      const request = session.createRequest('INVITE');
      request.setBody(OFFER, 'application/sdp');
      seen.push(`answered ${(await request.send()).status}`);
    },
  });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  const ours = await alice.receive('INVITE');
  await present(call.dialog).request('INVITE', { body: OFFER }).response(491);
  ours.reply(491);
  await ours.ack();
  await world.run(10_000);
  expect(alice.received.filter(({ message }) => message.startLine.startsWith('INVITE ')).length).toBe(1);
  expect(seen).toEqual(['ACK', 'answered 491']);
  await call.bye().response(200);
  await ends();
});

test('RFC 3264 §4 what cannot be sent while another offer, UPDATE or INVITE is under way throws, and says why', async () => {
  const errors: string[] = [];
  const attempt = (session: SipSession, method: string, body?: string) => {
    const request = session.createRequest(method);
    if (body !== undefined) request.setBody(body, 'application/sdp');
    try {
      void request.send();
    } catch (error) {
      errors.push((error as Error).message.replace(/ \S+ cannot/, ' cannot'));
    }
  };
  const { alice, ends } = await start({
    ...ANSWERING,
    later(session) {
      attempt(session, 'UPDATE', OFFER);
      attempt(session, 'UPDATE');
      attempt(session, 'INVITE', OFFER);
    },
  });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  (await alice.receive('UPDATE')).reply(200, { body: ANSWER });
  await call.bye().response(200);
  expect(errors).toEqual([
    'the UPDATE cannot be sent: an UPDATE of this dialog is under way (RFC 3311 §5.2)',
    'the INVITE cannot be sent: an offer of ours has no answer yet (RFC 3264 §4)',
  ]);
  await ends();

  errors.length = 0;
  const early = await start({
    answer: (request) => reply(request, 180),
    later: (session) => attempt(session, 'UPDATE', OFFER),
  });
  const ringing = early.alice.invite('sip:bob@siplet', { body: OFFER });
  await ringing.response(180);
  await early.world.run(3500);
  await ringing.cancel().response(200);
  await ringing.response(487);
  expect(errors).toEqual(["the UPDATE cannot be sent: the peer's offer has no answer yet (RFC 3264 §4)"]);
  await early.ends();
});
