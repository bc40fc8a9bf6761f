// The extensions that a request requires and a user agent understands (§8.2.2.3).
import type { Request } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';

/** The extensions that the container, or a handler of the application, supports. */
const KNOWN: ReadonlySet<string> = new Set(['100rel', 'replaces', 'timer', 'norefersub', 'join', 'path']);

/**
 * Extensions that each leg has with its own peer: those of the other leg do not concern it (RFC 3262, RFC 4028,
 * RFC 3327, RFC 5626).
 */
const PER_LEG: ReadonlySet<string> = new Set(['100rel', 'timer', 'path', 'outbound', 'gruu']);

/** Whether a bridge passes the extension on to the other leg, whose peer then understands it or not. */
export function isEndToEnd(tag: string): boolean {
  return !PER_LEG.has(tag.toLowerCase());
}

/** 420 with the extensions that are not understood; undefined when all are. A bridge passes others on. */
export function refusalOfExtensions(request: Request, isBridged: boolean): Refusal | undefined {
  if (!request.has('require')) return undefined;
  const unknown = request
    .values('require')
    .filter((tag) => !KNOWN.has(tag.toLowerCase()) && !(isBridged && isEndToEnd(tag)));
  return unknown.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
}
