// The call to one callee of a bridge: its INVITE, its early dialogs and the caller's dialogs that stand for them, and
// how it failed (§13.2.2).

import type { ExchangeUser } from '../agent/exchanges.js';
import { localResponse } from '../agent/in-place-of-peers.js';
import { Leg } from '../agent/leg.js';
import type { AgentServices } from '../agent/services.js';
import type { HandlerTable } from '../application/handler-table.js';
import type { Deadline, Timed } from '../base/clock.js';
import type { Response } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { BridgedLeg, type LegOwner } from './bridged-leg.js';
import { passes } from './header-policy.js';

export const TIMEOUT = 'SIP;cause=408;text="Request Timeout"';

/** How many dialogs one callee may make (security: a flood of To tags). */
const MAX_DIALOGS = 16;

/** The search that the call is part of. */
export interface CallSearch extends LegOwner {
  readonly services: AgentServices;
  readonly table: HandlerTable;
  readonly isOver: boolean;
  /** A callee has made a dialog: the caller may get one that stands for it. */
  pair(callee: BridgedLeg): void;
  answered(call: CalleeCall, response: ReceivedResponse): void;
  /** The call has failed: its `failure` is set. */
  failed(call: CalleeCall): void;
}

/** How a call has failed, as a final response of the search. */
export interface Failure {
  readonly status: number;
  /** The callee's; undefined where the container has given the call up. */
  readonly received: ReceivedResponse | undefined;
  readonly response: Response;
  readonly ofCancelled: boolean;
}

export class CalleeCall implements ExchangeUser, Timed {
  failure: Failure | undefined;
  /** The callee's leg of each dialog that has not ended; its peer is the caller's. */
  readonly legs: BridgedLeg[] = [];
  readonly #inviteLeg: Leg;
  #silence: Deadline | undefined;
  #isCancelled = false;

  constructor(
    readonly search: CallSearch,
    readonly invite: OwnRequest,
  ) {
    this.#inviteLeg = Leg.of(invite.session, search.services);
  }

  /** `progress` is how long it may be silent, in milliseconds. */
  start(progress: number | undefined): void {
    const { clock } = this.search.services;
    if (progress !== undefined) this.#silence = clock.start(progress, this, 'progress');
    this.#inviteLeg.sendFor(this, this.invite);
  }

  readonly mayPass = passes;

  // Its answers ------------------------------------------------------------------------------------

  provisional(response: ReceivedResponse): void {
    if (this.#isOver) return;
    this.#silence?.stop();
    const { table } = this.search;
    response.present(table.provisional(response.status, 'INVITE'), () => this.#relayProvisional(response));
  }

  #relayProvisional(response: ReceivedResponse): void {
    response.commit();
    const leg = this.#isOver ? undefined : this.legFor(response);
    const relay = leg?.peer?.reliable;
    if (relay !== undefined) relay.relay(response);
    else if (response.isReliable && !response.isPracked && response.session.state !== 'terminated')
      void this.#inviteLeg.legOf(response.session).sendForContainer(response.createPrack());
  }

  final(response: ReceivedResponse): void {
    this.#silence?.stop();
    if (this.#isOver) this.refuse(response);
    else if (response.status >= 300) this.#fail(response.status, response);
    else {
      const { table } = this.search;
      response.present(table.success(response.status, 'INVITE'), () => this.#answered(response));
    }
  }

  #answered(response: ReceivedResponse): void {
    if (!this.#isOver && this.legFor(response) !== undefined) {
      this.search.answered(this, response);
      return;
    }
    this.refuse(response);
    if (!this.#isOver) this.#fail(487, undefined); // the caller has left that dialog
  }

  get #isOver(): boolean {
    return this.failure !== undefined || this.search.isOver;
  }

  /** It is no longer wanted: a 2xx is acknowledged and ended at once (B2B-03). */
  refuse(response: ReceivedResponse): void {
    if (response.isUnacknowledgedSuccess) this.#inviteLeg.legOf(response.session).endUnwanted(response);
  }

  /** The callee's leg of the response's dialog. Undefined: that one has ended, or there are too many. */
  legFor({ session }: ReceivedResponse): BridgedLeg | undefined {
    const leg = this.#inviteLeg.legOf(session);
    const known = this.legs.find((each) => each.leg === leg);
    if (known !== undefined) return known;
    if (session.state === 'terminated' || this.legs.length >= MAX_DIALOGS) return undefined;
    const callee = new BridgedLeg(this.search, leg, true);
    this.search.pair(callee);
    this.legs.push(callee);
    return callee;
  }

  // Its failure ------------------------------------------------------------------------------------

  /** The callee's side has left this dialog. A call without any dialog has failed: nothing else is known of it. */
  left(leg: BridgedLeg): void {
    this.#forget(leg);
    if (this.#isOver) return;
    if (this.legs.length > 0) {
      leg.peer?.leg.end(undefined);
      return;
    }
    this.invite.exchange?.cancel();
    this.#fail(480, undefined);
  }

  /** The caller has left the dialog that stands for this one. False: it was the last one. */
  leftByCaller(leg: BridgedLeg): boolean {
    if (this.legs.length < 2) return false;
    this.#forget(leg);
    return true;
  }

  #forget(leg: BridgedLeg): void {
    const at = this.legs.indexOf(leg);
    if (at >= 0) this.legs.splice(at, 1);
    leg.release();
    leg.peer?.release();
  }

  /** It has been silent for too long. */
  expire(): void {
    this.giveUp(408, TIMEOUT);
  }

  /** It has failed with that status, and is cancelled. */
  giveUp(status: number, reason?: string): void {
    if (this.#isOver) return;
    this.cancel(reason);
    this.#fail(status, undefined);
  }

  /** Sends the CANCEL, once §9.1 allows. */
  cancel(reason?: string): void {
    this.#silence?.stop();
    this.#isCancelled = true;
    this.invite.exchange?.cancel(reason);
  }

  #fail(status: number, received: ReceivedResponse | undefined): void {
    const response = received?.message ?? localResponse(this.invite.message, status);
    this.failure = { status, received, response, ofCancelled: this.#isCancelled && status === 487 };
    this.release();
    this.search.failed(this);
  }

  /** Stops relaying its dialogs, except the one that is kept. */
  release(kept?: BridgedLeg): void {
    this.#silence?.stop();
    for (const leg of this.legs) {
      if (leg === kept) continue;
      leg.release();
      leg.peer?.release();
    }
    this.legs.length = 0;
  }
}
