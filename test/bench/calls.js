// The cases of calls: every peer carries the same calls in turns, and what counts is CPU time of its own processes a
// call.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isSteady, rowsOf } from './figures.js';
import { CALLS, SHOWN } from './peers.js';
import { calibrate, cpuOf, familyOf, memoryOf, mustBeFree, mustListen, start, stop, withFolder } from './processes.js';
import { callee, drive, resentBy } from './sipp.js';

/**
 * One peer, once; by its name in `times` with so many times the calls, in the same time. @returns
 * {Promise<import('./figures.js').Run>}
 */
async function measure(peer, { peers, caller, callees, users, times = {} }, { warm, calls, rate }) {
  const share = times[peer] ?? 1;
  await mustBeFree([5060, 5070, 5071, 5090]);
  return await withFolder(async (folder) => {
    const load = {
      scenario: caller,
      rate: Math.round(rate * share),
      users: users === undefined ? undefined : usersIn(folder, users),
    };
    const [command, ...words] = peers[peer];
    const measured = start(command, words, { cwd: folder });
    const answering = [];
    try {
      await mustListen(measured, 5060, peer);
      answering.push(...callees.map(([scenario, port]) => callee(folder, scenario, port)));
      await pause(1000);
      await drive(folder, { ...load, calls: Math.round(warm * share) });
      const resent = await resentBy(answering);
      const before = calibrate();
      const family = familyOf(measured.pid);
      const cpu = cpuOf(family);
      const outcome = await drive(folder, { ...load, calls: Math.round(calls * share) });
      const cost = ((cpuOf(family) - cpu) * 1e6) / Math.max(1, outcome.ok);
      const calibration = [before, calibrate()];
      const retransmissions = outcome.retransmissions + (await resentBy(answering)) - resent;
      const { ok, failed } = outcome;
      return { peer, cost, ok, failed, retransmissions, calibration, memory: memoryOf(family) };
    } finally {
      for (const side of answering) await side.stop();
      await stop(measured);
    }
  });
}

function usersIn(folder, count) {
  const file = join(folder, 'users.csv');
  writeFileSync(file, `SEQUENTIAL\n${Array.from({ length: count }, (_, number) => `user${number}\n`).join('')}`);
  return file;
}

const shown = (peer) => SHOWN[peer] ?? peer;

function lineOf({ peer, cost, ok, failed, retransmissions, calibration, memory }) {
  const [before, after] = calibration.map(Math.round);
  const load = `${ok} calls, ${failed} failed, ${retransmissions} retransmissions`;
  return `  ${shown(peer).padEnd(15)} ${cost.toFixed(0).padStart(5)} µs CPU a call  ${load}, ${memory} MB, calibration ${before} → ${after} ms`;
}

/**
 * Rounds until `pairs` of them count, or twice as many were tried.
 *
 * @param {string} name of the case
 * @param {{ pairs: number, rate: number, calls: number, warm: number }} load
 * @returns {Promise<{ rows: import('./figures.js').Row[], figures: Record<string, number> }>}
 */
export async function measureCalls(name, load, measured = CALLS[name]()) {
  const peers = Object.keys(measured.peers);
  console.log(
    `${name}: ${load.calls} calls at ${load.rate}/s through each of ${peers.map(shown).join(', ')}; ${load.pairs} rounds in turns`,
  );
  const counted = [];
  for (let tried = 0; counted.length < load.pairs && tried < 2 * load.pairs; tried++) {
    const round = [];
    // The order alternates, so that no peer profits from a machine that slows down.
    for (const peer of tried % 2 === 0 ? peers : [...peers].reverse()) {
      const run = await measure(peer, measured, load);
      console.log(lineOf(run));
      round.push(run);
    }
    if (isSteady(round)) counted.push(round);
    else console.log('  the machine changed its speed: this round does not count');
  }
  if (counted.length === 0) return { rows: [], figures: { rounds: 0 } };
  const rows = rowsOf(name, peers, counted);
  const sum = (key) => rows.reduce((all, row) => all + row[key], 0);
  const ratios = Object.entries(rows[0].ratios).map(([peer, { median }]) => [`ratio to ${peer}`, median]);
  return {
    rows,
    figures: {
      ...Object.fromEntries(ratios),
      failed: sum('failed'),
      retransmissions: sum('retransmissions'),
      rounds: counted.length,
    },
  };
}
