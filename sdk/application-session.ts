// Application sessions and their timers: what one application keeps of one call (JSR 289 §6.3, §12).

import type { Duration } from './duration.js';
import type { Json } from './json.js';
import type { SipSession } from './session.js';
import type { SipUri } from './values/sip-uri.js';

/** What `setTimer` takes. */
export interface TimerOptions {
  /**
   * The time from one firing to the next, 1 ms or more; without it the timer fires once. Firings keep to the rhythm of
   * the first; those that are due while the handler still works are left out.
   */
  repeat?: Duration;
  /** Comes back in `SipTimer.info`. A JSON value. */
  info?: Json;
}

/** A timer of an application session, and what `@OnTimer()` handlers get. */
export interface SipTimer {
  readonly name: string;
  readonly info: Json | undefined;
  /** Milliseconds from one firing to the next, undefined for one that fires once. */
  readonly repeat: number | undefined;
  readonly applicationSession: ApplicationSession;
  /** Stops it. Nothing happens when it has fired for the last time. */
  cancel(): void;
}

/**
 * What one application keeps of one call: its dialogs, timers and attributes. Handlers of one session
 * never run at the same time.
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
   * Starts a timer, which calls the `@OnTimer(name)` handler. Two timers may have one name. Throws RangeError for a
   * negative or endless delay, TypeError for `info` that is not a JSON value, SessionInvalidError when the session has
   * ended.
   */
  setTimer(name: string, delay: Duration, options?: TimerOptions): SipTimer;
  /** The timers that will still fire. */
  readonly timers: readonly SipTimer[];
  /**
   * When it expires if nothing happens in it; undefined is never. Unless `setExpires` was called, it does not expire
   * during a call.
   */
  readonly expiresAt: Date | undefined;
  /**
   * Lets it expire after this time, whatever happens in it, also during a call; 0 is never. The container then calls
   * `@ApplicationSessionExpired()`, which may call this again (JSR 289 §6.3.1). Throws RangeError for a value that is
   * not a duration, SessionInvalidError when the session has ended.
   */
  setExpires(duration: Duration): void;
  /**
   * Runs the function in the session's turn, when no handler of the session is running: for callbacks from outside,
   * such as those of a database or an HTTP server. Resolves with what the function returns, and rejects with what it
   * throws or with SessionInvalidError when the session has ended before its turn.
   */
  run<T>(task: () => T | Promise<T>): Promise<T>;
  /** Ends it, with its sessions and timers. */
  invalidate(): void;
  /**
   * Whether it is invalidated when its last session and its last timer have ended (JSR 289 §6.4.1). Default: true. A
   * session with a key lives until it expires.
   */
  invalidateWhenReady: boolean;
  readonly isValid: boolean;
  /**
   * A copy of the URI with a parameter by which an initial request finds this session, in its Request-URI or in the
   * Route by which it came (JSR 289 §15.11.1). Only the container can make one; It is valid as long as the session.
   * Throws SipParseError for a text that is not a SIP URI, SessionInvalidError when the session has ended.
   */
  encodeUri(uri: SipUri | string): SipUri;
  /** Aborted when the session ends: for `fetch` and whatever else must not outlive the call. */
  readonly signal: AbortSignal;
}
