// A client transaction, INVITE or not (§17.1): the actions of its state machine.
import type { Request, Response } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import { ackOf } from './acknowledgement.js';
import { cancelOf } from './cancellation.js';
import { INVITE_CLIENT, type InviteClientAction } from './invite-client.js';
import { compile, type Effect, type Machine } from './machine.js';
import { NON_INVITE_CLIENT, type NonInviteClientAction } from './non-invite-client.js';
import { TIMER } from './timers.js';
import { type Ground, Transaction } from './transaction.js';
import type * as port from './user.js';

/** What a client transaction needs of the layer. */
export interface ClientGround extends Ground<ClientTransaction> {
  /** A new flow to the destination of a flow whose connection was closed. */
  again(flow: Flow): Flow;
  /** Starts the transaction of a CANCEL, which has the INVITE's branch (§9.1). */
  sendCancel(cancel: Request, branch: string, flow: Flow): void;
}

export class ClientTransaction extends Transaction<ClientTransaction, ClientGround> implements port.ClientTransaction {
  readonly isInvite: boolean;
  readonly method: string;
  readonly branch: string;
  /** Its slot in the layer; -1 when the layer finds it by its branch. */
  readonly slot: number;
  user: port.ClientUser;
  /** What is retransmitted: the request, later the ACK. */
  private wire: string;
  private sent: Request | undefined;
  /** The CANCEL that waits for the first provisional response (§9.1). */
  private keptCancel: Request | undefined = undefined;
  private cancelled = false;

  constructor(ground: ClientGround, request: Request, branch: string, slot: number, flow: Flow, user: port.ClientUser) {
    const isInvite = request.method === 'INVITE';
    super(ground, flow, isInvite ? INVITE.initial.next : NON_INVITE.initial.next);
    this.isInvite = isInvite;
    this.method = request.method;
    this.branch = branch;
    this.slot = slot;
    this.user = user;
    this.sent = request;
    this.wire = request.toWire();
  }

  /** Sends the request and starts the timers. */
  begin(): void {
    this.take(this.machine.initial, undefined);
  }

  protected get machine(): Machine<string, ClientTransaction> {
    return this.isInvite ? INVITE : NON_INVITE;
  }

  get state(): port.ClientTransaction['state'] {
    return this.place.name as port.ClientTransaction['state'];
  }

  get request(): Request {
    if (this.sent === undefined)
      throw new Error('a client transaction keeps its request only until the final response');
    return this.sent;
  }

  receive(response: Response): void {
    const status = response.status;
    if (this.isInvite) this.step(status < 200 ? ON_1XX : status < 300 ? ON_2XX : ON_300_TO_699, response);
    else this.step(status < 200 ? ON_NON_INVITE_1XX : ON_200_TO_699, response);
  }

  cancel(reason?: string): void {
    if (!this.isInvite || this.cancelled || this.sent === undefined || this.place.last) return;
    const cancel = cancelOf(this.sent, reason);
    this.cancelled = this.step(ON_CANCEL, cancel);
  }

  // The methods below are the actions of the tables.

  /** Sends the request again, or in Completed the ACK. */
  sendWire(): void {
    this.flow.send(this.wire, this);
  }

  sendAck(response: Response): void {
    this.wire = ackOf(this.request, response).toWire();
    this.resendAck();
  }

  /** §17.1.1.3: sends the ACK to the same destination as the INVITE, even if that connection was closed. */
  resendAck(): void {
    if (this.flow.open) this.flow.send(this.wire, this);
    else this.ground.again(this.flow).send(this.wire);
  }

  keepCancel(cancel: Request): void {
    this.keptCancel = cancel;
  }

  sendKeptCancel(): void {
    if (this.keptCancel !== undefined) this.sendCancel(this.keptCancel);
  }

  /** §9.1: sends the CANCEL on the INVITE's flow, as a transaction of its own; the INVITE then ends within 64*T1. */
  sendCancel(cancel: Request): void {
    this.ground.sendCancel(cancel, this.branch, this.flow.open ? this.flow : this.ground.again(this.flow));
    this.start(TIMER.timerCancel);
  }

  pass(response: Response): void {
    this.user.response(response, this);
    if (response.status >= 200) this.release();
  }

  tellTimeout(): void {
    this.user.failed({ cause: 'timeout' }, this);
  }

  tellTransportError(): void {
    this.user.failed({ cause: 'transport', error: this.error ?? new Error('the transport has failed') }, this);
  }

  protected tellTerminated(): void {
    this.user.terminated?.(this);
  }

  /** A transaction lingers for up to 32 s: it keeps its key, its user and the ACK to retransmit, but no message. */
  protected release(): void {
    this.sent = undefined;
    this.keptCancel = undefined;
    if (!this.isInvite || this.place.name !== 'completed') this.wire = '';
  }
}

const SHARED = {
  sendRequest: (transaction) => transaction.sendWire(),
  pass: (transaction, response) => transaction.pass(response as Response),
  tellTimeout: (transaction) => transaction.tellTimeout(),
  tellTransportError: (transaction) => transaction.tellTransportError(),
} as const satisfies Record<string, Effect<ClientTransaction>>;

const INVITE_EFFECTS: Record<InviteClientAction, Effect<ClientTransaction>> = {
  ...SHARED,
  sendAck: (transaction, response) => transaction.sendAck(response as Response),
  resendAck: (transaction) => transaction.resendAck(),
  keepCancel: (transaction, cancel) => transaction.keepCancel(cancel as Request),
  sendKeptCancel: (transaction) => transaction.sendKeptCancel(),
  sendCancel: (transaction, cancel) => transaction.sendCancel(cancel as Request),
  startA: (transaction) => transaction.startRepeat(TIMER.timerA),
  doubleA: (transaction) => transaction.double(TIMER.timerA, false),
  startB: (transaction) => transaction.start(TIMER.timerB),
  startD: (transaction) => transaction.start(TIMER.timerD),
  startM: (transaction) => transaction.start(TIMER.timerM),
};

const NON_INVITE_EFFECTS: Record<NonInviteClientAction, Effect<ClientTransaction>> = {
  ...SHARED,
  startE: (transaction) => transaction.startRepeat(TIMER.timerE),
  doubleE: (transaction) => transaction.double(TIMER.timerE, true),
  resetEToT2: (transaction) => transaction.repeatAfterT2(TIMER.timerE),
  startF: (transaction) => transaction.start(TIMER.timerF),
  startK: (transaction) => transaction.start(TIMER.timerK),
};

const INVITE = compile(INVITE_CLIENT, INVITE_EFFECTS);
const NON_INVITE = compile(NON_INVITE_CLIENT, NON_INVITE_EFFECTS);

const ON_1XX = INVITE.events['1xx'];
const ON_2XX = INVITE.events['2xx'];
const ON_300_TO_699 = INVITE.events['300-699'];
const ON_CANCEL = INVITE.events.cancel;
const ON_NON_INVITE_1XX = NON_INVITE.events['1xx'];
const ON_200_TO_699 = NON_INVITE.events['200-699'];
