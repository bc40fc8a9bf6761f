// All application sessions that are alive: by the version of the application that has them, by key (C-42), by id (JSR
// 289 §15.11).

import type { DeployedApplication } from '../application/application.js';
import { Slots } from '../base/slots.js';
import { ApplicationSession, type ApplicationSessionKeeper } from './application-session.js';
import type { SessionServices } from './services.js';
import { SipSession } from './sip-session.js';

/** Minutes: RULES.md section 2. */
const SESSION_TIMEOUT = 3;
/** Keys are made from text of the wire, and kept as long as their session. */
const MAX_KEY = 1024;

/** The Reason of a BYE with which the container stops (RFC 3326). */
const STOPPING = 'SIP;cause=503;text="Shutting down"';

/** The sessions of one version of an application. */
class OfVersion {
  readonly all = new Slots<ApplicationSession>();
  byKey: Map<string, ApplicationSession> | undefined;
}

export class ApplicationSessions implements ApplicationSessionKeeper {
  /** Told when a version of an application has no sessions any more. */
  onIdle: ((application: DeployedApplication) => void) | undefined;
  /**
   * By version, and so are keys: new requests go only to the new version (D-1), whose code does not know the contents
   * of the old version's sessions.
   */
  readonly #versions = new WeakMap<DeployedApplication, OfVersion>();
  #size = 0;

  constructor(private readonly services: SessionServices) {}

  get size(): number {
    return this.#size;
  }

  /** How many have an id. */
  get named(): number {
    return this.services.named.size;
  }

  /** A new one; `sessionTimeout` in milliseconds. */
  create(
    application: DeployedApplication,
    sessionTimeout = application.siplets[0]?.options.sessionTimeout ?? SESSION_TIMEOUT,
    key?: string,
  ): ApplicationSession {
    const session = new ApplicationSession(this.services, this, application, sessionTimeout, key);
    this.#size++;
    let version = this.#versions.get(application);
    if (version === undefined) {
      version = new OfVersion();
      this.#versions.set(application, version);
    }
    session.slot = version.all.add(session);
    if (key !== undefined) {
      version.byKey ??= new Map();
      version.byKey.set(key, session);
    }
    session.announce();
    return session;
  }

  /**
   * C-42: the session with that key, which is made when there is none. Throws TypeError or RangeError for a value that
   * cannot be a key.
   */
  withKey(application: DeployedApplication, key: string, sessionTimeout?: number): ApplicationSession {
    return this.findByKey(application, key) ?? this.create(application, sessionTimeout, key);
  }

  findByKey(application: DeployedApplication, key: string): ApplicationSession | undefined {
    assertKey(key);
    return this.#versions.get(application)?.byKey?.get(key);
  }

  /** Of any application. */
  find(id: string): ApplicationSession | undefined {
    const session = this.services.named.get(id);
    return session instanceof ApplicationSession ? session : undefined;
  }

  findSipSession(id: string): SipSession | undefined {
    const session = this.services.named.get(id);
    return session instanceof SipSession ? session : undefined;
  }

  /** In the order in which they were made. */
  of(application: DeployedApplication): ApplicationSession[] {
    return this.#versions.get(application)?.all.values() ?? [];
  }

  countOf(application: DeployedApplication): number {
    return this.#versions.get(application)?.all.size ?? 0;
  }

  /** It is not found by its key any more: it is about to end. */
  closeKey(session: ApplicationSession): void {
    const { key, application } = session;
    if (key === undefined) return;
    const byKey = this.#versions.get(application)?.byKey;
    if (byKey?.get(key) === session) byKey.delete(key);
  }

  ended(session: ApplicationSession): void {
    const version = this.#versions.get(session.application);
    if (!version?.all.delete(session.slot, session)) return;
    this.#size--;
    this.closeKey(session);
    if (version.all.size === 0) this.onIdle?.(session.application);
  }

  /**
   * Invalidates all sessions that a version still has: its time to drain is over (D-2). Requests in its dialogs then
   * follow their Route sets.
   */
  endAll(application: DeployedApplication): void {
    for (const session of this.of(application)) session.invalidate();
  }

  /**
   * Ends the calls in which one of the applications is a user agent: the container stops (§15, §9.1). Resolves when
   * each has ended.
   */
  async endCalls(applications: readonly DeployedApplication[]): Promise<void> {
    const sessions = applications.flatMap((application) => this.of(application)).flatMap(({ sessions }) => sessions);
    await Promise.all(sessions.map(({ userAgent }) => userAgent?.terminate(STOPPING)));
  }
}

/** Throws TypeError or RangeError. */
function assertKey(key: unknown): asserts key is string {
  if (typeof key !== 'string')
    throw new TypeError(`the key of an application session is a string, not ${key === null ? 'null' : typeof key}`);
  if (key.length > MAX_KEY)
    throw new RangeError(`the key of an application session has at most ${MAX_KEY} characters, not ${key.length}`);
}
