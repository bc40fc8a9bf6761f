// SIP sessions: dialogs as an application sees them (JSR 289 §6.2).

import type { ApplicationSession } from './application-session.js';
import type { Json } from './json.js';
import type { SipRequest } from './messages.js';
import type { Method } from './methods.js';
import type { Address } from './values/address.js';

/** The state of a dialog (§12): not created yet, created by a 1xx with a To tag, confirmed by a 2xx, ended. */
export type SessionState = 'initial' | 'early' | 'confirmed' | 'terminated';

/** The Contact of a user agent as far as the application may choose it; the container adds host, port and transport. */
export interface OwnContact {
  /** The user part of the URI. */
  user: string | undefined;
  /** Parameters of the URI; `true` for one without a value. */
  readonly parameters: Map<string, string | true>;
}

/**
 * One dialog, or a request that may create one. When a request forks, each To tag has its own session, which begins
 * with a copy of the attributes of the first.
 */
export interface SipSession {
  /** Cannot be guessed. */
  readonly id: string;
  readonly callId: string;
  readonly state: SessionState;
  /** The application's side; in a proxied call, the party in From. */
  readonly localParty: Address;
  /** The peer; in a proxied call, the party in To. */
  readonly remoteParty: Address;
  /**
   * Makes a request to the peer inside the dialog. Throws IllegalStateError when the dialog has ended, for ACK and
   * CANCEL (see `createAck`, `createCancel`), and in a proxied dialog, in which only the parties make requests.
   */
  createRequest(method: Method): SipRequest;
  /**
   * Waits for the next request in the dialog with one of these methods, or with any method if none is named. The
   * waiting code receives it instead of the handler, so that a call reads from top to bottom: `const bye = await
   * session.next('BYE')`. Other handlers of the application session run meanwhile. If the application does not answer a
   * BYE, the container answers it with 200. Rejects with SessionInvalidError when the dialog ends first. Throws
   * IllegalStateError unless the application is a user agent: in a proxied dialog, and before it has answered or sent
   * the request.
   */
  next(...methods: Method[]): Promise<SipRequest>;
  /**
   * Ends the dialog: with a BYE, on a proxied dialog to both sides, where each party is by now (§12.2); while it is
   * early with a CANCEL or a final response. A BYE waits until the ACK to the 2xx has come, 64*T1 at most (§15). The
   * session of the request that was proxied ends the call wherever it was answered. Resolves when the dialog has
   * ended. Throws IllegalStateError when there is nothing to end.
   */
  terminate(): Promise<void>;
  /**
   * For the application's own use: JSON values, kept as long as the session. Setting anything else (a function,
   * undefined, a Date, a cyclic object) throws TypeError. Throws SessionInvalidError when the session has ended; its
   * `@SessionDestroyed()` handler can still read them.
   */
  readonly attributes: Map<string, Json>;
  readonly applicationSession: ApplicationSession;
  /**
   * The Contact that the application sends as a user agent. It can be changed until the first message that carries it
   * is sent. After that, changing it throws IllegalStateError; so does reading it where the application is not a user
   * agent.
   */
  readonly contact: OwnContact;
  /**
   * The address of this container that requests of the application leave from: 'udp:192.0.2.1:5060', or an IP address.
   * undefined: the routing table decides. Setting it throws IllegalStateError for an address that is not this
   * container's, and where the application is not a user agent: a proxy has an `outboundInterface` of its own.
   */
  outboundInterface: string | undefined;
  readonly createdAt: Date;
  /** When the session last sent or received a message. */
  readonly lastActiveAt: Date;
  /**
   * Ends the session but not the dialog. Messages that still arrive in it are forwarded or answered without the
   * application.
   */
  invalidate(): void;
  /**
   * Whether the session is invalidated when its dialog has ended and no request in it waits for a response. Default:
   * true.
   */
  invalidateWhenReady: boolean;
  readonly isValid: boolean;
}
