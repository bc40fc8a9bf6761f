// Requests and responses as an application sees them.

import type { ApplicationSession } from './application-session.js';
import type { B2bua } from './b2bua.js';
import type { Challenge, Credentials } from './challenge.js';
import type { ReadonlySipHeaders, SipHeaders } from './headers.js';
import type { ProxyBranch, ProxyOptions, SipProxy } from './proxy.js';
import type { RoutingDirective, RoutingRegion } from './routing.js';
import type { SipSession } from './session.js';
import type { Address, AddressLike } from './values/address.js';
import type { SipUri } from './values/sip-uri.js';
import type { Uri, UriLike } from './values/uri.js';

/** One end of the path of a message. */
export interface Endpoint {
  /** IP address without brackets. */
  readonly address: string;
  readonly port: number;
  /** In lower case: 'udp', 'tcp', 'tls', 'ws' or 'wss'. */
  readonly transport: string;
}

/** Value of the CSeq header (§20.16). `toString` returns the header's text. */
export interface CSeq {
  /** 0 to 2^31-1. */
  readonly number: number;
  readonly method: string;
  toString(): string;
}

/** A request or a response (JSR 289's SipServletMessage). */
export interface SipMessage {
  /**
   * The request's method; for a response, that of its request. Known methods are in upper case. Methods are
   * case-sensitive (§7.1).
   */
  readonly method: string;
  /** The header fields. */
  readonly headers: SipHeaders;
  /** The Call-ID header (§20.8). */
  readonly callId: string;
  /**
   * A copy of the From header. In a request that the application makes, `headers.set('From', …)` can change the display
   * name and all parameters except the tag.
   */
  readonly from: Address;
  /** A copy of the To header. */
  readonly to: Address;
  /** The CSeq header. */
  readonly cseq: CSeq;
  /** The Content-Type header, undefined when there is no body. */
  readonly contentType: string | undefined;
  /** The octets of the body, empty when there is no body. They are not a copy: do not change them. */
  readonly body: Uint8Array;
  /** The body as text, in the charset of the Content-Type or otherwise in UTF-8; '' when there is no body. */
  readonly text: string;
  /**
   * Replaces the body, Content-Type and Content-Length. A string is sent as UTF-8. Throws IllegalStateError
   * once the message has been sent.
   */
  setBody(content: string | Uint8Array, type: string): void;
  /** The session of the message's dialog. It is created when there is none. */
  readonly session: SipSession;
  /** The application's session of the call. */
  readonly applicationSession: ApplicationSession;
  /** Where the message came from; undefined for a message that the application made. */
  readonly remote: Endpoint | undefined;
  /** Where the message arrived; undefined for a message that the application made. */
  readonly local: Endpoint | undefined;
  /**
   * Where the message came from when it entered the container: the same for every application of a composition, also
   * for a request that an application made from it. undefined for a message that comes from an application.
   */
  readonly initialRemote: Endpoint | undefined;
  /** Whether the message entered the container over TLS or WSS. */
  readonly isSecure: boolean;
  /** For the application's own use, kept as long as the message. */
  readonly attributes: Map<string, unknown>;
  /**
   * Whether the message can no longer be changed: it was sent, it was answered with a final response, or its
   * transaction has ended.
   */
  readonly isCommitted: boolean;
  /** The message as it would be sent, for logs. */
  toString(): string;
}

/**
 * A request that can only be read, as `@StatelessRoute()`, `@SessionKey()`, `when` predicates and application routers
 * receive it. It has no transaction and no session yet.
 */
export interface ReadonlySipRequest {
  readonly method: string;
  /** A copy of the Request-URI. */
  readonly uri: Uri;
  readonly headers: ReadonlySipHeaders;
  readonly callId: string;
  readonly from: Address;
  readonly to: Address;
  readonly cseq: CSeq;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly text: string;
  readonly remote: Endpoint | undefined;
  readonly local: Endpoint | undefined;
  /** Where the request came from when it entered the container: see SipMessage. */
  readonly initialRemote: Endpoint | undefined;
  /** Whether the request entered the container over TLS or WSS. */
  readonly isSecure: boolean;
  /** The Max-Forwards header. */
  readonly maxForwards: number;
  /** The top Route value that pointed at this container and was removed (§16.4). */
  readonly poppedRoute: Address | undefined;
  /** A parameter of the URI by which the request reached this application: see SipRequest. */
  parameter(name: string): string | true | undefined;
}

/** The options of `send`. */
export interface SendOptions {
  /**
   * Called with each 1xx except 100, in the session's turn. Without it these responses go to the
   * `@ProvisionalResponse()` handler.
   */
  onProvisional?: (response: SipResponse) => void | Promise<void>;
}

/**
 * A request (JSR 289's SipServletRequest). In one transaction an application is either a proxy or a user agent. A call
 * that does not fit the role that it has taken throws IllegalStateError.
 */
export interface SipRequest extends SipMessage {
  /**
   * A copy of the Request-URI. Setting it changes where the request goes. A string that is not a URI throws
   * SipParseError.
   */
  get uri(): Uri;
  set uri(uri: UriLike);
  /** Whether the request is outside any dialog, so that the container chooses applications for it. */
  readonly isInitial: boolean;
  /**
   * The Max-Forwards header. Setting it throws IllegalStateError on a request that was received, because this is a
   * system header, and RangeError for a number outside 0-255.
   */
  maxForwards: number;
  /**
   * Makes a response to this request; `send` sends it. Without `reason` it has the phrase of §21. To a request that it
   * proxies the application may send 1xx until the transaction has completed; a final response competes with those of
   * the branches (§16.7). Throws IllegalStateError when a final response has been sent.
   */
  createResponse(status: number, reason?: string): SipResponse;
  /**
   * Returns the proxy of this transaction, always the same object, and sets `options` on it. Throws IllegalStateError
   * for a request inside a dialog, which the container forwards itself, and TooManyHopsError when Max-Forwards is 0.
   */
  proxy(options?: ProxyOptions): SipProxy;
  /** Proxies the request to these URIs. The same as `proxy(options).proxyTo(uris)`, but returns the proxy. */
  proxyTo(uris: UriLike | readonly UriLike[], options?: ProxyOptions): SipProxy;
  /**
   * Passes the request on unchanged and unsupervised: to the next application, or after the last one to its
   * Request-URI. Throws as `proxy` does.
   */
  forward(): SipProxy;
  /** The back-to-back user agent of this request. */
  b2bua(): B2bua;
  /** Puts a Route above the others: the request goes there first (§16.6 step 6). */
  pushRoute(uri: AddressLike): void;
  /** The top Route value that pointed at this container and was removed (§16.4). */
  readonly poppedRoute: Address | undefined;
  /**
   * A URI of this container that leads back to the flow on which the request came (RFC 5626). Not implemented yet:
   * reading it throws an Error that says so.
   */
  readonly flowUri: SipUri;
  /**
   * On whose behalf the application receives the request, according to the application router (JSR 289 §15.5).
   * Undefined inside a dialog, and when the router did not say. A request that was made from another one has the region
   * of that one.
   */
  readonly region: RoutingRegion | undefined;
  /** A copy of the URI of the subscriber on whose behalf the application receives the request. */
  readonly subscriberUri: Uri | undefined;
  /**
   * What the application router is told about the origin of an initial request (JSR 289 §15.4). 'NEW': it came from
   * outside or from the factory. 'CONTINUE': it was proxied, or made from another request. 'REVERSE': it was made from
   * another request and goes the other way, to the side from which that one came. Setting it throws IllegalStateError
   * on a request that was received or sent, and, except for 'NEW', on one that was not made from another; it throws
   * TypeError for any other value.
   */
  routingDirective: RoutingDirective;
  /**
   * Sends a request that the application made. Resolves with the final response, whatever its class. Provisional
   * responses go to `onProvisional` or to the handlers. When no response comes, the result is a 408, and when the peer
   * cannot be reached, a 503 (§8.1.3.1); `remote` is undefined in both. Rejects only when the container itself failed.
   * An ACK has no response: its promise resolves with undefined when the ACK was sent. A 491 is a response like any
   * other: the application may try again after a while (§14.1). Throws IllegalStateError when the request was received,
   * or was sent before, and for an INVITE, an UPDATE or an offer in a dialog in which another is under way (§14.1, RFC
   * 3311 §5.1).
   */
  send(options?: SendOptions): Promise<SipResponse>;
  /** Makes a CANCEL for this INVITE, which the application has sent (§9.1). It is sent after the first 1xx. */
  createCancel(): SipRequest;
  /**
   * Answers a 401 or 407: adds the Authorization or Proxy-Authorization that it asks for (§22, RFC 8760). `challenge`
   * is the response, or one of its challenges.
   */
  addAuthorization(challenge: SipResponse | Challenge, credentials: Credentials | readonly Credentials[]): void;
  /**
   * The name of the user whose credentials `@Authenticated()` or `Authentication` has verified, otherwise undefined.
   */
  readonly user?: string | undefined;
  /**
   * A parameter of the URI by which the request reached this application: of the Route value that was removed, then of
   * the Request-URI as received. In a record-routed dialog only that Route value counts; it has the parameters that the
   * application set on `SipProxy.recordRouteUri`. `true` for a parameter without a value.
   */
  parameter(name: string): string | true | undefined;
}

/**
 * A response (JSR 289's SipServletResponse). The container forwards a proxied response itself: its handler may change
 * it but does not send it.
 */
export interface SipResponse extends SipMessage {
  /** 101-699; an application never sees a 100. */
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  /** The request that it answers: one that the application proxied, sent or received. */
  readonly request: SipRequest;
  /** The proxy through which it came, undefined when it did not come through one. */
  readonly proxy: SipProxy | undefined;
  /** The branch on which it came, undefined when it did not come through a proxy. */
  readonly branch: ProxyBranch | undefined;
  /** Whether it is an intermediate final response of a branch, as `@BranchResponse()` gets. */
  readonly isBranchResponse: boolean;
  /** Whether this 2xx is a retransmission. */
  readonly isRetransmission: boolean;
  /** Whether it is a 1xx that must be acknowledged by PRACK (RFC 3262). */
  readonly isReliable: boolean;
  /**
   * Sends a response that the application made. Throws IllegalStateError when it was sent before or came through a
   * proxy.
   */
  send(): void;
  /**
   * Sends a 101-199 to an INVITE so that the caller must acknowledge it by PRACK (RFC 3262 §3). A second one waits for
   * the PRACK to the first, and a 2xx for the PRACK to each that carries a session description. The PRACK goes to the
   * `@Prack()` handler. The container answers it with 200 if that handler does not; only an offer in it must be
   * answered by the application. Without a PRACK for 64*T1 the container answers the INVITE with 500 and calls
   * `@NoPrackReceived()`. To a caller that requires 100rel, `send` does the same as `sendReliably`. Throws
   * IllegalStateError when the caller does not support 100rel, for any other response, and when the application proxies
   * the request.
   */
  sendReliably(): void;
  /**
   * Makes the ACK to a 2xx that the application received for its INVITE (§13.2.2.4). Throws IllegalStateError for any
   * other response.
   */
  createAck(): SipRequest;
  /**
   * Makes the PRACK to a reliable 1xx that the application received (RFC 3262 §4), which comes only to an INVITE with
   * `Supported: 100rel`. If the handler of the 1xx settles without having made it, the container sends the PRACK
   * itself. It does not do so for a 1xx with an offer, because the PRACK carries the answer. Throws IllegalStateError
   * for any other response, and the second time.
   */
  createPrack(): SipRequest;
  /** The challenges of a 401 or 407, in order; empty for any other response. */
  readonly challenges: readonly Challenge[];
}

/** A response to a request that the application proxies, in which `proxy` and `branch` are always there. */
export interface ProxiedResponse extends SipResponse {
  readonly proxy: SipProxy;
  readonly branch: ProxyBranch;
}
