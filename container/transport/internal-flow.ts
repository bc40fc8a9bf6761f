// A flow from this container to itself, for composition: applications in one process exchange messages as if over the
// wire, but without a socket (RULES.md section 5).
import type { Agenda } from '../base/agenda.js';
import { type Malformed, parse, type Request, type Response } from '../message/index.js';
import type { Flow, Hop } from './flow.js';
import type { TransportName } from './network.js';
import { OUTSIDE, type RoutingState } from './routing-state.js';

/** Receives what is sent; `wire` is the text of the message. */
export type InternalReceiver = (message: Request | Response | Malformed, flow: InternalFlow, wire: string) => void;

/** The names of the applications at the two ends, for operators, as far as they are known. */
export interface Parties {
  /** The application that sent the request. */
  sender: string | undefined;
  /** The application that took it. */
  recipient: string | undefined;
}

/**
 * One end of the flow. A message that is sent on it arrives at the other end later. It has the addresses of the flow
 * that the request came on, and loses nothing.
 */
export class InternalFlow implements Flow {
  readonly reliable = true;
  readonly open = true;
  readonly plainVia: boolean;
  readonly transport: TransportName;
  readonly sentBy: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #peer: InternalFlow | undefined;
  readonly #agenda: Agenda;
  readonly #receive: InternalReceiver;
  /** The flow on which the request entered the container; undefined when an application made it. */
  readonly origin: Flow | undefined;
  /** How many flows of this kind lie between where the request entered the container and here, with this one. */
  readonly hops: number;

  private constructor(
    agenda: Agenda,
    receive: InternalReceiver,
    like: Flow,
    /** The routing state of the request. */
    readonly routingState: RoutingState,
    readonly parties: Parties,
    origin: Flow | undefined,
  ) {
    this.origin = origin;
    this.hops = hopsInside(like) + 1;
    this.plainVia = routingState.detectsLoops === true;
    this.#agenda = agenda;
    this.#receive = receive;
    this.transport = like.transport;
    this.sentBy = like.sentBy;
    this.localAddress = this.remoteAddress = like.localAddress;
    this.localPort = this.remotePort = like.localPort;
  }

  /** The sending end of a new pair. */
  static pair(
    agenda: Agenda,
    receive: InternalReceiver,
    like: Flow,
    routingState: RoutingState,
    origin: Flow | undefined,
  ): InternalFlow {
    // The sender of a request in a dialog is the application that took the previous one.
    const before = like instanceof InternalFlow ? like.parties.recipient : undefined;
    const parties: Parties = { sender: routingState.sender ?? before, recipient: undefined };
    const near = new InternalFlow(agenda, receive, like, routingState, parties, origin);
    const far = new InternalFlow(agenda, receive, like, routingState, parties, origin);
    near.#peer = far;
    far.#peer = near;
    return near;
  }

  send(wire: string): void {
    const peer = this.#peer;
    if (peer !== undefined) this.#agenda.add(() => this.#receive(parse(wire, 'datagram'), peer, wire));
  }

  /** Nothing to do: the flow cannot be lost. */
  forget(): void {}
}

/** Records that this application took the message. */
export function takenBy(flow: Flow, application: string): void {
  if (flow instanceof InternalFlow) flow.parties.recipient ??= application;
}

/** The flow on which a request that arrived on this flow entered the container. */
export function originOf(flow: Flow | undefined): Flow | undefined {
  return flow instanceof InternalFlow ? flow.origin : flow;
}

/** How many hops inside the container a request that arrived on this flow has taken since it entered. */
export function hopsInside(flow: Flow): number {
  return flow instanceof InternalFlow ? flow.hops : 0;
}

/** The routing state of a request that arrived on this flow. */
export function routingStateOn(flow: Flow): RoutingState {
  return flow instanceof InternalFlow ? flow.routingState : OUTSIDE;
}

/** A hop that forces a request onto this flow. */
export function hopOf(flow: Flow): Hop {
  return { transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort, flow };
}
