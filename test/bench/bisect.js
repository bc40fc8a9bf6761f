// The highest rate that is carried, found by trying: up by halves as much again until one is not, then between the two.

/**
 * @template Result
 * @param {(rate: number) => Promise<{ carried: boolean, result: Result }>} attempt
 * @param {{ from: number, upTo: number, within?: number }} bounds rates of calls a second; `within` is the share by
 *   which the answer may be too low
 * @returns {Promise<{ rate: number, result: Result | undefined, bounded: boolean }>} rate 0 when not even a sixteenth
 *   of `from` is carried;
 * `bounded` says that `upTo` was carried, so that the highest rate is not known
 */
export async function highestRate(attempt, { from, upTo, within = 0.04 }) {
  let carried = { rate: 0, result: /** @type {Result | undefined} */ (undefined) };
  let refused = Infinity;
  const attempted = async (/** @type {number} */ rate) => {
    const outcome = await attempt(rate);
    if (outcome.carried) carried = { rate, result: outcome.result };
    else refused = rate;
  };
  let rate = from;
  while (carried.rate < upTo && refused === Infinity) {
    await attempted(rate);
    rate = Math.min(upTo, Math.round(rate * 1.5));
  }
  // Too high from the beginning.
  while (carried.rate === 0 && refused > from / 16) await attempted(Math.round(refused / 2));
  while (carried.rate > 0 && refused < Infinity && refused - carried.rate > within * carried.rate) {
    const between = Math.round((carried.rate + refused) / 2);
    if (between <= carried.rate || between >= refused) break;
    await attempted(between);
  }
  return { ...carried, bounded: refused === Infinity };
}
