// What may go upstream (§16.7 steps 5 to 7, C-15), by a reference of a few lines over what the journal shows to have been received.
import { targetOf } from './callee.js';
import type { Candidate, Evidence } from './evidence.js';
import type { Packet } from './journal.js';
import { uriIn } from './text.js';

const HELPFUL = [401, 407, 415, 420, 484];

/**
 * The reference: smaller is better. A 6xx if any, else the lowest class; within a class what helps the caller, then the rest, then what says least: 408,
 * 503 (it tells of one server), and the 487 of a cancelled branch. Of equals any will do.
 */
function rank({ status }: Candidate, ofCancelled: boolean): number {
  const family = status >= 600 ? 0 : Math.floor(status / 100);
  if (ofCancelled || status === 408 || status === 503) return family * 10 + 2;
  return family * 10 + (HELPFUL.includes(status) ? 0 : 1);
}

const atBest = (one: Candidate): number => rank(one, one.ofCancelled ?? false);
const atWorst = (one: Candidate): number => rank(one, one.ofCancelled ?? one.status === 487);

/** A response that was chosen: it went upstream, or the application was called with it. */
export interface Choice {
  readonly status: number;
  readonly id: string;
  /** Of the entry in the journal. */
  readonly index: number;
  readonly time: number;
}

/** All that may have been a candidate at some moment. */
export interface Field {
  /** Received, each for certain. */
  readonly sure: Candidate[];
  readonly perhaps: Candidate[];
  /** Targets whose branches have not ended. */
  readonly pending: number[];
  /** Targets that were named, by the application or by a Contact, and not all of them tried. */
  readonly untried: number[];
}

export class Reference {
  constructor(readonly evidence: Evidence) {}

  /** The candidates before entry `index`. */
  field(index: number, time: number): Field {
    const { evidence } = this;
    const field: Field = { sure: [], perhaps: [], pending: [], untried: [] };
    const ends = new Map<number, Candidate[]>();
    for (const { target, out } of evidence.attempts) {
      if (out.index >= index || ends.has(target)) continue;
      const end = evidence.endOf(target, index, time)!;
      ends.set(target, [...end.candidates]);
      if (end.state === 'pending') field.pending.push(target);
    }
    const followed = this.#redirections(index, ends);
    for (const [target, candidates] of ends) {
      const verdict = followed.get(target);
      if (verdict === 'followed') continue;
      (candidates.length === 1 && verdict === undefined ? field.sure : field.perhaps).push(...candidates);
    }
    for (const act of evidence.acts) {
      if (act.index >= index || !evidence.ownFinal(act)) continue;
      const own = { status: act.status, id: act.id, ofCancelled: false, packet: undefined };
      (act.inBest ? field.perhaps : field.sure).push(own);
    }
    for (const target of [...this.#named, ...this.#doubtful]) {
      if (ends.has(target)) continue;
      const { addresses, uri } = evidence.script.targets[target]!;
      if (addresses.length > 0) {
        // One that is located slowly may have been given up before it went out.
        const mayBeLate = evidence.script.dns > 0 && uri.includes('.example');
        if (this.#named.has(target) && !mayBeLate) field.untried.push(target);
      } else
        for (const status of [408, 487, 503])
          field.perhaps.push({ status, id: '', ofCancelled: undefined, packet: undefined });
    }
    // What was cancelled before it went out is not to be seen.
    if (this.#stops(index).length > 0)
      for (const status of [408, 487])
        field.perhaps.push({ status, id: '', ofCancelled: status === 487, packet: undefined });
    return field;
  }

  readonly #named = new Set<number>();
  /** Named by Contacts that may not have been followed. */
  readonly #doubtful = new Set<number>();

  /** Which 3xx were followed and are no candidates (C-26), or may have been. Also finds all targets that were named. */
  #redirections(index: number, ends: ReadonlyMap<number, readonly Candidate[]>): Map<number, 'followed' | 'perhaps'> {
    const { evidence } = this;
    const { recurse } = evidence.script.application;
    const followed = new Map<number, 'followed' | 'perhaps'>();
    const named = this.#named;
    named.clear();
    const doubtful = this.#doubtful;
    doubtful.clear();
    const edits = new Map<number, boolean>();
    for (const entry of evidence.entries) {
      if (entry.index >= index) break;
      if (entry.kind === 'app' && evidence.proxied(entry)) {
        for (const uri of entry.uris) {
          const target = targetOf(uri);
          if (!named.has(target) && entry.recurse !== undefined) edits.set(target, entry.recurse);
          named.add(target);
        }
      }
      if (entry.kind !== 'in' || entry.sip.isRequest || entry.sip.status < 300 || entry.sip.status > 399) continue;
      const target = evidence.attemptOf(entry)?.target;
      const candidates = target === undefined ? undefined : ends.get(target);
      if (target === undefined || candidates === undefined || followed.has(target)) continue;
      if (!candidates.some(({ packet }) => packet === entry)) continue;
      const added = contactsOf(entry).filter((one) => !named.has(one));
      if (!(edits.get(target) ?? recurse) || added.length === 0) continue;
      const cancels = this.#stops(index);
      if (cancels.some((at) => at < entry.index)) {
        followed.set(target, 'perhaps');
        for (const one of added) doubtful.add(one);
        continue;
      }
      const unsure =
        candidates.length > 1 ||
        cancels.length > 0 ||
        added.every((one) => doubtful.has(one)) ||
        added.some((one) => this.#namedLater(one, entry.index, index));
      followed.set(target, unsure ? 'perhaps' : 'followed');
      if (!unsure) for (const one of added) named.add(one);
      else for (const one of added) doubtful.add(one);
    }
    return followed;
  }

  #namedLater(target: number, from: number, to: number): boolean {
    const { evidence } = this;
    return evidence.acts.some(
      (act) =>
        act.index > from && act.index < to && evidence.proxied(act) && act.uris.some((uri) => targetOf(uri) === target),
    );
  }

  /** Where something ended the search, or may have: CANCELs, 6xx, timeouts. */
  #stops(index: number): number[] {
    const { evidence } = this;
    const stops: number[] = [];
    if (evidence.cancelled !== undefined) stops.push(evidence.cancelled.index);
    for (const { what, index: at, status } of evidence.acts) {
      if (what === 'cancel all' || what === 'cancel branch' || (what === 'own final' && status >= 600)) stops.push(at);
    }
    for (const { responses, cancels } of evidence.attempts) {
      for (const { sip, index: at } of responses) if (sip.status >= 600) stops.push(at);
      for (const { index: at } of cancels) stops.push(at);
    }
    return stops.filter((at) => at < index);
  }

  /** What is wrong with this choice; none when nothing is. */
  judge(choice: Choice): string[] {
    const { evidence } = this;
    const { status, id, index, time } = choice;
    const own = evidence.acts.find((act) => act.id === id && id !== '' && act.what === 'own final');
    // Sent from the best response's handler it replaces what was chosen (C-12); before anything was proxied it is the answer.
    if (own?.inBest) return [];
    const begun = evidence.acts.some((act) => act.index < (own?.index ?? index) && evidence.proxied(act));
    if (!begun)
      return own !== undefined || [487, 500].includes(status) ? [] : [`${status} before anything was proxied`];
    const faults: string[] = [];
    const field = this.field(index, time);
    const name = `${status} ${id}`.trim();
    if (field.pending.length > 0) faults.push(`${name} was chosen while branches to c${field.pending} were pending`);
    const all = [...field.sure, ...field.perhaps];
    const seen = all.filter((one) =>
      id !== '' ? one.id === id : one.id === '' && (one.status === status || (one.status === 503 && status === 500)),
    );
    const nothing = field.sure.length === 0 && id === '' && status === (evidence.cancelled ? 487 : 408);
    if (seen.length === 0 && !nothing) faults.push(`${name} was chosen, which nobody sent`);
    const score = Math.min(...(seen.length > 0 ? seen.map(atBest) : [60]));
    for (const other of field.sure) {
      if (atWorst(other) < score) faults.push(`${name} was chosen, and ${other.status} ${other.id} is better (C-15)`);
    }
    if (field.untried.length > 0 && status < 600 && own === undefined && !this.#mayStop(index, time))
      faults.push(`${name} was chosen, and c${field.untried} ${field.untried.length > 1 ? 'were' : 'was'} never tried`);
    return faults;
  }

  #mayStop(index: number, time: number): boolean {
    const { evidence } = this;
    if (this.#stops(index).length > 0 || evidence.acts.some((act) => act.index < index && evidence.ownFinal(act)))
      return true;
    const first = evidence.attempts[0]?.out;
    return first === undefined || (evidence.script.application.parallel && this.#isTimeUp(first, time));
  }

  #isTimeUp(first: Packet, time: number): boolean {
    return time - first.time > (this.evidence.script.application.timeout ?? 180) * 1000 - 10;
  }
}

/** The targets of the Contacts that can be tried (§16.7 step 4). */
export function contactsOf({ sip }: Packet): number[] {
  return sip
    .all('contact')
    .map((value) => targetOf(uriIn(value)))
    .filter((target) => target >= 0);
}
