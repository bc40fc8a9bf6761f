// The SIP session (JSR 289 §6): one dialog, or what may become one, as its application sees it.
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError, SessionInvalidError } from '@siplet/sdk';
import { type Request, textOf } from '../message/index.js';
import type { ApplicationSession } from './application-session.js';
import type { DialogSet } from './dialog-set.js';
import { notify } from './notices.js';

export class SipSession implements sdk.SipSession {
  state: 'initial' | 'early' | 'confirmed' | 'terminated' = 'initial';
  /** Requests of the dialog come through here (C-34). */
  isOnPath = false;
  #id: string | undefined;
  #attributes: Map<string, sdk.Json> | undefined;
  #valid = true;
  #invalidateWhenReady = true;
  /** Transactions under way in it. */
  #transactions = 0;

  constructor(
    readonly set: DialogSet,
    readonly applicationSession: ApplicationSession,
    /** The To tag of the dialog, once there is one. */
    public calleeTag: string | undefined,
    attributes?: ReadonlyMap<string, sdk.Json>,
  ) {
    if (attributes !== undefined) this.#attributes = new Map(attributes);
    applicationSession.add(this);
    notify(applicationSession, 'sessionCreated', this);
  }

  get id(): string {
    return (this.#id ??= this.applicationSession.services.identifiers.id());
  }

  get callId(): string {
    return textOf(this.set.callId);
  }

  /** Of a proxied call: the caller (JSR 289 §6.2.1: the local party is the one in From). */
  get localParty(): Address {
    return Address.parse(textOf(this.set.from));
  }

  get remoteParty(): Address {
    const party = Address.parse(textOf(this.set.to));
    if (this.calleeTag !== undefined) party.parameters.set('tag', this.calleeTag);
    return party;
  }

  get attributes(): Map<string, sdk.Json> {
    this.#assertValid('attributes');
    return (this.#attributes ??= new Map());
  }

  /** For a fork's session: the values are shared, not copied (JSR 289 §6.2.3.2). */
  get rawAttributes(): ReadonlyMap<string, sdk.Json> | undefined {
    return this.#attributes;
  }

  get isValid(): boolean {
    return this.#valid;
  }

  get invalidateWhenReady(): boolean {
    return this.#invalidateWhenReady;
  }

  set invalidateWhenReady(value: boolean) {
    this.#invalidateWhenReady = value;
    if (value) this.checkReady();
  }

  /** A dialog stands or a transaction runs. */
  get isInUse(): boolean {
    return this.#valid && (this.#transactions > 0 || (this.state === 'confirmed' && this.isOnPath));
  }

  transactionBegins(): void {
    this.#transactions++;
    this.applicationSession.touch();
  }

  transactionEnds(): void {
    this.#transactions--;
    this.checkReady();
  }

  /** Ready to invalidate: nothing can come in it any more (JSR 289 §6.2.4). */
  checkReady(): void {
    if (!this.#valid || this.isInUse) return;
    notify(this.applicationSession, 'sessionReadyToInvalidate', this, () => {
      if (this.#invalidateWhenReady && this.#valid && !this.isInUse) this.invalidate();
    });
  }

  invalidate(): void {
    if (!this.#valid) return;
    this.#valid = false;
    this.set.sessionEnded();
    notify(this.applicationSession, 'sessionDestroyed', this);
    this.applicationSession.remove(this);
  }

  createRequest(method: string): sdk.SipRequest {
    this.#assertValid('createRequest');
    throw new IllegalStateError(
      `${method} cannot be created: the session ${this.callId} is a proxied one, its requests are the parties' own`,
    );
  }

  terminate(): Promise<void> {
    this.#assertValid('terminate');
    throw new IllegalStateError('terminate: this version of the container cannot end a proxied dialog');
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

  #assertValid(what: string): void {
    if (!this.#valid) throw new SessionInvalidError(`${what}: the session of ${this.callId} has been invalidated`);
  }
}
