// The part of a user agent's Contact that its application chooses (§8.1.1.8, §12.1.1): host, port and transport are
// the container's.
import type * as sdk from '@siplet/sdk';
import { IllegalStateError, SipUri } from '@siplet/sdk';
import { textOf, wireOf } from '../message/index.js';
import { contactOf } from '../proxy/record-route.js';
import type { Flow } from '../transport/flow.js';

/** The dialogs whose user agent it is. */
interface ContactOwner {
  readonly callId: string;
  /** A message with the Contact has been sent: the peer knows it. */
  readonly isContactSent: boolean;
}

/** URI parameters that decide how the container is reached (§19.1.1). */
const OF_THE_CONTAINER: ReadonlySet<string> = new Set(['transport', 'maddr', 'ttl', 'method', 'lr']);

export class OwnContact implements sdk.OwnContact {
  #user: string | undefined;
  readonly parameters: Map<string, string | true>;

  constructor(private readonly owner: ContactOwner) {
    this.parameters = new ContactParameters(this);
  }

  get user(): string | undefined {
    return this.#user;
  }

  set user(user: string | undefined) {
    this.assertOpen();
    if (user === '') throw new TypeError('contact.user is empty: to have no user, set undefined');
    this.#user = user === undefined ? undefined : String(user);
  }

  assertOpen(): void {
    if (this.owner.isContactSent)
      throw new IllegalStateError(
        `contact: the Contact of the session ${textOf(this.owner.callId)} has been sent and cannot be changed any more`,
      );
  }

  /** The header's value in a message on this flow. */
  textFor(flow: Flow): string {
    const own = contactOf(flow);
    if (this.#user === undefined && this.parameters.size === 0) return own;
    const uri = SipUri.parse(own.slice(1, -1));
    uri.user = this.#user;
    for (const [name, value] of this.parameters) uri.parameters.set(name, value);
    return `<${wireOf(uri.toString())}>`;
  }
}

/** Names are case-insensitive (§19.1.4). */
class ContactParameters extends Map<string, string | true> {
  constructor(private readonly contact: OwnContact) {
    super();
  }

  override get(name: string): string | true | undefined {
    return super.get(name.toLowerCase());
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }

  override set(name: string, value: string | true): this {
    this.contact.assertOpen();
    const key = name.toLowerCase();
    if (key === '') throw new TypeError('contact.parameters: a parameter needs a name');
    if (OF_THE_CONTAINER.has(key))
      throw new IllegalStateError(`contact.parameters: ${key} is the container's, an application cannot set it`);
    return super.set(key, value === true ? true : String(value));
  }

  override delete(name: string): boolean {
    this.contact.assertOpen();
    return super.delete(name.toLowerCase());
  }

  override clear(): void {
    this.contact.assertOpen();
    super.clear();
  }
}
