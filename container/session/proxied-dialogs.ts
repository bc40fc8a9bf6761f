// The proxied dialogs on whose path the container stays, by Call-ID: for INVITEs that name one (RFC 3891, RFC 3911).
import type { DialogSet } from './dialog-set.js';
import type { SipSession } from './sip-session.js';

/** Dialogs with one Call-ID: an application each that has proxied the call. More of them are an attack. */
const MAX_LOOKED_AT = 32;

export class ProxiedDialogs {
  /** Nearly always one; a Set where there are more. Undefined until somebody asks: few containers ever see such an INVITE. */
  #sets: Map<string, DialogSet | Set<DialogSet>> | undefined;
  /** All of them, in the order in which the container has come to stay on their path. */
  readonly #all: () => Iterable<DialogSet>;

  constructor(all: () => Iterable<DialogSet>) {
    this.#all = all;
  }

  add(set: DialogSet): void {
    if (this.#sets !== undefined) this.#index(this.#sets, set);
  }

  #index(sets: Map<string, DialogSet | Set<DialogSet>>, set: DialogSet): void {
    const { callId } = set;
    const there = sets.get(callId);
    if (there === undefined) sets.set(callId, set);
    else if (there instanceof Set) there.add(set);
    else sets.set(callId, new Set([there, set]));
  }

  remove(set: DialogSet): void {
    const sets = this.#sets;
    if (sets === undefined) return;
    const { callId } = set;
    const there = sets.get(callId);
    if (there === set) sets.delete(callId);
    else if (there instanceof Set && there.delete(set) && there.size === 0) sets.delete(callId);
  }

  #byCallId(): Map<string, DialogSet | Set<DialogSet>> {
    if (this.#sets !== undefined) return this.#sets;
    const sets = new Map<string, DialogSet | Set<DialogSet>>();
    for (const set of this.#all()) this.#index(sets, set);
    this.#sets = sets;
    return sets;
  }

  /** Call-IDs that are known here: none before somebody has asked. */
  get size(): number {
    return this.#sets?.size ?? 0;
  }

  /** Sessions whose dialog has these tags, in whichever order; in the order in which applications have had the call. */
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
