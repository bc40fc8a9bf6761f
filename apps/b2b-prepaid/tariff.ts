// What a call costs. Amounts are whole numbers of millionths of a currency unit, so that nothing is lost in rounding.

/** Millionths of a currency unit. */
export type Amount = number;

export const UNIT = 1_000_000;

export interface Tariff {
  /** Once, when the call is answered. */
  readonly connection: Amount;
  readonly perMinute: Amount;
  /** Seconds that are charged together: 1 is to the second, 60 is by minutes begun. */
  readonly interval: number;
  /** Seconds that are charged at least. */
  readonly minimum: number;
}

/** The price of so many seconds; an interval that has begun is charged whole, and the minimum always. */
export function costOf(seconds: number, { connection, perMinute, interval, minimum }: Tariff): Amount {
  if (perMinute === 0) return connection;
  return connection + Math.ceil((chargedSeconds(seconds, interval, minimum) * perMinute) / 60);
}

function chargedSeconds(seconds: number, interval: number, minimum: number): number {
  if (seconds <= minimum) return minimum;
  return minimum + Math.ceil((seconds - minimum) / interval) * interval;
}

/** How many seconds an amount buys: -1 when it does not buy a call at all, infinity when calls cost nothing. */
export function secondsFor(amount: Amount, tariff: Tariff): number {
  const { perMinute, interval, minimum } = tariff;
  if (costOf(0, tariff) > amount) return -1;
  if (perMinute === 0) return Number.POSITIVE_INFINITY;
  const bought = Math.floor(((amount - tariff.connection) * 60) / perMinute);
  return minimum + Math.floor((bought - minimum) / interval) * interval;
}
