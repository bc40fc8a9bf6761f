// A flow: the two ends between which messages travel (RFC 5626 §3), and the hop that a request is to take (RFC 3263).
import type { TransportName } from './network.js';

export interface Flow {
  readonly transport: TransportName;
  /** TCP and what stands on it: the transaction layer sends once and its short timers are zero. */
  readonly reliable: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** host:port of ours for Via and Record-Route; IPv6 in brackets (§18.1.1). */
  readonly sentBy: string;
  /** Where that is another: the transport by which new requests reach us at `sentBy`, for Record-Route. */
  readonly reachedBy?: TransportName | undefined;
  /** False once the connection is gone. A datagram flow is always open. */
  readonly open: boolean;
  /**
   * Sends a whole message. Never throws and never calls back before it has returned; `sender` hears, through the
   * agenda, if the message is known not to have left, and once if the connection is lost while the sender is still
   * registered.
   */
  send(wire: string, sender?: FlowUser): void;
  /** The sender has ended and does not want to hear of this flow any more. */
  forget(sender: FlowUser): void;
}

export interface FlowUser {
  /** §18.4: the transport reports an error to its user. */
  transportFailed(error: Error): void;
}

/** One place to try for a request: RFC 3263 gives a list of them. */
export interface Hop {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  /** The name that was resolved, for TLS. */
  readonly host?: string | undefined;
  /** The listener of ours that it is to leave from (JSR 289 §14.2): 'udp:192.0.2.1:5060', or an IP address. */
  readonly from?: string;
  /** A flow that is to be used and no other: the caller's own connection. */
  readonly flow?: Flow;
}
