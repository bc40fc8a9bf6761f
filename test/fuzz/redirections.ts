// Which targets had been named before some moment, and which redirections were followed until then (§16.7 step 4,
// C-26).
import { targetOf } from './callee.js';
import type { Candidate, Evidence } from './evidence.js';
import type { Act, Entry, Packet } from './journal.js';
import { uriIn } from './text.js';

export class Redirections {
  /** By the application, or by a Contact that was followed. */
  readonly named = new Set<number>();
  /** By Contacts that were perhaps not followed. */
  readonly doubtful = new Set<number>();
  /** By the target that redirected: followed, and no candidate any more; or perhaps so. */
  readonly followed = new Map<number, 'followed' | 'perhaps'>();
  /** Whether to follow a target's 3xx, where the application said so for it alone. */
  readonly #edits = new Map<number, boolean>();

  constructor(
    private readonly evidence: Evidence,
    /** The moment: the entry of the journal before which it is. */
    private readonly index: number,
    private readonly ends: ReadonlyMap<number, readonly Candidate[]>,
    /** Entries that ended the search, or may have. */
    private readonly stops: readonly number[],
  ) {
    for (const entry of evidence.entries) {
      if (entry.index >= index) break;
      if (entry.kind === 'app') this.#acted(entry);
      else if (isRedirection(entry)) this.#redirected(entry);
    }
  }

  #acted(act: Act): void {
    if (!this.evidence.proxied(act)) return;
    for (const uri of act.uris) {
      const target = targetOf(uri);
      if (!this.named.has(target) && act.recurse !== undefined) this.#edits.set(target, act.recurse);
      this.named.add(target);
    }
  }

  #redirected(packet: Packet): void {
    const target = this.evidence.attemptOf(packet)?.target;
    const candidates = target === undefined ? undefined : this.ends.get(target);
    if (target === undefined || candidates === undefined || this.followed.has(target)) return;
    if (!candidates.some((one) => one.packet === packet)) return;
    const added = contactsOf(packet).filter((one) => !this.named.has(one));
    if (!(this.#edits.get(target) ?? this.evidence.script.application.recurse) || added.length === 0) return;
    const isSure = candidates.length === 1 && this.#isSurelyFollowed(added, packet);
    this.followed.set(target, isSure ? 'followed' : 'perhaps');
    for (const one of added) (isSure ? this.named : this.doubtful).add(one);
  }

  #isSurelyFollowed(added: readonly number[], packet: Packet): boolean {
    return (
      this.stops.length === 0 &&
      !added.every((one) => this.doubtful.has(one)) &&
      !added.some((one) => this.#isNamedAfter(one, packet.index))
    );
  }

  #isNamedAfter(target: number, from: number): boolean {
    return this.evidence.acts.some(
      (act) =>
        act.index > from &&
        act.index < this.index &&
        this.evidence.proxied(act) &&
        act.uris.some((uri) => targetOf(uri) === target),
    );
  }
}

function isRedirection(entry: Exclude<Entry, Act>): entry is Packet {
  return entry.kind === 'in' && !entry.sip.isRequest && entry.sip.status >= 300 && entry.sip.status <= 399;
}

/** The targets of the Contacts that can be tried. */
function contactsOf({ sip }: Packet): number[] {
  return sip
    .all('contact')
    .map((value) => targetOf(uriIn(value)))
    .filter((target) => target >= 0);
}
