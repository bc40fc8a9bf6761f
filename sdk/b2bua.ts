// The back-to-back user agent: JSR 289's B2buaHelper, and a bridge in one line.

import type { Credentials } from './challenge.js';
import type { Duration } from './duration.js';
import type { HeaderValue } from './headers.js';
import type { SipRequest, SipResponse } from './messages.js';
import type { SipSession } from './session.js';
import type { AddressLike } from './values/address.js';
import type { UriLike } from './values/uri.js';

/** Headers by name; undefined removes one that would have been copied. */
export interface HeaderValues {
  readonly [name: string]: HeaderValue | readonly HeaderValue[] | undefined;
}

/**
 * How a request on the other leg differs from the original. Everything that is left out is copied, except system
 * headers.
 */
export interface LegOptions {
  /** Request-URI and To. */
  to?: AddressLike;
  /** The Request-URI, when it differs from To. */
  uri?: UriLike;
  from?: AddressLike;
  headers?: HeaderValues;
}

/** The options of `bridge`. */
export interface BridgeOptions {
  /**
   * The callee: Request-URI and To. Headers in the URI (`sip:bob@example.com?Replaces=…`) become headers of the INVITE,
   * except those about its sender, its path, its body and its dialog. Several callees are called at once. The first to
   * answer stays, and the others are cancelled. When all have failed, the bridge fails with the best of their answers,
   * as a forking proxy chooses it.
   */
  to: AddressLike | readonly AddressLike[];
  /** The caller. Default: the original's From. */
  from?: AddressLike;
  /**
   * The path to the callee: URIs for the Route of the INVITE, the next hop first. A callee with a `tel:` URI needs one,
   * unless another application of this container takes the call; without it the bridge fails with 416.
   */
  route?: AddressLike | readonly AddressLike[];
  /**
   * The user and the URI parameters of the Contact that the callee sees. Its host, port and transport are the
   * container's.
   */
  contact?: { user?: string; parameters?: ReadonlyMap<string, string | true> };
  /**
   * Answers the 401 and 407 of the callee's side, for every request of the leg as long as it stands: INVITE, re-INVITE,
   * UPDATE, INFO, BYE and all others. A challenge after an answer is a refusal, and goes on to the caller, except when
   * only the nonce was stale. Give the `realm`, so that a stranger cannot obtain a digest of the password.
   */
  credentials?: Credentials | readonly Credentials[];
  /**
   * The address of this container that the leg's requests leave from: one of `SipFactory.interfaces`. Throws
   * IllegalStateError for any other.
   */
  outboundInterface?: string;
  headers?: HeaderValues;
  /** The body to send instead of the caller's offer. */
  body?: { content: string | Uint8Array; type: string };
  /**
   * How long to wait for an answer. After this time the container cancels the call, and the bridge fails with 408.
   * Default: `proxyTimeout` of `@Siplet`, else '180s'. A number below 1000 throws RangeError, because it would be
   * milliseconds: write '20s'.
   */
  timeout?: Duration;
  /**
   * How long a callee may take to its first 101-199. After that the container cancels the call to it, as if it had
   * answered 408. 100 Trying does not count, since it comes from the next hop and not from the callee. Default: no such
   * limit. A number below 1000 throws RangeError, as in `timeout`.
   */
  provisionalTimeout?: Duration;
}

/**
 * The options of `SipFactory.bridge`. `headers`, `route`, `credentials` and the others are for both legs, the times for
 * each; `body` replaces the offer without media that the caller gets first.
 */
export interface CallOptions extends Omit<BridgeOptions, 'to' | 'from'> {
  /** The party that is called first. */
  caller: AddressLike;
  /** The party that is called when the first has answered. */
  callee: AddressLike;
}

/** The options of `Bridge.transfer`. */
export interface TransferOptions extends Omit<BridgeOptions, 'to' | 'body'> {
  /**
   * The new party: one or several callees, as in `bridge`, or the session of a call that stands. That one leaves its
   * own bridge, whose other leg ends: an attended transfer.
   */
  to: AddressLike | readonly AddressLike[] | SipSession;
  /** The session of the party that leaves. Default: the callee's. */
  leaving?: SipSession;
}

/** Two legs that the container holds together. */
export interface Bridge {
  /** The leg to the caller. */
  readonly caller: SipSession;
  /** The leg to the callee. */
  readonly callee: SipSession;
  /** The 2xx that answered the call. */
  readonly response: SipResponse;
  /**
   * Replaces one party. The container calls the new one while the old call stands, or takes a leg that stands already;
   * then it joins the party that stays with the new one, and ends the leg of the old one. The party that stays gets a
   * re-INVITE with the new one's offer, so media are right for both. This bridge goes on with the new leg, and resolves
   * with it. When the new party does not answer, it rejects with CallFailedError, and the old call stands as before;
   * but if the old party has hung up in the meantime, the one that stays gets a BYE.
   */
  transfer(options: TransferOptions): Promise<Bridge>;
  /** Resolves when both legs have ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends both legs. */
  terminate(): Promise<void>;
}

/** The application as a user agent on both sides of a call, as `request.b2bua()` returns it. */
export interface B2bua {
  /**
   * Makes the initial request of the second leg from the original one. Headers and body are copied, dialog identifiers
   * are new, and the two sessions are linked.
   */
  createRequest(options?: LegOptions): SipRequest;
  /** Makes a request in the dialog of `session` from `request`, which came in the linked one. */
  createRequest(session: SipSession, request: SipRequest, options?: LegOptions): SipRequest;
  /** The session of the other leg. */
  linkedSession(session: SipSession): SipSession | undefined;
  /** The request on the other leg from which this message's request was made, or which was made from it. */
  linkedRequest(message: SipRequest | SipResponse): SipRequest | undefined;
  /**
   * Makes two sessions the legs of one call. Throws IllegalStateError when one of them is
   * linked elsewhere or has ended.
   */
  link(one: SipSession, other: SipSession): void;
  /**
   * Takes the two legs of a call apart. A bridge that holds them ends with that: its `ended` resolves, both legs stand,
   * and the application passes on by itself what it wants passed on.
   */
  unlink(session: SipSession): void;
  /**
   * Makes a response to the original request, for a response from another leg (JSR 289 §14.6). `session` is that of the
   * original request, or the one in which the other leg's response came. A further fork of the other leg gets a dialog
   * with the caller, with a To tag and a session of its own, and is linked with it.
   */
  createResponseToOriginal(session: SipSession, status: number, reason?: string): SipResponse;
  /** The requests received in the session that wait for a final response. */
  pending(session: SipSession): SipRequest[];
  /**
   * Makes the second leg and joins the two. The container relays provisional responses, offers and answers, early
   * media, PRACK, UPDATE, re-INVITE, INFO, REFER, CANCEL and BYE, and hides the topology of each side from the other.
   * Resolves when the call was answered, otherwise rejects with CallFailedError. If nobody catches that error, the
   * failure goes to the caller unchanged. To catch it is a failover:
   *
   * ```ts
   * try { await b2bua.bridge({ to: a }) } catch { await b2bua.bridge({ to: b }) }
   * ```
   *
   * While a bridge stands, matching handlers of the application receive each message first, and may change it.
   *
   * For a request in a standing bridge, such as a REFER, it replaces the sender of that request: see `Bridge.transfer`.
   */
  bridge(options: BridgeOptions): Promise<Bridge>;
}
