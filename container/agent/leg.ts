// The user agent of one session: its dialog, what it has sent and received in it, and how it ends (§12-15, JSR 289 §6.2).
import { IllegalStateError, SessionInvalidError } from '@siplet/sdk';
import { B2bua } from '../b2bua/b2bua.js';
import type { Incoming } from '../dispatch/incoming.js';
import { Request, type Response } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';
import type { ReceivedResponse } from '../servlet/received-response.js';
import { SentRequest } from '../servlet/sent-request.js';
import type { SipRequest } from '../servlet/sip-request.js';
import { Awaited } from '../session/awaited.js';
import { call } from '../session/notices.js';
import type { SipSession } from '../session/sip-session.js';
import type { Hop } from '../transport/flow.js';
import type { Passage } from '../transport/passage.js';
import { Dialog, TARGET_REFRESH } from './dialog.js';
import { refusalOfExtensions } from './extensions.js';
import { OfferAnswer } from './offer-answer.js';
import type { Outgoing } from './outgoing.js';
import { ReceivedProvisionals } from './received-provisionals.js';
import type { ReliableProvisionals } from './reliable-provisionals.js';
import type { AgentServices } from './services.js';
import { SessionTimer } from './session-timer.js';
import { isLast, isWithoutSubscription, lifetimeOf, Subscriptions, subscriptionOf } from './subscriptions.js';
import { SuccessRetransmission } from './success-retransmission.js';

/** How long a peer is to wait whose INVITE overlaps with one that it sent before, in seconds (§14.2). */
const MAX_RETRY_AFTER = 10;

/** Who goes on with what the handlers of the application have seen: a bridge. */
export interface LegUser {
  /** A request in the dialog that no handler has answered. */
  requested(incoming: Incoming): void;
  /** The ACK to a 2xx that was sent in it; after its handler. */
  acknowledged(ack: SipRequest): void;
  /** The dialog has ended; `bye` is there when the peer ended it. */
  ended(bye: Request | undefined): void;
}

/** A handler that awaits the next request of these methods; of any when there are none. */
interface Expected {
  readonly methods: readonly string[];
  readonly awaited: Awaited<SipRequest>;
}

/** An ACK as it was sent, to be sent again. */
interface SentAck {
  readonly sequence: number;
  readonly request: Request;
  readonly hop: Hop;
}

export class Leg {
  dialog: Dialog | undefined;
  /** The initial request that was sent last; undefined on the side that was called. */
  original: Request | undefined;
  /** Of the request from which that one was made. */
  passage: Passage | undefined;
  user: LegUser | undefined;
  /** The other leg of the call (JSR 289 §14.1). */
  linked: Leg | undefined;
  /** Requests received that have no final response. */
  readonly received = new Set<Incoming>();
  /** Requests sent that have none. */
  readonly sent = new Set<Outgoing>();
  /** Whose offer is unanswered, and what was agreed. */
  readonly offers = new OfferAnswer();
  /** What is to be acknowledged by PRACK, of the INVITE that came last. */
  reliables: ReliableProvisionals | undefined;
  /** The order of those that the peer sends. */
  readonly provisionals = new ReceivedProvisionals();
  #timer: SessionTimer | undefined;
  /** Usages of the dialog (RFC 5057): it ends with the last of them. */
  #isInvited = false;
  #subscriptions: Subscriptions | undefined;
  #successes: SuccessRetransmission[] | undefined;
  #whenAcknowledged: (() => void)[] | undefined;
  #acks: SentAck[] | undefined;
  #expected: Expected[] | undefined;

  constructor(
    readonly services: AgentServices,
    readonly session: SipSession,
  ) {}

  /** The leg of a session, which is made with it. */
  static of(session: SipSession, services: AgentServices): Leg {
    return (session.leg ??= new Leg(services, session));
  }

  /** A call stands in the dialog; not a subscription alone. */
  get isInvited(): boolean {
    return this.#isInvited;
  }

  /** Refreshes the session, or ends it (RFC 4028). */
  get timer(): SessionTimer {
    return (this.#timer ??= new SessionTimer(this));
  }

  get #label(): string {
    return `the session of ${this.session.callId}`;
  }

  // The dialog --------------------------------------------------------------------------------------------------------------------------------------------------

  /** §12.1: from now on requests in it are ours. */
  open(dialog: Dialog): void {
    if (this.dialog !== undefined) return;
    this.dialog = dialog;
    this.services.userAgents.add(dialog.callId, dialog.localTag, dialog.remoteTag, this.session);
  }

  /** A dialog that was early has not come to anything: a new request may make another. */
  forgetDialog(): void {
    if (this.dialog === undefined) return;
    this.services.userAgents.remove(this.dialog.callId, this.session);
    this.dialog = undefined;
  }

  /** A 2xx to INVITE has made it. */
  confirm(): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'confirmed';
    this.#isInvited = true;
  }

  /** RFC 6665 §4.4: a SUBSCRIBE or REFER, or its NOTIFY, makes the dialog, or is one more usage of it, for so many seconds. */
  beginSubscription(key: string, seconds: number | undefined): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'confirmed';
    this.#subscriptions ??= new Subscriptions(this.services.clock, () => {
      if (!this.#isInvited) this.end(undefined);
    });
    this.#subscriptions.begin(key, seconds);
  }

  /** RFC 6665 §4.4.1: one subscription is over; the dialog too when it has no other usage. */
  endSubscription(key: string): void {
    this.#subscriptions?.end(key);
  }

  /** The INVITE usage is over, and the dialog with it unless a subscription lives on in it (RFC 5057 §4.2). */
  endInvitation(bye: Request | undefined): void {
    this.#isInvited = false;
    this.#timer?.stop();
    this.#stopSuccesses();
    if ((this.#subscriptions?.size ?? 0) === 0) return this.end(bye);
    // §15.1.2: the subscription lives on, an unanswered INVITE does not.
    for (const incoming of [...this.received]) if (incoming.request.method === 'INVITE') incoming.dialogEnded();
    this.user?.ended(bye);
  }

  /** Nothing more is sent or taken in it. */
  end(bye: Request | undefined): void {
    if (this.session.state === 'terminated') return;
    this.session.state = 'terminated';
    this.#isInvited = false;
    this.#timer?.stop();
    this.#subscriptions?.stop();
    this.#subscriptions = undefined;
    this.#stopSuccesses();
    for (const incoming of [...this.received]) if (incoming.request !== bye) incoming.dialogEnded();
    this.#expectNothing();
    this.user?.ended(bye);
    this.session.checkReady();
  }

  // Requests that a handler awaits ------------------------------------------------------------------------------------------------------------------------------

  /** The next request of one of these methods, or of any: to who awaits it, and to no handler. Rejects when the dialog ends before. */
  next(methods: readonly string[]): Awaited<SipRequest> {
    if (this.session.state === 'terminated')
      throw new IllegalStateError(`${this.#label} has ended: no request will come`);
    const awaited = Awaited.in<SipRequest>(this.services.turn);
    (this.#expected ??= []).push({ methods, awaited });
    return awaited;
  }

  /** Who awaits a request of this method, the first of them; it does so no more. */
  takeExpected(method: string): Awaited<SipRequest> | undefined {
    const at = this.#expected?.findIndex(({ methods }) => methods.length === 0 || methods.includes(method)) ?? -1;
    return at < 0 ? undefined : this.#expected!.splice(at, 1)[0]!.awaited;
  }

  #expectNothing(): void {
    const expected = this.#expected;
    this.#expected = undefined;
    for (const { methods, awaited } of expected ?? []) {
      const what = methods.length === 0 ? 'request' : methods.join(' or ');
      awaited.fail(new SessionInvalidError(`${this.#label} has ended: no ${what} has come`));
    }
  }

  #stopSuccesses(): void {
    for (const success of this.#successes ?? []) success.stop();
    this.#successes = undefined;
    this.#tellAcknowledged();
  }

  /** The session has been invalidated: what waits is given up, without the application. */
  dispose(): void {
    this.#stopSuccesses();
    this.#subscriptions?.stop();
    this.reliables?.stop();
    this.#timer?.stop();
    if (this.linked?.linked === this) this.linked.linked = undefined;
    this.linked = undefined;
    this.#expectNothing();
    this.forgetDialog();
    for (const outgoing of [...this.sent]) outgoing.cancel();
    if (this.original !== undefined) this.services.userAgents.remove(this.original.callId, this.session);
    if (this.session.state !== 'terminated') this.user?.ended(undefined);
  }

  // Requests received -------------------------------------------------------------------------------------------------------------------------------------------

  /** §12.2.2, §14.2, RFC 3311 §5.2: whether a request in the dialog may be taken; it counts from then on. */
  admit(incoming: Incoming): Refusal | undefined {
    const { request } = incoming;
    const { method } = request;
    if (!this.dialog!.takes(request)) return { status: 500, reason: 'CSeq out of order' };
    const unknown = refusalOfExtensions(request);
    if (unknown !== undefined) return unknown;
    if (method === 'INVITE') {
      for (const other of this.received) if (other.request.method === 'INVITE') return this.#later();
      for (const other of this.sent) if (other.request.method === 'INVITE') return { status: 491 };
    }
    const refusal =
      method === 'PRACK'
        ? this.#acknowledgeProvisional(request)
        : (this.timer.refusalOf(request) ?? this.#offerRefusal(request));
    if (refusal !== undefined) return refusal;
    this.offers.received(request);
    this.received.add(incoming);
    return undefined;
  }

  /** RFC 3262 §3: a PRACK that acknowledges nothing gets 481. */
  #acknowledgeProvisional(prack: Request): Refusal | undefined {
    return this.reliables === undefined ? { status: 481 } : this.reliables.acknowledge(prack);
  }

  /** RFC 3311 §5.2, RFC 6337 §4: an offer while another is unanswered, and an UPDATE while another is. */
  #offerRefusal(request: Request): Refusal | undefined {
    if (request.method === 'UPDATE')
      for (const other of this.received) if (other.request.method === 'UPDATE') return this.#later();
    if (this.offers.meaningOf('remote', request) !== 'offer') return undefined;
    const { state } = this.offers;
    if (state === 'offer sent') return { status: 491 };
    return state === 'offer received' ? this.#later() : undefined;
  }

  #later(): Refusal {
    const seconds = Math.floor(this.services.identifiers.fraction() * (MAX_RETRY_AFTER + 1));
    return { status: 500, headers: [['Retry-After', String(seconds)]] };
  }

  // Responses sent ----------------------------------------------------------------------------------------------------------------------------------------------

  /** §12.1.1, §13.3.1: the application sends a response to a request that can make a dialog. */
  answered(incoming: Incoming, response: Response): void {
    const { request, transaction } = incoming;
    const { status } = response;
    if (incoming.isInitial) this.offers.received(request);
    this.offers.sent(response);
    if (status >= 200) this.received.delete(incoming);
    if (status >= 200 && request.method === 'PRACK') this.reliables?.prackAnswered();
    if (status >= 300) {
      if (incoming.isInitial) this.end(undefined);
      return;
    }
    if (incoming.isInitial) {
      this.session.calleeTag = transaction.toTag;
      this.open(Dialog.ofServer(request, transaction.toTag));
      if (this.session.state === 'initial') this.session.state = 'early';
    }
    if (status < 200) {
      if (!incoming.answered) this.received.add(incoming);
      return;
    }
    // §12.2.2: not before it is accepted, so that nobody moves the target who may not.
    if (!incoming.isInitial && TARGET_REFRESH.has(request.method)) this.dialog!.refresh(request);
    this.#usageAnswered(request, response);
    this.timer.answered(response, true);
    if (request.method === 'INVITE') this.#retransmit(incoming, response);
  }

  /** What a 2xx of ours makes of the dialog. */
  #usageAnswered(request: Request, response: Response): void {
    const { method } = request;
    if (method === 'INVITE') this.confirm();
    else if (method === 'SUBSCRIBE')
      this.beginSubscription(subscriptionOf(request), lifetimeOf(response) ?? lifetimeOf(request));
    else if (method === 'REFER' && !isWithoutSubscription(response))
      this.beginSubscription(subscriptionOf(request), undefined);
    else if (method === 'NOTIFY' && isLast(request)) this.endSubscription(subscriptionOf(request));
    else if (method === 'NOTIFY') this.#subscriptions?.refresh(subscriptionOf(request), lifetimeOf(request));
  }

  #retransmit(incoming: Incoming, response: Response): void {
    const { clock, agentSettings } = this.services;
    const success = new SuccessRetransmission(clock, agentSettings, incoming.transaction, response, () =>
      this.#unacknowledged(incoming, success),
    );
    (this.#successes ??= []).push(success);
  }

  /** §13.3.1.4: the dialog is confirmed, but the session should be terminated. */
  #unacknowledged(incoming: Incoming, success: SuccessRetransmission): void {
    this.#forget(success);
    const { applicationSession } = this.session;
    const handler = applicationSession.application.table.life('noAckReceived');
    const servlet = incoming.presentOwn(success.response);
    if (handler !== undefined) call(applicationSession, handler, servlet);
    void this.terminate('SIP;cause=408;text="No ACK received"');
  }

  #forget(success: SuccessRetransmission): void {
    this.#successes = this.#successes?.filter((each) => each !== success);
    if (!this.awaitsAck) this.#tellAcknowledged();
  }

  #tellAcknowledged(): void {
    const then = this.#whenAcknowledged;
    this.#whenAcknowledged = undefined;
    for (const each of then ?? []) each();
  }

  /** Whether this ACK is for a 2xx of ours, which is then sent no more; false: it was acknowledged before. */
  acknowledges(ack: Request): boolean {
    const success = this.#successes?.find(({ sequence }) => sequence === ack.cseq.number);
    if (success === undefined) return false;
    success.stop();
    this.#forget(success);
    this.offers.received(ack);
    return true;
  }

  /** What the application holds of it as back-to-back user agent. */
  b2bua(request: SipRequest): B2bua {
    return new B2bua(request, this);
  }

  /** A 2xx of ours waits for its ACK: until then no BYE is sent (§15). */
  get awaitsAck(): boolean {
    return (this.#successes?.length ?? 0) > 0;
  }

  // Requests sent -----------------------------------------------------------------------------------------------------------------------------------------------

  /** Why a request may not be sent now; undefined: it may. An INVITE, an UPDATE or an offer while another is under way (§14.1, RFC 3311 §5.1, RFC 3264 §4). */
  obstacleTo(request: Request): string | undefined {
    const { method } = request;
    if (method === 'INVITE' && this.hasPendingInvite) return 'an INVITE of this dialog is under way (§14.1)';
    if (method === 'UPDATE')
      for (const other of this.sent)
        if (other.request.method === 'UPDATE') return 'an UPDATE of this dialog is under way (RFC 3311 §5.2)';
    if (this.offers.meaningOf('local', request) !== 'offer') return undefined;
    const { state } = this.offers;
    if (state === 'offer sent') return 'an offer of ours has no answer yet (RFC 3264 §4)';
    return state === 'offer received' ? "the peer's offer has no answer yet (RFC 3264 §4)" : undefined;
  }

  get hasPendingInvite(): boolean {
    for (const { request } of this.sent) if (request.method === 'INVITE') return true;
    for (const { request } of this.received) if (request.method === 'INVITE') return true;
    return false;
  }

  /** In the dialog, else outside of it as a further attempt. Throws IllegalStateError for ACK and CANCEL, after the end, and before there is whom to send it to. */
  createRequest(method: string): SentRequest {
    if (method === 'ACK' || method === 'CANCEL')
      throw new IllegalStateError(`${method} belongs to a transaction: see createAck and createCancel`);
    if (this.session.state === 'terminated') throw new IllegalStateError(`${this.#label} has ended: no ${method}`);
    const { dialog } = this;
    if (dialog !== undefined) return new SentRequest(dialog.request(method), this, false);
    const { original } = this;
    if (original === undefined)
      throw new IllegalStateError(`${this.#label} has no dialog yet: no ${method} can be sent`);
    // §8.1.3.5: what failed is tried again, with what was missing.
    const again = method === original.method ? original.clone() : bareOf(original, method);
    again.set('CSeq', `${original.cseq.number + 1} ${method}`);
    return new SentRequest(again, this, true, this.passage);
  }

  /** The ACK to a 2xx (§13.2.2.4), to be sent once, and again for each copy of the 2xx. */
  createAck(sequence: number): SentRequest {
    return new SentRequest(this.dialog!.request('ACK', sequence), this, false);
  }

  /** A 2xx that nobody wants: it is acknowledged, and its dialog ended at once (§13.2.2.4). */
  endUnwanted(success: ReceivedResponse): void {
    if (!success.isAcknowledged) void success.createAck().send();
    void this.terminate();
  }

  acknowledged(sequence: number, request: Request, hop: Hop): void {
    const acks = (this.#acks ??= []);
    acks.push({ sequence, request, hop });
    if (acks.length > 2) acks.shift();
  }

  hasAcknowledged(sequence: number): boolean {
    return this.#acks?.some((ack) => ack.sequence === sequence) ?? false;
  }

  /** A 2xx has come again. */
  acknowledgeAgain(sequence: number): void {
    const ack = this.#acks?.find((each) => each.sequence === sequence);
    if (ack !== undefined) this.services.transactions.sendStateless(ack.request.clone(), ack.hop);
  }

  /** Ends it from our side: BYE (§15), CANCEL (§9.1), or a final response while it is early; `reason` is the Reason of a BYE. Resolves when that is done. */
  async terminate(reason?: string): Promise<void> {
    const { state } = this.session;
    if (state === 'terminated') return;
    for (const incoming of this.received) if (incoming.isInitial) return incoming.answerAs(480);
    const pending = [...this.sent].filter((outgoing) => outgoing.isInitial && outgoing.request.method === 'INVITE');
    if (state !== 'confirmed') {
      await Promise.all(pending.map((outgoing) => outgoing.cancelled()));
      if (this.session.state !== 'terminated' && this.dialog === undefined) this.end(undefined);
      return;
    }
    if (!this.#isInvited) return this.end(undefined);
    if (this.awaitsAck) {
      await new Promise<void>((resolve) => (this.#whenAcknowledged ??= []).push(resolve));
      if (!this.#isInvited) return; // it has ended meanwhile
    }
    const bye = this.createRequest('BYE');
    if (reason !== undefined) bye.message.set('Reason', reason);
    await bye.sendForContainer();
  }
}

/** Another request to the same peer, which is no copy: only who, whom and by what way. */
function bareOf(original: Request, method: string): Request {
  const bare = new Request(method, original.uri);
  for (const field of original.fields) if (KEPT.has(field.key)) bare.append(field.name, field.value);
  return bare;
}

const KEPT: ReadonlySet<string> = new Set(['route', 'from', 'to', 'call-id', 'cseq', 'max-forwards']);
