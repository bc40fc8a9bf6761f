// E-09: a caller with an early dialog behind which no callee rings (RFC 3262 §3, RFC 3311 §5.2).
import type { SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ClientRequest } from '../world/outgoing.js';
import { bridging } from './bridging.js';
import { ALICE, BOB } from './legs.js';

const SDP = 'v=0\r\no=us 1 1 IN IP4 10.0.0.9\r\ns=-\r\nt=0 0\r\n';
const RELIABLE = { Require: '100rel', RSeq: '1' };

function sendsReliably(request: SipRequest): void {
  const early = request.createResponse(183);
  early.setBody(SDP, 'application/sdp');
  early.sendReliably();
}

type On = Awaited<ReturnType<typeof bridging>>;

const calls = (on: On) => on.alice.invite('sip:bob@siplet', { body: ALICE, headers: { Supported: '100rel' } });

async function acknowledges(call: ClientRequest): Promise<void> {
  const early = await call.response(183);
  const headers = { RAck: `${early.header('RSeq')} ${call.message.header('CSeq')}` };
  await call.dialogOf(early).request('PRACK', { headers }).response(200);
}

/** In the first dialog of the caller. */
async function asksInVain(call: ClientRequest): Promise<void> {
  const early = present(call.responses.find(({ status }) => status === 183));
  const dialog = call.dialogOf(early);
  for (const method of ['INFO', 'MESSAGE']) {
    const asked = dialog.request(method);
    expect((await asked.response(500)).header('Retry-After'), method).toMatch(/^\d+$/);
  }
  const offer = dialog.request('UPDATE', { body: ALICE.replace('1 1', '1 2') });
  expect((await offer.response(500)).header('Retry-After')).toMatch(/^\d+$/);
  await dialog.request('UPDATE').response(200);
  await dialog.request('OPTIONS').response(200);
}

async function answers(on: On, call: ClientRequest, phone: On['bob'], body = BOB): Promise<void> {
  const invite = await phone.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  await asksInVain(call);
  invite.reply(200, { body });
  const ok = await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.dialogOf(ok).bye();
  (await phone.receive('BYE')).reply(200);
  await bye.response(200);
  await on.over();
}

test('E-09 RFC 3262 §3 an application that sends a reliable 183 and then bridges: the PRACK gets 200, nothing 481', async () => {
  const on = await bridging((request) => {
    sendsReliably(request);
    return request.b2bua().bridge({ to: 'sip:bob@10.0.0.2' });
  });
  const call = calls(on);
  await acknowledges(call);
  await asksInVain(call);
  await answers(on, call, on.bob);
});

test('E-09 RFC 3311 §5.2 the same before the application has called any one, as its B2BUA', async () => {
  let goOn: (() => void) | undefined;
  const on = await bridging(async (request) => {
    const b2bua = request.b2bua();
    sendsReliably(request);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await b2bua.bridge({ to: 'sip:bob@10.0.0.2' });
  });
  const call = calls(on);
  await acknowledges(call);
  await asksInVain(call);
  goOn?.();
  await answers(on, call, on.bob);
});

test('E-09 RFC 3262 §3 a failover after a reliable 183 of the first callee, whose PRACK came before', async () => {
  const on = await bridging((request) => {
    const b2bua = request.b2bua();
    return b2bua.bridge({ to: 'sip:bob@10.0.0.2' }).catch(() => b2bua.bridge({ to: 'sip:carol@10.0.0.3' }));
  });
  const call = calls(on);
  const invite = await on.bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: RELIABLE });
  const acknowledged = acknowledges(call);
  (await on.bob.receive('PRACK')).reply(200);
  await acknowledged;
  invite.reply(503);
  await invite.ack();
  await on.world.run(100);
  await asksInVain(call);
  await answers(on, call, on.carol);
});

test('E-09 RFC 3262 §3 … and whose PRACK comes after it: 200', async () => {
  const on = await bridging((request) => {
    const b2bua = request.b2bua();
    return b2bua.bridge({ to: 'sip:bob@10.0.0.2' }).catch(() => b2bua.bridge({ to: 'sip:carol@10.0.0.3' }));
  });
  const call = calls(on);
  const invite = await on.bob.receive('INVITE');
  invite.reply(183, { body: BOB, headers: RELIABLE });
  await call.response(183);
  invite.reply(503);
  await invite.ack();
  await on.world.run(100);
  const [early] = call.responses.filter(({ status }) => status === 183);
  const headers = { RAck: `${early?.header('RSeq')} ${call.message.header('CSeq')}` };
  await call.dialogOf(present(early)).request('PRACK', { headers }).response(200);
  await answers(on, call, on.carol);
});

test('E-09 E-08 §12.2.1.2 each dialog of a callee that forked and failed is answered so while another one rings', async () => {
  const on = await bridging((request) => {
    const b2bua = request.b2bua();
    return b2bua.bridge({ to: 'sip:bob@10.0.0.2' }).catch(() => b2bua.bridge({ to: 'sip:carol@10.0.0.3' }));
  });
  const call = calls(on);
  const invite = await on.bob.receive('INVITE');
  for (const toTag of ['one', 'two']) {
    invite.reply(183, { toTag, body: BOB, headers: RELIABLE });
    const acknowledged = acknowledges(call);
    (await on.bob.receive('PRACK')).reply(200);
    await acknowledged;
  }
  invite.reply(503);
  await invite.ack();
  await on.world.run(100);
  for (const early of call.responses.filter(({ status }) => status === 183)) {
    const dialog = call.dialogOf(early);
    await dialog.request('UPDATE').response(200);
    await dialog.request('INFO').response(500);
    await dialog.request('OPTIONS').response(200);
  }
  await answers(on, call, on.carol);
});
