// `apps.b2b-prepaid` of siplet.yaml: accounts, rates, and when the caller is warned.
import { DialPlan, type DialPlanOptions, type Duration, isTimeLimit, milliseconds, PrefixMap } from '@siplet/sdk';
import { z } from 'zod';
import { UNIT } from './tariff.js';

const money = z
  .number()
  .min(0)
  .transform((units) => Math.round(units * UNIT));

/** A time, in seconds from here on. */
const time = z
  .custom<Duration>((value) => value === 0 || isTimeLimit(value), "must be 0 or a time such as '20s'")
  .transform((duration) => milliseconds(duration) / 1000);

const tariff = z.strictObject({
  connection: money.default(0),
  perMinute: money,
  interval: time.refine((seconds) => seconds > 0, { error: "must be more than 0, such as '1s'" }).default(1),
  minimum: time.default(0),
});

const sections = z.strictObject({
  numbers: z
    .custom<DialPlanOptions>(DialPlan.accepts, "must be a dial plan in quotes, such as { country: '49', area: '30' }")
    .default({})
    .transform((options) => new DialPlan(options)),
  /** What accounts begin with. */
  accounts: z.record(z.string(), money).default({}),
  /** Where balances are kept; without it, in memory alone. */
  file: z.string().optional(),
  /** What a call pays in advance at a time. */
  reserve: time.refine((seconds) => seconds > 0, { error: "must be more than 0, such as '60s'" }).default(60),
  warning: z
    .strictObject({
      /** How long before the end; 0: no warning. */
      before: time.default(30),
      method: z.enum(['INFO', 'MESSAGE']).default('INFO'),
      /** '%d' becomes the number of seconds that are left. */
      text: z.string().default('Your call ends in %d seconds.'),
    })
    .prefault({}),
  /** By what a number begins with. Without any, every call is the next application's. */
  rates: z
    .record(z.string(), tariff)
    .default({})
    .transform((all) => new PrefixMap(Object.entries(all))),
});

/** Accounts are named as the dial plan names callers. */
export const schema = sections.transform(({ accounts, ...rest }) => ({
  ...rest,
  accounts: new Map(Object.entries(accounts).map(([name, amount]) => [rest.numbers.canonical(name), amount])),
}));

export type Settings = z.output<typeof schema>;
