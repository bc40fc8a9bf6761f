// SIPp on both sides of what is measured, one process a port, and what they counted.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { found, hasEnded, kill, start } from './processes.js';
import { countsOf, timesOf } from './statistics.js';

const scenario = (name) => fileURLToPath(new URL(`./scenarios/${name}.xml`, import.meta.url));
const EVERYWHERE = ['-i', '127.0.0.1', '-nostdin', '-buff_size', '4000000', '-trace_stat'];
/** Calls that one SIPp holds at a time. */
const HELD = 5000;

/** Answers at `port` until it is stopped. `counts()` gives its counts, which are at most a second old. */
export function callee(folder, name, port) {
  const file = join(folder, `callee-${port}.csv`);
  const words = ['-sf', scenario(name), '-p', String(port), ...EVERYWHERE, '-stf', file, '-fd', '1'];
  const child = start(found('sipp'), words, { cwd: folder });
  const stop = async () => {
    if (!hasEnded(child)) kill(child);
    await child.ended;
  };
  return { child, stop, counts: () => countsOf(textOf(file)) };
}

let callers = 0;

/**
 * Makes calls, and waits until they have ended.
 *
 * @param {string} folder
 * @param {{ scenario?: string, port?: number, to?: number, user?: string, calls: number, rate: number, users?: string,
 *   timed?: boolean }} load
 * `users` is a file of users to go through (-inf); `timed`: each call's response time is kept
 */
export async function drive(
  folder,
  { scenario: name = 'uac', port = 5090, to = 5060, user = 'bob', calls, rate, users, timed = false },
) {
  const file = join(folder, `caller-${port}-${callers++}.csv`);
  const seconds = Math.ceil(calls / rate);
  const began = performance.now();
  const child = start(
    found('sipp'),
    [
      ...[`127.0.0.1:${to}`, '-sf', scenario(name), '-s', user, '-p', String(port)],
      ...['-m', String(calls), '-r', String(rate), '-l', String(HELD)],
      ...['-recv_timeout', '20000', '-timeout', String(seconds + 60)],
      ...(users === undefined ? [] : ['-inf', users]),
      ...(timed ? ['-trace_rtt', '-rtt_freq', '20'] : []),
      ...[...EVERYWHERE, '-stf', file, '-fd', '3600'],
    ],
    { cwd: folder },
  );
  await child.ended;
  const { ok, retransmissions } = countsOf(textOf(file));
  const times = timed ? timesOf(textOf(rttFile(folder, child.pid))) : [];
  // What did not end before -timeout is not counted by SIPp as failed.
  return { ok, failed: calls - ok, retransmissions, seconds: (performance.now() - began) / 1000, times };
}

/**
 * Several callers at once, the one at 5090 to the callee at 5070, that at 5091 to 5071 …: one SIPp alone makes too few
 * calls a second. `direct`: without anything between. `warming`: calls of `apps-spread` that cost no work beside.
 */
export async function driveAll(folder, { sides, calls, rate, direct = false, warming = false, timed = false }) {
  const outcomes = await Promise.all(
    Array.from({ length: sides }, (_, side) => {
      const load = { calls: Math.round(calls / sides), rate: Math.round(rate / sides), timed };
      const user = `${warming ? 'w' : 'c'}${side}`;
      return drive(folder, { ...load, port: 5090 + side, to: direct ? 5070 + side : 5060, user });
    }),
  );
  const sum = (key) => outcomes.reduce((all, one) => all + one[key], 0);
  return {
    ok: sum('ok'),
    failed: sum('failed'),
    retransmissions: sum('retransmissions'),
    seconds: Math.max(...outcomes.map(({ seconds }) => seconds)),
    times: outcomes.flatMap(({ times }) => times),
  };
}

/** What the callees have sent again so far, once they have written it down. */
export async function resentBy(callees) {
  await pause(1200);
  return callees.reduce((all, { counts }) => all + counts().retransmissions, 0);
}

function rttFile(folder, pid) {
  const name = readdirSync(folder).find((entry) => entry.endsWith(`_${pid}_rtt.csv`));
  return join(folder, name ?? 'no rtt file');
}

function textOf(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
