// The search for the callee that answers (§13.2.2, §16.7): calls to several callees at once, until one of them answers
// or all have failed.

import { CallFailedError } from '@siplet/sdk';
import type { AgentServices } from '../agent/services.js';
import type { HandlerTable } from '../application/handler-table.js';
import type { Deadline, Timed } from '../base/clock.js';
import { present } from '../base/present.js';
import type { Request } from '../message/index.js';
import { aggregateChallenges, bestResponse } from '../proxy/best-response.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import type { BridgedLeg } from './bridged-leg.js';
import { CalleeCall, type CallSearch, type Failure, TIMEOUT } from './callee-call.js';
import type { Limits } from './leg-options.js';

/** The Reason of a CANCEL to a callee when another one has answered (RFC 3326). */
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

export abstract class Search implements CallSearch, Timed {
  isOver = false;
  protected readonly calls: readonly CalleeCall[];
  /** In the order in which they came. */
  readonly #failures: Failure[] = [];
  #deadline: Deadline | undefined;

  protected constructor(
    readonly services: AgentServices,
    readonly table: HandlerTable,
    invites: readonly OwnRequest[],
  ) {
    this.calls = invites.map((invite) => new CalleeCall(this, invite));
  }

  abstract pair(callee: BridgedLeg): void;
  abstract legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void;
  abstract hungUp(leg: BridgedLeg, bye: Request): void;
  /** This callee has answered; the others have been cancelled. */
  protected abstract found(callee: BridgedLeg, response: ReceivedResponse): void;
  protected abstract notFound(error: CallFailedError): void;

  protected begin({ answer, progress }: Limits): void {
    this.#deadline = this.services.clock.start(answer, this, 'answer');
    for (const call of this.calls) if (call.failure === undefined) call.start(progress);
  }

  protected callOf(leg: BridgedLeg): CalleeCall | undefined {
    return this.calls.find((call) => call.legs.includes(leg));
  }

  answered(call: CalleeCall, response: ReceivedResponse): void {
    const callee = present(call.legFor(response), 'the leg of a callee that has answered');
    this.#end();
    response.commit();
    const lost = this.calls.flatMap(({ legs }) => legs).filter((leg) => leg !== callee);
    for (const each of this.calls) {
      each.release(callee);
      if (each !== call) each.cancel(ELSEWHERE);
    }
    this.found(callee, response);
    for (const { peer } of lost) peer?.leg.end(undefined);
  }

  #end(): void {
    this.isOver = true;
    this.#deadline?.stop();
  }

  /** C-22: the best of the answers so far is the failure; 408 where there is none. */
  expire(): void {
    for (const call of this.calls) call.giveUp(408, TIMEOUT);
  }

  failed(call: CalleeCall): void {
    if (this.isOver) return;
    const failure = present(call.failure, 'the failure of a call');
    const { received, status } = failure;
    this.#failures.push(failure);
    if (status >= 600) for (const each of this.calls) if (each !== call) each.giveUp(487);
    if (this.isOver) return;
    if (this.#failures.length === this.calls.length) this.#choose();
    else received?.present(this.table.branch(status, 'INVITE'));
  }

  /** §16.7 steps 6 and 7. */
  #choose(): void {
    const best = present(bestResponse(this.#failures) as Failure | undefined, 'the best of the failures');
    aggregateChallenges(best, this.#failures);
    const { received, status } = best;
    this.#deadline?.stop();
    if (received === undefined) this.fail(new CallFailedError(status));
    else
      received.present(this.table.best(status, 'INVITE'), () => {
        if (!this.isOver) this.fail(new CallFailedError(received.status, received));
      });
  }

  /** The caller gives up (487), or the container or the application does. */
  protected cancel(reason: string | undefined, status = 487): void {
    for (const call of this.calls) call.cancel(reason);
    this.fail(new CallFailedError(status));
  }

  protected fail(error: CallFailedError): void {
    this.#end();
    for (const call of this.calls) call.release();
    this.notFound(error);
  }
}
