// Two workers beside one. With an ordinary application and 1.7 times the calls they must cost no more CPU a call,
// about; with one whose handler works for 6 ms they must carry more calls than one ever can. Why the second
// application: an ordinary call costs SIPp's two sides about as much CPU as it costs the container, so on two cores the
// load generators take the second core and no container could carry twice the calls. When the handler burns 6 ms, the
// SIPps' share is small, and how far the workers scale shows; one SIPp a side is enough for such rates, and the
// cheapest.
import { availableParallelism } from 'node:os';
import { work } from './apps-spread/spread/work.js';
import { highestRate } from './bisect.js';
import { measureCalls } from './calls.js';
import { container } from './peers.js';
import { isCarried, lineOf, throughSeveral } from './several.js';

/**
 * Calls of two to those of one, where it is the cost that is compared: each engine then has nearly as much to do as the
 * one. Idle ones are woken for each message.
 */
const TIMES = 1.7;
/** CPU milliseconds that a call of the second application burns. */
const BURNT = 6;

/**
 * How many blocks the application must work on for so many milliseconds of CPU on this machine: counted once, so that
 * it is the same work for one worker and for two.
 */
function blocksFor(milliseconds) {
  const cost = (blocks) => {
    const before = process.cpuUsage();
    work(blocks);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / blocks;
  };
  // The least of them: the first are not compiled yet.
  return Math.round(milliseconds / Math.min(...Array.from({ length: 10 }, () => cost(4000))));
}

/** @returns {Promise<{ rows: import('./figures.js').Row[], figures: Record<string, number> }>} */
export async function measureWorkers(load, { seconds, burnt = BURNT }) {
  const of = (count) => ['--workers', String(count)];
  const peers = { two: container('apps', { more: of(2) }), one: container('apps', { more: of(1) }) };
  console.log(`workers: two carry ${TIMES} times as many calls a second as one`);
  const measured = { caller: 'uac', callees: [['uas', 5070]], peers, times: { two: TIMES } };
  const { rows, figures } = await measureCalls('workers', load, measured);

  const blocks = blocksFor(burnt);
  console.log(
    `workers: the highest rate, with a handler that burns ${burnt} ms of CPU a call (${blocks} blocks), ${seconds} s a step`,
  );
  const highest = async (workers) => {
    const from = Math.round((workers * 650) / burnt);
    const found = await highestRate(
      async (rate) => {
        const result = await throughSeveral({ rate, seconds, blocks, sides: 1, more: of(workers) });
        console.log(
          `  ${workers} worker${workers > 1 ? 's' : ''}${lineOf(result)}${isCarried(result) ? '' : ': not carried'}`,
        );
        return { carried: isCarried(result), result };
      },
      { from, upTo: from * 4, within: 0.03 },
    );
    console.log(`  ${workers}: ${found.rate} calls a second`);
    return found;
  };
  const one = await highest(1);
  const two = await highest(2);
  const ratio = two.rate / one.rate;
  if (two.result !== undefined) explain(ratio, two.result);
  return {
    rows,
    figures: {
      ...figures,
      'cost of two to one': figures['ratio to one'] ?? Number.NaN,
      'calls a second of one': one.rate,
      'calls a second of two': two.rate,
      'calls of two to one': ratio,
    },
  };
}

/** What the machine would allow at most, given what the SIPps take. */
function explain(ratio, { cost, calleesCost }) {
  const cores = Math.min(2, availableParallelism());
  // The callers, which have ended, cost about what the callees do.
  const generators = 2 * calleesCost;
  const most = (cores * cost) / (cost + (availableParallelism() > 2 ? 0 : generators));
  console.log(
    `workers: two carry ${ratio.toFixed(2)} times the calls of one. A call costs ${cost.toFixed(0)} µs in the container and some ${generators.toFixed(0)} µs in the SIPps on the same ${availableParallelism()} cores, ` +
      `so that ${most.toFixed(2)} is the most that could be seen here.`,
  );
}
