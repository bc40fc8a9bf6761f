// A stateless siplet under load with loss on both sides: retransmissions find the same branch and the same target, and
// nothing is held.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { runSiplet } from './siplet.js';
import { caller, freePorts } from './sipp.js';

const CALLS = Number(process.env.SIPLET_PEERS_CALLS ?? 8_000);
const RATE = 2 * Number(process.env.SIPLET_PEERS_RATE ?? 300);
const LOSS = 5;

/** What the callee saw: see callee.mjs. */
interface Seen {
  readonly requests: number;
  readonly retransmissions: number;
  readonly transactions: number;
  readonly changed: number;
  readonly lost: number;
  readonly example: string;
}

async function countingCallee(port: number) {
  const script = fileURLToPath(new URL('./callee.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, String(port), String(LOSS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    seen: async (): Promise<Seen> => {
      child.kill('SIGTERM');
      return JSON.parse((await lines.next()).value) as Seen;
    },
  };
}

/** Resident megabytes of a process. */
function memoryOf(pid: number): number {
  return Number(present(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1')))[1]) / 1024;
}

test('SLP-02 SLP-05 stateless: with 5% of the datagrams lost, every retransmission leaves with the same branch to the same target', async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const bob = await countingCallee(phone);
  const siplet = await runSiplet('test/peers/apps', `apps: { one-target: 'sip:bob@127.0.0.1:${phone}' }`);
  onTestFinished(async () => void (await siplet.stop()));
  const warm = caller('uac', alice, siplet.port, { calls: 2000, rate: RATE, loss: LOSS });
  onTestFinished(warm.stop);
  await warm.outcome;
  const before = memoryOf(siplet.pid);
  const calls = caller('uac', alice, siplet.port, { calls: CALLS, rate: RATE, loss: LOSS });
  onTestFinished(calls.stop);
  const { successful, failed, retransmissions } = await calls.outcome;
  // SIPp itself gives up a call whose optional or last messages it has lost too often; the proxy loses none.
  expect(successful + failed).toBe(CALLS);
  expect(successful).toBeGreaterThan(0.97 * CALLS);
  expect(retransmissions).toBeGreaterThan(0.05 * CALLS);
  const seen = await bob.seen();
  expect(seen.example).toBe('');
  expect(seen).toMatchObject({ changed: 0 });
  expect(seen.retransmissions).toBeGreaterThan(0.05 * CALLS);
  expect(memoryOf(siplet.pid)).toBeLessThan(before + 30);
  expect(siplet.complaints).toEqual([]);
});
