// The common part of both kinds of session (JSR 289 §6.2, §6.3): an id, attributes, readiness, an end.
import type { Json } from '@siplet/sdk';
import { SessionInvalidError } from '@siplet/sdk';
import type { HandlerKind } from '@siplet/sdk/declarations';
import { Attributes } from './attributes.js';
import { call } from './notices.js';
import type { SessionOwner } from './owner.js';
import type { SessionServices } from './services.js';

export abstract class Session {
  #id: string | undefined;
  #attributes: Attributes | undefined;
  #valid = true;
  #invalidateWhenReady = true;
  /**
   * True while its readiness is being determined: the running handler has not settled, or the application is being
   * told.
   */
  #checking = false;
  /** A handler is being told of its end, or of the end of a session in it: the attributes can still be read. */
  isTellingEnd = false;

  protected constructor(
    readonly services: SessionServices,
    attributes?: ReadonlyMap<string, Json>,
  ) {
    if (attributes !== undefined) this.#attributes = this.#newAttributes(attributes);
  }

  /** The session itself, or the application session that it is in; both use its mailbox. */
  protected abstract readonly owner: SessionOwner;
  /** 'the session of a84b4c76e66710': for errors. */
  protected abstract readonly label: string;
  /** No message can arrive in it any more (JSR 289 §6.2.4, §6.4.1). */
  protected abstract readonly isReady: boolean;
  protected abstract readonly readyKind: HandlerKind;
  abstract invalidate(): void;

  /** Made when it is first asked for: most calls never need it. From then on the session is found by it. */
  get id(): string {
    if (this.#id === undefined) {
      this.#id = this.services.identifiers.id();
      if (this.#valid) this.services.named.set(this.#id, this);
    }
    return this.#id;
  }

  get attributes(): Map<string, Json> {
    if (!this.isTellingEnd) this.assertValid('attributes');
    this.#attributes ??= this.#newAttributes();
    return this.#attributes;
  }

  /** For a fork's session: the values are shared, not copied (JSR 289 §6.2.3.2). */
  get rawAttributes(): ReadonlyMap<string, Json> | undefined {
    return this.#attributes;
  }

  #newAttributes(from?: ReadonlyMap<string, Json>): Attributes {
    return new Attributes((what) => this.assertValid(what), from);
  }

  get isValid(): boolean {
    return this.#valid;
  }

  get invalidateWhenReady(): boolean {
    return this.#invalidateWhenReady;
  }

  set invalidateWhenReady(value: boolean) {
    this.assertValid('invalidateWhenReady');
    const before = this.#invalidateWhenReady;
    this.#invalidateWhenReady = value;
    if (value && !before) this.checkReady();
  }

  /**
   * Tells the application when it is ready, and ends it then. It waits for a running handler, which may still add to
   * the session.
   */
  checkReady(): void {
    if (!this.#valid || this.#checking || !this.isReady) return;
    this.#checking = true;
    const { mailbox } = this.owner;
    if (mailbox.isIdle) this.#beReady();
    else mailbox.whenIdle(() => this.#beReady());
  }

  /** No handler runs. */
  #beReady(): void {
    const handler = this.owner.application.table.life(this.readyKind);
    if (handler === undefined || !this.#valid || !this.isReady) this.#endWhenReady();
    else call(this.owner, handler, this, () => this.#endWhenReady());
  }

  #endWhenReady(): void {
    this.#checking = false;
    if (this.#invalidateWhenReady && this.#valid && this.isReady) this.invalidate();
  }

  /** False when it had ended before. */
  protected end(): boolean {
    if (!this.#valid) return false;
    this.#valid = false;
    if (this.#id !== undefined) this.services.named.delete(this.#id);
    return true;
  }

  /** Tells the application that it has ended; it can read the attributes while it is told. */
  protected tellDestroyed(kind: HandlerKind): void {
    const handler = this.owner.application.table.life(kind);
    if (handler === undefined) return;
    this.owner.mailbox.post({
      isWaitedFor: false,
      handler: () => handler,
      argument: () => {
        this.isTellingEnd = true;
        this.owner.isTellingEnd = true;
        return this;
      },
      settled: (error) => {
        this.isTellingEnd = false;
        this.owner.isTellingEnd = false;
        if (error !== undefined) this.services.invocation.failed(handler.label, this.owner.application, error);
      },
    });
  }

  protected assertValid(what: string): void {
    if (!this.#valid) throw new SessionInvalidError(`${what}: ${this.label} has been invalidated`);
  }
}
