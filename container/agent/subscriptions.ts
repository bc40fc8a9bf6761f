// The subscriptions of one dialog (RFC 6665 §4.4, RFC 3515 §2.4.4): when each begins and ends. A REFER makes one too,
// unless it declines (RFC 4488).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Message, Request, Response } from '../message/index.js';

/**
 * The default in seconds: RFC 3515 §2.4.4 wants an answer within minutes, RFC 6665 leaves it to the package.
 */
const USUAL = 3600;
/** The maximum in seconds: a peer may choose the duration, but not forever. */
const LONGEST = 7 * 24 * 3600;
/** Milliseconds in which the first or the last NOTIFY may arrive: Timer N (RFC 6665 §4.1.2.4). */
const GRACE = 32_000;

export class Subscriptions implements Timed {
  readonly #deadlines = new Map<string, Deadline>();
  /** Those whose time is not known before their first NOTIFY. */
  readonly #unnotified = new Set<string>();

  constructor(
    readonly clock: Clock,
    /** The last one has ended. */
    readonly emptied: () => void,
  ) {}

  get size(): number {
    return this.#deadlines.size;
  }

  /** It begins, or is refreshed, for so many seconds; where these are not known, the first NOTIFY must come soon. */
  begin(key: string, seconds: number | undefined): void {
    if (seconds === undefined) this.#unnotified.add(key);
    else this.#unnotified.delete(key);
    this.#deadlines.get(key)?.stop();
    const lifetime = 1000 * Math.min(Math.max(seconds ?? 0, 0), LONGEST) + GRACE;
    this.#deadlines.set(key, this.clock.start(lifetime, this, key));
  }

  /** A NOTIFY gives the remaining time; the first one may leave it to the package. */
  refresh(key: string, seconds: number | undefined): void {
    const found = this.#find(key);
    if (found === undefined) return;
    if (seconds !== undefined || this.#unnotified.has(found)) this.begin(found, seconds ?? USUAL);
  }

  /** It is over. */
  end(key: string): void {
    const found = this.#find(key);
    if (found === undefined) return;
    this.#deadlines.get(found)?.stop();
    this.#deadlines.delete(found);
    this.#unnotified.delete(found);
    if (this.#deadlines.size === 0) this.emptied();
  }

  /** A message with the plain event 'refer' may be about any REFER: the oldest is taken. */
  #find(key: string): string | undefined {
    return this.#deadlines.has(key) ? key : [...this.#deadlines.keys()].find((one) => sameEvent(one, key));
  }

  expire(key: string): void {
    this.end(key);
  }

  stop(): void {
    for (const deadline of this.#deadlines.values()) deadline.stop();
    this.#deadlines.clear();
  }
}

function sameEvent(one: string, other: string): boolean {
  return !other.includes(';id=') && one.split(';')[0] === other;
}

/** The event package and id, which distinguish the subscriptions of one dialog (RFC 6665 §4.5.1). */
export function subscriptionOf(request: Request): string {
  if (request.method === 'REFER') return `refer;id=${request.cseq.number}`;
  const [name = '', ...parameters] = (request.value('event') ?? '').toLowerCase().replace(/\s/g, '').split(';');
  const id = parameters.find((parameter) => parameter.startsWith('id='));
  return id === undefined ? name : `${name};${id}`;
}

/** Seconds for which a 2xx or a NOTIFY lets a subscription live; undefined: the message does not say. */
export function lifetimeOf(message: Message): number | undefined {
  const state = message.value('subscription-state');
  const stated = state === undefined ? undefined : /;\s*expires\s*=\s*(\d{1,9})/i.exec(state)?.[1];
  return stated === undefined ? message.integer('expires', 0xffff_ffff) : Number(stated);
}

/** RFC 6665 §4.1.3: this NOTIFY is the last of its subscription. */
export function isLast(notify: Request): boolean {
  return (notify.value('subscription-state') ?? '').trim().toLowerCase().startsWith('terminated');
}

/** RFC 4488: a REFER that begins no subscription, if the answer agrees. */
export function isWithoutSubscription(response: Response): boolean {
  return (response.value('refer-sub') ?? '').trim().toLowerCase().startsWith('false');
}
