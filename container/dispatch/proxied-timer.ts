// Session timers of proxied calls (RFC 4028 §8): the container follows the refreshes of the parties, and forgets a call
// that nobody has refreshed.
import { sessionExpiresOf } from '../agent/session-terms.js';
import type { Clock, Timed } from '../base/clock.js';
import type { Request, Response } from '../message/index.js';
import { sessionInterval } from '../proxy/forwarding.js';
import type { SipSession } from '../session/sip-session.js';

/** Seconds: nobody may ask for less (RFC 4028 §4). */
const SHORTEST = 90;

/** A request that the terms of a session timer are in. */
export function isRefresh(method: string): boolean {
  return method === 'INVITE' || method === 'UPDATE';
}

/**
 * A 2xx to an INVITE or UPDATE: the time begins again. `asked` are the seconds that we ask for; undefined: we do not
 * (RFC 4028 §8.2).
 */
export function refreshed(
  session: SipSession,
  request: Request,
  response: Response,
  clock: Clock,
  asked: number | undefined,
): void {
  const { proxied, set, state } = session;
  if (proxied === undefined || set.method !== 'INVITE' || state !== 'confirmed' || !isRefresh(request.method)) return;
  if (asked !== undefined && !response.has('session-expires') && hasTimer(request, 'supported')) {
    const interval = sessionExpiresOf(request)?.interval ?? sessionInterval(request, asked);
    response.append('Session-Expires', `${interval};refresher=uac`);
    if (!hasTimer(response, 'require')) response.append('Require', 'timer');
  }
  const terms = response.has('session-expires') ? sessionExpiresOf(response) : undefined;
  proxied.expiry?.stop();
  proxied.expiry =
    terms === undefined
      ? undefined
      : clock.start(1000 * Math.max(terms.interval, SHORTEST), new Unrefreshed(session), 'expiry');
}

function hasTimer(message: Request | Response, key: string): boolean {
  return message.values(key).some((tag) => tag.toLowerCase() === 'timer');
}

/** RFC 4028 §8.3: a proxy removes the state of the call, and sends no BYE. */
class Unrefreshed implements Timed {
  constructor(private readonly session: SipSession) {}

  expire(): void {
    this.session.endProxied();
    this.session.checkReady();
  }
}
