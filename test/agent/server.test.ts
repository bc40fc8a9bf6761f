// The application as the user agent that is called (§8.2, §12.1.1, §13.3.1, §15.1.2).
import { Ack, Bye, Info, Invite, NoAckReceived, Siplet, type SipRequest, type SipResponse } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';

const seen: string[] = [];

@Siplet({ name: 'answering' })
class Answering {
  @Invite()
  answer(request: SipRequest) {
    request.createResponse(180).send();
    const ok = request.createResponse(200);
    ok.setBody('v=0\r\n', 'application/sdp');
    ok.send();
  }

  @Ack()
  ack(request: SipRequest) {
    seen.push(`ACK ${request.session.state}`);
  }

  @Bye()
  bye(request: SipRequest) {
    seen.push(`BYE ${request.session.state}`);
  }

  @NoAckReceived()
  lost(response: SipResponse) {
    seen.push(`no ACK to ${response.status}`);
  }
}

test('UAS-06 §13.3.1 an application answers, the caller acknowledges and hangs up', async () => {
  seen.length = 0;
  const { world, alice, ends, container } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet');
  const ok = await call.response(200);
  expect(ok.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  call.ack();
  await world.run(1000);
  expect(container.engine.callsInProgress).toBe(1);
  const bye = call.bye();
  await bye.response(200);
  expect(seen).toEqual(['ACK confirmed', 'BYE terminated']);
  expect(container.engine.callsInProgress).toBe(0);
  await ends();
});

test('UAS-08 §12.1.1 the 2xx has the Record-Routes unchanged, and a Contact', async () => {
  const { alice } = await stage(Answering);
  const routes = ['<sip:10.0.0.3;lr;x=1>', '<sip:p2.example.com;lr>;q'];
  const call = alice.invite('sip:bob@siplet', { headers: { 'Record-Route': routes } });
  const ok = await call.response(200);
  expect(ok.list('Record-Route')).toEqual(routes);
  expect(ok.header('Contact')).toBe('<sip:10.0.0.9:5060>');
});

test('UAS-11 §13.3.1.4 the 2xx comes again with T1 to T2 until the ACK; never acknowledged, the dialog is ended by BYE', async () => {
  seen.length = 0;
  const { world, alice, ends } = await stage(Answering);
  alice.answerBye = true;
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  await world.run(70_000);
  const copies = alice.received.filter(({ message }) => message.startLine === 'SIP/2.0 200 OK');
  expect(copies.length).toBe(11);
  expect(seen).toEqual(['no ACK to 200']);
  expect(alice.received.some(({ message }) => message.startLine.startsWith('BYE '))).toBe(true);
  await ends();
});

test('UAS-09 UAS-10 §12.2.2 a request out of order gets 500, one of no dialog 481', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet', { sequence: 5 });
  await call.response(200);
  call.ack();
  const info = present(call.dialog).request('INFO', { sequence: 3 });
  await info.response(500);
  present(call.dialog).sequence = 5;
  const stray = alice.request('INFO', 'sip:bob@siplet', { to: '<sip:bob@siplet>;tag=nobody' });
  await stray.response(481);
  await call.bye().response(200);
  await ends();
});

test('UAS-10 §12.2.2 only a lower number is out of order: one that comes again, by another hop say, is taken (RFC 3263 §4.3)', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet', { sequence: 5 });
  await call.response(200);
  call.ack();
  const statusOf = async (sequence: number): Promise<number> =>
    (await call.dialog.request('OPTIONS', { sequence }).response()).status;
  expect([await statusOf(5), await statusOf(7), await statusOf(7), await statusOf(6)]).toEqual([200, 200, 200, 500]);
  call.dialog.sequence = 7;
  await call.bye().response(200);
  await ends();
});

test('UAS-03 §8.2.2.3 an initial request that requires an unknown extension gets 420 when the application would answer it', async () => {
  const { alice, ends } = await stage(Answering);
  const refused = await alice.invite('sip:bob@siplet', { headers: { Require: '100rel, foo' } }).response(420);
  expect(refused.header('Unsupported')).toBe('foo');
  await ends();
});

test('C-41a without a handler OPTIONS is answered 200, others 405 with Allow', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  await present(call.dialog).request('OPTIONS').response(200);
  const refused = await present(call.dialog).request('INFO').response(405);
  expect(refused.header('Allow')).toContain('INVITE, ACK, CANCEL, BYE, OPTIONS');
  await call.bye().response(200);
  await ends();
});

test('UAS-03 §8.2.2.3 a request in the dialog that requires an unknown extension gets 420', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  const refused = await present(call.dialog)
    .request('INFO', { headers: { Require: 'foo' } })
    .response(420);
  expect(refused.header('Unsupported')).toBe('foo');
  await call.bye().response(200);
  await ends();
});

@Siplet({ name: 'hasty' })
class Hasty {
  @Invite()
  async answer(request: SipRequest) {
    request.createResponse(200).send();
    await request.session.terminate();
    seen.push(request.session.state);
  }
}

test('§15 the callee sends no BYE before its 2xx has been acknowledged', async () => {
  seen.length = 0;
  const { world, alice, ends } = await stage(Hasty);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  await world.run(3000);
  expect(alice.unread).toEqual([]);
  call.ack();
  (await alice.receive('BYE')).reply(200);
  await ends();
  expect(seen).toEqual(['terminated']);
});

@Siplet({ name: 'slow' })
class Slow {
  @Invite()
  ring(request: SipRequest) {
    request.createResponse(180).send();
    request.applicationSession.setTimer('answer', 3000);
  }

  @Info()
  info(request: SipRequest) {
    request.createResponse(200).send();
  }
}

test('§9.2 C-29 a CANCEL before the answer gets 200, the INVITE 487', async () => {
  const { alice, ends } = await stage(Slow);
  const call = alice.invite('sip:bob@siplet');
  await call.response(180);
  const cancel = call.cancel();
  await cancel.response(200);
  await call.response(487);
  await ends();
});

test('UAS-13 §15.1.2 a BYE in the early dialog is answered, and the INVITE gets 487', async () => {
  const { alice, ends } = await stage(Slow);
  const call = alice.invite('sip:bob@siplet');
  const ringing = await call.response(180);
  await present(call.dialog).request('INFO').response(200);
  expect(ringing.header('To')).toContain(';tag=');
  await call.bye().response(200);
  await call.response(487);
  await ends();
});

@Siplet({ name: 'top-to-bottom' })
class TopToBottom {
  @Invite()
  async call(request: SipRequest) {
    const { session } = request;
    request.createResponse(200).send();
    const ack = await session.next('ACK');
    seen.push(`${ack.method} ${session.state}`);
    for (;;) {
      const next = await session.next();
      seen.push(next.method);
      if (next.method === 'BYE') return;
      next.createResponse(200).send();
    }
  }

  @Info()
  never() {
    seen.push('@Info');
  }
}

test('SipSession.next() a call reads from top to bottom, and no handler gets what is awaited (C-43)', async () => {
  seen.length = 0;
  const { alice, ends, world } = await stage(TopToBottom);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  await present(call.dialog).request('INFO').response(200);
  await world.run(60_000);
  await call.bye().response(200);
  expect(seen).toEqual(['ACK confirmed', 'INFO', 'BYE']);
  await ends();
});

@Siplet({ name: 'waiting' })
class Waiting {
  @Invite()
  async call(request: SipRequest) {
    request.createResponse(200).send();
    await request.session.next('INFO').catch((error: Error) => seen.push(error.message));
  }
}

test('SipSession.next() rejects when the dialog ends before', async () => {
  seen.length = 0;
  const { alice, ends } = await stage(Waiting);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  await call.bye().response(200);
  expect(seen).toEqual([`the session of ${call.message.callId} has ended: no INFO has come`]);
  await ends();
});
