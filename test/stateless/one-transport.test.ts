// The transport of a stateless transaction (§16.11): its messages share it, because it depends on what they share.
import { expect, test } from 'vitest';
import { BOTH, type Stage } from '../world/stage.js';
import { branches, nothingHeld, switched, toBob } from './switch.js';

const LARGE = { body: 'x'.repeat(1500) };
/** Listens on UDP alone. */
const OLD = '10.0.0.20';

const transports = ({ bob }: Pick<Stage, 'bob'>) => bob.received.map(({ transport }) => transport);

test.each(BOTH)(
  'W-10 §16.11 a large INVITE by %s: its copy, its CANCEL and its ACK take its way',
  async (transport) => {
    const s = await switched(toBob(), { transport });
    s.bob.answerCancel = true;
    const call = s.call(LARGE);
    await s.bob.receive('INVITE');
    call.resend();
    await s.world.deliver();
    await call.cancel().response(200);
    await call.response(487);
    await s.world.deliver();
    expect(transports(s)).toEqual(new Array(4).fill(transport));
    expect(new Set(branches(s.bob)).size).toBe(1);
  },
);

test.each(BOTH)(
  'W-10 §16.11 a small INVITE by %s and its CANCEL, while a connection to the callee stands',
  async (transport) => {
    const s = await switched(toBob(), { transport });
    s.bob.answerCancel = true;
    s.request('MESSAGE', LARGE);
    const message = await s.bob.receive('MESSAGE');
    expect(message.arrival.transport).toBe('TCP');
    const call = s.call();
    await s.bob.receive('INVITE');
    await call.cancel().response(200);
    await call.response(487);
    await s.world.deliver();
    expect(transports(s).slice(1)).toEqual(new Array(3).fill(transport));
  },
);

test('W-10 §18.1.1 the URI names a transport: it decides, whatever the size and the way of the caller', async () => {
  const s = await switched(toBob('TCP'));
  s.bob.answerCancel = true;
  const call = s.call();
  await s.bob.receive('INVITE');
  await call.cancel().response(200);
  await call.response(487);
  await s.world.deliver();
  expect(transports(s)).toEqual(['TCP', 'TCP', 'TCP']);
});

test.each(BOTH)(
  'E-03 §18.1.1 an INVITE, a CANCEL and an ACK by %s for a callee that listens on UDP alone',
  async (transport) => {
    const s = await switched(() => `sip:bob@${OLD}`, { transport });
    const old = s.world.phone('old', OLD, { listens: ['UDP'] });
    old.answerCancel = true;
    const call = s.call(LARGE);
    await old.receive('INVITE', 1000);
    await call.cancel().response(200);
    await call.response(487);
    await s.world.deliver();
    expect(transports({ bob: old })).toEqual(['UDP', 'UDP', 'UDP']);
    expect(new Set(branches(old)).size).toBe(1);
    expect(s.world.network.record.filter(({ kind }) => kind === 'refused').length).toBe(transport === 'TCP' ? 1 : 0);
    await nothingHeld(s);
  },
);

test('E-03 §18.1.1 a large MESSAGE goes by TCP, and by UDP where nobody answers there', async () => {
  const s = await switched(() => `sip:bob@${OLD}`);
  const old = s.world.phone('old', OLD);
  s.world.network.rule({ from: 'siplet', to: 'old', transport: 'TCP', cut: true });
  for (const within of [6000, 100]) {
    const message = s.request('MESSAGE', LARGE);
    (await old.receive('MESSAGE', within)).reply(200);
    await message.response(200);
  }
  expect(transports({ bob: old })).toEqual(['UDP', 'UDP']);
});
