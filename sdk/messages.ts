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

/** Value of the CSeq header (§20.16). `toString` gives it as it is written. */
export interface CSeq {
  /** 0 to 2^31-1. */
  readonly number: number;
  readonly method: string;
  toString(): string;
}

/** A request or a response (JSR 289's SipServletMessage). */
export interface SipMessage {
  /**
   * The request's method; of a response, that of its request. In upper case for all known ones; case-sensitive (§7.1).
   */
  readonly method: string;
  /** The header fields. */
  readonly headers: SipHeaders;
  /** The Call-ID header (§20.8). */
  readonly callId: string;
  /**
   * The From header as a copy. In a request that the application makes, display name and parameters other than the tag
   * may be set by `headers.set('From', …)`.
   */
  readonly from: Address;
  /** The To header as a copy. */
  readonly to: Address;
  /** The CSeq header. */
  readonly cseq: CSeq;
  /** The Content-Type header, undefined when there is no body. */
  readonly contentType: string | undefined;
  /** The body's octets; empty when there is none. They are not copied: do not change them. */
  readonly body: Uint8Array;
  /** The body as text: in the charset that the Content-Type names, else UTF-8. '' when there is none. */
  readonly text: string;
  /**
   * Replaces the body, Content-Type and Content-Length. A string is sent as UTF-8. Throws IllegalStateError
   * once the message has been sent.
   */
  setBody(content: string | Uint8Array, type: string): void;
  /** The session of the message's dialog; it is made when there is none. */
  readonly session: SipSession;
  /** The application's session of the call. */
  readonly applicationSession: ApplicationSession;
  /** Where the message came from; undefined for one that the application made. */
  readonly remote: Endpoint | undefined;
  /** Where it arrived; undefined for one that the application made. */
  readonly local: Endpoint | undefined;
  /**
   * Where the message came from when it entered the container: the same for every application of a composition, also
   * for a request that an application made from it. undefined for a message that comes from an application.
   */
  readonly initialRemote: Endpoint | undefined;
  /** Whether the message entered the container over TLS or WSS. */
  readonly isSecure: boolean;
  /** For the application's own use; lives as long as the message. */
  readonly attributes: Map<string, unknown>;
  /**
   * Whether it can no longer be changed: it was sent or answered with a final response, or its transaction has ended.
   */
  readonly isCommitted: boolean;
  /** The message as it would be sent, for logs. */
  toString(): string;
}

/**
 * A request to read: `@StatelessRoute()`, `@SessionKey()`, `when` predicates and application routers get it. It has no
 * transaction and no session yet.
 */
export interface ReadonlySipRequest {
  readonly method: string;
  /** The Request-URI, as a copy. */
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
   * Called with each 1xx but 100, in the session's turn. Without it they go to the `@ProvisionalResponse()` handler.
   */
  onProvisional?: (response: SipResponse) => void | Promise<void>;
}

/**
 * A request (JSR 289's SipServletRequest). In one transaction an application is either a proxy or a user agent: a call
 * that does not fit the role it has taken throws IllegalStateError.
 */
export interface SipRequest extends SipMessage {
  /**
   * The Request-URI, as a copy. Setting it changes where the request goes; a string is
   * parsed, and throws SipParseError.
   */
  get uri(): Uri;
  set uri(uri: UriLike);
  /** Whether the request is outside any dialog, so that the container chooses applications for it. */
  readonly isInitial: boolean;
  /**
   * The Max-Forwards header. Setting it throws IllegalStateError on a request that was received (a system
   * header), RangeError outside of 0-255.
   */
  maxForwards: number;
  /**
   * A response to this request, to be sent with `send`. Without `reason` it gets the phrase of §21. On a proxied
   * request the application may send 1xx until the transaction has completed, and a final response is a candidate
   * like those of the branches (§16.7). Throws IllegalStateError when a final response has been sent.
   */
  createResponse(status: number, reason?: string): SipResponse;
  /**
   * The proxy of this transaction, always the same one; `options` are set on it. Throws IllegalStateError for a request
   * inside a dialog, which the container forwards itself, and TooManyHopsError when Max-Forwards is 0.
   */
  proxy(options?: ProxyOptions): SipProxy;
  /** Proxies the request to these URIs: `proxy(options).proxyTo(uris)`, and gives that proxy. */
  proxyTo(uris: UriLike | readonly UriLike[], options?: ProxyOptions): SipProxy;
  /**
   * Passes the request on as it came, unsupervised: to the next application, or to its Request-URI. Throws as `proxy`
   * does.
   */
  forward(): SipProxy;
  /** The back-to-back user agent of this request. */
  b2bua(): B2bua;
  /** Puts a Route above those that are there: the request goes there first (§16.6 step 6). */
  pushRoute(uri: AddressLike): void;
  /** The top Route value that pointed at this container and was removed (§16.4). */
  readonly poppedRoute: Address | undefined;
  /**
   * A URI of this container that leads back to the flow on which the request came (RFC 5626). Not implemented yet:
   * reading it throws an Error that says so.
   */
  readonly flowUri: SipUri;
  /**
   * On whose behalf the application has the request, as the application router says (JSR 289 §15.5); undefined inside a
   * dialog, and where it has not said. A request that was made from another has that one's.
   */
  readonly region: RoutingRegion | undefined;
  /** The subscriber on whose behalf it has it, as the application router says: a copy. */
  readonly subscriberUri: Uri | undefined;
  /**
   * How an initial request came to be, as the application router is told: 'NEW' from outside or from the
   * factory, 'CONTINUE' for one that was proxied, or made from another. 'REVERSE' says that a request made from
   * another goes the other way, to the side that the other came from (JSR 289 §15.4). Setting it throws
   * IllegalStateError on a request that was received or sent, and, but for 'NEW', on one that was made from no
   * other; TypeError for what is no directive.
   */
  routingDirective: RoutingDirective;
  /**
   * Sends a request that the application made. Resolves with the final response, whatever its class; its provisional
   * ones go to `onProvisional` or to the handlers. No response at all is a 408, an unreachable peer a 503 (§8.1.3.1),
   * both with `remote` undefined. Rejects only when the container itself failed. An ACK has no response: its promise
   * resolves with undefined when it was sent. A 491 is a response like others: the application may try again after a
   * while (§14.1). Throws IllegalStateError when it was sent before, or was received; and in a dialog for an INVITE,
   * UPDATE or offer while another is under way (§14.1, RFC 3311 §5.1).
   */
  send(options?: SendOptions): Promise<SipResponse>;
  /** A CANCEL for this INVITE, which the application has sent (§9.1). It waits for the first 1xx. */
  createCancel(): SipRequest;
  /**
   * Answers a 401 or 407: adds the Authorization or Proxy-Authorization that it asks for (§22, RFC 8760). `challenge`
   * is the response, or one of its challenges.
   */
  addAuthorization(challenge: SipResponse | Challenge, credentials: Credentials | readonly Credentials[]): void;
  /**
   * Name of the user whose credentials were right, once `@Authenticated()` or AUTHENTICATION has checked them;
   * undefined before, and for nobody.
   */
  readonly user?: string | undefined;
  /**
   * A parameter of the URI by which the request reached this application: of the Route value that was removed, which
   * for a record-routed dialog has the parameters that the application set on `SipProxy.recordRouteUri`, else of the
   * Request-URI. `true` for one without a value.
   */
  parameter(name: string): string | true | undefined;
}

/**
 * A response (JSR 289's SipServletResponse). The container forwards a proxied response itself: its handler may change
 * it, and does not send it.
 */
export interface SipResponse extends SipMessage {
  /** 101-699: an application never sees a 100. */
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  /** The request that it answers, which the application proxied, sent or received. */
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
   * Sends a response that the application made. Throws IllegalStateError when it was sent
   * before, or came through a proxy.
   */
  send(): void;
  /**
   * Sends a 101-199 to an INVITE so that the caller must acknowledge it by PRACK (RFC 3262 §3); a second one waits for
   * the PRACK of the first. A 2xx waits for the PRACK of those that carry a session description. The PRACK goes to the
   * `@Prack()` handler, and is answered 200 when that has not answered it; an offer in it is the application's to
   * answer. Without a PRACK for 64*T1 the INVITE is answered 500, and `@NoPrackReceived()` is told. To a caller that
   * requires 100rel, `send` is as `sendReliably`. Throws IllegalStateError when the caller does not support 100rel, for
   * any other response, and when the application proxies the request.
   */
  sendReliably(): void;
  /**
   * The ACK to a 2xx that the application received for its INVITE (§13.2.2.4). Throws
   * IllegalStateError for any other response.
   */
  createAck(): SipRequest;
  /**
   * The PRACK to a reliable 1xx that the application received (RFC 3262 §4), which comes only to an INVITE with
   * `Supported: 100rel`. When the handler of the 1xx has settled and has not made it, the container sends it itself,
   * but for a 1xx that carries an offer: its PRACK answers that, and is the application's. Throws IllegalStateError for
   * any other response, and the second time.
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
