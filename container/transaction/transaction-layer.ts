// The transaction layer (§17): finds the transaction of a message, creates new ones, and answers without a transaction
// where none is created.
import type { Clock } from '../base/clock.js';
import type { Identifiers } from '../base/identifiers.js';
import { Field, flat, Malformed, type Request, Response, responseTo } from '../message/index.js';
import type { Flow, FlowUser, Hop } from '../transport/flow.js';
import { NOBODY } from './cancellation.js';
import { type ClientGround, ClientTransaction } from './client-transaction.js';
import { isRfc2543, MAGIC_COOKIE, serverKey } from './keys.js';
import { branchOf, SentTransactions } from './sent-transactions.js';
import { type ServerGround, ServerTransaction } from './server-transaction.js';
import { acknowledgesStateless, statelessTag } from './stateless-tags.js';
import { Timers, type TimerValues } from './timers.js';
import type { ClientUser, Transactions, TransactionUser } from './user.js';

/** What the transaction layer needs of the transport layer. */
interface Transport {
  open(hop: Hop): Flow;
  /**
   * §18.2.2. Returns the flow used; undefined when there is none. `sender` is told later if the response is known not
   * to have left. `wire` is the response in octets, if the caller has it.
   */
  respond(response: Response, arrivedOn: Flow, sender?: FlowUser, wire?: string): Flow | undefined;
}

/** Handles messages that need no transaction (§16.11). */
export interface StatelessUser {
  /** Returns whether it has handled the message. */
  takes(message: Request | Response, flow: Flow): boolean;
}

export interface TransactionOptions {
  readonly timers?: Partial<TimerValues>;
  readonly limits?: {
    /** The number of transactions above which new requests are refused with 503. */
    readonly transactions?: number;
  };
}

/** Seconds, for the 503 of an overloaded layer (§20.33). */
const RETRY_AFTER = '5';

/** How many INVITEs in dialogs, refused without a transaction, are remembered for their ACK. */
const MAX_REFUSED = 64;

const DEAF: TransactionUser = { request() {}, stray() {}, malformed() {} };

export class TransactionLayer implements Transactions {
  user: TransactionUser = DEAF;
  /** Asked before any transaction is looked up. */
  stateless: StatelessUser | undefined;
  readonly #transport: Transport;
  readonly #identifiers: Identifiers;
  readonly #limit: number;
  readonly #clientGround: ClientGround;
  readonly #serverGround: ServerGround;
  /** Of the tags in responses without a transaction; undefined until the first one. */
  #salt: string | undefined;
  /** The keys of the last INVITEs in dialogs that were refused without a transaction. */
  readonly #refusedInDialogs: string[] = [];
  readonly #sent = new SentTransactions();
  /** The transactions of CANCELs, by the branch of their INVITE. §9.1 */
  readonly #cancelsSent = new Map<string, ClientTransaction>();
  // By branch and sent-by. §17.2.3
  readonly #invites = new Map<string, ServerTransaction>();
  readonly #cancels = new Map<string, ServerTransaction>();
  readonly #others = new Map<string, ServerTransaction>();

  constructor(transport: Transport, clock: Clock, identifiers: Identifiers, options: TransactionOptions = {}) {
    this.#transport = transport;
    this.#identifiers = identifiers;
    this.#limit = options.limits?.transactions ?? 1_000_000;
    const timers = new Timers(options.timers);
    this.#clientGround = {
      clock,
      timers,
      remove: (transaction) => {
        const { slot, branch } = transaction;
        if (slot < 0) this.#cancelsSent.delete(branch);
        else this.#sent.delete(transaction);
      },
      again: (flow) =>
        transport.open({ transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort }),
      sendCancel: (cancel, branch, flow) => this.#sendCancel(cancel, branch, flow),
    };
    this.#serverGround = {
      clock,
      timers,
      remove: ({ method, key }) => this.#receivedOf(method).delete(key),
      respond: (response, arrivedOn, sender, wire) => transport.respond(response, arrivedOn, sender, wire),
      newTag: () => identifiers.tag(),
      passAck: (ack, flow) => this.user.request(ack, undefined, flow),
    };
  }

  get size(): { inviteClient: number; nonInviteClient: number; inviteServer: number; nonInviteServer: number } {
    return {
      inviteClient: this.#sent.invites,
      nonInviteClient: this.#cancelsSent.size + this.#sent.others,
      inviteServer: this.#invites.size,
      nonInviteServer: this.#cancels.size + this.#others.size,
    };
  }

  /** Receives what the transport layer passes up. */
  receive(message: Request | Response | Malformed, flow: Flow): void {
    if (message instanceof Malformed) this.#receiveMalformed(message, flow);
    else if (this.#salt !== undefined && this.#isAbsorbed(message, this.#salt)) return;
    else if (this.stateless?.takes(message, flow) === true) return;
    else if (message instanceof Response) this.#receiveResponse(message, flow);
    else if (message.method === 'ACK') this.#receiveAck(message, flow);
    else this.#receiveRequest(message, flow);
  }

  send(request: Request, hop: Hop, user: ClientUser, loopPart = ''): ClientTransaction {
    if (request.method === 'ACK') throw new Error('an ACK has no transaction: send it statelessly');
    const flow = hop.flow ?? this.#transport.open(hop);
    const slot = this.#sent.nextSlot;
    const branch = flat(branchOf(this.#identifiers.branch(), slot, flow.plainVia === true ? '' : loopPart));
    request.pushField(Field.trusted('Via', viaOf(flow, branch)));
    const transaction = new ClientTransaction(this.#clientGround, request, branch, slot, flow, user);
    this.#sent.add(transaction);
    transaction.begin();
    return transaction;
  }

  sendStateless(request: Request, hop: Hop, branch = this.#newBranch(), sender?: FlowUser): void {
    const flow = hop.flow ?? this.#transport.open(hop);
    request.pushField(Field.trusted('Via', viaOf(flow, branch)));
    flow.send(request.toWire(), sender);
  }

  targetOf(cancel: Request): ServerTransaction | undefined {
    if (this.#invites.size === 0 && this.#others.size === 0) return undefined;
    const key = serverKey(cancel);
    return this.#invites.get(key) ?? this.#others.get(key);
  }

  inviteOf(cancel: Request): ServerTransaction | undefined {
    const transaction = this.targetOf(cancel);
    return transaction?.isInvite ? transaction : undefined;
  }

  respondStateless(request: Request, flow: Flow, response: Response): void {
    if (response.status > 100 && response.to.tag === undefined) {
      response.set('To', `${response.value('to')};tag=${this.#statelessTag(request)}`);
    }
    this.#transport.respond(response, flow);
  }

  /** Sends the CANCEL of a pending INVITE, which sends at most one. */
  #sendCancel(cancel: Request, branch: string, flow: Flow): void {
    const transaction = new ClientTransaction(this.#clientGround, cancel, branch, -1, flow, NOBODY);
    this.#cancelsSent.set(branch, transaction);
    transaction.begin();
  }

  /** §8.2.7: whether it is the ACK to a response that we sent without a transaction. */
  #isAbsorbed(message: Request | Response, salt: string): boolean {
    if (message instanceof Response || message.method !== 'ACK') return false;
    if (acknowledgesStateless(message, salt)) return true;
    return this.#refusedInDialogs.length > 0 && this.#refusedInDialogs.includes(serverKey(message));
  }

  /** The To tag for a response to a request without a transaction. */
  #tagOfRefusal(request: Request): string {
    // In a dialog the To tag is the peer's own, so the ACK does not show to what it belongs.
    if (request.method === 'INVITE' && request.to.tag !== undefined) {
      this.#refusedInDialogs.push(serverKey(request));
      if (this.#refusedInDialogs.length > MAX_REFUSED) this.#refusedInDialogs.shift();
    }
    return this.#statelessTag(request);
  }

  /** §17.1.3. */
  #receiveResponse(response: Response, flow: Flow): void {
    const { via } = response;
    const { method } = response.cseq;
    let transaction: ClientTransaction | undefined;
    if (via !== undefined)
      transaction = method === 'CANCEL' ? this.#cancelsSent.get(via.branch ?? '') : this.#sent.find(via);
    if (transaction !== undefined && transaction.method === method) transaction.receive(response);
    else this.user.stray(response, flow);
  }

  #receiveRequest(request: Request, flow: Flow): void {
    const transactions = this.#receivedOf(request.method);
    let key = serverKey(request);
    let transaction = transactions.get(key);
    if (transaction !== undefined && transaction.method !== request.method) {
      // Another method with the same branch is another transaction. §17.2.3
      key = `${key} ${request.method}`;
      transaction = transactions.get(key);
    }
    if (transaction !== undefined) {
      transaction.receiveAgain();
      return;
    }
    if (!this.#admits(request.method)) {
      this.#refuse(request, flow);
      return;
    }
    transaction = new ServerTransaction(this.#serverGround, request, key, flow);
    transactions.set(key, transaction);
    this.user.request(request, transaction, flow);
    transaction.expectTrying();
  }

  /**
   * §17.2.3: an ACK belongs to the INVITE with its branch; that of an RFC 2543 peer, to the INVITE whose response has
   * its To tag.
   */
  #receiveAck(ack: Request, flow: Flow): void {
    const key = serverKey(ack);
    let transaction = this.#invites.get(key);
    if (transaction === undefined && isRfc2543(key)) {
      const initial = this.#invites.get(serverKey(ack, ''));
      if (initial !== undefined && initial.sentTag === ack.to.tag) transaction = initial;
    }
    if (transaction === undefined) this.user.request(ack, undefined, flow);
    else transaction.receiveAck(ack, flow);
  }

  #receiveMalformed(fault: Malformed, flow: Flow): void {
    const { request, status } = fault;
    if (request !== undefined && status >= 300 && !fault.isResponse && request.method !== 'ACK') {
      this.#transport.respond(responseTo(request, status, fault.reason, this.#tagOfRefusal(request)), flow);
    }
    this.user.malformed(fault, flow);
  }

  /** Limits the transactions. Requests that end calls are admitted longer than those that begin them. */
  #admits(method: string): boolean {
    const { inviteClient, nonInviteClient, inviteServer, nonInviteServer } = this.size;
    const count = inviteClient + nonInviteClient + inviteServer + nonInviteServer;
    const isEnd = method === 'BYE' || method === 'CANCEL';
    return count < (isEnd ? this.#limit * 1.25 : this.#limit);
  }

  /** §21.5.4. */
  #refuse(request: Request, flow: Flow): void {
    const response = responseTo(request, 503, undefined, this.#tagOfRefusal(request));
    response.append('Retry-After', RETRY_AFTER);
    this.#transport.respond(response, flow);
  }

  #statelessTag(request: Request): string {
    this.#salt ??= this.#identifiers.tag();
    return statelessTag(request, this.#salt);
  }

  #newBranch(): string {
    return MAGIC_COOKIE + this.#identifiers.branch();
  }

  #receivedOf(method: string): Map<string, ServerTransaction> {
    return method === 'INVITE' ? this.#invites : method === 'CANCEL' ? this.#cancels : this.#others;
  }
}

/** §18.1.1; `rport` is RFC 3581 §3. */
function viaOf(flow: Flow, branch: string): string {
  if (flow.plainVia) return `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch}`;
  return `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch};rport`;
}
