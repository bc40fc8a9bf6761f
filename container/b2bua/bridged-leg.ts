// One leg of a bridge: its requests go to the other leg (RFC 7092 §3.1.3) once the application's handlers have seen
// them.

import { answerRefresh } from '../agent/answered-refresh.js';
import type { Answering } from '../agent/answering.js';
import type { LegUser } from '../agent/exchanges.js';
import type { Leg } from '../agent/leg.js';
import { answerUnhandled } from '../agent/serving.js';
import { type Description, descriptionOf } from '../agent/session-description.js';
import { type Message, type Request, textOf, wireOf } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import { passOn } from './changed-description.js';
import { ContinuedDescription, trimmed } from './continued-description.js';
import { copyFields, passes } from './header-policy.js';
import { createRelayedRequest, relayedInto } from './leg-request.js';
import { RelayedRequest } from './relayed-request.js';
import type { ReliableRelay } from './reliable-relay.js';

/** A 2xx of the other leg that waits for the ACK of this one. */
interface Pending {
  /** CSeq number of the INVITE on this leg. */
  readonly sequence: number;
  readonly success: ReceivedResponse;
}

/** The search or the bridge that holds a leg. */
export interface LegOwner {
  /** `byPeer`: by a BYE of the peer, which is relayed when its handler has seen it. */
  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void;
  /** The peer's BYE has been seen by its handler, and answered. */
  hungUp(leg: BridgedLeg, bye: Request): void;
  /** The caller has not acknowledged a reliable 1xx in this dialog. True: it has others, and only this one ends. */
  unacknowledged?(leg: BridgedLeg): boolean;
}

export class BridgedLeg implements LegUser {
  hasEnded = false;
  /** The leg that its messages go to. */
  peer: BridgedLeg | undefined;
  /** The callee's 1xx in this dialog of the caller. */
  reliable: ReliableRelay | undefined;
  #pending: Pending[] | undefined;
  /** Its other party has changed: descriptions go on as one session. */
  #continued: ContinuedDescription | undefined;
  /** It must be ended, with this Reason, when its ACK has arrived (§15). */
  #ending: { readonly reason: string | undefined; readonly done: () => void } | undefined;

  constructor(
    public owner: LegOwner,
    readonly leg: Leg,
    /** It was called, and may get a BYE while it is early; a caller gets a final response (§15). */
    readonly isCallee: boolean,
  ) {
    leg.user = this;
  }

  /** Its messages go to the other leg from now on, and those of the other to this one. */
  pairWith(other: BridgedLeg): void {
    this.peer = other;
    other.peer = this;
  }

  /** Stops relaying the messages that arrive in it. */
  release(): void {
    if (this.leg.user === this) this.leg.user = undefined;
  }

  readonly mayPass = passes;

  /** The peer's description, as this leg gets it when its other party has changed. */
  continuing(body: string, isAnswer: boolean): string {
    const { local } = this.leg.offers;
    if (this.#continued === undefined && local !== undefined)
      this.#continued = new ContinuedDescription(textOf(local.body));
    return this.#continued?.next(body, isAnswer) ?? body;
  }

  get isContinued(): boolean {
    return this.#continued !== undefined;
  }

  /** Writes it into a message on its way to this leg; `offer` is that of this leg which the message answers. */
  continueIn(message: Message, offer: Message | undefined): void {
    if (message.body === '' || (this.#continued === undefined && this.peer?.isContinued !== true)) return;
    const description = descriptionOf(message);
    if (description === undefined || description.body !== message.body) return;
    const answers = offer !== undefined && offer.body !== '';
    let body = textOf(message.body);
    if (answers && this.peer?.isContinued === true) body = trimmed(body, textOf(offer.body));
    if (this.#continued !== undefined) body = this.#continued.next(body, answers);
    message.setBody(wireOf(body), description.type);
  }

  // LegUser ----------------------------------------------------------------------------------------

  requested(answering: Answering): void {
    const { peer } = this;
    const { request } = answering;
    if (request.method === 'BYE') {
      answering.answerAs(200);
      this.owner.hungUp(this, request);
      return;
    }
    if (peer === undefined || peer.leg.session.state === 'terminated') {
      if (this.leg.session.state === 'early') answerUnhandled(answering, this.leg);
      else answering.answerAs(481);
      return;
    }
    if (request.method === 'PRACK') {
      this.#acknowledged(peer, answering);
      return;
    }
    if (isForLeg(request) && answerRefresh(answering)) return;
    new RelayedRequest(this, peer, answering).start(() => createRelayedRequest(answering, peer.leg));
  }

  /**
   * Where the callee's 1xx was not reliable, or has its PRACK already, the container answers: it cannot pass on an
   * offer in the PRACK (RFC 3262 §5).
   */
  #acknowledged(peer: BridgedLeg, answering: Answering): void {
    const provisional = this.reliable?.acknowledgedBy(answering.request);
    if (provisional === undefined || provisional.isPracked) {
      answering.answerAs(answering.request.body === '' ? 200 : 488);
      return;
    }
    new RelayedRequest(this, peer, answering).start(() => relayedInto(answering, provisional.createPrack()));
  }

  /** B2B-02: the ACK of one leg is the ACK of the other; it may carry the answer to a late offer (§13.2.1). */
  acknowledged(ack: Request): void {
    const { number } = ack.cseq;
    const pending = this.#pending?.find(({ sequence }) => sequence === number);
    if (pending !== undefined) {
      this.#pending = this.#pending?.filter((each) => each !== pending);
      acknowledge(pending.success, ack, this.peer);
    }
    const ending = this.#ending;
    if (ending === undefined) return;
    this.#ending = undefined;
    void this.#bye(ending.reason, undefined).then(ending.done);
  }

  redescribed(description: Description): void {
    void passOn(description, this);
  }

  unacknowledged(): boolean {
    return this.owner.unacknowledged?.(this) ?? false;
  }

  ended(bye: Request | undefined): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#ending?.done();
    // The request is relayed when its handler has seen it.
    const byPeer = bye !== undefined && [...this.leg.received].some(({ request }) => request === bye);
    this.owner.legEnded(this, bye, byPeer);
  }

  // Acknowledging and ending -----------------------------------------------------------------------

  /** The 2xx of the other leg has been sent on this one: it is acknowledged when this one's ACK comes. */
  expectAck(sequence: number, success: ReceivedResponse): void {
    this.#pending ??= [];
    this.#pending.push({ sequence, success });
  }

  /**
   * A 2xx to this side's INVITE has not been acknowledged: its callee waits for the ACK, and takes no other INVITE.
   */
  get awaitsAck(): boolean {
    return (this.#pending?.length ?? 0) > 0;
  }

  /** The peer's 2xx has had no ACK from the other side: it gets one before the BYE (§13.2.2.4). */
  acknowledgeAll(): void {
    for (const { success } of this.#pending ?? []) acknowledge(success, undefined);
    this.#pending = undefined;
  }

  /**
   * Sends BYE, with the header fields of the other side's BYE or with `reason`; also in an early dialog of a callee
   * (§15). Resolves when it has been answered.
   */
  async end(bye: Request | undefined, reason?: string): Promise<void> {
    const { leg } = this;
    if (leg.session.state === 'early' && this.isCallee) return this.#bye(reason, bye);
    if (leg.session.state !== 'confirmed') return leg.terminate();
    this.peer?.acknowledgeAll();
    if (!leg.awaitsAck) return this.#bye(reason, bye);
    await new Promise<void>((done) => {
      this.#ending = { reason: reason ?? bye?.values('reason').join(', '), done };
    });
  }

  /** Another leg has taken its place: it ends. */
  leave(): void {
    this.peer = undefined;
    this.release();
    void this.end(undefined);
  }

  async #bye(reason: string | undefined, from: Request | undefined): Promise<void> {
    if (this.hasEnded || this.leg.session.state === 'terminated') return;
    const bye = this.leg.createRequest('BYE');
    if (from !== undefined) copyFields(from, bye.message);
    if (reason) bye.message.set('Reason', reason);
    await this.leg.sendForContainer(bye);
  }
}

/**
 * Each leg has a session timer of its own (RFC 4028 §8). But a re-INVITE that has no offer asks for one, which only the
 * other side can make.
 */
function isForLeg({ method, body }: Request): boolean {
  return method === 'UPDATE' || body !== '';
}

function acknowledge(success: ReceivedResponse, from: Request | undefined, leg?: BridgedLeg): void {
  if (success.isAcknowledged || !success.session.isValid) return;
  const ack = success.createAck();
  if (from !== undefined) copyFields(from, ack.message);
  leg?.continueIn(ack.message, success.message);
  void ack.send();
}
