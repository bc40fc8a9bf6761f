// node --expose-gc redeployments.mjs COUNT [await]: redeploys an application that holds 5 MB and leaves everything
// behind, with top-level await on demand, and then with versions in between that never settle; prints what it cost as
// JSON.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Metrics, Sessions, SipFactory } from '@siplet/sdk';
import { pino } from 'pino';
import { Deployments } from '../../container/dist/deployment/deployments.js';

const count = Number(process.argv[2]);
const awaits = process.argv[3] === 'await';
const root = mkdtempSync(join(tmpdir(), 'siplet-redeployments-'));
const file = join(root, 'heavy.ts');

/** 5 MB at module level, reached from whatever may outlive the version. */
const source = (number) => `
import { setInterval as every } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { watch } from 'node:fs';
import { Invite, Siplet } from '@siplet/sdk';
import { injectable } from 'inversify';
const held = Array.from({ length: 640 }, (_, index) => Array.from({ length: 1024 }, (_, at) => ${number} + index + at));
const use = () => held.length;
${awaits ? 'await pause(1);' : ''}
setInterval(use, 1000);
every(use, 1000);
globalThis.setTimeout(use, 3_600_000);
void pause(3_600_000).then(use);
process.on('exit', use);
process.once('SIGUSR2', use);
watch(${JSON.stringify(root)}, use);
@injectable() class Service { readonly held = held; }
@Siplet() export class Heavy {
  constructor(readonly service: Service) { setInterval(() => this.service.held, 60_000); }
  @Invite() ring() { return ${number}; }
}
export { held };
`;

const deployments = new Deployments(
  {
    log: pino({ level: 'silent' }),
    configOf: () => undefined,
    defaults: { supervised: true, proxyTimeout: 180000 },
    tokens: () => [SipFactory, Sessions, Metrics].map((token) => [token, {}]),
  },
  { typeCheck: 'off', store: join(root, '.siplet'), ...(awaits ? { startTimeout: 100 } : {}) },
);
deployments.sessions = { of: () => 0 };

const versions = [];
const instances = [];
async function redeploy(number) {
  writeFileSync(file, source(number));
  const application = await deployments.deploy(file);
  if (application.table.initial('INVITE').invoke({}) !== number) throw new Error('another version is in service');
  versions.push(new WeakRef(application));
  instances.push(new WeakRef(application.siplets[0].instance));
}

/** A version that waits for ever takes nobody's place, and leaves nothing. */
async function hang(number) {
  writeFileSync(file, `${source(number)}\nawait new Promise(() => {});`);
  await deployments.deploy(file).then(
    () => Promise.reject(new Error('it was deployed')),
    () => undefined,
  );
}

async function settled() {
  for (let turn = 0; turn < 5; turn++) {
    await pause(20);
    global.gc();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 1e6, rss: rss / 1e6 };
}

for (let number = 0; number < 5; number++) await redeploy(number);
const before = await settled();
let middle = before;
for (let number = 5; number < count + 5; number++) {
  if (awaits && number % 4 === 0) await hang(number);
  await redeploy(number);
  // Collected now and then, as in a container that has something to do.
  if (number % 20 === 0) await pause(5);
  if (number === Math.ceil(count / 2)) middle = await settled();
}
const after = await settled();
const alive = (all) => all.slice(0, -1).filter((each) => each.deref() !== undefined).length;
const left = { versions: alive(versions), instances: alive(instances) };
const handles = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name.startsWith('FSEvent'));
const listeners = process.listenerCount('exit') + process.listenerCount('SIGUSR2');
await deployments.close();
rmSync(root, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ count, before, middle, after, left, handles: handles.length, listeners })}\n`);
