// The port to the user agent that sends an application's own requests and receives their responses, for the objects
// that applications hold.
import type * as sdk from '@siplet/sdk';
import type { Identifiers } from '../base/identifiers.js';
import type { Request } from '../message/index.js';
import type { Invocation } from '../session/invocation.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';
import type { RoutingState } from '../transport/routing-state.js';
import type { Answerer } from './answerer.js';

/** A request of the application's own, as it holds it. */
export interface OwnRequest extends sdk.SipRequest {
  readonly message: Request;
  readonly session: SipSession;
  /** The flow on which the request from which it was made entered the container. */
  readonly entryFlow: Flow | undefined;
  /** The routing state that travels with it from application to application. */
  readonly routingState: RoutingState;
  /** The exchange that it has begun; undefined until it is sent. */
  exchange: SentExchange | undefined;
  /** The request of the other leg from which it was made (JSR 289 §14.4). */
  madeFrom: Answerer | undefined;
}

/** A request that was sent, until its transactions have ended. */
export interface SentExchange {
  readonly servlet: OwnRequest;
  /** The flow on which it was sent last; undefined when it was not sent, or its response is the container's own. */
  readonly flow: Flow | undefined;
  /**
   * §9.1: a CANCEL goes out once a 1xx has arrived. Methods other than INVITE are not cancelled. `reason` is the value
   * of a Reason header.
   */
  cancel(reason?: string): void;
  /** Whether a header that a handler sets in a response is passed on with the response. */
  mayPass(key: string): boolean;
  /** Resolves with the final response, which may be the container's own. */
  ended(): Promise<sdk.SipResponse>;
}

/** The user agent of one session. */
export interface Sender {
  readonly session: SipSession;
  readonly services: { readonly identifiers: Identifiers; readonly invocation: Invocation };
  /** The routing state of the request from which its initial one was made. */
  routingState: RoutingState | undefined;
  /** The reason why a request must not be sent now (§14.1, RFC 3311 §5.1, RFC 3264 §4); undefined: it may be sent. */
  obstacleTo(request: Request): string | undefined;
  /** Resolves with the final response. */
  send(request: OwnRequest, onProvisional: sdk.SendOptions['onProvisional']): Promise<sdk.SipResponse>;
  /** §13.2.2.4: sends an ACK to a 2xx, which has no transaction. */
  acknowledge(ack: Request): Promise<void>;
  /** In the dialog. Throws IllegalStateError where no request can be sent. */
  createRequest(method: string): OwnRequest;
  /** The ACK to the 2xx of the INVITE with that CSeq number. */
  createAck(sequence: number): OwnRequest;
  hasAcknowledged(sequence: number): boolean;
}
