// A flow from this container to itself: composition of applications in one process, as if over the wire but without a
// socket (contract section 5).
import type { Agenda } from '../base/agenda.js';
import { type Malformed, parse, type Request, type Response } from '../message/index.js';
import type { Flow, Hop } from './flow.js';
import type { TransportName } from './network.js';
import { OUTSIDE, type RoutingState } from './routing-state.js';

/** Who gets what is sent; `wire` is its text. */
export type InternalReceiver = (message: Request | Response | Malformed, flow: InternalFlow, wire: string) => void;

/** Names of the applications at the two ends, for operators: known as far as somebody has said them. */
export interface Parties {
  /** Who sent the request. */
  sender: string | undefined;
  /** Who took it. */
  recipient: string | undefined;
}

/**
 * One end; what is sent on it arrives at the other, later. It bears the addresses of the flow that the request came on,
 * and loses nothing.
 */
export class InternalFlow implements Flow {
  readonly reliable = true;
  readonly open = true;
  readonly transport: TransportName;
  readonly sentBy: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #peer: InternalFlow | undefined;
  readonly #agenda: Agenda;
  readonly #receive: InternalReceiver;
  /** The flow on which the request entered the container; undefined: an application made it. */
  readonly origin: Flow | undefined;

  private constructor(
    agenda: Agenda,
    receive: InternalReceiver,
    like: Flow,
    /** Of the request which travels here. */
    readonly routingState: RoutingState,
    readonly parties: Parties,
    origin: Flow | undefined,
  ) {
    this.origin = origin;
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
    // A request in a dialog comes from whoever took it before.
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

  /** Nobody has to be told of its loss. */
  forget(): void {}
}

/** This application has taken what came on the flow. */
export function takenBy(flow: Flow, application: string): void {
  if (flow instanceof InternalFlow) flow.parties.recipient ??= application;
}

/** The flow on which the request that came on this one entered the container. */
export function originOf(flow: Flow | undefined): Flow | undefined {
  return flow instanceof InternalFlow ? flow.origin : flow;
}

/** What travels with a request which came on this flow. */
export function routingStateOn(flow: Flow): RoutingState {
  return flow instanceof InternalFlow ? flow.routingState : OUTSIDE;
}

/** A flow as a hop: the request takes it and no other. */
export function hopOf(flow: Flow): Hop {
  return { transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort, flow };
}
