// The extensions that a request requires and a user agent understands (§8.2.2.3).
import type { Request } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';

/** The extensions that the container, or a handler of the application, supports. */
const KNOWN: ReadonlySet<string> = new Set(['100rel', 'replaces', 'timer', 'norefersub', 'join', 'path']);

/**
 * Extensions that each leg of a B2BUA has with its own peer: those of the other leg do not concern it (RFC 3262,
 * RFC 4028, RFC 3327, RFC 5626).
 */
const PER_LEG: ReadonlySet<string> = new Set(['100rel', 'timer', 'path', 'outbound', 'gruu']);

/** Whether two parties agree about the extension, whatever elements lie between them. */
export function isEndToEnd(tag: string): boolean {
  return !PER_LEG.has(tag.toLowerCase());
}

/**
 * 420 with the extensions that are not understood; undefined when all are. `isPassedOn`: the request goes on to the
 * other leg, whose party answers for its own extensions.
 */
export function refusalOfExtensions(request: Request, isPassedOn: boolean): Refusal | undefined {
  if (!request.has('require')) return undefined;
  const unknown = request
    .values('require')
    .filter((tag) => !KNOWN.has(tag.toLowerCase()) && !(isPassedOn && isEndToEnd(tag)));
  return unknown.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unknown.join(', ')]] };
}
