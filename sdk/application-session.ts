// Application sessions and their timers: everything that one application keeps of one call (JSR 289 §6.3, §12).

import type { Duration } from './duration.js';
import type { Json } from './json.js';
import type { SipSession } from './session.js';
import type { SipUri } from './values/sip-uri.js';

/** The options of `setTimer`. */
export interface TimerOptions {
  /**
   * The time from one firing to the next, at least 1 ms. Without it the timer fires once. Firings stay in step with the
   * first one; a firing that is due while the handler still runs is skipped.
   */
  repeat?: Duration;
  /** Comes back in `SipTimer.info`. A JSON value. */
  info?: Json;
}

/** A timer of an application session; `@OnTimer()` handlers receive it. */
export interface SipTimer {
  readonly name: string;
  readonly info: Json | undefined;
  /** Milliseconds from one firing to the next, undefined for a timer that fires once. */
  readonly repeat: number | undefined;
  readonly applicationSession: ApplicationSession;
  /** Stops the timer. Has no effect after its last firing. */
  cancel(): void;
}

/**
 * Everything that one application keeps of one call: dialogs, timers and attributes. Handlers of one application
 * session never run at the same time.
 */
export interface ApplicationSession {
  /** Cannot be guessed. */
  readonly id: string;
  /** Name of the application. */
  readonly appName: string;
  /**
   * For the application's own use: JSON values, kept as long as the session. Setting anything else (a function,
   * undefined, a Date, a cyclic object) throws TypeError. Throws SessionInvalidError when the session has ended; its
   * `@ApplicationSessionDestroyed()` handler can still read them.
   */
  readonly attributes: Map<string, Json>;
  /** The valid SIP sessions in it. */
  readonly sessions: readonly SipSession[];
  /**
   * Starts a timer, which calls the `@OnTimer(name)` handler. Several timers may have the same name. Throws RangeError
   * for a negative or infinite delay, TypeError for `info` that is not a JSON value, SessionInvalidError when the
   * session has ended.
   */
  setTimer(name: string, delay: Duration, options?: TimerOptions): SipTimer;
  /** The timers that will still fire. */
  readonly timers: readonly SipTimer[];
  /**
   * When the session expires if nothing happens in it; undefined if never. It does not expire during a call, unless
   * `setExpires` was called.
   */
  readonly expiresAt: Date | undefined;
  /**
   * Lets the session expire after this time, whatever happens in it, even during a call; 0 means never. When it
   * expires, the container calls `@ApplicationSessionExpired()`, which may call this method again (JSR 289 §6.3.1).
   * Throws RangeError for a value that is not a duration, SessionInvalidError when the session has ended.
   */
  setExpires(duration: Duration): void;
  /**
   * Runs the function in the session's turn, when no handler of the session is running: for callbacks from outside,
   * such as those of a database or an HTTP server. Resolves with what the function returns, and rejects with what it
   * throws or with SessionInvalidError when the session has ended before its turn.
   */
  run<T>(task: () => T | Promise<T>): Promise<T>;
  /** Ends the session, with its SIP sessions and timers. */
  invalidate(): void;
  /**
   * Whether the session is invalidated when its last SIP session and its last timer have ended (JSR 289 §6.4.1).
   * Default: true. A session with a key lives until it expires.
   */
  invalidateWhenReady: boolean;
  readonly isValid: boolean;
  /**
   * A copy of the URI with a parameter by which an initial request finds this session: in its Request-URI, or in the
   * Route by which it came (JSR 289 §15.11.1). Only the container can make this parameter. It is valid as long as the
   * session. Throws SipParseError for a text that is not a SIP URI, SessionInvalidError when the session has ended.
   */
  encodeUri(uri: SipUri | string): SipUri;
  /** Aborted when the session ends: for `fetch` and other work that must not outlive the call. */
  readonly signal: AbortSignal;
}
