// The SIP session (JSR 289 §6): one dialog, or one that may still be made, as its application sees it.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError } from '@siplet/sdk';
import { type Request, type Response, textOf } from '../message/index.js';
import { contactOf } from '../proxy/record-route.js';
import type { Flow } from '../transport/flow.js';
import { InternalFlow } from '../transport/internal-flow.js';
import { Awaited } from './awaited.js';
import type { AwaitedAck } from './awaited-ack.js';
import type { DialogEnd } from './dialog-end.js';
import { notify } from './notices.js';
import { OwnContact } from './own-contact.js';
import type { SessionOwner } from './owner.js';
import type { Numbers, ProxiedDialog } from './proxied-dialog.js';
import { Session } from './session.js';
import type { UserAgent } from './user-agent.js';

/** An INVITE that was received, sent or proxied in a dialog, and waits for retransmitted 2xx (RFC 6026). */
export interface Invitation {
  /** The application is no longer involved. */
  condense(): void;
  /** A session of the dialogs has ended, and another is left. */
  sessionEnded?(): void;
}

/** The search of a proxied request. */
export interface Search {
  readonly original: Request;
  /** False: nothing was under way. */
  cancel(reason?: string): boolean;
}

/** Finds dialogs by their name in our Record-Route. */
export interface DialogsKeeper {
  /** No session of them is left. */
  ended(dialogs: Dialogs): void;
}

/** The dialogs that one request has made: the one of the session, and those of other forks. */
export interface Dialogs {
  readonly method: string;
  readonly callId: string;
  readonly callerTag: string | undefined;
  /** Wire text of From and To of the request that made them. */
  readonly from: string;
  readonly to: string;
  /**
   * Their name in our Record-Route, once the container stays on the path (C-34): it cannot be guessed, and its last
   * part is their slot.
   */
  name: string | undefined;
  /** The application's parameters in our Record-Route, each raw with a leading ';'; undefined: none. */
  routeParameters: readonly string[] | undefined;
  /** The index that finds them by their name. */
  slot: number;
  keeper: DialogsKeeper | undefined;
  readonly applicationSession: SessionOwner;
  /** The application proxies the request: it is not a user agent. */
  isProxied: boolean;
  /** The application's part of its Contact; undefined: none. */
  contact: OwnContact | undefined;
  /** The highest CSeq numbers in proxied early dialogs that have failed (§12.2.1.1). */
  formerNumbers: Numbers | undefined;
  /** A message with its Contact has been sent. */
  isContactSent: boolean;
  /** The search that may still make dialogs. */
  search: Search | undefined;
  readonly sessions: readonly SipSession[];
  /** The session of the request itself. */
  readonly first: SipSession;
  /** The session of the dialog that a response belongs to; another To tag derives a new one (JSR 289 §6.2.3.2). */
  sessionFor(response: Response): SipSession;
  /** The session whose dialog the request is in (§12.2.2). */
  match(request: Request): SipSession | undefined;
  /** The session of the dialog with that tag of the peer, which is made when there is none (RFC 6665 §4.4.1). */
  sessionOfTag(tag: string): SipSession;
  /** A branch has failed whose 1xx had these tags: their early dialogs are over (§12.3). */
  branchFailed(tags: readonly string[]): void;
  /** Dialogs of forks that answered, while that of the first session did not. */
  readonly answeredElsewhere: readonly SipSession[];
  /** A search of our own has ended (§13.2.2.4): early dialogs have failed. */
  searchEnded(): void;
  /** The transaction that made them has ended: dialogs that were never confirmed are over (§12.3). */
  settle(): void;
  /** One of the sessions has been invalidated. */
  sessionEnded(): void;
  /** The invitation is told when no session that needs it is left, until it is released. */
  hold(invitation: Invitation): void;
  release(invitation: Invitation): void;
}

export class SipSession extends Session implements sdk.SipSession {
  state: 'initial' | 'early' | 'confirmed' | 'terminated' = 'initial';
  /** Requests of the dialog come through here (C-34). */
  isOnPath = false;
  /** The two ends of a proxied dialog on whose path the container stays. */
  proxied: ProxiedDialog | undefined;
  /** The user agent, where the application is one. */
  userAgent: UserAgent | undefined;
  /** The flows on which the two ends of the dialog were heard last, as far as they are outside the container. */
  #callerFlow: Flow | undefined = undefined;
  #calleeFlow: Flow | undefined = undefined;
  /** The application has ended the proxied dialog: the BYEs of the container are the last requests in it. */
  wasEndedHere = false;
  /** The ACK that a BYE of ours must wait for. */
  awaitedAck: AwaitedAck | undefined;
  /** Transactions under way in it, including lingering ones (RFC 6026). */
  #transactions = 0;
  /** Of these, how many have no final response. */
  #unanswered = 0;
  #outboundInterface: string | undefined;
  /** Milliseconds since 1970. */
  readonly #created: number;
  #active: number;

  constructor(
    readonly set: Dialogs,
    readonly applicationSession: SessionOwner,
    /** The To tag of the dialog, once there is one. */
    public calleeTag: string | undefined,
    attributes?: ReadonlyMap<string, sdk.Json>,
  ) {
    super(applicationSession.services, attributes);
    this.#created = this.#active = this.services.clock.wallTime();
    applicationSession.add(this);
    notify(applicationSession, 'sessionCreated', this);
  }

  protected get owner(): SessionOwner {
    return this.applicationSession;
  }

  protected get label(): string {
    return `the session of ${this.callId}`;
  }

  get callId(): string {
    return textOf(this.set.callId);
  }

  /** Of a proxied call: the caller (JSR 289 §6.2.1: the local party is the one in From). */
  get localParty(): Address {
    return Address.parse(textOf(this.userAgent?.dialog?.local ?? this.set.from));
  }

  get remoteParty(): Address {
    const { dialog } = this.userAgent ?? {};
    if (dialog !== undefined) return Address.parse(textOf(dialog.remote));
    const party = Address.parse(textOf(this.set.to));
    if (this.calleeTag !== undefined) party.parameters.set('tag', this.calleeTag);
    return party;
  }

  get createdAt(): Date {
    return new Date(this.#created);
  }

  get lastActiveAt(): Date {
    return new Date(this.#active);
  }

  /** A message of it was sent or received. */
  touch(): void {
    this.#active = this.services.clock.wallTime();
    this.applicationSession.touch();
  }

  /** One end has sent this request on the flow. */
  asked(request: Request, flow: Flow): void {
    this.#heard(this.#isCaller(request.from.tag), flow);
  }

  /** The recipient of this request has answered on the flow. */
  answered(request: Request, flow: Flow | undefined): void {
    if (flow !== undefined) this.#heard(this.#isCaller(request.to.tag), flow);
  }

  /** It is another dialog of the same caller. */
  forkOf(first: SipSession): void {
    if (first.#callerFlow !== undefined) this.#heard(true, first.#callerFlow);
  }

  #heard(isCaller: boolean, flow: Flow): void {
    const last = isCaller ? this.#callerFlow : this.#calleeFlow;
    if (flow === last || flow instanceof InternalFlow || !this.isValid) return;
    last?.hold?.(-1);
    flow.hold?.(1);
    if (isCaller) this.#callerFlow = flow;
    else this.#calleeFlow = flow;
  }

  /** The flow on which the recipient of a request was heard last. */
  heardOn(request: Request): Flow | undefined {
    return this.#isCaller(request.to.tag) ? this.#callerFlow : this.#calleeFlow;
  }

  #isCaller(tag: string | undefined): boolean {
    return tag !== undefined && tag === this.set.callerTag;
  }

  // The application as user agent ------------------------------------------------------------------

  get contact(): sdk.OwnContact {
    this.assertValid('contact');
    this.#assertUserAgent('contact');
    this.set.contact ??= new OwnContact(this.set);
    return this.set.contact;
  }

  /** The value of Contact in a message on this flow. */
  contactFor(flow: Flow): string {
    return this.set.contact?.textFor(flow) ?? contactOf(flow);
  }

  /** The same, in a message that is being sent. */
  sendContact(flow: Flow): string {
    this.set.isContactSent = true;
    return this.contactFor(flow);
  }

  get outboundInterface(): string | undefined {
    return this.#outboundInterface;
  }

  set outboundInterface(address: string | undefined) {
    this.assertValid('outboundInterface');
    this.#assertUserAgent('outboundInterface');
    if (address !== undefined && !this.services.hasInterface(address))
      throw new IllegalStateError(`outboundInterface: the container does not listen on ${address}`);
    this.#outboundInterface = address;
  }

  #assertUserAgent(what: string): void {
    if (this.userAgent === undefined && this.set.isProxied)
      throw new IllegalStateError(`${what}: the application is not a user agent in the session ${this.callId}`);
  }

  // Its transactions -------------------------------------------------------------------------------

  /** A dialog is established or a transaction is running. */
  get isInUse(): boolean {
    if (!this.isValid) return false;
    if (this.#transactions > 0) return true;
    if (this.state === 'confirmed') return this.isOnPath || this.userAgent !== undefined;
    // An early dialog lives as long as the transaction that made it, which is the first session's: there is none while
    // that one is made.
    const first = this.set.sessions[0];
    if (this.state === 'terminated') return false;
    if (first === undefined || first.#transactions > 0) return true;
    return first === this && this.set.answeredElsewhere.length > 0;
  }

  transactionBegins(): void {
    this.#transactions++;
    this.#unanswered++;
    this.touch();
  }

  /** Its final response has been sent. */
  transactionAnswered(): void {
    this.#unanswered--;
    this.checkReady();
  }

  /** It has been answered, and lingers no longer. */
  transactionEnds(): void {
    this.#transactions--;
    this.checkReady();
  }

  /**
   * No message can arrive in it any more (JSR 289 §6.2.4); in a dialog that has ended, only messages that were sent
   * before its end, and what is sent again: transactions deal with these alone.
   */
  protected get isReady(): boolean {
    return this.state === 'terminated' ? this.#unanswered === 0 : !this.isInUse;
  }

  protected get readyKind() {
    return 'sessionReadyToInvalidate' as const;
  }

  invalidate(): void {
    if (!this.end()) return;
    this.#callerFlow?.hold?.(-1);
    this.#calleeFlow?.hold?.(-1);
    this.proxied?.stop();
    this.set.sessionEnded();
    this.userAgent?.dispose();
    this.tellDestroyed('sessionDestroyed');
    this.applicationSession.remove(this);
  }

  createRequest(method: string): sdk.SipRequest {
    this.assertValid('createRequest');
    if (this.userAgent !== undefined) return this.userAgent.createRequest(method);
    throw new IllegalStateError(
      `${method} cannot be created: the session ${this.callId} is proxied: only its parties send requests`,
    );
  }

  next(...methods: string[]): Promise<sdk.SipRequest> {
    this.assertValid('next');
    if (this.userAgent !== undefined) return this.userAgent.next(methods);
    throw new IllegalStateError(
      `next: the application is not a user agent in the session ${this.callId}: its requests go to the handlers, and then downstream`,
    );
  }

  terminate(): Promise<void> {
    this.assertValid('terminate');
    if (this.state === 'terminated' && this.#unanswered === 0) throw this.#nothingToEnd('it has ended');
    if (this.state === 'terminated') return Promise.resolve(); // a BYE is under way
    const ended = this.userAgent === undefined ? this.#terminateProxied() : this.userAgent.terminate();
    return Awaited.of(ended, this.services.invocation.turn);
  }

  #nothingToEnd(why: string): IllegalStateError {
    return new IllegalStateError(`terminate: there is nothing to end in the session ${this.callId}: ${why}`);
  }

  /**
   * Ends what the application has proxied: while it is early the search is cancelled; afterwards both sides of the
   * dialog get a BYE.
   */
  #terminateProxied(): Promise<void> {
    const { set } = this;
    if (this.state === 'confirmed') return this.#terminateDialog();
    if (set.search?.cancel() === true) return Promise.resolve();
    const dialogs = set.first === this ? set.answeredElsewhere : [];
    if (dialogs.length === 0) throw this.#nothingToEnd('nothing has been proxied, or all branches have ended');
    return Promise.all(dialogs.map((session) => session.#terminateDialog())).then(() => {});
  }

  async #terminateDialog(): Promise<void> {
    const { proxied, set } = this;
    if (proxied === undefined) throw this.#nothingToEnd('the container is not on the path of the dialog');
    if (set.method !== 'INVITE') throw this.#nothingToEnd('only its parties can end a subscription');
    this.transactionBegins();
    this.wasEndedHere = true;
    this.endProxied();
    if (this.awaitedAck !== undefined) await this.awaitedAck.passed();
    const byes = [proxied.caller, proxied.callee].map((end) => proxied.bye(end, set, this.calleeTag));
    await Promise.all(byes.map((bye) => this.#send(bye)));
    this.transactionAnswered();
    this.transactionEnds();
  }

  /** The ACK to the 2xx has passed, or none will come. */
  acknowledged(): void {
    this.awaitedAck?.arrived();
    this.awaitedAck = undefined;
  }

  /** A BYE is not forwarded, because its handler has failed: its recipient gets one of ours (§15.1.1). */
  tellOfBye(bye: Request): void {
    const { proxied, set } = this;
    const sender = this.senderOf(bye);
    if (proxied === undefined || sender === undefined || set.method !== 'INVITE') return;
    const recipient = sender === proxied.caller ? proxied.callee : proxied.caller;
    void this.#send(proxied.bye(recipient, set, this.calleeTag));
  }

  /** The proxied dialog is over. */
  endProxied(): void {
    this.state = 'terminated';
    this.proxied?.stop();
    this.proxied = undefined;
  }

  /** The value of Contact where the application answers a request in the proxied dialog in place of its recipient. */
  contactInPlace(request: Request): string {
    const { proxied } = this;
    const recipient = request.from.tag === this.calleeTag ? proxied?.caller : proxied?.callee;
    return `<${recipient?.target}>`;
  }

  /** The end of the proxied dialog from which a request in it comes; undefined: it is in another dialog. */
  senderOf(request: Request): DialogEnd | undefined {
    const { proxied, calleeTag } = this;
    if (request.from.tag === calleeTag) return proxied?.callee;
    return request.to.tag === calleeTag ? proxied?.caller : undefined;
  }

  #send(request: Request): Promise<void> {
    return this.services.sendInDialog(request, this.heardOn(request));
  }

  /** Whether a request, from either side, is in the dialog, which the first session may have changed since it came. */
  matches(request: Request): boolean {
    const { tag: from } = request.from;
    const { tag: to } = request.to;
    if (this.calleeTag === undefined) return false;
    return (
      (to === this.calleeTag && from === this.set.callerTag) || (from === this.calleeTag && to === this.set.callerTag)
    );
  }
}
