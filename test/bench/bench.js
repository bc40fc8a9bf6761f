// npm run bench: what a call costs the container, and Kamailio, in CPU time of their own processes, measured in turns in one sitting.
// SIPp calls through 127.0.0.1:5060 to a SIPp at 5070: INVITE, 100, 180, 200, ACK, BYE, 200, with Record-Route, so that all of it passes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    rate: { type: 'string', default: '1500' },
    calls: { type: 'string', default: '30000' },
    warm: { type: 'string', default: '6000' },
    case: { type: 'string', default: 'supervised' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(
    'npm run bench -- [--case supervised|unsupervised|stateless|bridged] [--pairs 3] [--rate 1500] [--calls 30000] [--warm 6000]',
  );
  process.exit(0);
}
const [pairs, rate, calls, warm] = [values.pairs, values.rate, values.calls, values.warm].map(Number);

/** A run during which the machine changed its speed by more than this does not count. */
const DRIFT = 1.25;
/** Ticks a second of /proc/PID/stat. */
const HERTZ = 100;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const found = (name) => {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not there.
    }
  }
  return undefined;
};
const sipp = found('sipp');
const kamailio = found('kamailio');
if (!sipp || !kamailio || !readdirSync('/').includes('proc')) {
  console.error(
    `npm run bench needs Linux, SIPp and Kamailio; missing: ${[!sipp && 'sipp', !kamailio && 'kamailio'].filter(Boolean).join(', ') || '/proc'}`,
  );
  console.error('Debian and Ubuntu: apt-get install sip-tester kamailio');
  process.exit(1);
}

const siplet = here('../../container/dist/cli/siplet.js');
const container = (applications) => [
  process.execPath,
  siplet,
  'run',
  here(applications),
  '--config',
  here('siplet.yaml'),
];
const proxy = (script) => [kamailio, '-DD', '-f', here(script), '-m', '1024', '-M', '32'];

/** By case: what is measured, and beside it what it is compared with. */
const CASES = {
  /** Record-routed, a handler on every response. */
  supervised: { siplet: container('apps'), kamailio: proxy('kamailio-stateful.cfg') },
  /** The same without a handler. */
  unsupervised: { siplet: container('apps-unsupervised'), kamailio: proxy('kamailio-stateful.cfg') },
  stateless: { siplet: container('apps-stateless'), kamailio: proxy('kamailio-stateless.cfg') },
  /** Two legs; beside our own proxy, and Kamailio's. */
  bridged: { siplet: container('apps-bridge'), proxied: container('apps'), kamailio: proxy('kamailio-stateful.cfg') },
};
if (!Object.hasOwn(CASES, values.case)) {
  console.error(`--case is ${Object.keys(CASES).join(', ')}; not ${values.case}`);
  process.exit(2);
}
const MEASURED = CASES[values.case];

/** CPU milliseconds of a fixed piece of work: how fast the machine is just now. */
function calibrate() {
  const before = process.cpuUsage();
  let block = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < 1500; i++) block = Buffer.alloc(65_536, createHash('sha256').update(block).digest());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function familyOf(pid) {
  const family = [pid];
  for (let i = 0; i < family.length; i++) {
    try {
      for (const task of readdirSync(`/proc/${family[i]}/task`)) {
        const children = readFileSync(`/proc/${family[i]}/task/${task}/children`, 'latin1').trim();
        if (children !== '') family.push(...children.split(' ').map(Number));
      }
    } catch {
      // It has ended.
    }
  }
  return family;
}

/** CPU seconds of these processes. */
function cpuOf(pids) {
  let ticks = 0;
  for (const pid of pids) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended.
    }
  }
  return ticks / HERTZ;
}

/** Peak resident megabytes of these processes. */
function memoryOf(pids) {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      kilobytes += Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
    } catch {
      // It has ended.
    }
  }
  return Math.round(kilobytes / 1024);
}

async function mustBeFree(port) {
  const socket = createSocket('udp4');
  await new Promise((resolve, reject) => {
    socket.once('error', () =>
      reject(new Error(`UDP port ${port} is taken: is something running, or has an earlier run not ended?`)),
    );
    socket.bind(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => socket.close(resolve));
}

const running = new Set();
function start(command, words, options = {}) {
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  child.said = '';
  child.stderr.on('data', (text) => {
    child.said = (child.said + text).slice(-4000);
  });
  child.ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
  running.add(child);
  child.ended.finally(() => running.delete(child)).catch(() => undefined);
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 40_000);
  await child.ended;
  clearTimeout(late);
}

/** Drives calls through the proxy; what SIPp counted. */
async function drive(folder, number, speed) {
  const statistics = join(folder, `statistics-${number}-${Math.random().toString(36).slice(2)}.csv`);
  const where = ['127.0.0.1:5060', '-sf', here('uac.xml'), '-s', 'bob', '-i', '127.0.0.1', '-p', '5090'];
  const load = ['-m', String(number), '-r', String(speed), '-l', '5000', '-recv_timeout', '20000', '-timeout', '280'];
  await start(
    sipp,
    [...where, ...load, '-nostdin', '-buff_size', '4000000', '-trace_stat', '-stf', statistics, '-fd', '3600'],
    { cwd: folder },
  ).ended;
  const rows = readFileSync(statistics, 'latin1')
    .trim()
    .split('\n')
    .map((row) => row.split(';'));
  const count = (name) => Number(rows.at(-1)[rows[0].indexOf(name)]);
  return {
    ok: count('SuccessfulCall(C)'),
    failed: count('FailedCall(C)'),
    retransmissions: count('Retransmissions(C)'),
  };
}

async function measure(name) {
  for (const port of [5060, 5070, 5090]) await mustBeFree(port);
  const folder = mkdtempSync(join(tmpdir(), 'siplet-bench-'));
  const [command, ...words] = MEASURED[name];
  const proxy = start(command, words);
  let callee;
  try {
    await pause(2000);
    if (proxy.exitCode !== null) throw new Error(`${name} ended with status ${proxy.exitCode}: ${proxy.said}`);
    callee = start(
      sipp,
      ['-sf', here('uas.xml'), '-i', '127.0.0.1', '-p', '5070', '-nostdin', '-buff_size', '4000000'],
      { cwd: folder },
    );
    await pause(500);
    await drive(folder, warm, rate);
    await pause(1000);
    const before = calibrate();
    const family = familyOf(proxy.pid);
    const cpu = cpuOf(family);
    const { ok, failed, retransmissions } = await drive(folder, calls, rate);
    const cost = ((cpuOf(family) - cpu) * 1e6) / Math.max(1, ok);
    return { name, cost, ok, failed, retransmissions, calibration: [before, calibrate()], memory: memoryOf(family) };
  } finally {
    if (callee) {
      callee.kill('SIGKILL');
      await callee.ended;
    }
    await stop(proxy);
    rmSync(folder, { recursive: true, force: true });
  }
}

const isSteady = ({ calibration: [before, after] }) => Math.max(before, after) / Math.min(before, after) <= DRIFT;
const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function told(run) {
  const [before, after] = run.calibration.map(Math.round);
  const load = `${run.ok} calls, ${run.failed} failed, ${run.retransmissions} retransmissions`;
  const steady = isSteady(run) ? '' : '  (the machine changed its speed: not counted)';
  return `${run.name.padEnd(9)} ${run.cost.toFixed(0).padStart(5)} µs CPU a call  ${load}, ${run.memory} MB, calibration ${before} → ${after} ms${steady}`;
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
process.on('SIGINT', () => process.exit(130));

const names = Object.keys(MEASURED);
console.log(`${values.case}: ${calls} calls at ${rate}/s through each, ${pairs} rounds in turns`);
const counted = [];
for (let round = 0; round < pairs; round++) {
  // Who goes first changes, so that none profits from a machine that slows down.
  const order = round % 2 === 0 ? names : [...names].reverse();
  const runs = {};
  for (const name of order) {
    runs[name] = await measure(name);
    console.log(told(runs[name]));
  }
  if (names.every((name) => isSteady(runs[name]))) counted.push(runs);
}
if (counted.length === 0) {
  console.log('no round counts: the machine was not steady');
  process.exit(1);
}
const of = (name) => median(counted.map((runs) => runs[name].cost)).toFixed(0);
for (const name of names.slice(1)) {
  const ratios = counted.map((runs) => runs.siplet.cost / runs[name].cost);
  const spread = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `siplet ${of('siplet')} µs, ${name} ${of(name)} µs, ratio ${median(ratios).toFixed(2)} (${spread}; median of ${counted.length} of ${pairs} rounds)`,
  );
}
