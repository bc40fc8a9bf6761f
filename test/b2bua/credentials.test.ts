// The credentials of a bridge: challenges of the callee's side are answered as long as the leg stands (§22.2, §22.3).
import type { BridgeOptions, Credentials } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { credentialsFor, parametersOf } from '../digest/peer.js';
import type { ServerRequest } from '../world/incoming.js';
import { BOB } from '../world/stage.js';
import { bridging } from './bridging.js';
import { ALICE, BOB as BOB_SDP } from './legs.js';

const OURS: Credentials = { username: 'trunk', password: 'secret', realm: 'carrier' };
const NAMES = {
  401: ['WWW-Authenticate', 'Authorization'],
  407: ['Proxy-Authenticate', 'Proxy-Authorization'],
} as const;

function challenge(request: ServerRequest, status: 401 | 407, nonce: string, more = ''): void {
  const value = `Digest realm="carrier", nonce="${nonce}", qop="auth", algorithm=MD5${more}`;
  request.reply(status, { headers: { [NAMES[status][0]]: value } });
}

/** The credentials are right for this nonce and this count. */
function isAuthorized(request: ServerRequest, status: 401 | 407, nonce: string, nc = 1): void {
  const given = parametersOf(present(request.header(NAMES[status][1])));
  const [method = '', uri = ''] = request.message.startLine.split(' ');
  const right = credentialsFor(
    { realm: 'carrier', nonce },
    { method, uri, nc, ...OURS, cnonce: present(given.cnonce) },
  );
  expect([given.nonce, given.nc, given.response]).toEqual([
    nonce,
    nc.toString(16).padStart(8, '0'),
    parametersOf(right).response,
  ]);
}

function start(options: Partial<BridgeOptions> = {}) {
  return bridging((request) => request.b2bua().bridge({ to: BOB, credentials: OURS, ...options }));
}

/** A call whose INVITE was challenged once. */
async function standing(status: 401 | 407 = 407) {
  const s = await start();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), status, 'n1');
  const invite = await s.bob.receive('INVITE');
  isAuthorized(invite, status, 'n1');
  invite.reply(200, { body: BOB_SDP });
  await call.response(200);
  call.ack();
  await invite.ack();
  return { ...s, call, invite };
}

async function hangsUp(s: Awaited<ReturnType<typeof standing>>, nc: number): Promise<void> {
  const bye = s.call.bye();
  const relayed = await s.bob.receive('BYE');
  isAuthorized(relayed, 407, 'n1', nc);
  relayed.reply(200);
  await bye.response(200);
  await s.world.deliver();
  await s.over();
}

test.each([401, 407] as const)(
  'E-20 §22.3 a %i to the INVITE is answered: the caller hears nothing of it, and the ACK has the credentials',
  async (status) => {
    const s = await standing(status);
    const sent = s.bob.received.filter(({ message }) => message.isRequest).map(({ message }) => message);
    expect(sent.map((message) => `${message.method} ${message.sequence}`)).toEqual([
      'INVITE 1',
      'ACK 1',
      'INVITE 2',
      'ACK 2',
    ]);
    expect(new Set(sent.map(({ callId }) => callId)).size).toBe(1);
    expect(new Set(sent.map(({ fromTag }) => fromTag)).size).toBe(1);
    const [, , invite, ack] = sent;
    expect(present(ack).header(NAMES[status][1])).toBe(present(invite).header(NAMES[status][1]));
    expect(s.call.responses.map((response) => response.status)).toEqual([100, 200]);
    const bye = s.invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    await s.over();
  },
);

test('E-20 §22.2 the leg keeps the nonce: its later requests have credentials from the start, and count its uses', async () => {
  const s = await standing();
  const info = s.call.dialog.request('INFO');
  const relayed = await s.bob.receive('INFO');
  isAuthorized(relayed, 407, 'n1', 2);
  relayed.reply(200);
  await info.response(200);
  await hangsUp(s, 3);
});

test.each(['INFO', 'UPDATE', 'INVITE'])(
  'E-20 a relayed %s that is challenged with a new nonce is answered, and the caller gets its final response',
  async (method) => {
    const s = await standing();
    const request = s.call.dialog.request(method, method === 'INFO' ? {} : { body: `${ALICE}a=sendonly\r\n` });
    challenge(await s.bob.receive(method), 407, 'n2', ', stale=true');
    const again = await s.bob.receive(method);
    isAuthorized(again, 407, 'n2');
    again.reply(200, method === 'INFO' ? {} : { body: BOB_SDP });
    await request.response(200);
    if (method === 'INVITE') {
      request.ack();
      await again.ack();
    }
    const bye = s.call.bye();
    const ending = await s.bob.receive('BYE');
    isAuthorized(ending, 407, 'n2', 2);
    ending.reply(200);
    await bye.response(200);
    await s.over();
  },
);

test('E-20 the BYE that the container sends itself is challenged: the callee does not stay up', async () => {
  const s = await standing();
  const bye = s.call.bye();
  await bye.response(200);
  challenge(await s.bob.receive('BYE'), 407, 'n2', ', stale=true');
  const again = await s.bob.receive('BYE');
  isAuthorized(again, 407, 'n2');
  again.reply(200);
  await s.world.deliver();
  await s.over();
});

test('E-20 a BYE of the application’s own, by terminate(), is answered too when the INVITE was not challenged', async () => {
  const s = await bridging(async (request) => {
    const bridge = await request.b2bua().bridge({ to: BOB, credentials: OURS });
    request.applicationSession.attributes.set('up', true);
    void bridge.terminate();
  });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await s.bob.receive('INVITE');
  invite.reply(200, { body: BOB_SDP });
  await call.response(200);
  call.ack();
  (await s.alice.receive('BYE')).reply(200);
  challenge(await s.bob.receive('BYE'), 401, 'n1');
  const again = await s.bob.receive('BYE');
  isAuthorized(again, 401, 'n1');
  again.reply(200);
  await s.world.deliver();
  await s.over();
});

test('E-20 RFC 7616 §3.3 a wrong password is sent once: the second challenge goes to the caller', async () => {
  const s = await start();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 407, 'n1');
  challenge(await s.bob.receive('INVITE'), 407, 'n2');
  expect((await call.response(407)).header('Proxy-Authenticate')).toContain('n2');
  expect(s.bob.unread.filter(({ method }) => method !== 'ACK')).toEqual([]);
  await s.over();
});

test('E-20 RFC 7616 §3.3 a stale nonce is renewed once, not for ever', async () => {
  const s = await start();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 407, 'n1');
  challenge(await s.bob.receive('INVITE'), 407, 'n2', ', stale=true');
  const third = await s.bob.receive('INVITE');
  isAuthorized(third, 407, 'n2');
  challenge(third, 407, 'n3', ', stale=true');
  await call.response(407);
  await s.over();
});

test('E-20 a proxy and then the callee challenge: both are answered', async () => {
  const s = await start({ credentials: [OURS, { ...OURS, realm: 'other' }] });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 407, 'n1');
  challenge(await s.bob.receive('INVITE'), 401, 'n2');
  const third = await s.bob.receive('INVITE');
  isAuthorized(third, 407, 'n1');
  isAuthorized(third, 401, 'n2');
  third.reply(486);
  await call.response(486);
  await s.over();
});

test('E-20 a realm that the application has no credentials for: the challenge goes to the caller', async () => {
  const s = await start({ credentials: { ...OURS, realm: 'another' } });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 401, 'n1');
  expect((await call.response(401)).header('WWW-Authenticate')).toContain('n1');
  await s.over();
});

test('E-20 a call that the caller has cancelled is not sent again for a challenge', async () => {
  const s = await start();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  const cancel = call.cancel();
  await cancel.response(200);
  await call.response(487);
  (await s.bob.receive('CANCEL')).reply(200);
  challenge(invite, 407, 'n1');
  await s.world.run(1000);
  expect(s.bob.unread.filter(({ method }) => method !== 'ACK')).toEqual([]);
  await s.over();
});

test('E-20 the fork that answers has the credentials of its INVITE', async () => {
  const s = await start();
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 407, 'n1');
  const invite = await s.bob.receive('INVITE');
  invite.reply(180, { toTag: 'one' });
  await call.response(180);
  invite.reply(200, { toTag: 'two', body: BOB_SDP });
  await call.response(200);
  call.ack();
  await invite.ack();
  await hangsUp({ ...s, call, invite }, 2);
});

test('E-20 the BYE to a session that is invalidated has the credentials that the leg has kept', async () => {
  let invalidate = () => {};
  const s = await bridging(async (request) => {
    const bridge = await request.b2bua().bridge({ to: BOB, credentials: OURS });
    invalidate = () => bridge.callee.invalidate();
  });
  const call = s.alice.invite('sip:bob@siplet', { body: ALICE });
  challenge(await s.bob.receive('INVITE'), 407, 'n1');
  const invite = await s.bob.receive('INVITE');
  invite.reply(200, { body: BOB_SDP });
  await call.response(200);
  call.ack();
  await invite.ack();
  s.alice.answerBye = true;
  invalidate();
  const bye = await s.bob.receive('BYE');
  isAuthorized(bye, 407, 'n1', 2);
  bye.reply(200);
  await s.world.deliver();
  await s.over();
});

test('E-20 the BYE to a fork that answers after the call has ended has the credentials that the leg has kept', async () => {
  const s = await standing();
  const hangUp = s.call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await hangUp.response(200);
  s.invite.reply(200, { toTag: 'another', body: BOB_SDP });
  const bye = await s.bob.receive('BYE');
  expect(bye.message.toTag).toBe('another');
  isAuthorized(bye, 407, 'n1', 3);
  bye.reply(200);
  await s.world.deliver();
  await s.over();
});
