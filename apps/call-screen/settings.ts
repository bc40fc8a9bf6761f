// `apps.call-screen` of siplet.yaml: the callers that are turned away, in general and by one callee.
import { DialPlan, type DialPlanOptions } from '@siplet/sdk';
import { z } from 'zod';
import { Patterns } from './patterns.js';

/** YAML reads an unquoted +49900 as the number 49900. */
const pattern = z
  .string({ error: "must be a pattern in quotes, such as '+49900*' or '*@example.com'" })
  .regex(/^[^\s<>]+$/, { error: 'must be a user, a user@host, or either with *' });

const patterns = z
  .preprocess((value) => [value].flat(), z.array(pattern))
  .default([])
  .transform((all) => new Patterns(all));

const lists = z.strictObject({ block: patterns, allow: patterns });

/** A caller in `allow` passes, also when it is in `block`. */
export type Lists = z.output<typeof lists>;

export const schema = z.strictObject({
  numbers: z
    .custom<DialPlanOptions>(DialPlan.accepts, "must be a dial plan in quotes, such as { country: '49', area: '30' }")
    .default({})
    .transform((options) => new DialPlan(options)),
  asserted: z.boolean().default(false),
  ...lists.shape,
  callees: z
    .record(z.string().toLowerCase(), lists)
    .default({})
    .transform((all) => new Map(Object.entries(all))),
});

export type Settings = z.output<typeof schema>;
