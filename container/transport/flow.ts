// A flow: the two ends between which messages travel (RFC 5626 §3); and the hop that a request is sent to (RFC 3263).
import type { TransportName } from './network.js';

export interface Flow {
  readonly transport: TransportName;
  /** True for TCP and the transports above it: the transaction layer sends once, and some of its timers are zero. */
  readonly reliable: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Our host:port for Via and Record-Route; IPv6 in brackets (§18.1.1). */
  readonly sentBy: string;
  /** The transport by which new requests reach us at `sentBy`, for Record-Route; only set if it differs. */
  readonly reachedBy?: TransportName | undefined;
  /** It leads to the next application in this process: our Via needs neither `rport` nor a loop part. */
  readonly plainVia?: boolean;
  /** False once the connection is closed. A datagram flow is always open. */
  readonly open: boolean;
  /**
   * Sends a whole message. Never throws, and never calls back before it returns. The agenda tells `sender` if the
   * message is known not to have left, and once if the connection is lost while the sender is registered. A brief
   * sender is registered only until its message has left.
   */
  send(wire: string, sender?: FlowUser): void;
  /** The sender has ended and must not be notified any more. */
  forget(sender: FlowUser): void;
  /**
   * Of connections: one more dialog has its peer there, or one less. A connection that a peer has opened may be the
   * only way to it, and is not closed as idle meanwhile.
   */
  hold?(dialogs: 1 | -1): void;
}

export interface FlowUser {
  /**
   * §18.4: the transport reports an error to its user. `isUnsent` is false if the message had left when the connection
   * was lost.
   */
  transportFailed(error: Error, isUnsent?: boolean): void;
  /** It expects no answer on the connection. */
  readonly isBrief?: boolean;
}

/** One destination to try for a request: RFC 3263 gives a list of them. */
export interface Hop {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** The name that was resolved, for TLS. */
  readonly host?: string | undefined;
  /** The listener of ours that must send the request (JSR 289 §14.2): 'udp:192.0.2.1:5060', or an IP address. */
  readonly from?: string;
  /** The only flow that may be used: the caller's own connection. */
  readonly flow?: Flow;
}

/** The hop with the listener of ours that the application has chosen for it; undefined: none in particular. */
export function leavingFrom(address: string | undefined, hop: Hop): Hop {
  return address === undefined || hop.flow !== undefined ? hop : { ...hop, from: address };
}
