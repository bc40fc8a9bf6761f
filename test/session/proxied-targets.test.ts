// E-04: the container follows both ends of a proxied dialog, so that the BYEs of terminate() reach them.
import type { SipSession } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { proxies, type ScriptedStage, scripted } from '../world/script.js';
import { BOB, established } from '../world/stage.js';

let session: SipSession | undefined;

/** An application that stays on the path, and keeps the session of the last message. */
async function onPath(): Promise<ScriptedStage> {
  session = undefined;
  return scripted({
    invite: proxies(BOB, { recordRoute: true }),
    provisional(response) {
      session = response.session;
    },
    success(response) {
      session ??= response.session;
    },
  });
}

/** Ends the call; what each side is told. */
async function cut(s: ScriptedStage): Promise<{ alice: string[]; bob: string[] }> {
  void present(session).terminate();
  const [toAlice, toBob] = [await s.alice.receive('BYE'), await s.bob.receive('BYE')];
  toAlice.reply(200);
  toBob.reply(200);
  await s.ends();
  const told = (bye: typeof toAlice): string[] => [bye.uri, present(bye.header('CSeq'))];
  return { alice: told(toAlice), bob: told(toBob) };
}

test('E-04 §12.2.2 a re-INVITE of the caller and its 2xx move both ends', async () => {
  const s = await onPath();
  const { call } = await established(s);
  const again = call.dialog.request('INVITE', { contact: 'sip:moved@10.0.0.1' });
  (await s.bob.receive('INVITE')).reply(200, { contact: 'sip:desk@10.0.0.2' });
  await again.response(200);
  again.ack();
  await s.bob.receive('ACK');
  expect(await cut(s)).toEqual({ alice: ['sip:moved@10.0.0.1', '1 BYE'], bob: ['sip:desk@10.0.0.2', '3 BYE'] });
});

test('E-04 RFC 3311 §5.1 an UPDATE of the callee and its 2xx move both ends', async () => {
  const s = await onPath();
  const { invite } = await established(s);
  const update = invite.dialog.request('UPDATE', { contact: 'sip:mobile@10.0.0.2', sequence: 40 });
  (await s.alice.receive('UPDATE')).reply(200, { contact: 'sip:moved@10.0.0.1' });
  await update.response(200);
  expect(await cut(s)).toEqual({ alice: ['sip:moved@10.0.0.1', '41 BYE'], bob: ['sip:mobile@10.0.0.2', '2 BYE'] });
});

test('E-04 §12.2.1.2 a target refresh that is refused moves nothing, but its CSeq number is used', async () => {
  const s = await onPath();
  const { call } = await established(s);
  const again = call.dialog.request('INVITE', { contact: 'sip:moved@10.0.0.1' });
  (await s.bob.receive('INVITE')).reply(488, { contact: 'sip:desk@10.0.0.2' });
  await again.response(488);
  expect(await cut(s)).toEqual({
    alice: ['sip:alice@10.0.0.1:5060', '1 BYE'],
    bob: ['sip:bob@10.0.0.2:5060', '3 BYE'],
  });
});

test('E-04 §12.2 other requests move nothing', async () => {
  const s = await onPath();
  const { call } = await established(s);
  const info = call.dialog.request('INFO', { contact: 'sip:moved@10.0.0.1' });
  (await s.bob.receive('INFO')).reply(200, { contact: 'sip:desk@10.0.0.2' });
  await info.response(200);
  expect(await cut(s)).toEqual({
    alice: ['sip:alice@10.0.0.1:5060', '1 BYE'],
    bob: ['sip:bob@10.0.0.2:5060', '3 BYE'],
  });
});

test('E-04 RFC 3262 PRACK, RFC 3311 §5.1 UPDATE before the 2xx: target and CSeq are followed from the first 1xx on', async () => {
  const s = await onPath();
  const call = s.call({ headers: { Supported: '100rel' } });
  const invite = await s.bob.receive('INVITE');
  invite.reply(183, { headers: { Require: '100rel', RSeq: '1' } });
  await call.response(183);
  const prack = call.dialog.request('PRACK', { headers: { RAck: '1 1 INVITE' } });
  (await s.bob.receive('PRACK')).reply(200);
  await prack.response(200);
  const update = call.dialog.request('UPDATE', { contact: 'sip:moved@10.0.0.1' });
  (await s.bob.receive('UPDATE')).reply(200, { contact: 'sip:other@10.0.0.2' });
  await update.response(200);
  const back = invite.dialog.request('UPDATE', { sequence: 7 });
  (await s.alice.receive('UPDATE')).reply(200, { contact: 'sip:moved@10.0.0.1' });
  await back.response(200);
  invite.reply(200, { contact: 'sip:answered@10.0.0.2' });
  await call.response(200);
  call.ack();
  await s.bob.receive('ACK');
  expect(await cut(s)).toEqual({ alice: ['sip:moved@10.0.0.1', '8 BYE'], bob: ['sip:answered@10.0.0.2', '4 BYE'] });
});

test('E-04 RFC 6141 §4 the reliable 1xx of a re-INVITE moves both ends, although a refusal follows', async () => {
  const s = await onPath();
  const { call } = await established(s);
  const again = call.dialog.request('INVITE', { contact: 'sip:moved@10.0.0.1', headers: { Supported: '100rel' } });
  const offered = await s.bob.receive('INVITE');
  offered.reply(183, { contact: 'sip:desk@10.0.0.2', headers: { Require: '100rel', RSeq: '1' } });
  await again.response(183);
  const prack = call.dialog.request('PRACK', { headers: { RAck: '1 2 INVITE' } });
  (await s.bob.receive('PRACK')).reply(200);
  await prack.response(200);
  offered.reply(488);
  await again.response(488);
  expect(await cut(s)).toEqual({ alice: ['sip:moved@10.0.0.1', '1 BYE'], bob: ['sip:desk@10.0.0.2', '4 BYE'] });
});

test('E-04 RFC 6665 §4.4.1 a SUBSCRIBE within the dialog moves its ends, too', async () => {
  const s = await onPath();
  const { call } = await established(s);
  const subscribe = call.dialog.request('SUBSCRIBE', { contact: 'sip:moved@10.0.0.1', headers: { Event: 'dialog' } });
  (await s.bob.receive('SUBSCRIBE')).reply(200, { contact: 'sip:desk@10.0.0.2', headers: { Expires: '60' } });
  await subscribe.response(200);
  expect(await cut(s)).toEqual({ alice: ['sip:moved@10.0.0.1', '1 BYE'], bob: ['sip:desk@10.0.0.2', '3 BYE'] });
});

test('E-04 §13.2.2.4 the 2xx determines the routes to the callee, whatever those of the early dialog were', async () => {
  const s = await onPath();
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  const own = invite.list('Record-Route');
  invite.reply(180, { headers: { 'Record-Route': ['<sip:10.0.0.4;lr>', ...own] } });
  await call.response(180);
  invite.reply(200, { headers: { 'Record-Route': ['<sip:bob@10.0.0.2;lr>', ...own] } });
  await call.response(200);
  call.ack({ via: '10.0.0.2', route: [] });
  await s.bob.receive('ACK');
  expect(await cut(s)).toEqual({
    alice: ['sip:alice@10.0.0.1:5060', '1 BYE'],
    bob: ['sip:bob@10.0.0.2:5060', '2 BYE'],
  });
  expect(s.dave.received).toEqual([]);
});
