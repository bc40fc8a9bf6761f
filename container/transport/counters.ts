// The counters of the transport layer: plain numbers, which the metrics read. Nothing here is logged for each message.
import type { Request, Response } from '../message/index.js';
import type { Flow } from './flow.js';
import type { Parties } from './internal-flow.js';

/** Sees every message on the wire. Must not throw, and must not change the message. */
export interface WireObserver {
  /** A message as received. `wire` is set for datagrams, where it is at hand. */
  received(message: Request | Response, wire: string | undefined, flow: Flow): void;
  sent(wire: string, flow: Flow): void;
  /** A message from one application to another, inside the container. */
  passed(message: Request | Response, wire: string, parties: Parties): void;
  /** These two Call-IDs are legs of one call. */
  joined(callId: string, other: string): void;
}

export class Counters {
  /** For operators: metrics and traces. */
  observer: WireObserver | undefined = undefined;
  requestsReceived = 0;
  responsesReceived = 0;
  malformedReceived = 0;
  messagesSent = 0;
  octetsReceived = 0;
  octetsSent = 0;
  /** Messages known not to have left. */
  sendFailures = 0;
  /** Line ends, NULs and other datagrams of up to four octets; pings on connections. */
  keepalives = 0;
  /** Datagrams that cannot be SIP: STUN, DTLS, RTP, random octets. */
  noise = 0;
  /** Responses whose topmost Via is not ours (§18.1.2). */
  foreignResponses = 0;
  /**
   * Responses that cannot be sent anywhere: to broadcast, multicast, a name, or a transport that we do not support
   * (§18.2.2).
   */
  unroutable = 0;
  connectionsAccepted = 0;
  connectionsOpened = 0;
  /** Connections refused above a limit. */
  connectionsRefused = 0;
  /** Connections closed because framing was lost, or because a message took too long. */
  connectionsBroken = 0;
  /** Connections closed because the peer did not read. */
  connectionsStuck = 0;
  connectionsIdle = 0;
  /** Errors that the user of the layer threw. */
  faults = 0;
}
