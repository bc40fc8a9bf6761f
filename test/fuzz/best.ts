// What may go upstream (§16.7 steps 5 to 7, C-15), by a reference of a few lines over what the journal shows to have
// been received.

import { present } from '../../container/base/present.js';
import type { Candidate, Evidence } from './evidence.js';
import type { Packet } from './journal.js';
import { Redirections } from './redirections.js';

const HELPFUL = [401, 407, 415, 420, 484];

/**
 * The reference: smaller is better. A 6xx if any, else the lowest class; within a class what helps the caller, then the
 * rest, then what says least: 408 and 503 (it tells of one server), then 487. Of equals any will do.
 */
function rank({ status }: Candidate): number {
  const family = status >= 600 ? 0 : Math.floor(status / 100);
  if (status === 487) return family * 10 + 3;
  if (status === 408 || status === 503) return family * 10 + 2;
  return family * 10 + (HELPFUL.includes(status) ? 0 : 1);
}

/** What the container made for a branch that left no trace. */
const unseen = (status: number, ofCancelled: boolean | undefined): Candidate => ({
  status,
  id: '',
  ofCancelled,
  packet: undefined,
});

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
    const field: Field = { sure: [], perhaps: [], pending: [], untried: [] };
    const ends = this.#ends(index, time, field);
    const stops = this.#stops(index);
    const redirections = new Redirections(this.evidence, index, ends, stops);
    for (const [target, candidates] of ends) {
      const verdict = redirections.followed.get(target);
      if (verdict === 'followed') continue;
      (candidates.length === 1 && verdict === undefined ? field.sure : field.perhaps).push(...candidates);
    }
    this.#addOwn(index, field);
    this.#addUnsent(redirections, ends, field);
    // What was cancelled before it went out is not to be seen.
    if (stops.length > 0) field.perhaps.push(unseen(408, false), unseen(487, true));
    return field;
  }

  /** What each branch that went out has ended with; those that have not are pending. */
  #ends(index: number, time: number, field: Field): Map<number, Candidate[]> {
    const ends = new Map<number, Candidate[]>();
    for (const { target, out } of this.evidence.attempts) {
      if (out.index >= index || ends.has(target)) continue;
      const end = present(this.evidence.endOf(target, index, time));
      ends.set(target, [...end.candidates]);
      if (end.state === 'pending') field.pending.push(target);
    }
    return ends;
  }

  /** Final responses of the application's own. */
  #addOwn(index: number, field: Field): void {
    for (const act of this.evidence.acts) {
      if (act.index >= index || !this.evidence.ownFinal(act)) continue;
      const own = { status: act.status, id: act.id, ofCancelled: false, packet: undefined };
      (act.inBest ? field.perhaps : field.sure).push(own);
    }
  }

  /** Targets that were named and did not go out: still to be tried, or without a place to go to. */
  #addUnsent({ named, doubtful }: Redirections, ends: ReadonlyMap<number, unknown>, field: Field): void {
    const { dns, targets } = this.evidence.script;
    for (const target of [...named, ...doubtful]) {
      if (ends.has(target)) continue;
      const { addresses, uri } = present(targets[target]);
      // One that is located slowly may have been given up before it went out.
      const mayBeLate = dns > 0 && uri.includes('.example');
      if (addresses.length === 0)
        field.perhaps.push(...[408, 416, 487, 503].map((status) => unseen(status, undefined)));
      else if (named.has(target) && !mayBeLate) field.untried.push(target);
    }
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
    const { status, id, index } = choice;
    const own = evidence.acts.find((act) => act.id === id && id !== '' && act.what === 'own final');
    // Sent from the best response's handler it replaces what was chosen (C-12); before anything was proxied it is the
    // answer.
    if (own?.inBest) return [];
    const begun = evidence.acts.some((act) => act.index < (own?.index ?? index) && evidence.proxied(act));
    if (begun) return this.#judged(choice, own !== undefined);
    return own !== undefined || [487, 500].includes(status) ? [] : [`${status} before anything was proxied`];
  }

  #judged(choice: Choice, isOwn: boolean): string[] {
    const { status, id, index, time } = choice;
    const faults: string[] = [];
    const field = this.field(index, time);
    const name = `${status} ${id}`.trim();
    if (field.pending.length > 0) faults.push(`${name} was chosen while branches to c${field.pending} were pending`);
    const seen = [...field.sure, ...field.perhaps].filter((one) => isChoiceOf(one, choice));
    const nothing = field.sure.length === 0 && id === '' && status === (this.evidence.cancelled ? 487 : 408);
    if (seen.length === 0 && !nothing) faults.push(`${name} was chosen, which nobody sent`);
    const score = Math.min(...(seen.length > 0 ? seen.map(rank) : [60]));
    for (const other of field.sure) {
      if (rank(other) < score) faults.push(`${name} was chosen, and ${other.status} ${other.id} is better (C-15)`);
    }
    if (field.untried.length > 0 && status < 600 && !isOwn && !this.#mayStop(index, time))
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

/** Whether this was chosen: a 503 of a branch goes upstream as 500 (§16.7 step 6). */
function isChoiceOf(one: Candidate, { id, status }: Choice): boolean {
  if (id !== '') return one.id === id;
  return one.id === '' && (one.status === status || (one.status === 503 && status === 500));
}
