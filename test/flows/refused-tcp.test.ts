// What TCP was chosen for by its size alone, to a host that does not take TCP (§18.1.1, RFC 3263 §4.3).
import type { SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { type Script, scripted } from '../world/script.js';
import type { Stage } from '../world/stage.js';

const LARGE = 'x'.repeat(1755);
/** Listens on UDP alone. */
const OLD = 'sip:bob@10.0.0.20';

/** The applications through which Alice calls. */
const WAYS: Readonly<Record<string, Script>> = {
  'a proxy': { invite: (request) => void request.proxy({ recordRoute: true }).proxyTo(OLD) },
  'a proxy with a handler': {
    invite: (request) => void request.proxy({ recordRoute: true }).proxyTo(OLD),
    ack: () => {},
  },
  'a bridge': { invite: async (request) => void (await request.b2bua().bridge({ to: OLD })) },
};
const NAMES = Object.keys(WAYS);

async function called(way: string) {
  const s = await scripted(WAYS[way] ?? {});
  const old = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
  return { s, old, ends: () => s.ends() };
}

const refused = ({ world }: Stage) => world.network.record.filter(({ kind }) => kind === 'refused').length;

test.each(NAMES)('E-03 §18.1.1 an ACK with an answer of 1755 octets arrives by UDP: %s', async (way) => {
  const { s, old, ends } = await called(way);
  const call = s.call();
  const invite = await old.receive('INVITE');
  invite.reply(200, { body: 'v=0\r\n' });
  await call.response(200);
  call.ack({ body: LARGE });
  const ack = await invite.ack();
  expect(ack.body).toBe(LARGE);
  expect(refused(s)).toBe(1);
  old.answerBye = true;
  await call.bye().response(200);
  await ends();
});

test.each(NAMES)('E-03 §13.2.2.4 a 2xx that comes again gets its ACK again by UDP: %s', async (way) => {
  const { s, old, ends } = await called(way);
  const call = s.call();
  const invite = await old.receive('INVITE');
  invite.reply(200, { body: 'v=0\r\n' });
  await call.response(200);
  call.ack({ body: LARGE });
  await invite.ack();
  invite.resend();
  await s.world.run(100);
  expect(old.received.filter(({ message }) => message.method === 'ACK').length).toBe(2);
  expect(refused(s)).toBe(1);
  old.answerBye = true;
  await call.bye().response(200);
  await ends();
});

test.each(NAMES)(
  'E-03 RFC 3263 §4.3 the second large INVITE does not wait for a connection that nobody accepts: %s',
  async (way) => {
    const { s, old, ends } = await called(way);
    s.world.network.rule({ from: 'siplet', to: 'old', transport: 'TCP', cut: true });
    const waited: number[] = [];
    for (let i = 0; i < 2; i++) {
      const began = s.world.clock.now();
      const call = s.call({ body: LARGE });
      const invite = await old.receive('INVITE');
      waited.push(s.world.clock.now() - began);
      invite.reply(486);
      await call.response(486);
    }
    expect(waited[0]).toBeGreaterThanOrEqual(5000);
    expect(waited[1]).toBeLessThan(100);
    await ends();
  },
);

test('E-03 §18.1.1 an ACK on its way by Route alone', async () => {
  const s = await scripted({ invite: () => {} });
  const old = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
  s.request('ACK', { fromTag: 'a', to: '<sip:bob@example.com>;tag=b', route: ['<sip:10.0.0.9;lr>'], body: LARGE }, OLD);
  expect((await old.receive('ACK', 1000)).arrival.transport).toBe('UDP');
  expect(refused(s)).toBe(1);
});

test('E-03 §18.1.1 requests in a dialog of a user agent: INFO, re-INVITE and the ACK to it', async () => {
  const s = await scripted({
    invite: async (request: SipRequest) => {
      await request.createResponse(200).send();
    },
    ack: async ({ session }) => {
      const info = session.createRequest('INFO');
      info.setBody(LARGE, 'text/plain');
      await info.send();
      const invite = session.createRequest('INVITE');
      invite.setBody(LARGE, 'text/plain');
      const ack = (await invite.send()).createAck();
      ack.setBody(LARGE, 'text/plain');
      await ack.send();
      await session.terminate();
    },
  });
  const old = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
  const call = old.invite('sip:bob@example.com', { via: 'siplet' });
  await call.response(200);
  call.ack();
  (await old.receive('INFO')).reply(200);
  const invite = await old.receive('INVITE');
  invite.reply(200);
  await invite.ack();
  expect(old.received.every(({ transport }) => transport === 'UDP')).toBe(true);
  expect(refused(s)).toBe(1);
  (await old.receive('BYE')).reply(200);
  await s.ends();
});

test('E-03 RFC 3263 §4.3 a hop that has refused small requests is not tried first by a large one', async () => {
  const s = await scripted({
    message: (request) => void request.proxy().proxyTo(request.body.length > 0 ? OLD : `${OLD};transport=tcp`),
  });
  const old = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
  await s.request('MESSAGE').response('final');
  s.request('MESSAGE', { body: LARGE });
  (await old.receive('MESSAGE')).reply(200);
  expect(refused(s)).toBe(1);
  await s.ends(1);
});

test('E-03 RFC 3263 §4.3 a server that has answered 503 by TCP does not get the request again by UDP', async () => {
  const s = await scripted({ invite: (request) => void request.proxy().proxyTo('sip:bob@10.0.0.2') });
  const call = s.call({ body: LARGE });
  (await s.bob.receive('INVITE')).reply(503);
  await call.response('final');
  await s.world.run(1000);
  expect(s.bob.received.filter(({ message }) => message.method === 'INVITE').length).toBe(1);
  await s.ends();
});
