// The search for the callee that answers (§13.2.2, §16.7): the calls to all callees of a bridge, from the caller's
// INVITE to its final response or to the failure that the application may catch.

import { CallFailedError } from '@siplet/sdk';
import type { Answering } from '../agent/answering.js';
import { Leg } from '../agent/leg.js';
import type { Deadline, Timed } from '../base/clock.js';
import { present } from '../base/present.js';
import type { Request } from '../message/index.js';
import { aggregateChallenges, bestResponse } from '../proxy/best-response.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { Awaited } from '../session/awaited.js';
import { Bridge } from './bridge.js';
import { BridgedLeg } from './bridged-leg.js';
import { CalleeCall, type CallSearch, type Failure, TIMEOUT } from './callee-call.js';
import type { Limits } from './leg-options.js';
import { relink } from './linking.js';
import { relayedResponse } from './relayed-response.js';
import { callFailed, relayFailure } from './uncaught.js';

/** The Reason of a CANCEL to a callee when another one has answered (RFC 3326). */
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

export class CalleeSearch implements CallSearch, Timed {
  isOver = false;
  /** The caller's leg of the request itself, and those of further dialogs. */
  readonly #first: BridgedLeg;
  readonly #calls: readonly CalleeCall[];
  /** In the order in which they came. */
  readonly #failures: Failure[] = [];
  readonly #awaited: Awaited<Bridge>;
  #deadline: Deadline | undefined;

  constructor(
    readonly answering: Answering,
    invites: readonly OwnRequest[],
  ) {
    this.#awaited = Awaited.in(answering.services.invocation.turn);
    this.#first = new BridgedLeg(this, Leg.of(answering.session, answering.services), false);
    this.#calls = invites.map((invite) => new CalleeCall(this, invite));
  }

  start({ answer, progress }: Limits): Awaited<Bridge> {
    const { answering } = this;
    answering.bridging((cancel) => this.#cancelled(cancel));
    this.#deadline = answering.services.clock.start(answer, this, 'answer');
    for (const call of this.#calls) if (call.failure === undefined) call.start(progress);
    return this.#awaited;
  }

  // Dialogs ----------------------------------------------------------------------------------------

  /**
   * §16.7: the caller sees a dialog for each of the callees' side, as behind a forking proxy. The first is that of the
   * request's own session, unless the application has made a dialog in it already.
   */
  newDialog(): { leg: BridgedLeg; tag: string } {
    const { answering } = this;
    const first = this.#first;
    if (first.peer === undefined && first.leg.dialog === undefined)
      return { leg: first, tag: answering.transaction.toTag };
    const { set } = answering.session;
    const session = set.sessionOfTag(answering.services.identifiers.tag());
    const tag = session.calleeTag ?? answering.transaction.toTag;
    return { leg: new BridgedLeg(this, first.leg.legOf(session), false), tag };
  }

  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void {
    if (this.isOver) return;
    if (leg.isCallee) this.#callOf(leg)?.left(leg);
    else if (!byPeer || this.#isOnlyDialog(leg)) this.#givenUp(bye);
    else if (leg.peer !== undefined) this.#callerLeft(leg.peer, bye);
  }

  /** §15: a BYE of the caller in one of its early dialogs ends that one; in its only one it ends the call. */
  #isOnlyDialog(leg: BridgedLeg): boolean {
    const all = this.#calls.flatMap((call) => call.legs);
    return all.every((each) => each.peer === leg);
  }

  #callerLeft(callee: BridgedLeg, bye: Request | undefined): void {
    void callee.end(bye);
    const call = this.#callOf(callee);
    if (call?.leftByCaller(callee) === false) call.giveUp(487);
  }

  #callOf(leg: BridgedLeg): CalleeCall | undefined {
    return this.#calls.find((call) => call.legs.includes(leg));
  }

  // An answer --------------------------------------------------------------------------------------

  answered(call: CalleeCall, response: ReceivedResponse): void {
    const callee = call.legFor(response);
    const caller = callee?.peer;
    if (callee === undefined || caller === undefined) {
      call.refuse(response);
      return;
    }
    const { answering } = this;
    this.#end();
    response.commit();
    const early = this.#calls
      .flatMap(({ legs }) => legs.flatMap(({ peer }) => peer ?? []))
      .filter((leg) => leg !== caller);
    if (caller !== this.#first) this.#first.release();
    for (const each of this.#calls) {
      each.release(callee);
      if (each !== call) each.cancel(ELSEWHERE);
    }
    relink(caller.leg, callee.leg);
    caller.expectAck(answering.request.cseq.number, response);
    const bridge = new Bridge(caller, callee, response);
    const { reliable } = caller;
    answering.relay(relayedResponse(answering, response.message, reliable?.tag, reliable?.answer));
    for (const lost of early) lost.leg.end(undefined);
    this.#awaited.give(bridge);
  }

  #end(): void {
    this.isOver = true;
    this.#deadline?.stop();
  }

  // Failing ----------------------------------------------------------------------------------------

  /**
   * The caller gives up (§9.2): by CANCEL, or by BYE in its only early dialog (§15). False: the container answers the
   * INVITE.
   */
  #cancelled(by: Request | undefined): boolean {
    const reason = by?.values('reason').join(', ') || undefined;
    for (const call of this.#calls) call.cancel(reason);
    this.#fail(new CallFailedError(487));
    return false;
  }

  #givenUp(bye: Request | undefined): void {
    this.#cancelled(bye);
    if (!this.answering.answered) this.answering.giveUp();
  }

  /** C-22: the best of the answers so far is the failure; 408 where there is none. */
  expire(): void {
    for (const call of this.#calls) call.giveUp(408, TIMEOUT);
  }

  failed(call: CalleeCall): void {
    if (this.isOver) return;
    const failure = present(call.failure, 'the failure of a call');
    const { received, status } = failure;
    this.#failures.push(failure);
    if (status >= 600) for (const each of this.#calls) if (each !== call) each.giveUp(487);
    if (this.isOver) return;
    if (this.#failures.length === this.#calls.length) this.#choose();
    else if (received !== undefined) {
      const { table } = this.answering.received.application;
      received.present(table.branch(status, 'INVITE'));
    }
  }

  /** §16.7 steps 6 and 7. */
  #choose(): void {
    const best = present(bestResponse(this.#failures) as Failure | undefined, 'the best of the failures');
    aggregateChallenges(best, this.#failures);
    const { received, status } = best;
    if (received === undefined) {
      this.#fail(new CallFailedError(status));
      return;
    }
    const { table } = this.answering.received.application;
    this.#deadline?.stop();
    received.present(table.best(status, 'INVITE'), () => {
      if (!this.isOver) this.#fail(new CallFailedError(received.status, received));
    });
  }

  #fail(error: CallFailedError): void {
    this.#end();
    this.#first.release();
    for (const call of this.#calls) call.release();
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
