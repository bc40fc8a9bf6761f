// The back-to-back user agent: JSR 289's B2buaHelper, and a bridge in one line.

import type { HeaderValue } from './headers.js';
import type { SipRequest, SipResponse } from './messages.js';
import type { SipSession } from './session.js';
import type { AddressLike } from './values/address.js';
import type { UriLike } from './values/uri.js';

/** Headers by name; undefined removes one that would have been copied. */
export interface HeaderValues {
  readonly [name: string]: HeaderValue | readonly HeaderValue[] | undefined;
}

/** What a request of the other leg is made with. What is left out is copied from the original, system headers aside. */
export interface LegOptions {
  /** Request-URI and To. */
  to?: AddressLike;
  /** Request-URI alone, when it is not what To says. */
  uri?: UriLike;
  from?: AddressLike;
  headers?: HeaderValues;
}

/** What `bridge` takes. */
export interface BridgeOptions {
  /** Who is called: Request-URI and To. */
  to: AddressLike;
  /** Who calls; default is the original's From. */
  from?: AddressLike;
  headers?: HeaderValues;
  /** Instead of the caller's offer. */
  body?: { content: string | Uint8Array; type: string };
  /**
   * Seconds to wait for an answer; then the call is cancelled, and the bridge fails with 408. Default: what
   * `@Siplet` says for proxies, else 180.
   */
  timeout?: number;
}

/** Two legs that the container holds together. */
export interface Bridge {
  /** The leg to who called. */
  readonly caller: SipSession;
  /** The leg to who was called. */
  readonly callee: SipSession;
  /** The 2xx that answered. */
  readonly response: SipResponse;
  /** Resolves when both legs have ended. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends both legs. */
  terminate(): Promise<void>;
}

/** The application as a user agent on both sides of a call. `request.b2bua()` gives it. */
export interface B2bua {
  /**
   * The initial request of the second leg, from the original one: its headers and body are copied, dialog identifiers
   * are new, both sessions are linked.
   */
  createRequest(options?: LegOptions): SipRequest;
  /** A request in the dialog of `session`, as `request` is in the linked one. */
  createRequest(session: SipSession, request: SipRequest, options?: LegOptions): SipRequest;
  /** The session of the other leg. */
  linkedSession(session: SipSession): SipSession | undefined;
  /** The request of the other leg that this message's request was made from, or that was made from it. */
  linkedRequest(message: SipRequest | SipResponse): SipRequest | undefined;
  /**
   * Makes two sessions the legs of one call. Throws IllegalStateError when one of them is
   * linked elsewhere or has ended.
   */
  link(one: SipSession, other: SipSession): void;
  unlink(session: SipSession): void;
  /** A response to the original request of that session, from another leg that it was forked to (JSR 289 §14.6). */
  createResponseToOriginal(session: SipSession, status: number, reason?: string): SipResponse;
  /** Requests received in the session that wait for a final response. */
  pending(session: SipSession): SipRequest[];
  /**
   * Makes the second leg and joins both: provisional answers, offers and answers, early media, PRACK, UPDATE,
   * re-INVITE, INFO, REFER, CANCEL and BYE are relayed, the topology of each side stays hidden from the other.
   * Resolves when the call was answered; rejects with CallFailed when not, which goes to the caller as it is when
   * nobody catches it. So the next can be tried:
   *
   * ```ts
   * try { await b2bua.bridge({ to: a }) } catch { await b2bua.bridge({ to: b }) }
   * ```
   *
   * While a bridge stands, handlers of the application that match see each message first, and may change it.
   */
  bridge(options: BridgeOptions): Promise<Bridge>;
}
