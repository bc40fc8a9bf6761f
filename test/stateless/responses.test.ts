// Responses through a stateless siplet (§16.11, §16.7 step 9, §18.1.2): by Via, and only where we have sent the request
// from.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { statuses } from '../world/arrivals.js';
import { Siplet } from '../world/siplet.js';
import { BOTH, over, SIPLET } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';
import { nothingHeld, old, switched, toBob } from './switch.js';

describe.each(BOTH)('over %s', (transport) => {
  test('SLP-08 §16.11 our Via is taken off, nothing else is touched, and it goes by the next one', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const headers = { 'Record-Route': ['<sip:10.0.0.44;lr>'], 'X-Odd': 'a, b', Warning: '399 x "y"' };
    const sent = invite.reply(183, { headers, body: 'v=0\r\n\r\n\u00e9' });
    const got = await call.response(183);
    const others = (message: TextMessage) => message.headers.filter(([name]) => name !== 'Via');
    expect(others(got)).toEqual(others(sent));
    expect(got.body).toBe(sent.body);
    expect(got.list('Via')).toEqual(sent.list('Via').slice(1));
    expect(got.list('Via')).toHaveLength(1);
  });

  test('SLP-10 §16.11 100 is forwarded, as every other response is, as often as it comes', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    for (const status of [100, 180, 180, 199]) invite.reply(status);
    invite.reply(200);
    invite.resend();
    invite.reply(200, { toTag: 'fork' });
    invite.reply(603); // a second final response does not concern a stateless proxy
    await s.world.deliver();
    expect(call.responses.map(({ status }) => status)).toEqual([100, 180, 180, 199, 200, 200, 200, 603]);
    await nothingHeld(s);
  });

  test('SLP-09 §16.11 §18.1.2 a response whose topmost Via is not ours is dropped', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const answer = invite.reply(180);
    await call.response(180);
    for (const sentBy of ['10.0.0.10', '10.0.0.9:5070', 'siplet.example']) {
      s.bob.send(`${answer}`.replace(/(Via: SIP\/2.0\/\w+ )[^;]*/, `$1${sentBy}`), `${SIPLET}${over(transport)}`);
    }
    await s.world.deliver();
    expect(statuses(s.alice)).toEqual([180]);
    expect(s.container.engine.transport.counters.foreignResponses).toBe(3);
  });

  test('SLP-09 §16.11 forged: a branch that we did not make for that next Via leads nowhere', async () => {
    const s = await switched(toBob(transport), { transport });
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const answer = invite.reply(180).toString();
    await call.response(180);
    const to = `${SIPLET}${over(transport)}`;
    const branch = present(present(/branch=(z9hG4bKs-\w+)/.exec(answer))[1]);
    const victim = answer.replace('10.0.0.1:5060', '10.0.0.3:5060');
    const forged = [
      victim,
      victim.replace(branch, `${branch.slice(0, -1)}${branch.endsWith('0') ? '1' : '0'}`),
      answer.replace(branch, `${branch.slice(0, 12)}${branch[12] === '0' ? '1' : '0'}${branch.slice(13)}`),
      answer.replace(branch, 'z9hG4bKs-'),
      answer.replace(branch, `${branch}0`),
      answer.replace(branch, 'z9hG4bKcafe'),
      answer.replace(/Via: .*10\.0\.0\.1:5060.*\r\n/, ''), // no Via below ours
    ];
    for (const wire of forged) s.bob.send(wire, to);
    await s.world.deliver();
    expect(statuses(s.alice)).toEqual([180]);
    expect(s.carol.received).toEqual([]);
    await nothingHeld(s);
  });

  test('SLP-08 §18.2.2 a caller behind an address translator gets it where its request came from', async () => {
    const s = await switched(toBob(transport), { transport });
    const wire = old('MESSAGE', { branch: 'z9hG4bK1' }).toString();
    s.alice.send(
      wire.replace('SIP/2.0/UDP 10.0.0.1:5060', `SIP/2.0/${transport} 192.168.1.1:5060;rport`),
      `${SIPLET}${over(transport)}`,
    );
    (await s.bob.receive('MESSAGE')).reply(200);
    await s.world.deliver();
    expect(statuses(s.alice)).toEqual([200]);
    expect(present(s.alice.received[0]).message.list('Via')).toHaveLength(1);
  });
});

test('SLP-08 the caller is on TCP and the callee on UDP: each side keeps its own', async () => {
  const s = await switched(() => 'sip:bob@10.0.0.20', { transport: 'TCP' });
  const bob = s.world.phone('old', '10.0.0.20', { listens: ['UDP'] });
  const call = s.call();
  const invite = await bob.receive('INVITE');
  expect(invite.arrival.transport).toBe('UDP');
  invite.reply(180);
  expect(await call.response(180)).toBeDefined();
  expect(present(s.alice.received[0]).transport).toBe('TCP');
});

test('§18.2.2 the caller has closed its connection: a new one is opened to its sent-by', async () => {
  const s = await switched(toBob('UDP'), { transport: 'TCP' });
  s.call();
  const invite = await s.bob.receive('INVITE');
  for (const connection of s.alice.wire.connections.values()) connection.end();
  await s.world.run(100);
  invite.reply(486);
  await s.world.run(100);
  expect(statuses(s.alice)).toEqual([486]);
  expect(present(present(s.alice.received[0]).connection).local.port).toBe(5060);
});

test('SLP-05 responses find their way after a restart', async () => {
  const s = await switched(toBob());
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  await s.container.engine.transport.close();
  const again = await Siplet.start(s.world, {}, { name: 'again', addresses: [SIPLET] });
  invite.reply(200);
  await call.response(200);
  expect(again.engine.stateless.counters.responses).toBe(1);
});
