// The proxied dialogs on whose path the container stays: by their name in our Record-Route, and by Call-ID for INVITEs
// that name one (RFC 3891, RFC 3911).
import type { Identifiers } from '../base/identifiers.js';
import { Slots } from '../base/slots.js';
import { flat, type Request } from '../message/index.js';
import { type RouteCookie, slotIn } from '../proxy/route-cookie.js';
import type { Dialogs, DialogsKeeper, SipSession } from './sip-session.js';

/**
 * The maximum number of dialogs with one Call-ID: one for each application that has proxied the call. More are an
 * attack.
 */
const MAX_LOOKED_AT = 32;

const NO_PARAMETERS: readonly string[] = [];

export class ProxiedDialogs implements DialogsKeeper {
  /** By the slot that ends the name in our Record-Route. */
  readonly #named = new Slots<Dialogs>();
  /**
   * By Call-ID: nearly always one; a Set where there are more. Undefined until it is needed: few containers ever see
   * such an INVITE.
   */
  #sets: Map<string, Dialogs | Set<Dialogs>> | undefined;

  constructor(private readonly identifiers: Identifiers) {}

  /** How many dialog sets go through the container. */
  get size(): number {
    return this.#named.size;
  }

  /** Its name in our Record-Route: from now on the container stays on the path of these dialogs. */
  nameOf(set: Dialogs): string {
    if (set.name !== undefined) return set.name;
    set.slot = this.#named.add(set);
    set.keeper = this;
    set.name = flat(`${this.identifiers.branch()}.${set.slot}`);
    if (this.#sets !== undefined) this.#index(this.#sets, set);
    return set.name;
  }

  /** The dialogs with that name. */
  named(name: string): Dialogs | undefined {
    const set = this.#named.get(slotIn(name));
    return set?.name === name ? set : undefined;
  }

  /** The parameters of the application that our Record-Route has carried for these dialogs. */
  parametersOf(name: string): readonly string[] {
    return this.named(name)?.routeParameters ?? NO_PARAMETERS;
  }

  /** The session of the dialog that our Route value names and the request is in. */
  match(cookie: RouteCookie | undefined, request: Request): SipSession | undefined {
    return cookie === undefined ? undefined : this.named(cookie.name)?.match(request);
  }

  /** They are written into our Record-Route. */
  writes(set: Dialogs, parameters: string): void {
    if (parameters === '' || set.routeParameters?.includes(parameters)) return;
    set.routeParameters = [...(set.routeParameters ?? NO_PARAMETERS), parameters].slice(-MAX_LOOKED_AT);
  }

  ended(set: Dialogs): void {
    if (this.#named.delete(set.slot, set)) this.#remove(set);
  }

  /** The sessions of early and established dialogs. */
  *standing(): Generator<SipSession> {
    for (const set of this.#named.values())
      for (const session of set.sessions) if (session.state !== 'terminated') yield session;
  }

  #index(sets: Map<string, Dialogs | Set<Dialogs>>, set: Dialogs): void {
    const { callId } = set;
    const there = sets.get(callId);
    if (there === undefined) sets.set(callId, set);
    else if (there instanceof Set) there.add(set);
    else sets.set(callId, new Set([there, set]));
  }

  #remove(set: Dialogs): void {
    const sets = this.#sets;
    if (sets === undefined) return;
    const { callId } = set;
    const there = sets.get(callId);
    if (there === set) sets.delete(callId);
    else if (there instanceof Set && there.delete(set) && there.size === 0) sets.delete(callId);
  }

  #byCallId(): Map<string, Dialogs | Set<Dialogs>> {
    if (this.#sets !== undefined) return this.#sets;
    const sets = new Map<string, Dialogs | Set<Dialogs>>();
    for (const set of this.#named.values()) this.#index(sets, set);
    this.#sets = sets;
    return sets;
  }

  /** How many Call-IDs are indexed: none before the index is needed. */
  get indexed(): number {
    return this.#sets?.size ?? 0;
  }

  /**
   * Sessions whose dialog has these two tags, in either role; sorted in the order in which the applications had the
   * call.
   */
  find(callId: string, oneTag: string, otherTag: string): SipSession[] {
    return [...this.#between(callId, oneTag, otherTag), ...this.#between(callId, otherTag, oneTag)];
  }

  *#between(callId: string, callerTag: string, calleeTag: string): Generator<SipSession> {
    let left = MAX_LOOKED_AT;
    const there = this.#byCallId().get(callId);
    if (there === undefined) return;
    for (const set of there instanceof Set ? there : [there]) {
      if (left-- === 0) return;
      if (set.callerTag !== callerTag) continue;
      for (const session of set.sessions)
        if (session.calleeTag === calleeTag && session.isValid && session.state !== 'terminated') yield session;
    }
  }
}
