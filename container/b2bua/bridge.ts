// Two legs that are held together: the fate of both, and a leg that another one replaces (RULES.md section 3, RFC 7092
// §3).

import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import { Leg } from '../agent/leg.js';
import type { Request } from '../message/index.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import { Awaited } from '../session/awaited.js';
import type { SessionOwner } from '../session/owner.js';
import type { SipSession } from '../session/sip-session.js';
import { BridgedLeg, type LegOwner } from './bridged-leg.js';
import { joinStanding, joinWithCallee } from './joining.js';
import { LegSearch } from './leg-search.js';
import { relink } from './linking.js';
import { createCalls, limitsFor } from './own-calls.js';
import { reasonOf } from './uncaught.js';

/** The Reason with which a leg ends when the other one is lost (RFC 3326). */
const LOST = 'SIP;cause=481;text="The other leg is lost"';

/** A transfer under way. */
interface Transfer {
  readonly leaving: BridgedLeg;
  readonly staying: BridgedLeg;
  search: LegSearch | undefined;
}

export class Bridge implements sdk.Bridge, LegOwner {
  #transfer: Transfer | undefined;
  #tellEnded: (() => void) | undefined;
  /** Of the application that waits for the end. */
  #waiting: SessionOwner | undefined;
  readonly #whenEnded: Promise<void>;

  constructor(
    private callerLeg: BridgedLeg,
    private calleeLeg: BridgedLeg,
    /** The 2xx that has answered the call. */
    readonly response: ReceivedResponse,
  ) {
    this.#whenEnded = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    callerLeg.owner = calleeLeg.owner = this;
    callerLeg.pairWith(calleeLeg);
    relink(callerLeg.leg, calleeLeg.leg);
  }

  /** The bridge that holds the session. */
  static of(session: SipSession): Bridge | undefined {
    const user = Leg.find(session)?.user;
    return user instanceof BridgedLeg && user.owner instanceof Bridge ? user.owner : undefined;
  }

  get caller(): SipSession {
    return this.callerLeg.leg.session;
  }

  get callee(): SipSession {
    return this.calleeLeg.leg.session;
  }

  get ended(): Promise<void> {
    this.#waiting = this.caller.applicationSession;
    return Awaited.of(this.#whenEnded, this.callerLeg.leg.services.invocation.turn);
  }

  #end(): void {
    this.#waiting?.awaitCallbacks();
    this.#tellEnded?.();
  }

  terminate(): Promise<void> {
    this.#transfer?.search?.abandon();
    const both = Promise.all([this.callerLeg.end(undefined), this.calleeLeg.end(undefined)]);
    return Awaited.of(
      both.then(() => {}),
      this.callerLeg.leg.services.invocation.turn,
    );
  }

  /**
   * One leg has ended: by a BYE of the peer, which is relayed when its handler has seen it; by one of ours, whose
   * Reason goes to the other leg, too; or because it was lost.
   */
  legEnded(leg: BridgedLeg, bye: Request | undefined, byPeer: boolean): void {
    const { peer } = leg;
    if (this.#transfer?.leaving === leg) return; // the transfer goes on, and ends the other one if it fails
    if (this.#transfer?.staying === leg) this.#transfer.search?.abandon();
    if (peer === undefined || peer.hasEnded) this.#end();
    else if (!byPeer) void peer.end(undefined, bye?.values('reason').join(', ') || LOST);
  }

  hungUp(leg: BridgedLeg, bye: Request): void {
    if (this.#transfer?.leaving !== leg) void leg.peer?.end(bye);
  }

  /**
   * The application holds the legs by hand from now on: nothing is relayed, and the end of one does not end the other.
   */
  dissolve(): void {
    for (const leg of [this.callerLeg, this.calleeLeg]) leg.release();
    this.#transfer?.search?.abandon();
    this.#end();
  }

  // Transfer ---------------------------------------------------------------------------------------

  transfer(options: sdk.TransferOptions): Promise<Bridge> {
    const leaving = this.#legOf(options.leaving as SipSession | undefined);
    const staying = leaving.peer;
    const what = `transfer: the bridge of ${leaving.leg.session.callId}`;
    if (this.#transfer !== undefined) throw new IllegalStateError(`${what} has a transfer under way`);
    if (staying === undefined || staying.leg.session.state !== 'confirmed')
      throw new IllegalStateError(`${what} has ended`);
    const transfer: Transfer = { leaving, staying, search: undefined };
    const added = 'callId' in Object(options.to) ? standing(this, options.to as SipSession) : undefined;
    const joined = added === undefined ? this.#callInstead(transfer, options) : this.#moveHere(transfer, added);
    return Awaited.of(joined, staying.leg.services.invocation.turn);
  }

  #legOf(session: SipSession | undefined): BridgedLeg {
    if (session === undefined || session === this.callee) return this.calleeLeg;
    if (session === this.caller) return this.callerLeg;
    throw new IllegalStateError(`transfer: the session of ${session.callId} is not a leg of this bridge`);
  }

  /** A new callee is called; the staying leg gets its offer. */
  #callInstead(transfer: Transfer, options: sdk.TransferOptions): Promise<Bridge> {
    const { services, session } = transfer.staying.leg;
    const limits = limitsFor(session.applicationSession, options);
    const invites = createCalls(transfer.staying.leg, options);
    const search = new LegSearch(services, session.applicationSession, invites);
    transfer.search = search;
    return this.#run(transfer, async () => {
      const found = await search.start(limits);
      await joinWithCallee(transfer.staying, found);
      return found.leg;
    });
  }

  /** A leg that stands already, of another bridge or of none, comes here. */
  #moveHere(transfer: Transfer, added: BridgedLeg): Promise<Bridge> {
    return this.#run(transfer, async () => {
      await joinStanding(transfer.staying, added);
      if (added.owner instanceof Bridge) added.owner.#give(added);
      return added;
    });
  }

  async #run(transfer: Transfer, join: () => Promise<BridgedLeg>): Promise<Bridge> {
    this.#transfer = transfer;
    const { leaving, staying } = transfer;
    try {
      this.#replace(leaving, staying, await join());
      return this;
    } catch (error) {
      this.#transfer = undefined;
      if (staying.hasEnded && leaving.hasEnded) this.#end();
      else if (leaving.hasEnded) void staying.end(undefined, reasonOf(error));
      throw error;
    }
  }

  #replace(leaving: BridgedLeg, staying: BridgedLeg, added: BridgedLeg): void {
    this.#transfer = undefined;
    if (this.calleeLeg === leaving) this.calleeLeg = added;
    else this.callerLeg = added;
    added.owner = this;
    leaving.leave();
    staying.pairWith(added);
    relink(staying.leg, added.leg);
    if (added.hasEnded) void staying.end(undefined, LOST);
    else if (staying.hasEnded) void added.end(undefined, LOST);
  }

  /** Its leg goes to another bridge, and the other leg ends. */
  #give(leg: BridgedLeg): void {
    const { peer } = leg;
    if (peer !== undefined) peer.peer = undefined;
    void peer?.end(undefined);
  }
}

/** The leg of a standing call. Throws IllegalStateError for any other session. */
function standing(bridge: Bridge, session: SipSession): BridgedLeg {
  const leg = Leg.find(session);
  if (leg === undefined || session.state !== 'confirmed' || !leg.isInvited)
    throw new IllegalStateError(`transfer: the session of ${session.callId} has no established call`);
  if (leg.user instanceof BridgedLeg && leg.user.owner === bridge)
    throw new IllegalStateError(`transfer: the session of ${session.callId} is a leg of this bridge`);
  return leg.user instanceof BridgedLeg ? leg.user : new BridgedLeg(bridge, leg, false);
}
