// `apps.call-screen` of siplet.yaml: the callers that are turned away, in general and by one callee.
import { DialPlan, type DialPlanOptions } from '@siplet/sdk';
import { z } from 'zod';
import { Patterns } from './patterns.js';

/** YAML reads an unquoted +49900 as the number 49900. */
const pattern = z
  .string({ error: "must be a pattern in quotes, such as '+49900*' or '*@example.com'" })
  .regex(/^[^\s<>]+$/, { error: 'must be a user, a user@host, or either with *' });

const patterns = z.preprocess((value) => [value].flat(), z.array(pattern)).default([]);

const lists = z.strictObject({ block: patterns, allow: patterns });

/** A caller in `allow` passes, also when it is in `block`. */
export interface Lists {
  readonly block: Patterns;
  readonly allow: Patterns;
}

const sections = z.strictObject({
  numbers: z
    .custom<DialPlanOptions>(DialPlan.accepts, "must be a dial plan in quotes, such as { country: '49', area: '30' }")
    .default({})
    .transform((options) => new DialPlan(options)),
  asserted: z.boolean().default(false),
  ...lists.shape,
  callees: z.record(z.string(), lists).default({}),
});

/** The lists name everybody as the dial plan does, whatever an operator has written. */
export const schema = sections.transform(({ callees, ...rest }) => {
  const named = (patterns: readonly string[]) => new Patterns(patterns.map((each) => nameIn(each, rest.numbers)));
  const listsOf = ({ block, allow }: z.output<typeof lists>): Lists => ({ block: named(block), allow: named(allow) });
  const own = Object.entries(callees).map(([user, each]) => [rest.numbers.canonical(user), listsOf(each)] as const);
  return { ...rest, ...listsOf(rest), callees: new Map(own) };
});

export type Settings = z.output<typeof schema>;

/** A pattern for a user, or for user@host. */
function nameIn(pattern: string, numbers: DialPlan): string {
  const [user = '', ...host] = pattern.split('@');
  return [user === '' ? '' : numbers.canonical(user), ...host].join('@');
}
