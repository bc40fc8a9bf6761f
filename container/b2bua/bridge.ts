// Two legs that are held together: the call of the second leg, and the fate of both (RULES.md section 3, RFC 7092 §3).

import type * as sdk from '@siplet/sdk';
import { CallFailedError } from '@siplet/sdk';
import type { Answering } from '../agent/answering.js';
import type { ExchangeUser } from '../agent/exchanges.js';
import { Leg } from '../agent/leg.js';
import type { Deadline, Timed } from '../base/clock.js';
import { present } from '../base/present.js';
import type { Request } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { OwnRequest } from '../servlet/sender.js';
import { Awaited } from '../session/awaited.js';
import type { SipSession } from '../session/sip-session.js';
import { BridgedLeg } from './bridged-leg.js';
import { passes } from './header-policy.js';
import { relayedResponse } from './relayed-response.js';
import { ReliableRelay } from './reliable-relay.js';
import { callFailed, relayFailure } from './uncaught.js';

/** The Reason with which a leg ends when the other one is lost (RFC 3326). */
const LOST = 'SIP;cause=481;text="The other leg is lost"';
const TIMEOUT = 'SIP;cause=408;text="Request Timeout"';

export class Bridge implements sdk.Bridge, ExchangeUser, Timed {
  /** The callee is called, both talk, or it has failed or ended. */
  #state: 'calling' | 'standing' | 'over' = 'calling';
  readonly #callerLeg: BridgedLeg;
  readonly #inviteLeg: Leg;
  /** The leg of the fork that answered; before that, of the one that responded last. */
  #calleeLeg: BridgedLeg | undefined;
  #forks: BridgedLeg[] = [];
  #deadline: Deadline | undefined;
  /** How long the callee may be silent. */
  #silence: Deadline | undefined;
  #response: ReceivedResponse | undefined;
  readonly #reliable: ReliableRelay;
  readonly #awaited: Awaited<Bridge>;
  #tellEnded: (() => void) | undefined;
  readonly whenEnded: Promise<void>;

  constructor(
    readonly answering: Answering,
    readonly invite: OwnRequest,
  ) {
    this.whenEnded = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    this.#awaited = Awaited.in(answering.services.invocation.turn);
    this.#callerLeg = new BridgedLeg(this, Leg.of(answering.session, answering.services));
    this.#inviteLeg = Leg.of(invite.session, answering.services);
    this.#reliable = new ReliableRelay(answering);
  }

  /** Calls the callee: how long it may take to its answer, and to its first 101-199, in milliseconds. */
  start({ answer, progress }: { answer: number; progress: number | undefined }): Awaited<Bridge> {
    const { answering, invite } = this;
    const { clock } = answering.services;
    answering.bridging((cancel) => this.#cancelled(cancel));
    this.#deadline = clock.start(answer, this, 'answer');
    if (progress !== undefined) this.#silence = clock.start(progress, this, 'progress');
    this.#inviteLeg.sendFor(this, invite);
    return this.#awaited;
  }

  // The application's view -----------------------------------------------------------------

  get caller(): SipSession {
    return this.#callerLeg.leg.session;
  }

  get callee(): SipSession {
    return this.#calleeLeg?.leg.session ?? this.invite.session;
  }

  get response(): ReceivedResponse {
    return present(this.#response, 'the 2xx of a bridge');
  }

  get ended(): Promise<void> {
    return Awaited.of(this.whenEnded, this.answering.services.invocation.turn);
  }

  terminate(): Promise<void> {
    const both = Promise.all([this.#callerLeg.end(undefined), this.#calleeLeg?.end(undefined)]);
    return Awaited.of(
      both.then(() => {}),
      this.answering.services.invocation.turn,
    );
  }

  readonly mayPass = passes;

  // The callee's answers ---------------------------------------------------------------------------

  provisional(response: ReceivedResponse): void {
    if (this.#state !== 'calling') return;
    this.#silence?.stop();
    const handler = this.answering.received.application.table.provisional(response.status, 'INVITE');
    response.present(handler, () => this.#relayProvisional(response));
  }

  #relayProvisional(response: ReceivedResponse): void {
    response.commit();
    if (this.#state !== 'calling') {
      this.#reliable.acknowledge(response);
      return;
    }
    this.#calleeLeg = this.#forkOf(response);
    this.#reliable.relay(response);
  }

  final(response: ReceivedResponse): void {
    if (this.#state !== 'calling') {
      this.#refuse(response);
      return;
    }
    const { table } = this.answering.received.application;
    const handler =
      response.status < 300 ? table.success(response.status, 'INVITE') : table.best(response.status, 'INVITE');
    response.present(handler, () => this.#answered(response));
  }

  #answered(response: ReceivedResponse): void {
    if (this.#state !== 'calling') this.#refuse(response);
    else if (response.status >= 300) this.#fail(new CallFailedError(response.status, response));
    else this.#stand(response);
  }

  /** It is no longer wanted: a 2xx is acknowledged and ended at once (B2B-03). */
  #refuse(response: ReceivedResponse): void {
    if (response.isUnacknowledgedSuccess) this.#inviteLeg.legOf(response.session).endUnwanted(response);
  }

  #stand(response: ReceivedResponse): void {
    const { answering } = this;
    this.#state = 'standing';
    this.#response = response;
    this.#stopTimers();
    response.commit();
    const winner = this.#forkOf(response);
    this.#calleeLeg = winner;
    for (const fork of this.#forks) if (fork !== winner) fork.release();
    this.#forks = [];
    this.#callerLeg.leg.linked = winner.leg;
    this.#callerLeg.expectAck(answering.request.cseq.number, response);
    answering.relay(relayedResponse(answering, response.message, this.#reliable.answerOf(response.session)));
    this.#awaited.give(this);
  }

  #forkOf({ session }: ReceivedResponse): BridgedLeg {
    const leg = this.#inviteLeg.legOf(session);
    const known = this.#forks.find((fork) => fork.leg === leg);
    if (known !== undefined) return known;
    const bridged = new BridgedLeg(this, leg);
    leg.linked = this.#callerLeg.leg;
    this.#forks.push(bridged);
    return bridged;
  }

  // Failing ----------------------------------------------------------------------------------------

  /**
   * The caller gives up (§9.2): by CANCEL, or by BYE in its early dialog (§15). False: the container answers the
   * INVITE.
   */
  #cancelled(by: Request): boolean {
    this.invite.exchange?.cancel(by.values('reason').join(', ') || undefined);
    this.#fail(new CallFailedError(487));
    return false;
  }

  expire(): void {
    if (this.#state !== 'calling') return;
    this.invite.exchange?.cancel(TIMEOUT);
    this.#fail(new CallFailedError(408));
  }

  #stopTimers(): void {
    this.#deadline?.stop();
    this.#silence?.stop();
  }

  #fail(error: CallFailedError): void {
    this.#state = 'over';
    this.#stopTimers();
    this.#callerLeg.release();
    for (const fork of this.#forks) fork.release();
    this.#tellEnded?.();
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

  /** The 1xx of the callee that a PRACK of the caller acknowledges. */
  acknowledgedBy(prack: Request): ReceivedResponse | undefined {
    return this.#reliable.acknowledgedBy(prack);
  }

  // The legs ---------------------------------------------------------------------------------------

  peerOf(leg: BridgedLeg): BridgedLeg | undefined {
    return leg === this.#callerLeg ? this.#calleeLeg : this.#callerLeg;
  }

  /**
   * One leg has ended: by a BYE of the peer, which is relayed when its handler has seen it; by one of ours, whose
   * Reason goes to the other leg, too; or because it was lost.
   */
  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void {
    if (this.#state === 'calling') {
      if (leg === this.#callerLeg) this.#cancelled(bye ?? this.invite.message);
      return;
    }
    const other = this.peerOf(leg);
    if (other === undefined || other.hasEnded) {
      this.#state = 'over';
      this.#tellEnded?.();
    } else if (!byPeer) void other.end(undefined, bye?.values('reason').join(', ') || LOST);
  }
}
