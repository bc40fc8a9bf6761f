// What the transport layer counts: plain numbers, read by the metrics and never written in a log line a message.
import type { Request, Response } from '../message/index.js';
import type { Flow } from './flow.js';
import type { Parties } from './internal-flow.js';

/** Sees every message on the wire. May not throw, and not change what it sees. */
export interface WireObserver {
  /** As it came. `wire` is there where it is at hand: of a datagram. */
  received(message: Request | Response, wire: string | undefined, flow: Flow): void;
  sent(wire: string, flow: Flow): void;
  /** From one application to another, inside the container. */
  passed(message: Request | Response, wire: string, parties: Parties): void;
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
  /** Sends of which the host or the peer said that they failed, and senders told of a lost connection. */
  sendFailures = 0;
  /** Line ends, NULs and other datagrams of up to four octets; pings on connections. */
  keepalives = 0;
  /** Datagrams that cannot be SIP: STUN, DTLS, RTP, chance. */
  noise = 0;
  /** Responses whose topmost Via is not ours (§18.1.2). */
  foreignResponses = 0;
  /** Responses that had no place to go to: broadcast, multicast, a name, a transport that we do not speak (§18.2.2). */
  unroutable = 0;
  connectionsAccepted = 0;
  connectionsOpened = 0;
  /** Above a cap. */
  connectionsRefused = 0;
  /** Closed since framing was lost, or a message took too long. */
  connectionsBroken = 0;
  /** Destroyed since the peer did not read. */
  connectionsStuck = 0;
  connectionsIdle = 0;
  /** What the user of the layer threw. */
  faults = 0;
}
