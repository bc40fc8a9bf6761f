// The search that a bridge makes for the INVITE of a caller: from that INVITE to its final response, or to the failure
// that the application may catch.

import type { CallFailedError } from '@siplet/sdk';
import type { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import { present } from '../base/present.js';
import type { Request } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { Awaited } from '../session/awaited.js';
import { Bridge } from './bridge.js';
import { BridgedLeg } from './bridged-leg.js';
import type { Limits } from './leg-options.js';
import { relayedResponse } from './relayed-response.js';
import { ReliableRelay } from './reliable-relay.js';
import { Search } from './search.js';
import { callFailed, relayFailure } from './uncaught.js';

export class CalleeSearch extends Search {
  /** The caller's leg of the request itself. */
  readonly #first: BridgedLeg;
  readonly #awaited: Awaited<Bridge>;

  constructor(
    readonly answering: Answering,
    invites: readonly OwnRequest[],
  ) {
    super(answering.services, answering.received.application.table, invites);
    this.#awaited = Awaited.in(answering.services.invocation.turn);
    this.#first = new BridgedLeg(this, Leg.of(answering.session, answering.services), false);
  }

  start(limits: Limits): Awaited<Bridge> {
    this.answering.bridging((reason) => {
      this.cancel(reason);
      return false; // the container answers the INVITE (§9.2)
    });
    this.begin(limits);
    return this.#awaited;
  }

  // Dialogs ----------------------------------------------------------------------------------------

  /**
   * §16.7: the caller sees a dialog for each of the callees' side, as behind a forking proxy. The first is that of the
   * request's own session, unless the application has made a dialog in it already.
   */
  pair(callee: BridgedLeg): void {
    const { answering } = this;
    const first = this.#first;
    let caller = first;
    let tag = answering.transaction.toTag;
    if (first.peer !== undefined || first.leg.dialog !== undefined) {
      const session = answering.session.set.sessionOfTag(this.services.identifiers.tag());
      tag = session.calleeTag ?? tag;
      caller = new BridgedLeg(this, first.leg.legOf(session), false);
    }
    caller.reliable = new ReliableRelay(answering, tag);
    caller.pairWith(callee);
  }

  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void {
    if (this.isOver) return;
    if (leg.isCallee) this.callOf(leg)?.left(leg);
    else if (!byPeer || this.#isOnlyDialog(leg)) this.#givenUp(bye);
    else if (leg.peer !== undefined) this.#callerLeft(leg.peer, bye);
  }

  hungUp(): void {
    // `legEnded` has done it.
  }

  /** RFC 3262 §3: as the one fork would be refused behind a forking proxy. */
  unacknowledged(leg: BridgedLeg): boolean {
    if (this.isOver || leg.peer === undefined || this.#isOnlyDialog(leg)) return false;
    this.#callerLeft(leg.peer, undefined);
    leg.leg.end(undefined);
    return true;
  }

  /** §15: a BYE of the caller in one of its early dialogs ends that one; in its only one it ends the call. */
  #isOnlyDialog(leg: BridgedLeg): boolean {
    return this.calls.every(({ legs }) => legs.every(({ peer }) => peer === leg));
  }

  #givenUp(bye: Request | undefined): void {
    if (bye === undefined) this.cancel(undefined, 480);
    else this.cancel(reasonOf(bye));
    if (!this.answering.answered) this.answering.giveUp();
  }

  #callerLeft(callee: BridgedLeg, bye: Request | undefined): void {
    void callee.end(bye);
    const call = this.callOf(callee);
    if (call?.leftByCaller(callee) === false) call.giveUp(487);
  }

  // The outcome ------------------------------------------------------------------------------------

  protected found(callee: BridgedLeg, response: ReceivedResponse): void {
    const { answering } = this;
    const caller = present(callee.peer, 'the dialog of the caller');
    const { reliable } = caller;
    if (caller !== this.#first) this.#first.release();
    caller.expectAck(answering.request.cseq.number, response);
    const bridge = new Bridge(caller, callee, response);
    answering.relay(relayedResponse(answering, response.message, reliable?.tag, reliable?.answer));
    this.#awaited.give(bridge);
  }

  protected notFound(error: CallFailedError): void {
    this.#first.release();
    const { answering } = this;
    const awaited = this.#awaited;
    answering.bridgingFailed();
    callFailed(answering, error);
    awaited.fail(error);
    if (awaited.isTaken) return;
    awaited.whenAskerSettled(() => {
      if (!awaited.isTaken) relayFailure(answering, error);
    });
  }
}

function reasonOf(request: Request): string | undefined {
  return request.values('reason').join(', ') || undefined;
}
