// A server transaction, INVITE or not (§17.2): the actions of its state machine.
import { flat, type Request, type Response, responseTo } from '../message/index.js';
import type { Flow, FlowUser } from '../transport/flow.js';
import { INVITE_SERVER, type InviteServerAction } from './invite-server.js';
import { isRfc2543 } from './keys.js';
import { compile, type Effect, type Machine } from './machine.js';
import { NON_INVITE_SERVER, type NonInviteServerAction } from './non-invite-server.js';
import { TIMER } from './timers.js';
import { type Ground, Transaction } from './transaction.js';
import type * as port from './user.js';

/** What a server transaction needs of the layer. */
export interface ServerGround extends Ground<ServerTransaction> {
  /** Returns the flow used; undefined when there is none. `wire` is the response in octets. */
  respond(response: Response, arrivedOn: Flow, sender: FlowUser, wire: string): Flow | undefined;
  newTag(): string;
  /** Passes up an ACK that the transaction's user does not listen for, as one without a transaction. */
  passAck(ack: Request, flow: Flow): void;
}

export class ServerTransaction extends Transaction<ServerTransaction, ServerGround> implements port.ServerTransaction {
  readonly isInvite: boolean;
  readonly method: string;
  readonly key: string;
  user: port.ServerUser | undefined = undefined;
  /** The To tag of the final response, by which RFC 2543 matches the ACK (§17.2.3). */
  sentTag: string | undefined = undefined;
  private received: Request | undefined;
  private tag: string | undefined = undefined;
  /** What is retransmitted: the octets of the last response, which keep nothing else alive. */
  private last: string | undefined = undefined;
  /** The flow of the last response, which may differ from the flow of the request (§18.2.2). */
  private flowBack: Flow;

  constructor(ground: ServerGround, request: Request, key: string, flow: Flow) {
    const isInvite = request.method === 'INVITE';
    super(ground, flow, isInvite ? INVITE.initial.next : NON_INVITE.initial.next);
    this.isInvite = isInvite;
    this.method = request.method;
    this.key = key;
    this.received = request;
    this.flowBack = flow;
  }

  protected get machine(): Machine<string, ServerTransaction> {
    return this.isInvite ? INVITE : NON_INVITE;
  }

  get state(): port.ServerTransaction['state'] {
    return this.place.name as port.ServerTransaction['state'];
  }

  get request(): Request {
    if (this.received === undefined)
      throw new Error('a server transaction keeps its request only until the final response');
    return this.received;
  }

  get toTag(): string {
    this.tag ??= this.ground.newTag();
    return this.tag;
  }

  /**
   * Called when the user has received the request: a 100 of ours is due if the user has sent nothing by then (§17.2.1,
   * RFC 4320 §4.1).
   */
  expectTrying(): void {
    if (this.last !== undefined || this.received === undefined || this.place.last) return;
    this.start(this.isInvite ? TIMER.timerTrying : TIMER.timerLateTrying);
  }

  /** Called for a retransmission of the request. */
  receiveAgain(): void {
    this.step(this.isInvite ? ON_INVITE : ON_REQUEST);
  }

  receiveAck(ack: Request, flow: Flow): void {
    // If the user does not listen for ACKs, an ACK to a 2xx is passed up as one without a transaction. RFC 6026 §7.1
    if (this.place.name === 'accepted' && this.user?.acknowledged === undefined) this.ground.passAck(ack, flow);
    else this.step(ON_ACK, ack);
  }

  respond(response: Response): boolean {
    const sent = this.step(
      this.isInvite ? inviteEvent(response.status) : this.nonInviteEvent(response.status),
      response,
    );
    if (sent && response.status >= 200) this.release();
    return sent;
  }

  /** RFC 4320 §4.1: over an unreliable transport the timer sends the first 100, so any 100 before that is early. */
  private nonInviteEvent(status: number): number {
    if (status >= 200) return SEND_200_TO_699;
    if (status > 100) return SEND_101_TO_199;
    return this.place === TRYING && !this.flow.reliable ? SEND_100_EARLY : SEND_100;
  }

  /** §18.2.2: a response that is still to come takes another connection; nothing is lost but one that has not left. */
  override transportFailed(error: Error, isUnsent = true): void {
    if (isUnsent) super.transportFailed(error);
  }

  // The methods below are the actions of the tables.

  sendResponse(response: Response): void {
    const wire = flat(response.toWire());
    if (response.status >= 200 && isRfc2543(this.key)) this.sentTag = response.to.tag;
    // If a 2xx to INVITE must be sent again, the user does it: RFC 6026 §7.1.
    this.last = this.place.name === 'accepted' ? undefined : wire;
    const taken = this.ground.respond(response, this.flow, this, wire);
    if (taken === undefined) this.fail(new Error('the Via of the request leads nowhere'));
    if (taken === undefined || taken === this.flowBack) return;
    // An earlier response may have used another connection; that connection is no longer needed.
    if (this.flowBack !== this.flow) this.flowBack.forget(this);
    this.flowBack = taken;
  }

  resendResponse(): void {
    if (this.last !== undefined) this.flowBack.send(this.last, this);
  }

  /** §8.2.6.1, §17.2.1: without a To tag, and with the Timestamp and the delay. */
  sendTrying(): void {
    const trying = responseTo(this.request, 100);
    const timestamp = trying.value('timestamp')?.split(' ')[0];
    const delay = this.delayOf(this.isInvite ? TIMER.timerTrying : TIMER.timerLateTrying);
    if (timestamp) trying.set('Timestamp', `${timestamp} ${delay / 1000}`);
    this.sendResponse(trying);
  }

  passAck(ack: Request): void {
    this.user?.acknowledged?.(ack, this.place.name === 'accepted');
  }

  /** Once confirmed, nothing is retransmitted. */
  forgetResponse(): void {
    this.last = undefined;
  }

  tellTimeout(): void {
    this.user?.failed?.({ cause: 'timeout' }, this);
  }

  tellTransportError(): void {
    this.user?.failed?.({ cause: 'transport', error: this.error ?? new Error('the transport has failed') }, this);
  }

  protected tellTerminated(): void {
    this.user?.terminated?.(this);
  }

  protected release(): void {
    this.received = undefined;
    if (!this.place.last) return;
    this.last = undefined;
    if (this.flowBack !== this.flow) this.flowBack.forget(this);
  }
}

function inviteEvent(status: number): number {
  return status < 200 ? SEND_1XX : status < 300 ? SEND_2XX : SEND_300_TO_699;
}

const SHARED = {
  sendResponse: (transaction, response) => transaction.sendResponse(response as Response),
  resendResponse: (transaction) => transaction.resendResponse(),
  sendTrying: (transaction) => transaction.sendTrying(),
  tellTransportError: (transaction) => transaction.tellTransportError(),
} as const satisfies Record<string, Effect<ServerTransaction>>;

const INVITE_EFFECTS: Record<InviteServerAction, Effect<ServerTransaction>> = {
  ...SHARED,
  stopTrying: (transaction) => transaction.stopWaiting(),
  startG: (transaction) => transaction.startRepeat(TIMER.timerG),
  doubleG: (transaction) => transaction.double(TIMER.timerG, true),
  startH: (transaction) => transaction.start(TIMER.timerH),
  startI: (transaction) => transaction.start(TIMER.timerI),
  startL: (transaction) => transaction.start(TIMER.timerL),
  forgetResponse: (transaction) => transaction.forgetResponse(),
  passAck: (transaction, ack) => transaction.passAck(ack as Request),
  tellTimeout: (transaction) => transaction.tellTimeout(),
};

const NON_INVITE_EFFECTS: Record<NonInviteServerAction, Effect<ServerTransaction>> = {
  ...SHARED,
  startJ: (transaction) => transaction.start(TIMER.timerJ),
};

const INVITE = compile(INVITE_SERVER, INVITE_EFFECTS);
const NON_INVITE = compile(NON_INVITE_SERVER, NON_INVITE_EFFECTS);
const TRYING = NON_INVITE.initial.next;

const ON_INVITE = INVITE.events.INVITE;
const ON_ACK = INVITE.events.ACK;
const SEND_1XX = INVITE.events.send1xx;
const SEND_2XX = INVITE.events.send2xx;
const SEND_300_TO_699 = INVITE.events['send300-699'];
const ON_REQUEST = NON_INVITE.events.request;
const SEND_100 = NON_INVITE.events.send100;
const SEND_100_EARLY = NON_INVITE.events.send100Early;
const SEND_101_TO_199 = NON_INVITE.events['send101-199'];
const SEND_200_TO_699 = NON_INVITE.events['send200-699'];
