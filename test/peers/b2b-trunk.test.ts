// apps/b2b-trunk between SIPp and three carriers: one answers 503, one is silent, one takes the calls.
// SIPLET_PEERS_CALLS sets how many.
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { runSiplet } from './siplet.js';
import { callee, caller, freePorts } from './sipp.js';

const CALLS = Number(process.env.SIPLET_PEERS_CALLS ?? 300);
const RATE = Math.min(Number(process.env.SIPLET_PEERS_RATE ?? 100), 100);

/** Takes everything and says nothing. */
async function silence(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return socket.address().port;
}

test('b2b-trunk: one carrier is out of service and one is silent: all calls are answered, each has one record', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-records-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'calls.jsonl');
  const [out, good, alice] = (await freePorts(3)) as [number, number, number];
  const siplet = await runSiplet(
    'apps',
    `
router: { INVITE: [b2b-trunk] }
apps:
  b2b-trunk:
    carriers:
      out: { uri: 'sip:127.0.0.1:${out}' }
      silent: { uri: 'sip:127.0.0.1:${await silence()}', timeout: '1s' }
      good: { uri: 'sip:127.0.0.1:${good}' }
    routes: { '+49': { out: { cost: 1 }, silent: { cost: 1 }, good: { cost: 2 } } }
    records: { file: '${file}', size: 1000000 }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const refusing = callee('unavailable', out, { calls: CALLS });
  onTestFinished(refusing.stop);
  const answering = callee('uas', good, { calls: CALLS });
  onTestFinished(answering.stop);
  const calls = caller('uac', alice, siplet.port, { calls: CALLS, rate: RATE, whom: '+4930123' });
  onTestFinished(calls.stop);
  const made = await calls.outcome;
  expect(made, made.errors).toMatchObject({ successful: CALLS, failed: 0 });
  const answered = await answering.outcome;
  expect(answered, answered.errors).toMatchObject({ successful: CALLS, failed: 0 });
  const refused = await refusing.outcome;
  expect(refused, refused.errors).toMatchObject({ successful: CALLS, failed: 0 });
  expect(await siplet.stop()).toBe(0);
  expect(siplet.complaints).toEqual([]);

  const records = recordsIn(folder);
  expect(records).toHaveLength(CALLS);
  expect(new Set(records.map(({ callId }) => callId)).size).toBe(CALLS);
  for (const { status, carrier, hungUp, attempts } of records) {
    expect({ status, carrier, hungUp }).toEqual({ status: 200, carrier: 'good', hungUp: 'caller' });
    expect(attempts.map((each) => `${each.carrier} ${each.status}`).sort()).toEqual([
      'good 200',
      'out 503',
      'silent 408',
    ]);
  }
  // Both cost the same and weigh the same: each is the first about as often.
  const first = records.filter(({ attempts }) => present(attempts[0]).carrier === 'out').length;
  expect(Math.abs(first / CALLS - 0.5)).toBeLessThan(0.15);
});

test('b2b-trunk: the container is stopped while calls stand and ring: each has one record', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-records-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [good, alice, bert] = (await freePorts(3)) as [number, number, number];
  const siplet = await runSiplet(
    'apps',
    `
router: { INVITE: [b2b-trunk] }
shutdown: { timeout: 1s }
apps:
  b2b-trunk:
    carriers: { good: { uri: 'sip:127.0.0.1:${good}' }, silent: { uri: 'sip:127.0.0.1:${await silence()}' } }
    routes: { '+49': { good: {} }, '+1': { silent: {} } }
    records: { file: '${join(folder, 'calls.jsonl')}' }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const answering = callee('uas', good, { calls: 20 });
  onTestFinished(answering.stop);
  const standing = caller('held', alice, siplet.port, { calls: 20, rate: 20, held: 600_000, whom: '+4930123' });
  onTestFinished(standing.stop);
  const ringing = caller('held', bert, siplet.port, { calls: 5, rate: 20, held: 600_000, whom: '+15550100' });
  onTestFinished(ringing.stop);
  await pause(4000);
  expect(await siplet.stop()).toBe(0);
  const records = recordsIn(folder);
  expect(new Set(records.map(({ callId }) => callId)).size).toBe(25);
  expect(records.map(({ carrier, hungUp }) => `${carrier} ${hungUp}`).sort()).toEqual([
    ...Array(20).fill('good container'),
    ...Array(5).fill('null container'),
  ]);
});

interface Line {
  callId: string;
  status: number | null;
  carrier: string | null;
  hungUp: string;
  attempts: { carrier: string; status: number }[];
}

/** Of the file and of those that were put aside. */
function recordsIn(folder: string): Line[] {
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line),
  );
}
