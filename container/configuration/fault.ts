// Messages about wrong values in the configuration, in an operator's terms, where the schema has no message of its own.
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  array: 'must be a list',
  boolean: 'must be true or false',
  int: 'must be a whole number',
  number: 'must be a number',
  object: 'must be a map of keys and values',
  record: 'must be a map of keys and values',
  string: 'must be a text',
};

/** Undefined keeps the message of zod. */
export function faultOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return TYPES[String(issue.expected)];
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return undefined;
  const [bound, limit] = issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum];
  if (issue.origin === 'array') return `must have ${bound} ${limit} entries`;
  if (issue.origin === 'string') return 'must not be empty';
  // The limit itself is not allowed.
  return issue.inclusive === false ? `must be more than ${limit}` : `must be ${bound} ${limit}`;
}
