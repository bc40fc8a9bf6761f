// @ts-check
// Suggests the name that was probably meant by an unknown one.

/**
 * Returns `: did you mean 'Invite'?`, or an empty string.
 * @param {string} name
 * @param {readonly string[]} names
 */
export function nearest(name, names) {
  const found = names
    .map((each) => ({ each, distance: distance(name.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= Math.max(1, Math.min(name.length, each.length) / 3))
    .sort((one, other) => one.distance - other.distance)[0];
  return found === undefined ? '' : `: did you mean '${found.each}'?`;
}

/**
 * The number of letters to insert, delete, replace or swap with the next (Damerau-Levenshtein distance).
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: other.length + 1 }, (_, index) => index)];
  const at = (/** @type {number} */ i, /** @type {number} */ j) => Number(rows[i]?.[j]);
  for (let i = 1; i <= one.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= other.length; j++) {
      const replaced = at(i - 1, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = isSwapped ? at(i - 2, j - 2) + 1 : replaced;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(one.length, other.length);
}
