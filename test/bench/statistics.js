// What SIPp has written: its statistics, one line a report, and the response times of single calls.

/**
 * @typedef {{ ok: number, failed: number, retransmissions: number }} Counts
 * @param {string} csv of -trace_stat
 * @returns {Counts} what its last whole line says, since the beginning; zeros while there is none
 */
export function countsOf(csv) {
  const rows = csv
    .slice(0, csv.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.split(';'));
  if (rows.length < 2) return { ok: 0, failed: 0, retransmissions: 0 };
  const last = rows[rows.length - 1];
  const count = (/** @type {string} */ name) => {
    const value = Number(last[rows[0].indexOf(name)]);
    if (Number.isNaN(value)) throw new Error(`SIPp's statistics have no column ${name}`);
    return value;
  };
  return {
    ok: count('SuccessfulCall(C)'),
    failed: count('FailedCall(C)'),
    retransmissions: count('Retransmissions(C)'),
  };
}

/**
 * @param {string} csv of -trace_rtt
 * @returns {number[]} milliseconds, in the order of the calls' answers
 */
export function timesOf(csv) {
  return csv
    .split('\n')
    .slice(1)
    .map((row) => row.split(';'))
    .filter((row) => row.length === 3)
    .map((row) => Number(row[1]));
}
