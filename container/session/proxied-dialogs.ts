// The proxied dialogs on whose path the container stays, by Call-ID: for INVITEs that name one (RFC 3891, RFC 3911).
import type { DialogSet } from './dialog-set.js';
import type { SipSession } from './sip-session.js';

/** Dialogs with one Call-ID: an application each that has proxied the call. More of them are an attack. */
const MAX_LOOKED_AT = 32;

export class ProxiedDialogs {
  /** Nearly always one; a Set where there are more. */
  readonly #sets = new Map<string, DialogSet | Set<DialogSet>>();

  add(set: DialogSet): void {
    const { callId } = set;
    const there = this.#sets.get(callId);
    if (there === undefined) this.#sets.set(callId, set);
    else if (there instanceof Set) there.add(set);
    else this.#sets.set(callId, new Set([there, set]));
  }

  remove(set: DialogSet): void {
    const { callId } = set;
    const there = this.#sets.get(callId);
    if (there === set) this.#sets.delete(callId);
    else if (there instanceof Set && there.delete(set) && there.size === 0) this.#sets.delete(callId);
  }

  get size(): number {
    return this.#sets.size;
  }

  /** Sessions whose dialog has these tags, in whichever order; in the order in which applications have had the call. */
  find(callId: string, oneTag: string, otherTag: string): SipSession[] {
    return [...this.#between(callId, oneTag, otherTag), ...this.#between(callId, otherTag, oneTag)];
  }

  *#between(callId: string, callerTag: string, calleeTag: string): Generator<SipSession> {
    let left = MAX_LOOKED_AT;
    const there = this.#sets.get(callId);
    if (there === undefined) return;
    for (const set of there instanceof Set ? there : [there]) {
      if (left-- === 0) return;
      if (set.callerTag !== callerTag) continue;
      for (const session of set.sessions)
        if (session.calleeTag === calleeTag && session.isValid && session.state !== 'terminated') yield session;
    }
  }
}
