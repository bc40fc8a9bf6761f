// SIP sessions: dialogs as an application sees them (JSR 289 §6.2).

import type { ApplicationSession } from './application-session.js';
import type { Json } from './json.js';
import type { SipRequest } from './messages.js';
import type { Method } from './methods.js';
import type { Address } from './values/address.js';

/** The state of a dialog (§12): not made yet, made by a 1xx with a To tag, made by a 2xx, ended. */
export type SessionState = 'initial' | 'early' | 'confirmed' | 'terminated';

/**
 * One dialog, or what may become one. When a request forks, each To tag has its own session,
 * with the attributes of the first.
 */
export interface SipSession {
  /** Nobody can guess it. */
  readonly id: string;
  readonly callId: string;
  readonly state: SessionState;
  /** The application's side; of a proxied call the party in From. */
  readonly localParty: Address;
  /** The peer; of a proxied call the party in To. */
  readonly remoteParty: Address;
  /**
   * A request inside the dialog, to the peer. Throws IllegalStateError when the dialog has ended, for ACK and CANCEL
   * (see `createAck`, `createCancel`), and for a proxied dialog, whose requests are the parties' own.
   */
  createRequest(method: Method): SipRequest;
  /**
   * The next request of one of these methods in the dialog, or of any when none is named: the awaiting code gets it
   * instead of the handler, so that a call reads from top to bottom: `const bye = await session.next('BYE')`. Other
   * handlers of the application session have their turn meanwhile. A BYE that is not answered is answered 200. Rejects
   * with SessionInvalidError when the dialog ends before; throws IllegalStateError where the application is not a user
   * agent: before it has answered or sent the request, and in a proxied dialog.
   */
  next(...methods: Method[]): Promise<SipRequest>;
  /**
   * Ends the dialog: with a BYE, on a proxied dialog to both sides, where each party is by now (§12.2); while it is
   * early with a CANCEL or a final response. Resolves when the dialog has ended. Throws IllegalStateError when there is
   * nothing to end.
   */
  terminate(): Promise<void>;
  /**
   * For the application's own use: JSON values, kept as long as the session. Setting anything else (a function,
   * undefined, a Date, a cyclic object) throws TypeError. Throws SessionInvalidError when the session has ended; its
   * `@SessionDestroyed()` handler can still read them.
   */
  readonly attributes: Map<string, Json>;
  readonly applicationSession: ApplicationSession;
  /** Ends the session, not the dialog: what still comes in it is forwarded or answered without the application. */
  invalidate(): void;
  /** Whether the session is invalidated when nothing can come in it any more. Default: true. */
  invalidateWhenReady: boolean;
  readonly isValid: boolean;
}
