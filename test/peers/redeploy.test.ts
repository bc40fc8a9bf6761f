// D-2 and D-3 under load: an application is redeployed every second while SIPp makes calls to it. REDEPLOYMENTS=200 for
// the full length.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { countingCallee, versioned } from './operated.js';
import { caller, freePorts } from './sipp.js';

const REDEPLOYMENTS = Number(process.env.REDEPLOYMENTS ?? 15);
const RATE = Number(process.env.REDEPLOYMENTS_RATE ?? 200);
/** Seconds that a call is held: caller.xml. */
const HELD = 5;
/** Every so many times what is put there is broken. */
const BROKEN = 7;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly listening?: readonly string[];
  /** Of 'memory', after a collection: versions that are not collected, and megabytes. */
  readonly alive?: number;
  readonly heap?: number;
}

/** `siplet run` that watches `folder`/apps; all that it logs. */
async function watching(folder: string, target: string) {
  const config = join(folder, 'siplet.yaml');
  writeFileSync(config, `apps: { tagged: '${target}' }\ndeploy: { store: ${join(folder, 'store')} }\n`);
  const words = ['run', join(folder, 'apps'), '--config', config, '--listen', 'udp:127.0.0.1:0', '--admin', 'off'];
  const child = spawn(process.execPath, ['--expose-gc', here('../../container/dist/cli/siplet.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const log: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void log.push(JSON.parse(line) as LogLine));
  const count = (text: RegExp) => log.filter(({ msg }) => text.test(msg)).length;
  await expect.poll(() => count(/^ready$/), { timeout: 15_000 }).toBe(1);
  const port = Number(
    present(present(present(log.find(({ msg }) => msg === 'ready')).listening)[0])
      .split(':')
      .at(-1),
  );
  /** The application itself tells: deploy-apps/tagged.ts. */
  const collected = async (): Promise<LogLine> => {
    const before = count(/^memory$/);
    child.kill('SIGUSR2');
    await expect.poll(() => count(/^memory$/), { timeout: 20_000 }).toBe(before + 1);
    return present(log.findLast(({ msg }) => msg === 'memory'));
  };
  const memory = () =>
    Number(present(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1')))[1]) / 1024;
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    return ended;
  };
  return { port, log, count, memory, collected, stop };
}

test(`D-2 D-3 ${RATE} calls/s held ${HELD} s, redeployed every second: no call fails, each is served by one version from INVITE to BYE`, {
  timeout: (3 * REDEPLOYMENTS + 150) * 1000,
}, async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const folder = mkdtempSync(join(tmpdir(), 'siplet-redeploy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'apps'));
  const put = (text: string) => writeFileSync(join(folder, 'apps', 'tagged.ts'), text);
  const version = (number: number) => versioned('tagged', number);
  put(version(1));
  const seen = await countingCallee(phone);
  const siplet = await watching(folder, `sip:bob@127.0.0.1:${phone}`);

  const calls = caller('../deploy-apps/caller', alice, siplet.port, { calls: 10_000_000, rate: RATE });
  onTestFinished(calls.stop);
  await pause(2000);
  const before = siplet.memory();
  const start = await siplet.collected();
  for (let number = 2; number <= REDEPLOYMENTS + 1; number++) {
    const isBroken = number % BROKEN === 0;
    put(isBroken ? `${version(number)}\nexport const broken = ;\n` : version(number));
    // A busy host may take longer: what changes again before it was compiled would be told by nobody.
    const told = () => siplet.count(/^tagged 0\.0\.0 (?:is not )?deployed/);
    await Promise.all([pause(1000), expect.poll(told, { timeout: 20_000, interval: 20 }).toBe(number)]);
  }
  calls.finish();
  const good = REDEPLOYMENTS + 1 - Math.floor((REDEPLOYMENTS + 1) / BROKEN);
  const outcome = await calls.outcome;
  const total = outcome.successful;
  const served = await seen();
  const memory = siplet.memory();
  console.info(
    `${total} calls at ${RATE}/s: ${outcome.failed} failed, ${outcome.retransmissions} retransmissions; ${good} versions, ` +
      `${served.versions} of them had calls, ${served.mixed} calls had more than one; ${before.toFixed(0)} → ${memory.toFixed(0)} MB`,
  );
  // A pause of more than T1 brings retransmissions, and answers to calls that SIPp has ended: no failures.
  expect(outcome).toMatchObject({ failed: 0 });
  expect(total).toBeGreaterThan(0.9 * RATE * REDEPLOYMENTS);
  expect(served.example).toBe('');
  expect(served).toMatchObject({ calls: total, ended: total, mixed: 0 });
  expect(siplet.count(/^tagged 0\.0\.0 deployed$/)).toBe(good);
  expect(served.versions).toBeGreaterThan(0.8 * good);
  // The broken ones left the version before in service, and the log says where and why.
  expect(siplet.count(/^tagged 0\.0\.0 is not deployed; 0\.0\.0 stays in service: .*tagged\.ts:\d+:23: /)).toBe(
    REDEPLOYMENTS + 1 - good,
  );
  // D-2: all but the last are gone when their last session has ended.
  await expect.poll(() => siplet.count(/ unloaded$/), { timeout: 60_000, interval: 500 }).toBe(good - 1);
  const end = await siplet.collected();
  console.info(`after a collection: ${end.alive} of ${good} versions, heap ${start.heap} → ${end.heap} MB`);
  // The one in service, and what the clock and the router last had to do with.
  expect(end.alive).toBeLessThanOrEqual(3);
  expect(present(end.heap) - present(start.heap)).toBeLessThan(30);
  expect(siplet.log.filter(({ level, msg }) => level >= 40 && !msg.includes('is not deployed'))).toEqual([]);
  expect(await siplet.stop()).toBe(0);
});
