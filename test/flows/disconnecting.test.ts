// A peer whose connection ends after a message, or before one (§18.2.2, §18.4): only a message that has not left is a
// fault.
import { expect, test } from 'vitest';
import { statuses } from '../world/arrivals.js';
import { type Script, scripted } from '../world/script.js';
import { BOB, established, type Stage } from '../world/stage.js';

/** The applications through which Alice calls Bob. */
const WAYS: Readonly<Record<string, Script>> = {
  'a proxy': { invite: (request) => void request.proxy({ recordRoute: true }).proxyTo(BOB) },
  'a bridge': { invite: async (request) => void (await request.b2bua().bridge({ to: BOB })) },
};

const failures = ({ container }: Stage) => container.engine.transport.counters.sendFailures;

function disconnect({ alice }: Stage): void {
  for (const connection of alice.wire.connections.values()) connection.destroy();
}

test.each(Object.keys(WAYS))(
  'W-09 §18.2.2 nothing is lost when a caller disconnects after its call: %s',
  async (way) => {
    const s = await scripted(WAYS[way] ?? {}, { transport: 'TCP' });
    const { call } = await established(s);
    s.bob.answerBye = true;
    await call.bye().response(200);
    disconnect(s);
    await s.ends();
    expect(failures(s)).toBe(0);
  },
);

test('W-09 §18.2.2 a caller that disconnects while the phone rings gets the 200 on another connection', async () => {
  const s = await scripted({ invite: (request) => void request.proxy().proxyTo(BOB) }, { transport: 'TCP' });
  s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await s.world.run(100);
  disconnect(s);
  await s.world.run(1000);
  invite.reply(200);
  await s.world.run(100);
  expect(statuses(s.alice)).toEqual([100, 180, 200]);
  await s.ends();
  expect(failures(s)).toBe(0);
});

test('W-09 §18.2.2 a response that cannot be sent is told, once', async () => {
  const s = await scripted({ invite: (request) => void request.proxy().proxyTo(BOB) }, { transport: 'TCP' });
  s.call();
  const invite = await s.bob.receive('INVITE');
  await s.world.run(100);
  s.alice.wire.unplug();
  await s.world.run(100);
  invite.reply(486);
  await s.ends(['the way back to the caller has failed: connect ECONNREFUSED']);
  expect(failures(s)).toBe(1);
});

test('W-09 §17.1.4 a callee that disconnects fails the branch at once; the request had left', async () => {
  const s = await scripted(
    { invite: (request) => void request.proxy().proxyTo(`${BOB};transport=tcp`) },
    { transport: 'TCP' },
  );
  const call = s.call();
  await s.bob.receive('INVITE');
  s.world.network.reset('siplet', 'bob');
  await call.response(500);
  await s.ends(1);
  expect(failures(s)).toBe(0);
});
