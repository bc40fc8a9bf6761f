// Session timers of applications that call and are called (RFC 4028).
import {
  Invite,
  Message,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
  Update,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { describe, expect, test } from 'vitest';
import { agree, sessionExpiresOf, termsOf } from '../../container/agent/session-terms.js';
import { present } from '../../container/base/present.js';
import { Request, Response } from '../../container/message/index.js';
import { stage } from '../world/stage.js';

const OFFER = 'v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\n';
const ANSWER = 'v=0\r\no=b 1 1 IN IP4 10.0.0.9\r\n';
const seen: string[] = [];

function ok(request: SipRequest) {
  const response = request.createResponse(200);
  response.setBody(ANSWER, 'application/sdp');
  response.send();
}

@Siplet({ name: 'answering', sessionTimeout: 0 })
class Answering {
  @Invite()
  answer(request: SipRequest) {
    ok(request);
  }
}

@Siplet({ name: 'untimed', sessionTimer: 0 })
class Untimed {
  @Invite()
  answer(request: SipRequest) {
    ok(request);
  }
}

@Siplet({ name: 'seeing', sessionTimer: '100s' })
class Seeing {
  @Invite()
  answer(request: SipRequest) {
    ok(request);
  }

  @Update()
  update(request: SipRequest) {
    seen.push('UPDATE');
    request.createResponse(200).send();
  }

  @Subsequent('INVITE')
  again(request: SipRequest) {
    seen.push(`INVITE ${request.text.length}`);
  }
}

const timed = (interval: string, more: Record<string, string> = {}) => ({
  body: OFFER,
  headers: { Supported: 'timer', 'Session-Expires': interval, ...more },
});

describe('RFC 4028 §9 what a 2xx agrees to', () => {
  const settings = { sessionExpires: 1800, minSE: 90 };
  const agreed = (
    headers: Record<string, string>,
    own = settings,
    current?: { interval: number; refreshedBy: 'us' | 'peer' },
  ) => {
    const request = new Request('INVITE', 'sip:b@x');
    for (const [name, value] of Object.entries(headers)) request.append(name, value);
    const response = new Response(200, 'OK', [], '');
    agree(request, response, own, current);
    return [response.value('session-expires'), response.value('require')];
  };

  test.each([
    ['table 2: a caller that does not know timers: we refresh', {}, ['1800;refresher=uas', undefined]],
    ['… also when a proxy has asked', { 'Session-Expires': '600;refresher=uac' }, ['600;refresher=uas', undefined]],
    ['one that knows them and asks for nothing: we refresh', { Supported: 'timer' }, ['1800;refresher=uas', 'timer']],
    [
      'one that asks: it refreshes',
      { Supported: 'a, Timer', 'Session-Expires': '600' },
      ['600;refresher=uac', 'timer'],
    ],
    [
      'one that says who',
      { Supported: 'timer', 'Session-Expires': '600 ; refresher=UAS' },
      ['600;refresher=uas', 'timer'],
    ],
    ['a Min-SE above our interval', { Supported: 'timer', 'Min-SE': '3600;x' }, ['3600;refresher=uas', 'timer']],
    ['what cannot be read', { Supported: 'timer', 'Session-Expires': '-1' }, ['1800;refresher=uas', 'timer']],
  ])('%s', (_, headers, expected) => {
    expect(agreed(headers as unknown as Record<string, string>)).toEqual(expected);
  });

  test('roles stay as they are when a refresh does not name them', () => {
    const headers = { Supported: 'timer', 'Session-Expires': '600' };
    expect(agreed(headers, settings, { interval: 600, refreshedBy: 'us' })[0]).toBe('600;refresher=uas');
    expect(agreed(headers, settings, { interval: 600, refreshedBy: 'peer' })[0]).toBe('600;refresher=uac');
  });

  test('switched off: nothing, but to a caller that insists', () => {
    const off = { sessionExpires: 0, minSE: 90 };
    expect(agreed({ Supported: 'timer', 'Session-Expires': '600' }, off)).toEqual([undefined, undefined]);
    expect(agreed({ Require: 'timer', 'Session-Expires': '600' }, off)).toEqual(['600;refresher=uac', 'timer']);
  });

  test('who refreshes, seen from both ends; an interval of 0 is not a reason to refresh all the time', () => {
    const said = (value: string) => {
      const response = new Response(200, 'OK', [], '');
      response.append('Session-Expires', value);
      return response;
    };
    expect(termsOf(said('600;refresher=uas'), true, 90)).toEqual({ interval: 600, refreshedBy: 'us' });
    expect(termsOf(said('600;refresher=uas'), false, 90)).toEqual({ interval: 600, refreshedBy: 'peer' });
    expect(termsOf(said('600;refresher=uac'), false, 90)).toEqual({ interval: 600, refreshedBy: 'us' });
    expect(termsOf(said('0'), false, 90)).toEqual({ interval: 90, refreshedBy: 'us' });
    expect(sessionExpiresOf(said('99999999999'))).toBeUndefined();
  });
});

test('RFC 4028 §10 a call that its caller does not refresh is ended, 32 s before the interval is over', async () => {
  const { world, alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet', timed('600'));
  const answer = await call.response(200);
  expect(answer.header('Session-Expires')).toBe('600;refresher=uac');
  call.ack();
  await world.run(560_000);
  expect(alice.received.some(({ message }) => message.startLine.startsWith('BYE '))).toBe(false);
  const bye = await alice.receive('BYE', 10_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(568);
  expect(bye.header('Reason')).toBe('SIP;cause=408;text="Session timer expired"');
  bye.reply(200);
  await ends();
});

test('RFC 4028 §10 BYE comes a third of a short interval before its end; a refresh starts the interval again', async () => {
  const { world, alice, ends } = await stage(Seeing);
  seen.length = 0;
  const call = alice.invite('sip:bob@siplet', timed('90'));
  await call.response(200);
  call.ack();
  await world.run(50_000);
  const refresh = present(call.dialog).request('UPDATE', { headers: { Supported: 'timer', 'Session-Expires': '90' } });
  expect((await refresh.response(200)).header('Session-Expires')).toBe('90;refresher=uac');
  const bye = await alice.receive('BYE', 70_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(110);
  bye.reply(200);
  expect(seen).toEqual(['UPDATE']);
  await ends();
});

test('RFC 4028 §7.4 where the caller knows no timers the container refreshes at half of the interval: by re-INVITE with the same description', async () => {
  const { world, alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  const answer = await call.response(200);
  expect([answer.header('Session-Expires'), answer.header('Require')]).toEqual(['100;refresher=uas', undefined]);
  call.ack();
  const refresh = await alice.receive('INVITE', 60_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(50);
  expect([refresh.body, refresh.header('Session-Expires')]).toEqual([ANSWER, '100;refresher=uac']);
  refresh.reply(200, { body: OFFER, headers: { 'Session-Expires': '100;refresher=uac' } });
  expect((await refresh.ack()).body).toBe('');
  const next = await alice.receive('INVITE', 60_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(100);
  next.reply(200, { body: OFFER });
  await next.ack();
  // No Session-Expires: the session does not expire any more (§7.2).
  await world.run(1_000_000);
  await call.bye().response(200);
  await ends();
});

test('RFC 4028 §7.4 by UPDATE where the peer takes it; one that answers 405 all the same gets a re-INVITE; 481 ends the call', async () => {
  const { world, alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', { body: OFFER, headers: { Allow: 'INVITE, ACK, BYE, UPDATE' } });
  await call.response(200);
  call.ack();
  const update = await alice.receive('UPDATE', 60_000);
  expect([update.body, update.header('Session-Expires')]).toEqual(['', '100;refresher=uac']);
  update.reply(200, { headers: { 'Session-Expires': '100;refresher=uac' } });
  (await alice.receive('UPDATE', 60_000)).reply(405);
  const refresh = await alice.receive('INVITE');
  expect(Math.round(world.clock.now() / 1000)).toBe(100);
  refresh.reply(481);
  (await alice.receive('BYE')).reply(200);
  await ends();
});

test('RFC 4028 §10 a refresh that is refused is tried again, after 491 as §14.1 says; without any the container ends the call', async () => {
  const { world, alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  (await alice.receive('INVITE', 60_000)).reply(491);
  const again = await alice.receive('INVITE', 2100);
  again.reply(500, { headers: { 'Retry-After': '5' } });
  const third = await alice.receive('INVITE', 6000);
  third.reply(488);
  alice.on('INVITE', (request) => void request.reply(488));
  const bye = await alice.receive('BYE', 60_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(68);
  bye.reply(200);
  await ends();
});

test('RFC 4028 §9 an interval that is too short gets 422 with Min-SE, in the dialog too; a caller that does not support timers is not refused', async () => {
  const { alice, ends } = await stage(Answering, { configuration: 'limits: { minSE: 120s }' });
  const short = await alice.invite('sip:bob@siplet', timed('100')).response(422);
  expect(short.header('Min-SE')).toBe('120');
  const call = alice.invite('sip:bob@siplet', { body: OFFER, headers: { 'Session-Expires': '100' } });
  await call.response(200);
  call.ack();
  await present(call.dialog).request('UPDATE', timed('100')).response(422);
  await call.bye().response(200);
  await ends();
});

@Siplet({ name: 'passing' })
class Passing {
  @Invite()
  pass(request: SipRequest) {
    request.proxy().proxyTo('sip:bob@10.0.0.2');
  }
}

test('RFC 4028 §8.1 a proxy leaves the interval to the two user agents', async () => {
  const { alice, bob, ends } = await stage(Passing);
  const call = alice.invite('sip:bob@siplet', timed('30'));
  const offered = await bob.receive('INVITE');
  expect(offered.message.header('Session-Expires')).toBe('30');
  offered.reply(486);
  await call.response(486);
  await ends();
});

test('RFC 4028 §7.4 a refresh that no handler answers is answered with what was agreed, and not with 405 (C-41a)', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet', timed('600'));
  await call.response(200);
  call.ack();
  const dialog = present(call.dialog);
  const same = dialog.request('INVITE', timed('600'));
  const answer = await same.response(200);
  expect([answer.body, answer.header('Session-Expires')]).toEqual([ANSWER, '600;refresher=uac']);
  expect(answer.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  same.ack();
  expect((await dialog.request('UPDATE', { ...timed('600'), body: '' }).response(200)).body).toBe('');
  await dialog.request('INVITE', { ...timed('600'), body: OFFER.replace('1 1', '1 2') }).response(405);
  await dialog.request('UPDATE').response(405);
  await call.bye().response(200);
  await ends();
});

test('RFC 4028 §7.4 a handler sees the refresh first', async () => {
  seen.length = 0;
  const { alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', timed('600'));
  await call.response(200);
  call.ack();
  const same = present(call.dialog).request('INVITE', timed('600'));
  expect((await same.response(200)).body).toBe(ANSWER);
  same.ack();
  expect(seen).toEqual([`INVITE ${OFFER.length}`]);
  await call.bye().response(200);
  await ends();
});

test('sessionTimer: 0 asks for nothing and agrees to nothing', async () => {
  const { world, alice, ends } = await stage(Untimed);
  const call = alice.invite('sip:bob@siplet', timed('600'));
  expect((await call.response(200)).header('Session-Expires')).toBeUndefined();
  call.ack();
  await world.run(2_000_000);
  await call.bye().response(200);
  await ends();
});

// The application calls ----------------------------------------------------------------------------

@Siplet({ name: 'calling', sessionTimeout: 0 })
class Calling {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  start(request: SipRequest) {
    request.createResponse(200).send();
    const invite = this.factory.createRequest(request.applicationSession, 'INVITE', 'sip:a@siplet', 'sip:bob@10.0.0.2');
    invite.setBody(OFFER, 'application/sdp');
    void invite.send();
  }

  @SuccessResponse('INVITE')
  answered(response: SipResponse) {
    void response.createAck().send();
  }
}

async function calls() {
  const on = await stage(Calling);
  on.alice.request('MESSAGE', 'sip:agent@siplet');
  return { ...on, invite: await on.bob.receive('INVITE') };
}

test('RFC 4028 §7.1, §7.2 an INVITE of an application asks for a timer; only the refresher refreshes', async () => {
  const { world, bob, invite, ends } = await calls();
  expect(['Supported', 'Session-Expires', 'Min-SE'].map((name) => invite.header(name))).toEqual([
    'timer',
    '1800',
    '90',
  ]);
  invite.reply(200, { body: ANSWER, headers: { 'Session-Expires': '200;refresher=uac', Require: 'timer' } });
  await invite.ack();
  const refresh = await bob.receive('INVITE', 110_000);
  expect([Math.round(world.clock.now() / 1000), refresh.body]).toEqual([100, OFFER]);
  expect(refresh.header('Session-Expires')).toBe('200;refresher=uac');
  refresh.reply(200, { body: ANSWER, headers: { 'Session-Expires': '200;refresher=uas' } });
  await refresh.ack();
  const bye = await bob.receive('BYE', 200_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(268);
  bye.reply(200);
  await ends();
});

test('RFC 4028 §7.4 a callee that takes UPDATE is refreshed with it', async () => {
  const { bob, invite, ends } = await calls();
  const headers = { 'Session-Expires': '200;refresher=uac', Allow: 'INVITE, UPDATE' };
  invite.reply(200, { body: ANSWER, headers });
  await invite.ack();
  (await bob.receive('UPDATE', 110_000)).reply(200);
  await invite.dialog.bye().response(200);
  await ends();
});

test('RFC 4028 §7.3 after a 422 the INVITE is sent once more with the interval that it names', async () => {
  const { world, bob, invite, ends } = await calls();
  invite.reply(422, { reason: 'Session Interval Too Small', headers: { 'Min-SE': '3600' } });
  await invite.ack();
  const again = await bob.receive('INVITE');
  expect(again.header('CSeq')).toBe('2 INVITE');
  expect([again.header('Session-Expires'), again.header('Min-SE')]).toEqual(['3600', '3600']);
  expect([again.message.callId, again.body]).toEqual([invite.message.callId, OFFER]);
  again.reply(422, { headers: { 'Min-SE': '7200' } });
  await again.ack();
  await world.run(5000);
  expect(bob.received.filter(({ message }) => message.startLine.startsWith('INVITE ')).length).toBe(2);
  await ends();
});

test('RFC 4028 §10 a peer that answers no refresh gets a BYE before the interval is over', async () => {
  const { world, alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  const bye = await alice.receive('BYE', 80_000);
  expect(Math.round(world.clock.now() / 1000)).toBe(68);
  bye.reply(200);
  // The 2xx to the refresh is late: it is acknowledged, and begins nothing.
  const refresh = await alice.receive('INVITE');
  refresh.reply(200, { body: OFFER, headers: { 'Session-Expires': '100;refresher=uac' } });
  await refresh.ack();
  await ends();
});

test('RFC 4028 §7.4 the largest Min-SE that was heard of is in every refresh', async () => {
  const { alice, ends } = await stage(Seeing);
  const call = alice.invite('sip:bob@siplet', { body: OFFER, headers: { 'Min-SE': '300' } });
  expect((await call.response(200)).header('Session-Expires')).toBe('300;refresher=uas');
  call.ack();
  const refresh = await alice.receive('INVITE', 160_000);
  expect([refresh.header('Session-Expires'), refresh.header('Min-SE')]).toEqual(['300;refresher=uac', '300']);
  refresh.reply(200, { body: OFFER });
  await refresh.ack();
  await call.bye().response(200);
  await ends();
});
