// What a user agent of ours takes and supports, in INVITEs and in 2xx to them (§13.2.1, §13.3.1.4, §20.5, §20.37).
import { allowedBy, type HandlerTable } from '../application/handler-table.js';
import type { Message, Response } from '../message/index.js';
import type { SipSession } from '../session/sip-session.js';

interface CapableLeg {
  readonly session: SipSession;
  /** The bridge that it belongs to. */
  readonly user: object | undefined;
}

/** Extensions of each leg with its own peer, whatever passes from the other leg. */
const OF_EVERY_LEG = ['100rel', 'timer'];
const OF_USER_AGENTS = [...OF_EVERY_LEG, 'replaces'];

const allowed = new WeakMap<HandlerTable, string>();

/** The methods of the application and of the container, unless the application has written others. */
export function writeAllow(message: Message, session: SipSession): void {
  if (message.has('allow')) return;
  const { table } = session.applicationSession.application;
  let text = allowed.get(table);
  if (text === undefined) {
    text = allowedBy(table).join(', ');
    allowed.set(table, text);
  }
  message.set('Allow', text);
}

/** Adds them to what the application, or the other leg of a bridge, supports. */
function writeSupported(message: Message, isBridged: boolean): void {
  const own = isBridged ? OF_EVERY_LEG : OF_USER_AGENTS;
  if (!message.has('supported')) {
    message.set('Supported', own.join(', '));
    return;
  }
  const known = message.values('supported');
  for (const tag of own) if (!known.some((each) => each.toLowerCase() === tag)) known.push(tag);
  message.set('Supported', known.join(', '));
}

/**
 * Into a 2xx to INVITE of a user agent. A bridge leaves Allow to the peer of the other leg, and the parties of a
 * proxied call have their own.
 */
export function writeCapabilities(response: Response, leg: CapableLeg | undefined): void {
  const { status } = response;
  if (status < 200 || status >= 300 || response.cseq.method !== 'INVITE') return;
  if (leg === undefined || leg.session.proxied !== undefined) return;
  const isBridged = leg.user !== undefined;
  if (!isBridged) writeAllow(response, leg.session);
  writeSupported(response, isBridged);
}
