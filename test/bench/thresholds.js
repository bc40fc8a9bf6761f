// What a release must hold: the figures of each case compared with thresholds.json.

/**
 * @typedef {{ atMost?: number, atLeast?: number }} Bound
 * @param {Record<string, Record<string, number>>} measured figures by case
 * @param {Record<string, Record<string, Bound>>} thresholds bounds by case; cases that were not measured are passed
 *   over
 * @returns {string[]} one line for each bound that is missed; a figure that is not there misses it
 */
export function missedBy(measured, thresholds) {
  const missed = [];
  for (const [name, figures] of Object.entries(measured)) {
    for (const [figure, { atMost = Infinity, atLeast = -Infinity }] of Object.entries(thresholds[name] ?? {})) {
      const value = figures[figure];
      if (value === undefined || Number.isNaN(value)) missed.push(`${name}: ${figure} was not measured`);
      else if (value > atMost) missed.push(`${name}: ${figure} is ${short(value)}, and may be ${atMost} at most`);
      else if (value < atLeast) missed.push(`${name}: ${figure} is ${short(value)}, and must be ${atLeast} at least`);
    }
  }
  return missed;
}

/** @param {number} value */
function short(value) {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(3)));
}
