// The SIP session (JSR 289 §6): one dialog, or what may become one, as its application sees it.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError } from '@siplet/sdk';
import type { Leg } from '../agent/leg.js';
import { type Request, textOf } from '../message/index.js';
import type { ApplicationSession } from './application-session.js';
import { Awaited } from './awaited.js';
import type { DialogSet } from './dialog-set.js';
import { notify } from './notices.js';
import type { ProxiedDialog } from './proxied-dialog.js';
import { Session } from './session.js';

export class SipSession extends Session implements sdk.SipSession {
  state: 'initial' | 'early' | 'confirmed' | 'terminated' = 'initial';
  /** Requests of the dialog come through here (C-34). */
  isOnPath = false;
  /** Of a proxied dialog that the container stays on the path of: how both ends are reached. */
  proxied: ProxiedDialog | undefined;
  /** Where the application is a user agent. */
  leg: Leg | undefined;
  /** Transactions under way in it, those that linger among them (RFC 6026). */
  #transactions = 0;
  /** Of these, how many have no final response. */
  #unanswered = 0;

  constructor(
    readonly set: DialogSet,
    readonly applicationSession: ApplicationSession,
    /** The To tag of the dialog, once there is one. */
    public calleeTag: string | undefined,
    attributes?: ReadonlyMap<string, sdk.Json>,
  ) {
    super(applicationSession.services, attributes);
    applicationSession.add(this);
    notify(applicationSession, 'sessionCreated', this);
  }

  protected get owner(): ApplicationSession {
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
    return Address.parse(textOf(this.leg?.dialog?.local ?? this.set.from));
  }

  get remoteParty(): Address {
    const { dialog } = this.leg ?? {};
    if (dialog !== undefined) return Address.parse(textOf(dialog.remote));
    const party = Address.parse(textOf(this.set.to));
    if (this.calleeTag !== undefined) party.parameters.set('tag', this.calleeTag);
    return party;
  }

  /** A dialog stands or a transaction runs. */
  get isInUse(): boolean {
    if (!this.isValid) return false;
    if (this.#transactions > 0) return true;
    if (this.state === 'confirmed') return this.isOnPath || this.leg !== undefined;
    // An early dialog lives as long as the transaction that made it, which is the first session's: there is none while that one is made.
    const first = this.set.sessions[0];
    return this.state !== 'terminated' && (first === undefined || first.#transactions > 0);
  }

  transactionBegins(): void {
    this.#transactions++;
    this.#unanswered++;
    this.applicationSession.touch();
  }

  /** Its final response has gone. */
  transactionAnswered(): void {
    this.#unanswered--;
    this.checkReady();
  }

  /** It has been answered, and lingers no longer. */
  transactionEnds(): void {
    this.#transactions--;
    this.checkReady();
  }

  /** Nothing can come in it any more (JSR 289 §6.2.4): of a proxied dialog that has ended nothing but what was sent before. */
  protected get isReady(): boolean {
    return this.state === 'terminated' && this.leg === undefined ? this.#unanswered === 0 : !this.isInUse;
  }

  protected get readyKind() {
    return 'sessionReadyToInvalidate' as const;
  }

  invalidate(): void {
    if (!this.end()) return;
    this.leg?.dispose();
    this.set.sessionEnded();
    this.tellDestroyed('sessionDestroyed');
    this.applicationSession.remove(this);
  }

  createRequest(method: string): sdk.SipRequest {
    this.assertValid('createRequest');
    if (this.leg !== undefined) return this.leg.createRequest(method);
    throw new IllegalStateError(
      `${method} cannot be created: the session ${this.callId} is a proxied one, its requests are the parties' own`,
    );
  }

  next(...methods: string[]): Promise<sdk.SipRequest> {
    this.assertValid('next');
    if (this.leg !== undefined) return this.leg.next(methods);
    throw new IllegalStateError(
      `next: the application is no user agent in the session ${this.callId}: what comes in it goes to its handlers, and on`,
    );
  }

  terminate(): Promise<void> {
    this.assertValid('terminate');
    if (this.leg !== undefined) return Awaited.of(this.leg.terminate(), this.leg.services.turn);
    const { services } = this.applicationSession;
    return Awaited.of(services.terminateProxied(this), services.turn);
  }

  /** Whether a request inside the dialog, from either side, is this dialog's. */
  matches(request: Request): boolean {
    const { tag: from } = request.from;
    const { tag: to } = request.to;
    if (this.calleeTag === undefined) return false;
    return (
      (to === this.calleeTag && from === this.set.callerTag) || (from === this.calleeTag && to === this.set.callerTag)
    );
  }
}
