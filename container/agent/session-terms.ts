// The agreement of two user agents about refreshing their session (RFC 4028 §4, §7-9): header fields in, header fields
// out.
import type { Message, Request, Response } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';

/** Seconds. */
export interface TimerSettings {
  /** The interval that we ask for; 0: we ask for none, and agree to one only if a peer insists. */
  readonly sessionExpires: number;
  /** The shortest that we agree to. */
  readonly minSE: number;
}

type Refresher = 'uac' | 'uas';

interface SessionExpires {
  /** Seconds. */
  readonly interval: number;
  readonly refresher: Refresher | undefined;
}

/** The agreement between the two, from one side. */
export interface Terms {
  /** Seconds from one refresh to the end of the session. */
  readonly interval: number;
  readonly refreshedBy: 'us' | 'peer';
}

const VALUE = /^(\d{1,10})\s*(?:;(.*))?$/;

/** RFC 4028 §4; undefined when there is none that can be read. */
export function sessionExpiresOf(message: Message): SessionExpires | undefined {
  const match = VALUE.exec(message.value('session-expires') ?? '');
  if (match === null) return undefined;
  let refresher: Refresher | undefined;
  for (const parameter of (match[2] ?? '').split(';')) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim().toLowerCase());
    if (name === 'refresher' && (value === 'uac' || value === 'uas')) refresher = value;
  }
  return { interval: Number(match[1]), refresher };
}

/** RFC 4028 §5; parameters mean nothing to us. */
export function minSEOf(message: Message): number | undefined {
  const match = VALUE.exec(message.value('min-se') ?? '');
  return match === null ? undefined : Number(match[1]);
}

function names(message: Message, key: string): boolean {
  return message.values(key).some((tag) => tag.toLowerCase() === 'timer');
}

/**
 * RFC 4028 §7.1, §7.4: writes the terms for which an INVITE or UPDATE of ours asks, unless the application has written
 * them. `refresher` keeps the present roles.
 */
export function askFor(request: Request, interval: number, minSE: number, refresher: Refresher | undefined): void {
  if (request.has('session-expires')) return;
  if (!names(request, 'supported')) request.append('Supported', 'timer');
  const role = refresher === undefined ? '' : `;refresher=${refresher}`;
  request.set('Session-Expires', `${Math.max(interval, minSE)}${role}`);
  request.set('Min-SE', String(minSE));
}

/** RFC 4028 §9: an interval that is too short is refused, if the caller supports session timers. */
export function refusalOfInterval(request: Request, settings: TimerSettings): Refusal | undefined {
  if (settings.sessionExpires === 0 || !names(request, 'supported')) return undefined;
  const asked = sessionExpiresOf(request);
  if (asked === undefined || asked.interval >= settings.minSE) return undefined;
  return { status: 422, headers: [['Min-SE', String(settings.minSE)]] };
}

/** RFC 4028 §6: a 422 of ours has a Min-SE, the application's or else ours. */
export function nameShortestInterval(response: Response, settings: Pick<TimerSettings, 'minSE'>): void {
  if (!response.has('min-se')) response.set('Min-SE', String(settings.minSE));
}

/**
 * RFC 4028 §9 table 2: writes the terms to which we agree into our 2xx, unless the application has written them.
 * `current` keeps the present roles.
 */
export function agree(request: Request, response: Response, settings: TimerSettings, current: Terms | undefined): void {
  if (response.has('session-expires')) return;
  const isRequired = names(request, 'require');
  if (settings.sessionExpires === 0 && !isRequired) return;
  const asked = sessionExpiresOf(request);
  if (asked === undefined && settings.sessionExpires === 0) return;
  const shortest = Math.max(minSEOf(request) ?? 0, settings.minSE);
  const interval = asked?.interval ?? Math.max(settings.sessionExpires, shortest);
  const isKnown = isRequired || names(request, 'supported');
  let refresher: Refresher = 'uas';
  if (isKnown && asked !== undefined) refresher = asked.refresher ?? (current?.refreshedBy === 'us' ? 'uas' : 'uac');
  response.set('Session-Expires', `${interval};refresher=${refresher}`);
  if (isKnown && !names(response, 'require')) response.append('Require', 'timer');
}

/** The terms in a 2xx; undefined: the session does not expire (RFC 4028 §7.2, §9). `isOurs`: we have sent it. */
export function termsOf(response: Response, isOurs: boolean, shortest: number): Terms | undefined {
  const said = sessionExpiresOf(response);
  if (said === undefined) return undefined;
  const isUs = said.refresher === 'uas' ? isOurs : !isOurs;
  // An interval below the minimum is a fault of the peer, and not a reason to refresh all the time.
  return { interval: Math.max(said.interval, shortest), refreshedBy: isUs ? 'us' : 'peer' };
}
