// Processes that are measured: started, stopped, and what the kernel says that they and their children have used
// (/proc).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Ticks a second of /proc/PID/stat. */
const HERTZ = 100;

/**
 * @param {string} name of a program
 * @returns {string | undefined} where it is
 */
export function found(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not there.
    }
  }
  return undefined;
}

const running = new Set();

/** Ends it and its children at once: each has a process group of its own. */
export function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

process.on('exit', () => {
  for (const child of running) kill(child);
});
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => process.exit(status));
}

/**
 * Starts a program; `said` is the end of what it wrote to standard error, `ended` its exit status.
 *
 * @param {string} command
 * @param {readonly string[]} words
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function start(command, words, options = {}) {
  const child = spawn(command, words, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
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

export const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

/** Asks it to end, and ends it when it has not after `patience` ms. */
export async function stop(child, patience = 40_000) {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => kill(child), patience);
  await child.ended;
  clearTimeout(late);
}

/** Calls `use` with a folder of its own, which is removed afterwards. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The process, its children and theirs. */
export function familyOf(pid) {
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

/** CPU seconds of these processes, with all of their threads. */
export function cpuOf(pids) {
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

/** Resident megabytes of these processes: at their peak (VmHWM), or now (VmRSS). */
export function memoryOf(pids, which = 'VmHWM') {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      kilobytes += Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    } catch {
      // It has ended.
    }
  }
  return Math.round(kilobytes / 1024);
}

/** CPU milliseconds of a fixed piece of work: how fast the machine is just now. */
export function calibrate() {
  const before = process.cpuUsage();
  let block = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < 1500; i++) block = Buffer.alloc(65_536, createHash('sha256').update(block).digest());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function isFree(port) {
  const socket = createSocket('udp4');
  const free = await new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => socket.close(resolve));
  return free;
}

/** Throws when one of the UDP ports is taken, and still is after five seconds. */
export async function mustBeFree(ports) {
  for (const port of ports) {
    for (let waited = 0; !(await isFree(port)); waited += 100) {
      if (waited > 5000)
        throw new Error(`UDP port ${port} is taken: is something running, or has an earlier run not ended?`);
      await pause(100);
    }
  }
}

/** Waits until the process listens on the UDP port; throws when it ends instead. */
export async function mustListen(child, port, name) {
  for (let waited = 0; await isFree(port); waited += 100) {
    if (hasEnded(child) || waited > 30_000)
      throw new Error(
        `${name} does not listen${hasEnded(child) ? `, it ended with status ${child.exitCode}` : ''}: ${child.said}`,
      );
    await pause(100);
  }
  if (hasEnded(child)) throw new Error(`${name} ended with status ${child.exitCode}: ${child.said}`);
}
