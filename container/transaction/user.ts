// The port between the transaction layer and its users: dispatch, proxy and user agents.
import type { Malformed, Request, Response } from '../message/index.js';
import type { Flow, FlowUser, Hop } from '../transport/flow.js';

/** Receives what arrives. A call to it is always the last action of a step. */
export interface TransactionUser {
  /**
   * A request that is not a retransmission. `transaction` is undefined for an ACK that belongs to none of our
   * transactions (the ACK to a 2xx), and for requests above the limit of transactions.
   */
  request(request: Request, transaction: ServerTransaction | undefined, flow: Flow): void;
  /**
   * A response that matches no client transaction (RFC 6026 §8.9: a stateful proxy drops it; a stateless one forwards
   * it by Via).
   */
  stray(response: Response, flow: Flow): void;
  /**
   * Octets that are not SIP, or malformed SIP that cannot be answered, for the counters. The transaction layer has
   * already answered everything that can be answered.
   */
  malformed(fault: Malformed, flow: Flow): void;
}

export type TransactionFailure = { readonly cause: 'timeout' } | { readonly cause: 'transport'; readonly error: Error };

/** The sender of a request. */
export interface ClientUser {
  /**
   * A 1xx, including 100, or a final response. Each is passed once, except that every 2xx to an INVITE is passed (RFC
   * 6026 §7.2).
   */
  response(response: Response, transaction: ClientTransaction): void;
  /** Timer B or F, 64*T1 after a CANCEL (§9.1), or a transport error. No response follows. */
  failed(failure: TransactionFailure, transaction: ClientTransaction): void;
  /** The last event, also after `failed`. */
  terminated?(transaction: ClientTransaction): void;
}

/** The element that answers a request. */
export interface ServerUser {
  /** A CANCEL that matches this INVITE. The layer's user has already answered it with 200. */
  cancelled?(cancel: Request): void;
  /**
   * An ACK with this transaction's branch that arrived in Accepted (RFC 6026 §7.1), or the ACK to a non-2xx: `to2xx`
   * says which.
   */
  acknowledged?(ack: Request, to2xx: boolean): void;
  /** Timer H fired without an ACK, or a response could not be sent. */
  failed?(failure: TransactionFailure, transaction: ServerTransaction): void;
  terminated?(transaction: ServerTransaction): void;
}

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export interface ClientTransaction {
  readonly isInvite: boolean;
  readonly method: string;
  readonly state: InviteClientState | NonInviteClientState;
  /** With the magic cookie, as in the Via. */
  readonly branch: string;
  readonly flow: Flow;
  /**
   * The request as sent, with our Via on top. It can be read until the final response is passed to the user, or until
   * failure or termination is reported. A transaction that lingers for 32 s afterwards keeps no messages, and reading
   * it throws.
   */
  readonly request: Request;
  user: ClientUser;
  /**
   * Only for INVITE: sends a CANCEL (§9.1), at once if a provisional response has arrived, otherwise with the first
   * one; never after the final response. `reason` is the value of a Reason header (RFC 3326). Without a final response
   * within 64*T1 of the CANCEL, `failed` is called with a timeout. A second call does nothing.
   */
  cancel(reason?: string): void;
  /** Ends it now without another event: it sends nothing more, and responses become stray. */
  abandon(): void;
}

export interface ServerTransaction {
  readonly isInvite: boolean;
  readonly method: string;
  readonly state: InviteServerState | NonInviteServerState;
  readonly flow: Flow;
  /**
   * The request as received. It can be read until a final response is sent, or termination is reported. What lingers
   * afterwards keeps no messages, and reading it throws.
   */
  readonly request: Request;
  /** The tag in all our responses when the request had none (§8.2.6.2). */
  readonly toTag: string;
  user: ServerUser | undefined;
  /**
   * Sends a response by §18.2.2 and keeps what retransmissions need. A response without an arc in the machine is
   * absorbed: a second final response, a 1xx other than 100 to a non-INVITE (RFC 4320 §4.1). Returns whether it was
   * sent.
   */
  respond(response: Response): boolean;
  /**
   * Ends it now without a response (RFC 4320 §4.2: a non-INVITE request that was not answered in time). Retransmissions
   * are then new requests.
   */
  abandon(): void;
}

/** The services of the transaction layer. */
export interface Transactions {
  user: TransactionUser;
  /**
   * Sends a request that does not have our Via yet: the layer opens the hop, pushes the Via with a new branch and
   * starts a client transaction. `loopPart` is the second part of the branch (RFC 5393 §4.2.1), with its separator. Not
   * for ACK.
   */
  send(request: Request, hop: Hop, user: ClientUser, loopPart?: string): ClientTransaction;
  /**
   * Pushes a Via and sends, keeping nothing: for the ACK to a 2xx, and the stateless proxy. `sender` is told later if
   * the request is known not to have left.
   */
  sendStateless(request: Request, hop: Hop, branch?: string, sender?: FlowUser): void;
  /**
   * The server transaction that a CANCEL is meant for, of any method except ACK and CANCEL (§9.2: the same key except
   * for the method). For the peers of RFC 3261 that is branch and sent-by; neither Request-URI nor source counts.
   */
  targetOf(cancel: Request): ServerTransaction | undefined;
  /** The same, but only if it is an INVITE: other requests cannot be cancelled. */
  inviteOf(cancel: Request): ServerTransaction | undefined;
  /** Answers without a transaction; the To tag is a function of the request (§8.2.7). */
  respondStateless(request: Request, flow: Flow, response: Response): void;
  /** Counts, for tests and metrics. */
  readonly size: { inviteClient: number; nonInviteClient: number; inviteServer: number; nonInviteServer: number };
}
