// A request in a dialog whose recipient cannot be reached by its Contact goes where the recipient was heard last
// (RULES.md T-4).
import type { ApplicationSession } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { applicationOf, type Script, scripted } from '../world/script.js';
import { BOB, established, stage } from '../world/stage.js';

const cut = {
  timer: async ({ applicationSession }: { applicationSession: ApplicationSession }) => {
    await Promise.all(applicationSession.sessions.map((session) => session.terminate()));
  },
};

/** The applications through which Alice calls Bob. */
const WAYS: Readonly<Record<string, Script>> = {
  'a proxy': { invite: (request) => void request.proxy({ recordRoute: true }).proxyTo(BOB) },
  'a bridge': { invite: async (request) => void (await request.b2bua().bridge({ to: BOB })) },
};
const NAMES = Object.keys(WAYS);
/** The same, and they end the call after 3 s. */
const ENDING: Readonly<Record<string, Script>> = {
  'a proxy': {
    invite: (request) => {
      request.proxy({ recordRoute: true }).proxyTo(BOB);
      request.applicationSession.setTimer('cut', 3000);
    },
    ...cut,
  },
  'a bridge': {
    invite: async (request) => {
      request.applicationSession.setTimer('cut', 3000);
      await request.b2bua().bridge({ to: BOB });
    },
    ...cut,
  },
  'a user agent': {
    invite: async (request) => {
      request.applicationSession.setTimer('cut', 3000);
      await request.createResponse(200).send();
    },
    ...cut,
  },
};

/** Nobody listens there. */
const DEAF = '<sip:alice@10.0.0.1:5099;transport=tcp>';
const NOWHERE = '<sip:alice@gone.example>';

test.each(NAMES)(
  'E-19 T-4 BYE and re-INVITE of the callee take the connection of a caller who accepts none: %s',
  async (way) => {
    const s = await scripted(WAYS[way] ?? {}, { transport: 'TCP' });
    const { call, invite } = await established(s, { contact: DEAF });
    const again = present(invite.dialog).request('INVITE');
    const received = await s.alice.receive('INVITE');
    const { connection } = received.arrival;
    received.reply(200, { contact: DEAF });
    await again.response(200);
    again.ack();
    await received.ack();
    const bye = present(invite.dialog).bye();
    const last = await s.alice.receive('BYE');
    expect([last.arrival.connection, connection]).toEqual([connection, s.alice.received[0]?.connection]);
    last.reply(200);
    await bye.response(200);
    expect(call.message.uri).toBeDefined();
    await s.ends();
  },
);

test.each(NAMES)(
  'E-19 T-4 a caller behind a wall that drops what is not asked for: one wait, not two: %s',
  async (way) => {
    const s = await scripted(WAYS[way] ?? {}, { transport: 'TCP' });
    s.world.network.rule({ to: '10.0.0.1:5060', transport: 'TCP', cut: true });
    const { invite } = await established(s);
    const waited: number[] = [];
    for (const method of ['INFO', 'BYE']) {
      const began = s.world.clock.now();
      const request = present(invite.dialog).request(method);
      (await s.alice.receive(method)).reply(200);
      waited.push(s.world.clock.now() - began);
      await request.response(200);
    }
    expect(waited[0]).toBeGreaterThanOrEqual(5000);
    expect(waited[1]).toBeLessThan(100);
    await s.ends();
  },
);

test.each(Object.keys(ENDING))('E-19 T-4 terminate() reaches such a caller: %s', async (way) => {
  const s = await scripted(ENDING[way] ?? {}, { transport: 'TCP' });
  s.bob.on('INVITE', (request) => void request.reply(200));
  s.bob.answerBye = true;
  const call = s.call({ contact: DEAF });
  await call.response(200);
  call.ack();
  (await s.alice.receive('BYE')).reply(200);
  await s.ends();
});

test.each(NAMES)('E-19 T-4 the connection has ended: the request fails as before: %s', async (way) => {
  const s = await scripted(WAYS[way] ?? {}, { transport: 'TCP' });
  const { invite } = await established(s, { contact: DEAF });
  for (const connection of s.alice.wire.connections.values()) connection.end();
  await s.world.run(100);
  const bye = present(invite.dialog).bye();
  await bye.response('final');
  await s.world.runUntilIdle();
  expect(s.alice.unread.length).toBe(0);
});

test.each(NAMES)(
  'W-25 the Contact of the caller does not resolve at BYE: it goes to the address used last: %s',
  async (way) => {
    const s = await scripted(WAYS[way] ?? {});
    const { invite } = await established(s, { contact: NOWHERE });
    const bye = present(invite.dialog).bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    await s.ends();
  },
);

test.each(NAMES)('W-25 the Contact of the callee does not resolve at BYE: %s', async (way) => {
  const s = await scripted(WAYS[way] ?? {});
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200, { contact: '<sip:bob@gone.example>' });
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test.each(Object.keys(ENDING))(
  'W-25 terminate() reaches both sides although their Contacts do not resolve: %s',
  async (way) => {
    const s = await scripted(ENDING[way] ?? {});
    s.bob.on('INVITE', (request) => void request.reply(200, { contact: '<sip:bob@gone.example>' }));
    s.bob.answerBye = true;
    const call = s.call({ contact: NOWHERE });
    await call.response(200);
    call.ack();
    (await s.alice.receive('BYE')).reply(200);
    await s.ends();
    expect(s.bob.received.map(({ message }) => message.method)).toEqual(
      way === 'a user agent' ? [] : ['INVITE', 'ACK', 'BYE'],
    );
  },
);

test('W-25 a target that the host cannot reach', async () => {
  const s = await scripted(WAYS['a proxy'] ?? {});
  s.world.network.rule({ to: '10.0.0.77', unreachable: true });
  const { invite } = await established(s, { contact: '<sip:alice@10.0.0.77>' });
  const bye = present(invite.dialog).bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('W-25 the Record-Route of the proxy before us does not resolve: its address does', async () => {
  const s = await scripted(WAYS['a proxy'] ?? {});
  const call = s.call({ headers: { 'Record-Route': '<sip:edge.example;lr>' } });
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  const bye = present(invite.dialog).bye();
  const received = await s.alice.receive('BYE');
  expect(received.message.list('Route')).toEqual(['<sip:edge.example;lr>']);
  received.reply(200);
  await bye.response(200);
  await s.ends();
});

test('E-19 T-4 a request in an early dialog: UPDATE of the callee', async () => {
  const s = await scripted(WAYS['a proxy'] ?? {}, { transport: 'TCP' });
  const call = s.call({ contact: DEAF });
  const invite = await s.bob.receive('INVITE');
  invite.reply(183);
  await call.response(183);
  const update = present(invite.dialog).request('UPDATE');
  (await s.alice.receive('UPDATE')).reply(200, { contact: DEAF });
  await update.response(200);
  invite.reply(486);
  await call.response(486);
  await s.ends();
});

test('E-19 T-4 the caller has connected again: its last connection counts', async () => {
  const s = await scripted(WAYS['a proxy'] ?? {}, { transport: 'TCP' });
  const { call, invite } = await established(s, { contact: DEAF });
  for (const connection of s.alice.wire.connections.values()) connection.end();
  await s.world.run(100);
  const info = present(call.dialog).request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = present(invite.dialog).bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('E-19 T-4 two applications that stay on the path', async () => {
  const First = applicationOf(WAYS['a proxy'] ?? {});
  const Second = applicationOf(WAYS['a proxy'] ?? {});
  const s = await stage({ first: { First }, second: { Second } }, { transport: 'TCP' });
  const { invite } = await established(s, { contact: DEAF });
  const bye = present(invite.dialog).bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});

test('E-19 T-4 a NOTIFY for a subscriber whose Contact accepts nothing', async () => {
  const s = await scripted(
    {
      initial: async (request) => {
        await request.createResponse(202).send();
        const notify = request.session.createRequest('NOTIFY');
        notify.headers.set('Event', 'presence');
        notify.headers.set('Subscription-State', 'terminated');
        await notify.send();
      },
    },
    { transport: 'TCP' },
  );
  s.request('SUBSCRIBE', { contact: DEAF, headers: { Event: 'presence' } });
  (await s.alice.receive('NOTIFY')).reply(200);
  await s.ends();
});

test.each(NAMES)(
  'E-19 T-4 a call of 14 minutes: its connection stands, and is idle only afterwards: %s',
  async (way) => {
    const s = await scripted(WAYS[way] ?? {}, { transport: 'TCP' });
    const { invite } = await established(s, { contact: DEAF });
    await s.world.run(840_000);
    const bye = present(invite.dialog).bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    await s.world.run(1_300_000);
    expect(s.container.engine.transport.connections).toBe(0);
    await s.ends();
  },
);

test('E-19 T-4 the caller goes on with a second connection: the first one is idle after its time', async () => {
  const s = await scripted(WAYS['a proxy'] ?? {}, { transport: 'TCP' });
  const { call, invite } = await established(s, { contact: DEAF });
  s.alice.wire.connections.clear();
  const info = present(call.dialog).request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  expect(s.container.engine.transport.connections).toBe(2);
  await s.world.run(1_300_000);
  expect(s.container.engine.transport.connections).toBe(1);
  const bye = present(invite.dialog).bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});
