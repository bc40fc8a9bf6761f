// apps/b2b-prepaid between SIPp and SIPp: calls that nobody hangs up end when their money does, on both legs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runSiplet } from './siplet.js';
import { callee, caller, freePorts } from './sipp.js';

const CALLS = 50;

test('b2b-prepaid: three seconds are paid for: a warning at the second, and the end of both legs at the third', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-balances-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'balances.json');
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const accounts = Array.from({ length: CALLS }, (_, at) => `c${at + 1}: 0.03`).join(', ');
  const siplet = await runSiplet(
    'apps',
    `
router: { INVITE: [b2b-prepaid, b2b-trunk] }
apps:
  b2b-prepaid:
    accounts: { ${accounts} }
    file: '${file}'
    warning: { before: 1s }
    rates: { '+': { perMinute: 0.6 } }
  b2b-trunk:
    carriers: { one: { uri: 'sip:127.0.0.1:${phone}' } }
    routes: { '+': { one: {} } }
    records: { file: '${join(folder, 'calls.jsonl')}' }`,
  );
  onTestFinished(async () => void (await siplet.stop()));
  const bob = callee('uas', phone, { calls: CALLS });
  onTestFinished(bob.stop);
  const calls = caller('prepaid', alice, siplet.port, { calls: CALLS, rate: 25, whom: '+4930123' });
  onTestFinished(calls.stop);
  expect(await calls.outcome).toMatchObject({ successful: CALLS, failed: 0, counters: { early: 0 } });
  expect(await bob.outcome).toMatchObject({ successful: CALLS, failed: 0 });
  expect(await siplet.stop()).toBe(0);
  expect(siplet.complaints).toEqual([]);

  const balances = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  expect(Object.values(balances)).toEqual(Array(CALLS).fill(0));
  const records = readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n');
  expect(records).toHaveLength(CALLS);
  for (const line of records) {
    const { duration, hungUp } = JSON.parse(line) as { duration: number; hungUp: string };
    // b2b-prepaid is the caller of b2b-trunk.
    expect(hungUp).toBe('caller');
    expect(duration).toBeGreaterThanOrEqual(2.9);
    expect(duration).toBeLessThan(3.5);
  }
});
