// The application session, as the sessions, dialogs and timers in it see it.
import type * as sdk from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { Mailbox } from './mailbox.js';
import type { SessionServices } from './services.js';

export interface SessionOwner extends sdk.ApplicationSession {
  readonly application: DeployedApplication;
  readonly mailbox: Mailbox;
  readonly services: SessionServices;
  /** A handler is being told that a session has ended: the attributes can still be read. */
  isTellingEnd: boolean;
  /**
   * Something has happened in it: the time until its expiry starts again, unless the application has set the expiry.
   */
  touch(): void;
  add(session: sdk.SipSession): void;
  remove(session: sdk.SipSession): void;
  timerEnded(timer: sdk.SipTimer): void;
  /** A promise that the application has is about to be resolved: it is not ready before the callbacks have run. */
  awaitCallbacks(): void;
}
