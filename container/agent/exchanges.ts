// The ports between a leg and the requests under way in it, and those of the objects that receive messages in place of
// the application.
import type * as sdk from '@siplet/sdk';
import type { Request, Response } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest, Sender, SentExchange } from '../servlet/sender.js';
import type { SipSession } from '../session/sip-session.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { Acknowledgement } from './acknowledgement.js';
import type { LegCredentials } from './credentials.js';
import type { Dialog } from './dialog.js';
import type { OfferAnswer } from './offer-answer.js';
import type { ReceivedProvisionals } from './received-provisionals.js';
import type { AgentServices } from './services.js';
import type { Description } from './session-description.js';
import type { AcknowledgingLeg } from './unacknowledged-success.js';
import type { UsedLeg } from './usages.js';

/** Receives the responses to a request of ours in place of the application, and shows them to its handlers. */
export interface ExchangeUser {
  /** 101-199. */
  provisional(response: ReceivedResponse): void;
  /** The final response, which may be the container's own. */
  final(response: ReceivedResponse): void;
  /** Whether a header of a response, by its name in lower case, is passed on; absent: the response is not passed on. */
  mayPass?(key: string): boolean;
}

/** A request that we sent and that has no final response. */
export interface RequestSent extends SentExchange {
  readonly request: Request;
  readonly isInitial: boolean;
}

/** A received request that the application, or the container in its place, answers. */
export interface RequestReceived {
  readonly request: Request;
  readonly transaction: ServerTransaction;
  readonly isInitial: boolean;
  /** The application is its B2BUA. */
  readonly isB2bua?: boolean;
  readonly answered: boolean;
  /** The request as the application holds it. */
  readonly servlet: sdk.SipRequest;
  /** The dialog has ended before it was answered (§15.1.2). */
  dialogEnded(): void;
  /** Answers in place of the application. */
  answerAs(status: number): void;
  /** Sends a response of ours, even if others wait. */
  sendNow(response: Response): void;
  /** A response of ours in the form in which it was sent, for the handlers that are told its fate. */
  presentOwn(response: Response): sdk.SipResponse;
}

/** The user of a leg, a bridge: takes the messages that the application's handlers have left. */
export interface LegUser {
  /** A request in the dialog that no handler has answered. */
  requested(received: RequestReceived): void;
  /** The ACK to a 2xx that was sent in it; after its handler. */
  acknowledged(ack: Request): void;
  /** Whether a header of such a request, by its name in lower case, is passed on with it. */
  mayPass(key: string): boolean;
  /** A reliable 1xx in its early dialog has had no PRACK. True: only that dialog ends, and the user does it. */
  unacknowledged(): boolean;
  /** The peer has changed its description in answer to a refresh of the container's own (RFC 4028 §7.4). */
  redescribed(description: Description): void;
  /** The dialog has ended; `bye` is there when the peer ended it. */
  ended(bye: Request | undefined): void;
}

/** A leg, for the requests and the session timer in it. */
export interface ExchangeLeg extends Sender, UsedLeg {
  readonly services: AgentServices;
  readonly sent: Set<RequestSent>;
  readonly offers: OfferAnswer;
  readonly provisionals: ReceivedProvisionals;
  readonly dialog: Dialog | undefined;
  /** The CSeq number of the last request in an early dialog that has failed (§12.2.1.1). */
  readonly formerSequence: number;
  /** The last initial request that was sent; undefined on the called side. */
  original: Request | undefined;
  /** The dialog has an established call, not only a subscription. */
  readonly isInvited: boolean;
  readonly hasPendingInvite: boolean;
  /** A 2xx of ours waits for its ACK: until then no BYE is sent (§15). */
  readonly awaitsAck: boolean;
  whenAcknowledged(): Promise<void>;
  readonly timer: LegTimer;
  readonly user: LegUser | undefined;
  /** Answers challenges of its peer's side. */
  readonly credentials?: LegCredentials | undefined;
  /** The leg of another session that the same request has made. */
  legOf(session: SipSession): ExchangeLeg;
  endUnwanted(success: ReceivedResponse): void;
  acknowledgeAgain(sequence: number): void;
  /** The other leg of the call (JSR 289 §14.1). */
  readonly linked: AcknowledgingLeg['linked'];
  /** The ACK that was sent to a 2xx of that INVITE. */
  ackOf(sequence: number): Acknowledgement | undefined;
  /** Sends a request of the container's own: no handler gets its responses. */
  sendForContainer(request: OwnRequest): Promise<void>;
  sendFor(user: ExchangeUser, request: OwnRequest): void;
}

/** The session timer of a leg (RFC 4028), for its requests. */
export interface LegTimer {
  ask(request: Request): void;
  raise(request: Request, refusal: Response): boolean;
  answered(response: Response, isOurs: boolean): void;
}
