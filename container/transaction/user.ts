// The port between the transaction layer and whoever uses it: dispatch, proxy and user agents.
import type { Malformed, Request, Response } from '../message/index.js';
import type { Flow, Hop } from '../transport/flow.js';

/**
 * What the layer above the transactions does with what arrives. A call here is always the last thing that a step does.
 */
export interface TransactionUser {
  /**
   * A request that is not a retransmission. `transaction` is there for all but an ACK which belongs to no transaction
   * of ours (the ACK to a 2xx), and for all but those above the bound on transactions.
   */
  request(request: Request, transaction: ServerTransaction | undefined, flow: Flow): void;
  /**
   * A response that matches no client transaction (RFC 6026 §8.9: a stateful proxy drops it; a stateless one forwards
   * it by Via).
   */
  stray(response: Response, flow: Flow): void;
  /**
   * Not SIP, or wrong SIP that nobody could answer: for the counters. The transaction layer has already answered what
   * can be answered.
   */
  malformed(fault: Malformed, flow: Flow): void;
}

export type TransactionFailure = { readonly cause: 'timeout' } | { readonly cause: 'transport'; readonly error: Error };

/** Whoever sent a request. */
export interface ClientUser {
  /** 1xx (100 too) and finals, each once but for 2xx to INVITE, of which every one is passed (RFC 6026 §7.2). */
  response(response: Response, transaction: ClientTransaction): void;
  /** Timer B or F, the 64*T1 after a CANCEL (§9.1), or the transport. Nothing more comes after it. */
  failed(failure: TransactionFailure, transaction: ClientTransaction): void;
  /** The last event of its life, also after `failed`. */
  terminated?(transaction: ClientTransaction): void;
}

/** Whoever answers a request. */
export interface ServerUser {
  /** A CANCEL that matches this INVITE; the CANCEL itself has been answered 200 by the layer's user. */
  cancelled?(cancel: Request): void;
  /**
   * An ACK that arrived in Accepted with this transaction's branch (RFC 6026 §7.1), or the ACK to a non-2xx: `to2xx`
   * tells which.
   */
  acknowledged?(ack: Request, to2xx: boolean): void;
  /** Timer H: no ACK came; or a response could not be sent. */
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
   * The request as it was sent, with our Via on top. Readable until the user has been passed the final response, or
   * told of failure and termination; what lingers for 32 s afterwards keeps no messages, and reading it then throws.
   */
  readonly request: Request;
  user: ClientUser;
  /**
   * INVITE only: sends a CANCEL (§9.1), at once if a provisional response has come, else as soon as the first one
   * comes; nothing if the final response came before. `reason` is the value of a Reason header (RFC 3326). Without a
   * final response 64*T1 after the CANCEL `failed` is called with a timeout. Twice is as once.
   */
  cancel(reason?: string): void;
  /** Ends it now without another event: nothing is sent any more, and what comes in is stray. */
  abandon(): void;
}

export interface ServerTransaction {
  readonly isInvite: boolean;
  readonly method: string;
  readonly state: InviteServerState | NonInviteServerState;
  readonly flow: Flow;
  /**
   * As received. Readable until a final response was sent, or termination told; what lingers afterwards keeps no
   * messages, and reading it throws.
   */
  readonly request: Request;
  /** The tag that every response of ours carries when the request had none (§8.2.6.2). */
  readonly toTag: string;
  user: ServerUser | undefined;
  /**
   * Sends a response by §18.2.2 and keeps what retransmissions need. What the machine draws no arc for is absorbed: a
   * second final, a 1xx other than 100 to a non-INVITE (RFC 4320 §4.1). True when it was sent.
   */
  respond(response: Response): boolean;
  /**
   * Ends it now without a response (RFC 4320 §4.2: a non-INVITE that nobody answered in time): retransmissions are new
   * requests.
   */
  abandon(): void;
}

/** What the transaction layer offers. */
export interface Transactions {
  user: TransactionUser;
  /**
   * Sends a request that carries no Via of ours yet: the layer opens the hop, pushes the Via with a new branch and
   * starts a client transaction. `loopPart` is the second part of the branch (RFC 5393 §4.2.1), with the sign that
   * parts it from the first. ACK is not sent with this.
   */
  send(request: Request, hop: Hop, user: ClientUser, loopPart?: string): ClientTransaction;
  /** Pushes a Via and sends, keeping nothing: the ACK to a 2xx, and the stateless proxy. */
  sendStateless(request: Request, hop: Hop, branch?: string): void;
  /**
   * The server transaction that a CANCEL is meant for (§9.2: same key but for the method; §9.1: same Request-URI), of
   * any method but ACK and CANCEL.
   */
  targetOf(cancel: Request): ServerTransaction | undefined;
  /** The same, if it is an INVITE's: nothing else can be cancelled. */
  inviteOf(cancel: Request): ServerTransaction | undefined;
  /** Answers without a transaction; the To tag is a function of the request (§8.2.7). */
  respondStateless(request: Request, flow: Flow, response: Response): void;
  /** Counts, for tests and metrics. */
  readonly size: { inviteClient: number; nonInviteClient: number; inviteServer: number; nonInviteServer: number };
}
