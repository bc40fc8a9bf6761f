// One container between several SIPps on each side, for rates that one SIPp does not make; each step with a process of
// its own, so that none pays for the one before.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { container, here } from './peers.js';
import { cpuOf, familyOf, mustBeFree, mustListen, start, stop, withFolder } from './processes.js';
import { callee, driveAll, resentBy } from './sipp.js';

/** SIPps on each side, where nothing else is said. */
const SIDES = 4;
/**
 * Seconds of calls before what counts, without the application's work and at half the rate, but at this many a second
 * at least: the code must be compiled.
 */
const WARM = 5;
const WARM_RATE = 800;
/**
 * Messages sent again, as a share of the calls, above which a rate is not carried: what is late by half a second is
 * sent again.
 */
const RESENT = 0.001;
/** Share of the rate that must have been made. */
const MADE = 0.95;

/**
 * @typedef {object} Step
 * @property {number} rate calls a second
 * @property {number} seconds
 * @property {number} [sides] SIPps on each side
 * @property {number} [blocks] that the application works on for each call
 * @property {boolean} [timed] keeps the response time of each call
 * @property {readonly string[]} [more] words for siplet
 * @property {readonly string[]} [before] words for Node
 */

/** Calls through the container at one rate; `begun` and `ended` may look at the process around what counts. */
export async function throughSeveral(/** @type {Step} */ step, { begun = () => {}, ended = () => {} } = {}) {
  const { sides = SIDES } = step;
  return await withSides(sides, async (folder, answering) => {
    const { rate, seconds, blocks = 0, timed, more, before } = step;
    const configuration = join(folder, 'siplet.yaml');
    writeFileSync(configuration, `${CONFIGURATION}apps: { spread: { blocks: ${blocks} } }\n`);
    const [command, ...words] = container('apps-spread', { before, more, configuration });
    const measured = start(command, words, { cwd: folder });
    try {
      await mustListen(measured, 5060, 'siplet');
      await pause(1000);
      const warm = Math.max(rate / 2, WARM_RATE);
      await driveAll(folder, { sides, calls: warm * WARM, rate: warm, warming: true });
      const resent = await resentBy(answering);
      const family = familyOf(measured.pid);
      const cpu = cpuOf(family);
      const sippsCpu = cpuOf(answering.map(({ child }) => child.pid));
      await begun(measured);
      const outcome = await driveAll(folder, { sides, calls: rate * seconds, rate, timed });
      await ended(measured);
      const cost = ((cpuOf(family) - cpu) * 1e6) / Math.max(1, outcome.ok);
      const calleesCost = ((cpuOf(answering.map(({ child }) => child.pid)) - sippsCpu) * 1e6) / Math.max(1, outcome.ok);
      const retransmissions = outcome.retransmissions + (await resentBy(answering)) - resent;
      return {
        ...outcome,
        rate,
        retransmissions,
        cost,
        calleesCost,
        made: rate * Math.min(1, seconds / (outcome.seconds - STARTING)),
      };
    } finally {
      await stop(measured);
    }
  });
}

/** The same calls without the container. */
export async function directly({ rate, seconds }) {
  return await withSides(SIDES, (folder) =>
    driveAll(folder, { sides: SIDES, calls: rate * seconds, rate, direct: true, timed: true }),
  );
}

/** SIPp's own beginning and end, about, in seconds. */
const STARTING = 0.5;

/** siplet.yaml's settings, with room for an application's own. */
const CONFIGURATION = `listen: udp:127.0.0.1:5060
admin: off
deploy: { watch: false, typeCheck: off }
log: { level: warn }
`;

async function withSides(sides, use) {
  await mustBeFree([5060, ...Array.from({ length: sides }, (_, side) => [5070 + side, 5090 + side]).flat()]);
  return await withFolder(async (folder) => {
    const answering = Array.from({ length: sides }, (_, side) => callee(folder, 'uas', 5070 + side));
    try {
      await pause(500);
      return await use(folder, answering);
    } finally {
      for (const side of answering) await side.stop();
    }
  });
}

export function isCarried({ ok, failed, retransmissions, rate, made }) {
  return failed === 0 && retransmissions <= RESENT * ok && made >= MADE * rate;
}

export function lineOf({ rate, ok, failed, retransmissions, made, cost }) {
  return `  ${String(rate).padStart(6)}/s  ${ok} calls, ${failed} failed, ${retransmissions} retransmissions, ${Math.round(made)}/s made, ${cost.toFixed(0)} µs CPU a call`;
}

export const stallsWords = ['--import', here('stalls.js')];
