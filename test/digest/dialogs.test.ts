// Requests inside a dialog, and those that nobody is asked credentials for (§22.1, §22.3).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ClientRequest } from '../world/outgoing.js';
import { BOB } from '../world/stage.js';
import { type GuardedStage, guarded } from './guarded.js';
import { challengesIn, credentialsFor } from './peer.js';

/** A call of alice's that stands; her INVITE had credentials. */
async function call(s: GuardedStage): Promise<ClientRequest> {
  const value = credentialsFor(await s.challenge('INVITE'), { method: 'INVITE', uri: BOB });
  const invite = s.send('INVITE', { headers: { [s.header]: value } });
  const received = await s.bob.receive('INVITE');
  received.reply(200);
  await invite.response(200);
  invite.ack();
  await received.ack();
  return invite;
}

test.each(['BYE', 'INVITE', 'INFO'])(
  'AUT-11 a %s in the dialog gets 407, and with credentials it passes',
  async (method) => {
    const s = await guarded({ proxy: true }, { inDialog: true });
    const { dialog } = await call(s);
    const refused = await dialog.request(method).response('final');
    expect(refused.status).toBe(407);
    await s.world.run(1000);
    expect(s.bob.received.filter(({ message }) => message.method === method && message.isRequest)).toHaveLength(
      method === 'INVITE' ? 1 : 0,
    );
    const [challenge] = challengesIn(refused);
    const value = credentialsFor(present(challenge), { method, uri: dialog.remoteTarget });
    const again = dialog.request(method, { headers: { 'Proxy-Authorization': value } });
    const received = await s.bob.receive(method);
    expect(received.header('Proxy-Authorization')).toBeUndefined();
    received.reply(200);
    expect((await again.response('2xx')).status).toBe(200);
    expect(s.seen).toEqual(['INVITE alice', 'ACK undefined', `${method} alice`]);
    if (method === 'INVITE') again.ack();
  },
);

test('AUT-11 a BYE that was challenged has ended nothing: the dialog is known, and the next one needs credentials as well', async () => {
  const s = await guarded({ proxy: true }, { inDialog: true });
  const { dialog } = await call(s);
  expect((await dialog.bye().response()).status).toBe(407);
  await s.world.run(40_000);
  expect((await dialog.bye().response()).status).toBe(407);
  await s.bob.receivesNothing();
});

test('AUT-11 a BYE that the callee challenges ends nothing either: the one with credentials goes to its handler', async () => {
  const s = await guarded({ proxy: true });
  const { dialog } = await call(s);
  const challenged = dialog.bye();
  (await s.bob.receive('BYE')).reply(401, { headers: { 'WWW-Authenticate': 'Digest realm="bob", nonce="1"' } });
  await challenged.response(401);
  await s.world.run(40_000);
  const bye = dialog.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(s.seen).toEqual(['INVITE alice', 'ACK undefined', 'BYE undefined', 'BYE undefined']);
  await s.world.runUntilIdle();
  expect(s.container.alive).toMatchObject({ dialogSets: 0, applicationSessions: 0 });
});

test('§22.1 an ACK is never challenged, and comes to its handler without a user', async () => {
  const s = await guarded({ proxy: true }, { inDialog: true });
  await call(s);
  expect(s.seen).toEqual(['INVITE alice', 'ACK undefined']);
  expect(s.alice.received.filter(({ message }) => message.status === 407)).toHaveLength(1);
});

test('§22.1 a CANCEL is never challenged', async () => {
  const s = await guarded({ proxy: true });
  const value = credentialsFor(await s.challenge('INVITE'), { method: 'INVITE', uri: BOB });
  const invite = s.send('INVITE', { headers: { 'Proxy-Authorization': value } });
  const received = await s.bob.receive('INVITE');
  received.reply(180);
  await invite.response(180);
  expect((await invite.cancel().response()).status).toBe(200);
  (await s.bob.receive('CANCEL')).reply(200);
  received.reply(487);
  await invite.response(487);
});
