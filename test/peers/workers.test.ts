// Two engines between SIPp and SIPp: one caller's address and port, one callee's, and no call that is not whole.
// SIPLET_PEERS_WORKERS_RATE sets the load.
import { expect, onTestFinished, test } from 'vitest';
import { operated, versioned } from './operated.js';
import { runSiplet } from './siplet.js';
import { callee, caller, freePorts } from './sipp.js';

const RATE = Number(process.env.SIPLET_PEERS_WORKERS_RATE ?? 200);
const CALLS = RATE * 10;

test('two workers: calls answered, acknowledged, hung up', async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const load = { calls: CALLS, rate: RATE };
  const siplet = await runSiplet(
    'apps',
    `workers: 2\ndeploy: { typeCheck: off }\nrouter: { INVITE: [reach-me] }\napps: { reach-me: { targets: { bob: 'sip:bob@127.0.0.1:${phone}' }, voicemail: false } }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const bob = callee('uas', phone, load);
  onTestFinished(bob.stop);
  const calls = caller('uac', alice, siplet.port, load);
  onTestFinished(calls.stop);
  expect(await calls.outcome).toEqual({ successful: CALLS, failed: 0, retransmissions: 0, errors: '' });
  expect(await bob.outcome).toMatchObject({ successful: CALLS, failed: 0, retransmissions: 0 });
  expect(siplet.complaints).toEqual([]);
  expect(await siplet.stop()).toBe(0);
});

test('D-2 two workers: redeployments under load lose no call', async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const siplet = await operated(
    { 'tagged.ts': versioned('tagged', 1) },
    `workers: 2\ndeploy: { typeCheck: off }\napps: { tagged: 'sip:bob@127.0.0.1:${phone}' }\n`,
  );
  const load = { calls: CALLS, rate: RATE };
  const bob = callee('uas', phone, load);
  onTestFinished(bob.stop);
  const calls = caller('uac', alice, siplet.udp, load);
  onTestFinished(calls.stop);
  for (let version = 2; version <= 4; version++) {
    const after = siplet.log.length;
    siplet.put('tagged.ts', versioned('tagged', version));
    await siplet.said(/^tagged .* deployed$/, after);
  }
  expect(await calls.outcome).toMatchObject({ successful: CALLS, failed: 0 });
  expect(await bob.outcome).toMatchObject({ successful: CALLS, failed: 0 });
  expect(siplet.complaints()).toEqual([]);
  siplet.kill('SIGTERM');
  expect((await siplet.ended).status).toBe(0);
});
