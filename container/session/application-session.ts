// The application session (JSR 289 §6): what one application keeps of one call: its SIP sessions, timers, attributes,
// mailbox.
import type * as sdk from '@siplet/sdk';
import { milliseconds, SipUri } from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Deadline, Timed } from '../base/clock.js';
import { ApplicationTimer } from './application-timer.js';
import { Awaited } from './awaited.js';
import { SESSION_PARAMETER } from './encoded-uris.js';
import { Mailbox } from './mailbox.js';
import { notify } from './notices.js';
import type { SessionOwner } from './owner.js';
import type { SessionServices } from './services.js';
import { Session } from './session.js';
import type { SipSession } from './sip-session.js';
import { Task } from './task.js';

/** Finds application sessions by their version and their key. */
export interface ApplicationSessionKeeper {
  /** It is about to end: it is no longer found by its key. */
  closeKey(session: ApplicationSession): void;
  ended(session: ApplicationSession): void;
}

const NEVER = Number.POSITIVE_INFINITY;

/** The deadline at which the callbacks of promises have run. */
const CALLBACKS = 'callbacks';

export class ApplicationSession extends Session implements SessionOwner, Timed {
  readonly mailbox: Mailbox;
  /** Among those of its version. */
  slot = -1;
  #sessions: SipSession[] = [];
  #timers: Set<ApplicationTimer> | undefined;
  #abort: AbortController | undefined;
  /** Callbacks of promises have not run yet. */
  #awaitsCallbacks = false;
  /** It is being invalidated: its parts end, but it is not reported as ready. */
  #ending = false;
  /** Milliseconds from the last event, or from `setExpires`, to its expiry. */
  #lifetime: number;
  /** The time of the last event in it. */
  #touched: number;
  /** When it expires, on the clock's scale. */
  #due = NEVER;
  /** The application has set the expiry, which then holds even during a call. */
  #explicit = false;
  #expiry: Deadline | undefined;

  constructor(
    services: SessionServices,
    readonly keeper: ApplicationSessionKeeper,
    readonly application: DeployedApplication,
    /** Milliseconds; 0: forever. */
    sessionTimeout: number,
    /** Its name among the sessions of the application (C-42), when it has one. */
    readonly key?: string,
  ) {
    super(services);
    this.mailbox = new Mailbox(services.invocation, application);
    this.#lifetime = sessionTimeout > 0 ? sessionTimeout : NEVER;
    this.#touched = services.clock.now();
    this.#restart();
  }

  /** Tells the application that there is a new one. */
  announce(): void {
    notify(this, 'applicationSessionCreated', this);
  }

  protected get owner(): this {
    return this;
  }

  protected get label(): string {
    return `the application session ${this.id} of ${this.appName}`;
  }

  get appName(): string {
    return this.application.name;
  }

  get sessions(): readonly SipSession[] {
    return this.#sessions.slice();
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (!this.isValid) this.#abort.abort();
    return this.#abort.signal;
  }

  // Timers -----------------------------------------------------------------------------------------

  setTimer(name: string, delay: sdk.Duration, options: sdk.TimerOptions = {}): sdk.SipTimer {
    this.assertValid('setTimer');
    const timer = new ApplicationTimer(this, name, delay, options);
    this.#timers ??= new Set();
    this.#timers.add(timer);
    return timer;
  }

  get timers(): readonly sdk.SipTimer[] {
    return [...(this.#timers ?? [])].filter((timer) => timer.isPending);
  }

  timerEnded(timer: ApplicationTimer): void {
    this.#timers?.delete(timer);
    this.checkReady();
  }

  // Expiry -----------------------------------------------------------------------------------------

  /** Something happened in it: the time until its expiry starts again, unless the application has set the expiry. */
  touch(): void {
    this.#touched = this.services.clock.now();
    if (!this.#explicit) this.#due = this.#touched + this.#lifetime;
  }

  get expiresAt(): Date | undefined {
    if (this.#due === NEVER) return undefined;
    const { clock } = this.services;
    return new Date(clock.wallTime() + this.#due - clock.now());
  }

  setExpires(duration: sdk.Duration): void {
    this.assertValid('setExpires');
    this.#lifetime = milliseconds(duration, 'setExpires') || NEVER;
    this.#explicit = true;
    this.#touched = this.services.clock.now();
    this.#restart();
  }

  #restart(): void {
    this.#due = this.services.clock.now() + this.#lifetime;
    this.#wake();
  }

  /** Looks again when it expires, or when its dialogs have been silent for too long. */
  #wake(): void {
    this.#expiry?.stop();
    this.#expiry = undefined;
    const { clock, dialogIdle } = this.services;
    const silent = this.#sessions.length > 0 ? this.#touched + dialogIdle : NEVER;
    const next = Math.min(this.#due, silent) - clock.now();
    if (next < NEVER) this.#expiry = clock.start(Math.max(next, 0), this, 'expiry');
  }

  /** Ends dialogs without a message for `limits.dialogIdle`, which were abandoned. */
  #endSilent(): void {
    for (const session of this.#sessions.slice()) if (session.isInUse) session.invalidate();
  }

  expire(which: string): void {
    if (which === CALLBACKS) this.#calledBack();
    else this.#expires();
  }

  #expires(): void {
    this.#expiry = undefined;
    if (!this.isValid) return;
    const now = this.services.clock.now();
    if (this.#due > now) {
      if (now - this.#touched >= this.services.dialogIdle) this.#endSilent();
      if (this.isValid) this.#wake();
    } else if (!this.#explicit && this.#isInUse) {
      // The application has set no limit for the call: the session lasts until the call ends, or has been silent for a
      // very long time.
      this.#restart();
    } else {
      this.#tellExpired();
    }
  }

  /**
   * The handler may give it more time. A message that arrives before the handler has settled does so too, since it
   * waits for its turn.
   */
  #tellExpired(): void {
    const touched = this.#touched;
    const due = this.#due;
    notify(this, 'applicationSessionExpired', this, () => {
      if (!this.isValid || this.#expiry !== undefined || this.#due === NEVER) return;
      if (this.#touched === touched && this.#due === due) this.invalidate();
      else this.#restart();
    });
  }

  get #isInUse(): boolean {
    const idle = this.services.clock.now() - this.#touched;
    return idle < this.services.dialogIdle && this.#sessions.some((session) => session.isInUse);
  }

  // Callbacks from outside -------------------------------------------------------------------------

  run<T>(task: () => T | Promise<T>): Promise<T> {
    this.assertValid('run');
    const awaited = Awaited.in<T>(this.services.invocation.turn);
    new Task(this, task, awaited).post();
    return awaited;
  }

  /** Requests between applications of the container take no time: the last answer may be there before the callbacks. */
  awaitCallbacks(): void {
    if (!this.isValid || this.#awaitsCallbacks) return;
    this.#awaitsCallbacks = true;
    this.services.clock.start(0, this, CALLBACKS);
  }

  #calledBack(): void {
    this.#awaitsCallbacks = false;
    this.checkReady();
  }

  // Ending -----------------------------------------------------------------------------------------

  add(session: SipSession): void {
    // Nearly always one: a list that grows would have room for 17.
    if (this.#sessions.length === 0) this.#sessions = [session];
    else this.#sessions.push(session);
    if (this.#lifetime > this.services.dialogIdle) this.#wake();
  }

  remove(session: SipSession): void {
    const at = this.#sessions.indexOf(session);
    if (at >= 0) this.#sessions.splice(at, 1);
    this.checkReady();
  }

  /**
   * No SIP session and no timer is left (JSR 289 §6.4.1). One with a key is never ready: later requests with that key
   * must find it (C-42), until it expires. Without calls, only the application can put its expiry off.
   */
  protected get isReady(): boolean {
    if (this.#awaitsCallbacks) return false;
    return !this.#ending && this.key === undefined && this.#sessions.length === 0 && (this.#timers?.size ?? 0) === 0;
  }

  protected get readyKind() {
    return 'applicationSessionReadyToInvalidate' as const;
  }

  invalidate(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.keeper.closeKey(this);
    for (const session of this.#sessions.slice()) session.invalidate();
    this.end();
    this.#expiry?.stop();
    for (const timer of this.#timers ?? []) timer.cancel();
    this.#abort?.abort();
    this.tellDestroyed('applicationSessionDestroyed');
    this.keeper.ended(this);
  }

  encodeUri(uri: string | SipUri): SipUri {
    this.assertValid('encodeUri');
    const encoded = typeof uri === 'string' ? SipUri.parse(uri) : uri.clone();
    encoded.parameters.set(SESSION_PARAMETER, this.services.encodedUris.write(this.appName, this.id));
    return encoded;
  }
}
