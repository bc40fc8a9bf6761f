// D-4 under load: applications are taken out of service while SIPp makes calls to them. SIPLET_PEERS_STOP_RATE sets the
// load.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ApplicationStatus } from '../../container/http/routes.js';
import { countingCallee, type Operated, operated, versioned } from './operated.js';
import { caller, freePorts } from './sipp.js';

const RATE = Number(process.env.SIPLET_PEERS_STOP_RATE ?? 100);

async function statesOf({ url }: Operated): Promise<string[]> {
  const all = (await (await fetch(`${url}/api/apps`)).json()) as ApplicationStatus[];
  return all.map(({ name, state, sessions }) => `${name} ${state}${sessions > 0 ? ' with calls' : ''}`).sort();
}

test('D-4 undeployed under load: its calls end on it, new ones go to the next application; the last one removed from the directory, they get 404', async () => {
  const [phone, alice, carol] = (await freePorts(3)) as [number, number, number];
  const seen = await countingCallee(phone);
  const target = `sip:bob@127.0.0.1:${phone}`;
  const siplet = await operated(
    { 'tagged.ts': versioned('tagged', 1), 'zz.ts': versioned('zz', 9) },
    `apps: { tagged: '${target}', zz: '${target}' }\ndeploy: { typeCheck: off }\n`,
  );
  const total = 4 * RATE;
  const calls = caller('../deploy-apps/caller', alice, siplet.udp, { calls: total, rate: RATE });
  onTestFinished(calls.stop);
  await pause(1000);
  expect(await statesOf(siplet)).toEqual(['tagged active with calls', 'zz active with calls']);
  expect(await siplet.siplet('undeploy', 'tagged')).toEqual({
    status: 0,
    out: 'tagged is out of service; its calls go on to their end\n',
    err: '',
  });
  expect(await statesOf(siplet)).toEqual(['tagged draining with calls', 'zz active with calls']);
  await pause(3500);
  // All of the calls have been made, and stand.
  siplet.remove('zz.ts');
  await siplet.said(/^zz 0\.0\.0 undeployed$/);
  expect(await statesOf(siplet)).toEqual(['tagged draining with calls', 'zz draining with calls']);
  const late = caller('held', carol, siplet.udp, { calls: RATE, rate: RATE, held: 0 });
  onTestFinished(late.stop);
  expect(await late.outcome).toMatchObject({ successful: RATE, failed: 0, counters: { nobody: RATE, ended: 0 } });
  expect(await calls.outcome).toMatchObject({ successful: total, failed: 0 });
  const served = await seen();
  // Each by one of the two, from INVITE to BYE.
  expect(served.example).toBe('');
  expect(served).toMatchObject({ calls: total, ended: total, mixed: 0, versions: 2 });
  expect(siplet.complaints()).toEqual([]);
  siplet.kill('SIGTERM');
  expect((await siplet.ended).status).toBe(0);
});

test('D-2 deploy.drainTimeout bounds it: the version is gone with calls in progress, and these end by their Route set all the same', async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const seen = await countingCallee(phone);
  const siplet = await operated(
    { 'tagged.ts': versioned('tagged', 1) },
    `apps: { tagged: 'sip:bob@127.0.0.1:${phone}' }\ndeploy: { typeCheck: off, drainTimeout: 1s }\n`,
  );
  const total = RATE;
  const calls = caller('held', alice, siplet.udp, { calls: total, rate: RATE, held: 3000 });
  onTestFinished(calls.stop);
  await pause(1300);
  expect((await fetch(`${siplet.url}/api/apps/tagged`, { method: 'DELETE' })).status).toBe(204);
  const given = await siplet.said(/^tagged 0\.0\.0 is unloaded after deploy\.drainTimeout, with calls in progress$/);
  expect(given.sessions).toBe(total);
  await siplet.said(/^tagged 0\.0\.0 unloaded$/);
  expect(await statesOf(siplet)).toEqual([]);
  expect(await calls.outcome).toMatchObject({ successful: total, failed: 0, counters: { ended: total } });
  expect(await seen()).toMatchObject({ calls: total, ended: total });
  expect(siplet.complaints(/drainTimeout/)).toEqual([]);
});
