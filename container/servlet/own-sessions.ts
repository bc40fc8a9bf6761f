// The sessions of one version of an application, as it looks for them (JSR 289's SipSessionsUtil). It does not see the
// sessions of others or of other versions.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import type { ApplicationInTheMaking, DeployedApplication } from '../application/application.js';
import type { ApplicationSession } from '../session/application-session.js';
import type { ApplicationSessions } from '../session/application-sessions.js';
import type { SessionOwner } from '../session/owner.js';
import type { SipSession } from '../session/sip-session.js';

export class OwnSessions implements sdk.Sessions {
  readonly #application: ApplicationInTheMaking;
  readonly #sessions: () => ApplicationSessions;

  constructor(application: ApplicationInTheMaking, sessions: () => ApplicationSessions) {
    this.#application = application;
    this.#sessions = sessions;
  }

  find(id: string): ApplicationSession | undefined {
    const session = this.#sessions().find(id);
    return session !== undefined && this.#owns(session) ? session : undefined;
  }

  findByKey(key: string): ApplicationSession | undefined {
    const application = this.#application.deployed();
    return application === undefined ? undefined : this.#sessions().findByKey(application, key);
  }

  forKey(key: string): ApplicationSession {
    return this.#sessions().withKey(this.#own('forKey'), key);
  }

  session(id: string): SipSession | undefined {
    const session = this.#sessions().findSipSession(id);
    return session !== undefined && this.#owns(session.applicationSession) ? session : undefined;
  }

  all(): ApplicationSession[] {
    const application = this.#application.deployed();
    return application === undefined ? [] : this.#sessions().of(application);
  }

  /** A new one or, with a key, the one of that key (C-42). */
  create(key?: string): ApplicationSession {
    const application = this.#own('createApplicationSession');
    return key === undefined ? this.#sessions().create(application) : this.#sessions().withKey(application, key);
  }

  #owns(session: SessionOwner): boolean {
    return session.application === this.#application.deployed();
  }

  #own(what: string): DeployedApplication {
    const application = this.#application.deployed();
    if (application !== undefined) return application;
    throw new IllegalStateError(
      `${what}: ${this.#application.name} has no sessions in a constructor or in @PostConstruct, before all of its siplets are made`,
    );
  }
}
