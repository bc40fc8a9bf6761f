// Spans of time as applications write them.

/**
 * A span of time: a number of milliseconds, or a text with a unit: '500ms', '20s', '3m' or '1h'. Times that the SDK
 * returns are milliseconds.
 */
export type Duration = number | string;

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const TEXT = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h)$/;

/**
 * The milliseconds of a duration. Throws RangeError for a negative number and for a text that is not a duration;
 * `name` says in the message which value is meant.
 */
export function milliseconds(duration: Duration, name = 'a duration'): number {
  if (typeof duration === 'number' && duration >= 0) return duration;
  const [, amount, unit] = (typeof duration === 'string' && TEXT.exec(duration)) || [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  if (factor === undefined)
    throw new RangeError(
      `${name}: write milliseconds, 0 or more, or a text such as '500ms', '20s', '3m' or '1h', not ${shown(duration)}`,
    );
  return Number(amount) * factor;
}

/**
 * The milliseconds of a time limit, which is more than 0. Throws RangeError for anything else, and for a number below
 * 1000: an author who writes `timeout: 20` means seconds.
 */
export function timeLimit(duration: Duration, name: string): number {
  const limit = milliseconds(duration, name);
  if (typeof duration === 'number' && duration > 0 && duration < 1000)
    throw new RangeError(
      `${name}: ${duration} means ${duration} milliseconds; write '${duration}s' for seconds, or '${duration}ms'`,
    );
  if (!(limit > 0 && limit < Number.POSITIVE_INFINITY))
    throw new RangeError(`${name}: write a time of more than 0, such as '20s', not ${shown(duration)}`);
  return limit;
}

/** Whether `timeout` options take the value. For the schema of a configuration. */
export function isTimeLimit(value: unknown): value is Duration {
  try {
    return timeLimit(value as Duration, '') > 0;
  } catch {
    return false;
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
