// Subscriptions in proxied dialogs (RFC 6665 §4.3, RFC 3515): they end with their last NOTIFY, with a 481, or in time.
import { isLast, isWithoutSubscription, lifetimeOf, Subscriptions, subscriptionOf } from '../agent/subscriptions.js';
import type { Clock } from '../base/clock.js';
import type { Request, Response } from '../message/index.js';
import { ProxiedDialog, type ProxiedUsages } from '../session/proxied-dialog.js';
import type { Dialogs, SipSession } from '../session/sip-session.js';

/**
 * The session of the dialog that a NOTIFY makes: it overtakes the 2xx, or is of another fork (RFC 6665 §4.4.1).
 * Undefined: it makes none.
 */
export function sessionNotified(set: Dialogs | undefined, notify: Request, clock: Clock): SipSession | undefined {
  const { tag } = notify.from;
  if (set === undefined || tag === undefined || notify.method !== 'NOTIFY' || set.method === 'INVITE') return undefined;
  if (notify.callId !== set.callId || notify.to.tag !== set.callerTag) return undefined;
  const proxied = ProxiedDialog.ofNotified(set.search?.original, set.first.proxied, notify);
  const session = set.sessionOfTag(tag);
  if (!session.isValid || session.state === 'terminated' || session.calleeTag !== tag) return undefined;
  session.state = 'confirmed';
  session.isOnPath = true;
  session.proxied = proxied;
  if (proxied !== undefined) usagesOf(session, proxied, clock).begin(subscriptionOf(notify), lifetimeOf(notify));
  return session;
}

/** A request in the dialog, or the one that makes it, has its final response. */
export function subscriptionAnswered(session: SipSession, request: Request, response: Response, clock: Clock): void {
  const { proxied, set } = session;
  const { method } = request;
  if (proxied === undefined || set.method === 'INVITE' || response.status === 401 || response.status === 407) return;
  const isAccepted = response.status < 300;
  const isNotify = method === 'NOTIFY';
  if (!isNotify && method !== 'SUBSCRIBE' && method !== 'REFER') return;
  const usages = usagesOf(session, proxied, clock);
  const key = subscriptionOf(request);
  if (response.status === 481 || (isNotify && isLast(request))) usages.end(key);
  else if (!isAccepted) return;
  else if (isNotify) usages.refresh(key, lifetimeOf(request));
  else if (!isWithoutSubscription(response)) usages.begin(key, lifetimeOf(response) ?? lifetimeOf(request));
  if (usages.size === 0) end(session);
}

function usagesOf(session: SipSession, proxied: ProxiedDialog, clock: Clock): ProxiedUsages {
  proxied.usages ??= new Subscriptions(clock, () => end(session));
  return proxied.usages;
}

function end(session: SipSession): void {
  session.endProxied();
  session.checkReady();
}
