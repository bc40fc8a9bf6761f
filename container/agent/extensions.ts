// The extensions that a request requires and a user agent understands (§8.2.2.3).
import type { Request } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';

/** The extensions that the container, or a handler of the application, supports. */
const KNOWN: ReadonlySet<string> = new Set(['100rel', 'replaces', 'timer', 'norefersub', 'join', 'path']);

/** 420 with the extensions that are not understood; undefined when all are. */
export function refusalOfExtensions(request: Request): Refusal | undefined {
  if (!request.has('require')) return undefined;
  const unknown = request.values('require').filter((tag) => !KNOWN.has(tag.toLowerCase()));
  return unknown.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
}
