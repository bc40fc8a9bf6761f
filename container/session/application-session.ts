// The application session (JSR 289 §6): what one application keeps of one call: its SIP sessions, timers, attributes, mailbox.
import type * as sdk from '@siplet/sdk';
import { SessionInvalidError, SipUri } from '@siplet/sdk';
import type { Clock, Deadline, Timed } from '../clock.js';
import type { DeployedApplication } from '../deployment/application.js';
import { ApplicationTimer } from './application-timer.js';
import type { DialogSet } from './dialog-set.js';
import { type HandlerCaller, Mailbox } from './mailbox.js';
import { notify } from './notices.js';
import type { SipSession } from './sip-session.js';

/** What application sessions need of the house. */
export interface SessionServices {
  readonly clock: Clock;
  readonly caller: HandlerCaller;
  readonly identifiers: { id(): string };
  /** Milliseconds after which a dialog that nothing was heard of is forgotten. */
  readonly dialogIdle: number;
  /** A handler that no message waits for has failed. */
  handlerFailed(label: string, application: DeployedApplication, error: unknown): void;
  applicationSessionEnded(session: ApplicationSession): void;

  /** No request is routed to it any more. */
  dialogSetEnded(set: DialogSet): void;
}

const MINUTE = 60_000;

export class ApplicationSession implements sdk.ApplicationSession, Timed {
  readonly mailbox: Mailbox;
  readonly #sessions: SipSession[] = [];
  #id: string | undefined;
  #attributes: Map<string, sdk.Json> | undefined;
  #timers: Set<ApplicationTimer> | undefined;
  #abort: AbortController | undefined;
  #valid = true;
  #invalidateWhenReady = true;
  /** Milliseconds; 0: never. */
  #lifetime: number;
  /** When something last happened in it. */
  #touched: number;
  /** Set by the application, which then means it also while a call stands. */
  #explicit = false;
  #expiry: Deadline | undefined;

  constructor(
    readonly services: SessionServices,
    readonly application: DeployedApplication,
    sessionTimeout: number,
    /** Its name among the sessions of the application (C-42), when it has one. */
    readonly key?: string,
  ) {
    this.mailbox = new Mailbox(services.caller, application);
    this.#lifetime = sessionTimeout * MINUTE;
    this.#touched = services.clock.now();
    this.#restart();
    notify(this, 'applicationSessionCreated', this);
  }

  /** Made when somebody asks for it: most calls end without. */
  get id(): string {
    return (this.#id ??= this.services.identifiers.id());
  }

  get appName(): string {
    return this.application.name;
  }

  get attributes(): Map<string, sdk.Json> {
    this.#assertValid('attributes');
    return (this.#attributes ??= new Map());
  }

  get sessions(): readonly SipSession[] {
    return this.#sessions.slice();
  }

  get isValid(): boolean {
    return this.#valid;
  }

  get invalidateWhenReady(): boolean {
    return this.#invalidateWhenReady;
  }

  set invalidateWhenReady(value: boolean) {
    this.#invalidateWhenReady = value;
    if (value) this.checkReady();
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (!this.#valid) this.#abort.abort();
    return this.#abort.signal;
  }

  // Timers ----------------------------------------------------------------------------------------------------------------------------------------------------

  setTimer(name: string, delayMs: number, options: { repeatMs?: number; info?: sdk.Json } = {}): sdk.Timer {
    this.#assertValid('setTimer');
    const timer = new ApplicationTimer(this, name, delayMs, options.repeatMs, options.info);
    (this.#timers ??= new Set()).add(timer);
    return timer;
  }

  get timers(): readonly sdk.Timer[] {
    return [...(this.#timers ?? [])];
  }

  timerEnded(timer: ApplicationTimer): void {
    this.#timers?.delete(timer);
    this.checkReady();
  }

  // Expiry ----------------------------------------------------------------------------------------------------------------------------------------------------

  /** Something happened in it: the time to its expiry begins anew. */
  touch(): void {
    this.#touched = this.services.clock.now();
  }

  get expiresAt(): Date | undefined {
    if (this.#lifetime === 0) return undefined;
    const left = this.#touched + this.#lifetime - this.services.clock.now();
    return new Date(this.services.clock.wallTime() + left);
  }

  setExpires(minutes: number): void {
    this.#assertValid('setExpires');
    if (!(minutes >= 0)) throw new RangeError(`${minutes} are no minutes`);
    this.#lifetime = minutes * MINUTE;
    this.#explicit = true;
    this.touch();
    this.#restart();
  }

  #restart(): void {
    this.#expiry?.stop();
    this.#expiry = this.#lifetime === 0 ? undefined : this.services.clock.start(this.#lifetime, this, 'expiry');
  }

  expire(): void {
    if (!this.#valid) return;
    const left = this.#touched + this.#lifetime - this.services.clock.now();
    if (left > 0) {
      this.#expiry = this.services.clock.start(left, this, 'expiry');
    } else if (!this.#explicit && this.#isInUse) {
      // Nobody said how long the call may last: it ends when it ends, or when nothing was heard of it for very long.
      this.#restart();
    } else {
      const before = this.#touched;
      notify(this, 'applicationSessionExpired', this, () => {
        if (this.#touched === before) this.invalidate();
      });
    }
  }

  get #isInUse(): boolean {
    const idle = this.services.clock.now() - this.#touched;
    return idle < this.services.dialogIdle && this.#sessions.some((session) => session.isInUse);
  }

  // Ending ----------------------------------------------------------------------------------------------------------------------------------------------------

  add(session: SipSession): void {
    this.#sessions.push(session);
  }

  remove(session: SipSession): void {
    const at = this.#sessions.indexOf(session);
    if (at >= 0) this.#sessions.splice(at, 1);
    this.checkReady();
  }

  /** Ready to invalidate: no SIP session and no timer is left (JSR 289 §6.4.1). */
  checkReady(): void {
    if (!this.#valid || this.#sessions.length > 0 || (this.#timers?.size ?? 0) > 0 || this.key !== undefined) return;
    notify(this, 'applicationSessionReadyToInvalidate', this, () => {
      if (this.#invalidateWhenReady && this.#valid && this.#sessions.length === 0) this.invalidate();
    });
  }

  invalidate(): void {
    if (!this.#valid) return;
    for (const session of this.#sessions.slice()) session.invalidate();
    if (!this.#valid) return;
    this.#valid = false;
    this.#expiry?.stop();
    for (const timer of this.#timers ?? []) timer.cancel();
    this.#abort?.abort();
    notify(this, 'applicationSessionDestroyed', this);
    this.services.applicationSessionEnded(this);
  }

  encodeUri(uri: string | SipUri): SipUri {
    this.#assertValid('encodeUri');
    const encoded = typeof uri === 'string' ? SipUri.parse(uri) : uri.clone();
    encoded.parameters.set('siplet-session', this.id);
    return encoded;
  }

  #assertValid(what: string): void {
    if (!this.#valid)
      throw new SessionInvalidError(
        `${what}: the application session ${this.id} of ${this.appName} has been invalidated`,
      );
  }
}
