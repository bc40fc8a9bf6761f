// Application sessions and their timers: what one application keeps of one call (JSR 289 §6.3, §12).

import type { Json } from './json.js';
import type { SipSession } from './session.js';
import type { SipUri } from './values/sip-uri.js';

/** What `setTimer` takes. */
export interface TimerOptions {
  /**
   * Milliseconds from one firing to the next, 1 or more; without it the timer fires once. The rhythm is kept; firings
   * that come while the handler is still at work are left out.
   */
  repeatMs?: number;
  /** Comes back in `Timer.info`. A JSON value. */
  info?: Json;
}

/** A timer of an application session, and what `@OnTimer()` handlers get. */
export interface Timer {
  readonly name: string;
  readonly info: Json | undefined;
  /** Milliseconds from one firing to the next, undefined for one that fires once. */
  readonly repeatMs: number | undefined;
  readonly applicationSession: ApplicationSession;
  /** Stops it. Nothing happens when it has fired for the last time. */
  cancel(): void;
}

/**
 * What one application keeps of one call: its dialogs, timers and attributes. Handlers of one session
 * never run at the same time (C-43).
 */
export interface ApplicationSession {
  /** Nobody can guess it. */
  readonly id: string;
  /** Name of the application. */
  readonly appName: string;
  /**
   * For the application's own use: JSON values, kept as long as the session. Setting anything else (a function,
   * undefined, a Date, a cyclic object) throws TypeError. Throws SessionInvalidError when the session has ended; its
   * `@ApplicationSessionDestroyed()` handler can still read them.
   */
  readonly attributes: Map<string, Json>;
  /** The SIP sessions in it that are valid. */
  readonly sessions: readonly SipSession[];
  /**
   * Starts a timer, which calls the `@OnTimer(name)` handler; two of one name are two timers. Throws
   * RangeError for a negative or endless delay, TypeError for `info` that is no JSON value,
   * SessionInvalidError when the session has ended.
   */
  setTimer(name: string, delayMs: number, options?: TimerOptions): Timer;
  /** Those that will still fire. */
  readonly timers: readonly Timer[];
  /**
   * When it expires if nothing happens in it; undefined is never. It expires in no call that
   * stands, unless `setExpires` said so.
   */
  readonly expiresAt: Date | undefined;
  /**
   * Lets it expire these minutes from now, whatever happens in it and also while a call stands; 0 is never. Calls
   * `@ApplicationSessionExpired()` then, which may call this again (JSR 289 §6.3.1). Throws RangeError for what are no
   * minutes, SessionInvalidError when the session has ended.
   */
  setExpires(minutes: number): void;
  /** Ends it, with its sessions and timers. */
  invalidate(): void;
  /**
   * Whether it is invalidated when it has neither sessions nor timers any more (JSR 289 §6.4.1). Default: true. One
   * with a key (C-42) stays until it expires.
   */
  invalidateWhenReady: boolean;
  readonly isValid: boolean;
  /**
   * A copy of the URI with a parameter by which an initial request finds this session, in its Request-URI or in the
   * Route by which it came (JSR 289 §15.11.1). Only the container can make one; it is good as long as the session.
   * Throws SipParseError for a text that is no SIP URI, SessionInvalidError when the session has ended.
   */
  encodeUri(uri: SipUri | string): SipUri;
  /** Aborted when the session ends: for `fetch` and whatever else must not outlive the call. */
  readonly signal: AbortSignal;
}
