// What is made of measurements: medians with their spread, ratios of runs of one round, quantiles, slopes, and the
// table at the end.

/** A round during which a fixed piece of work became slower or faster by more than this does not count. */
export const DRIFT = 1.25;

/**
 * @param {readonly number[]} numbers at least one
 * @returns {number}
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 * @param {readonly number[]} numbers at least one
 * @returns {Spread}
 */
export function spreadOf(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/**
 * The smallest of the numbers that is no less than the share `q` of them.
 *
 * @param {readonly number[]} numbers at least one
 * @param {number} q 0 to 1
 * @returns {number}
 */
export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

/**
 * The slope of the straight line that fits the points best.
 *
 * @param {readonly (readonly [x: number, y: number])[]} points
 * @returns {number} 0 for fewer than two points
 */
export function slopeOf(points) {
  const mean = (/** @type {0 | 1} */ axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const below = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return below > 0 ? above / below : 0;
}

/**
 * The exponent of a cost that grows as a power of the size: 1 is linear, 2 quadratic.
 *
 * @param {readonly (readonly [size: number, cost: number])[]} points
 * @returns {number}
 */
export function exponentOf(points) {
  return slopeOf(points.map(([size, cost]) => [Math.log(size), Math.log(cost)]));
}

/**
 * What a steady load has left in memory: a median for each third of the time, and the slope of what came after the
 * first.
 *
 * @param {readonly number[]} samples resident megabytes, at equal intervals
 * @param {number} interval milliseconds
 */
export function growthOf(samples, interval) {
  const third = Math.floor(samples.length / 3);
  const thirds = [samples.slice(0, third), samples.slice(third, 2 * third), samples.slice(2 * third)];
  const later = samples
    .slice(third)
    .map((sample, index) => /** @type {const} */ ([(index * interval) / 60_000, sample]));
  const medians = third === 0 ? [Number.NaN, Number.NaN, Number.NaN] : thirds.map(median);
  return {
    'first, MB': samples[0],
    'last, MB': samples[samples.length - 1],
    'peak, MB': Math.max(...samples),
    'median of the first third, MB': medians[0],
    'median of the second third, MB': medians[1],
    'median of the last third, MB': medians[2],
    'last third to second': medians[2] / medians[1],
    'MB a minute after the first third': slopeOf(later),
  };
}

/**
 * One peer in one round.
 *
 * @typedef {object} Run
 * @property {string} peer
 * @property {number} cost CPU microseconds a call
 * @property {number} failed calls
 * @property {number} retransmissions
 * @property {number} memory megabytes
 * @property {readonly number[]} calibration milliseconds of a fixed piece of work
 */

/**
 * @param {readonly Run[]} round
 * @returns {boolean} whether the machine was equally fast all the time
 */
export function isSteady(round) {
  const work = round.flatMap((run) => run.calibration);
  return Math.max(...work) / Math.min(...work) <= DRIFT;
}

/**
 * One row of the table.
 *
 * @typedef {object} Row
 * @property {string} case
 * @property {string} peer
 * @property {Spread} cost
 * @property {Record<string, Spread>} ratios the first peer's cost to that of each other, round by round; empty for the
 *   others
 * @property {number} failed of all rounds
 * @property {number} retransmissions of all rounds
 * @property {number} memory the most of all rounds
 */

/**
 * @param {string} name of the case
 * @param {readonly string[]} peers that which is compared with the others first
 * @param {readonly (readonly Run[])[]} rounds those that count, each with the same peers; at least one
 * @returns {Row[]} one for each peer
 */
export function rowsOf(name, peers, rounds) {
  const runsOf = (/** @type {string} */ peer) => rounds.map((round) => round.find((run) => run.peer === peer));
  const sum = (/** @type {readonly number[]} */ numbers) => numbers.reduce((all, one) => all + one, 0);
  return peers.map((peer) => {
    const runs = runsOf(peer);
    const others = peer === peers[0] ? peers.slice(1) : [];
    const ratios = others.map((other) => {
      const theirs = runsOf(other);
      return [other, spreadOf(runs.map((run, round) => run.cost / theirs[round].cost))];
    });
    return {
      case: name,
      peer,
      cost: spreadOf(runs.map((run) => run.cost)),
      ratios: Object.fromEntries(ratios),
      failed: sum(runs.map((run) => run.failed)),
      retransmissions: sum(runs.map((run) => run.retransmissions)),
      memory: Math.max(...runs.map((run) => run.memory)),
    };
  });
}

/**
 * @param {Spread | undefined} spread
 * @param {number} digits
 * @returns {string}
 */
export function told(spread, digits) {
  if (spread === undefined) return '-';
  return `${spread.median.toFixed(digits)} (${spread.min.toFixed(digits)}-${spread.max.toFixed(digits)})`;
}

/**
 * @param {readonly Row[]} rows
 * @param {Record<string, string>} [shown] what stands for a peer, where it is not its name
 * @returns {string} lines with columns of equal width
 */
export function tableOf(rows, shown = {}) {
  const nameOf = (/** @type {string} */ peer) => shown[peer] ?? peer;
  const others = [...new Set(rows.flatMap((row) => Object.keys(row.ratios)))];
  const lines = rows.map((row) => [
    row.case,
    nameOf(row.peer),
    told(row.cost, 0),
    ...others.map((other) => told(row.ratios[other], 2)),
    String(row.failed),
    String(row.retransmissions),
    String(row.memory),
  ]);
  const against = others.map((other) => `/ ${nameOf(other)}`);
  return columns([['case', 'peer', 'µs CPU a call', ...against, 'failed', 'resent', 'MB'], ...lines]);
}

/**
 * @param {readonly (readonly string[])[]} lines
 * @returns {string}
 */
export function columns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
