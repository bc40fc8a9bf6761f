// What must be true of every sequence when all is over, read off its journal. Each check names the rule that it holds
// the container to.

import { present } from '../../container/base/present.js';
import { IN_DIALOG } from './application.js';
import { Reference } from './best.js';
import { type Attempt, Evidence, INSTANT, LIFETIME } from './evidence.js';
import type { Act, Packet } from './journal.js';
import type { Sequence } from './sequence.js';

/** Sentences; none when the sequence went well. */
export function violations(sequence: Sequence): string[] {
  return new Invariants(sequence).all();
}

class Invariants {
  readonly evidence: Evidence;
  readonly reference: Reference;
  readonly #faults: string[] = [];
  /** The caller's connection has ended: responses may be lost before they are sent. */
  readonly cutOff: boolean;

  constructor(readonly sequence: Sequence) {
    this.evidence = new Evidence(sequence.script, sequence.caller.branch, sequence.entries);
    this.reference = new Reference(this.evidence);
    const { caller } = sequence.script;
    this.cutOff =
      caller.transport === 'TCP' &&
      sequence.entries.some(
        ({ kind, peer }: { kind: string; peer?: string }) => kind === 'failed' && peer === caller.address,
      );
  }

  all(): string[] {
    const taken = this.evidence.acts.filter(({ handler, what }) => handler === 'initial' && what === 'begins');
    if (taken.length > 1 && present(taken[1]).time < present(taken[0]).time + LIFETIME) {
      this.#fault(present(taken[1]), 'a retransmission was taken for a new request (§17.2.2)');
      return this.#faults;
    }
    if (taken.length > 1) return this.#faults; // it came again after the transaction had ended, as it may
    this.#requests();
    for (const attempt of this.evidence.attempts) {
      this.#forwarded(attempt);
      if (this.evidence.isInvite) this.#acknowledged(attempt);
      this.#cancelled(attempt);
    }
    this.#triedOnce();
    this.#finals();
    this.#provisionals();
    if (this.evidence.isInvite) this.#successes();
    this.#stops();
    this.#choices();
    this.#refusals();
    this.#branchResponses();
    return this.#faults;
  }

  #fault(at: { time: number }, text: string): void {
    this.#faults.push(`${(at.time / 1000).toFixed(3)} s: ${text}`);
  }

  // Requests downstream ----------------------------------------------------------------------------

  /** §8.1.1.7: a branch and a method belong to one message; what the container answers has one Via less. */
  #requests(): void {
    const wires = new Map<string, string>();
    for (const entry of this.sequence.entries) {
      if (entry.kind !== 'out') continue;
      const { sip } = entry;
      if (!sip.isRequest) {
        this.#answer(entry);
        continue;
      }
      const key = `${sip.branch} ${sip.method}`;
      const known = wires.get(key);
      if (known === undefined) wires.set(key, sip.wire);
      else if (known !== sip.wire)
        this.#fault(entry, `${sip} differs from what went with its branch ${sip.branch} before`);
    }
  }

  #answer(packet: Packet): void {
    const { sip } = packet;
    if (sip.status > 100 && sip.toTag === '') this.#fault(packet, `${sip} has no To tag (§8.2.6.2)`);
    if (sip.all('via').length !== 1) this.#fault(packet, `${sip} has ${sip.all('via').length} Vias (§16.7 step 3)`);
  }

  /** §16.6: what is copied, and what is changed. */
  #forwarded({ out, target }: Attempt): void {
    const { sip } = out;
    const { caller, targets } = this.sequence.script;
    if (targets[target] === undefined) this.#fault(out, `${sip} goes to no target`);
    const vias = sip.all('via');
    if (vias.length !== 2 || !present(vias[1]).includes(`branch=${this.sequence.caller.branch}`))
      this.#fault(out, `${sip} has the Vias ${vias.join(', ')} (§16.6 step 8)`);
    if (sip.header('max-forwards') !== '69')
      this.#fault(out, `Max-Forwards: ${sip.header('max-forwards')} (§16.6 step 3)`);
    if (sip.cseq !== `1 ${caller.method}`) this.#fault(out, `CSeq: ${sip.cseq}`);
    if (sip.fromTag !== 'a1' || sip.toTag !== '') this.#fault(out, `${sip} has other tags than it came with`);
  }

  /** §16.5, C-19: a target is tried once, at each of its places. */
  #triedOnce(): void {
    const seen = new Set<string>();
    for (const { out, target } of this.evidence.attempts) {
      const key = `c${target} at ${out.peer} over ${out.transport}`;
      const places = this.sequence.script.targets[target]?.addresses.filter((one) => one === out.peer).length ?? 1;
      if (seen.has(key) && places < 2) this.#fault(out, `${key} is tried again (C-19)`);
      seen.add(key);
    }
  }

  /** §17.1.1.3: each non-2xx final is acknowledged at once, with the branch of its INVITE; each copy again over UDP. */
  #acknowledged(attempt: Attempt): void {
    const { out, responses, acks } = attempt;
    const alive = responses.filter((packet) => packet.sip.status >= 200 && this.evidence.isAlive(attempt, packet));
    const first = alive[0];
    const due = first === undefined || first.sip.status < 300 ? [] : alive.filter(({ sip }) => sip.status >= 300);
    const owed = out.transport === 'UDP' ? due : due.slice(0, 1);
    for (const final of owed) {
      const ack = acks.find(({ index, time }) => index > final.index && time - final.time < INSTANT);
      if (ack === undefined) this.#fault(final, `${final.sip} was not acknowledged (§17.1.1.2)`);
      else if (ack.sip.uri !== out.sip.uri || ack.sip.toTag !== present(first).sip.toTag || ack.peer !== out.peer)
        this.#fault(ack, `the ACK to ${final.sip} is wrong: ${ack.sip.uri} ${ack.sip.toTag} (§17.1.1.3)`);
    }
    if (acks.length > due.length) this.#fault(present(acks.at(-1)), `${acks.length} ACKs for ${due.length} finals`);
  }

  /** §9.1. */
  #cancelled(attempt: Attempt): void {
    const { out, responses, cancels } = attempt;
    const [cancel] = cancels;
    const provisional = responses.find(({ sip }) => sip.status < 200);
    const final = responses.find(({ sip }) => sip.status >= 200);
    if (cancel === undefined) {
      if (final === undefined && provisional !== undefined) this.#notCancelled(attempt, provisional);
      return;
    }
    if (!this.evidence.isInvite) this.#fault(cancel, 'a CANCEL for another method than INVITE (§9.1)');
    if (provisional === undefined || provisional.index > cancel.index)
      this.#fault(cancel, `a CANCEL before a provisional response to ${out.sip} (§9.1)`);
    if (final !== undefined && final.index < cancel.index)
      this.#fault(cancel, `a CANCEL after ${final.sip}, the final response (§9.1)`);
    if (!isCancelOf(cancel, out)) this.#fault(cancel, `the CANCEL of ${out.sip} is not its likeness (§9.1)`);
  }

  #notCancelled(attempt: Attempt, provisional: Packet): void {
    if (this.evidence.isInvite && attempt.cut === undefined && this.evidence.isAlive(attempt, provisional))
      this.#fault(attempt.out, `${attempt.out.sip} had a provisional response, no final one, and no CANCEL (§16.8)`);
  }

  // Responses upstream -----------------------------------------------------------------------------

  /** One final response, or for an INVITE only 2xx; after it nothing else. */
  #finals(): void {
    const { final: first, isInvite, acts } = this.evidence;
    if (first !== undefined) {
      this.#behind(first);
      this.#mayBeFinal(first);
    } else if (isInvite && !this.cutOff && acts.length > 0) {
      this.#fault({ time: 0 }, 'no final response went upstream');
    } else if (!this.cutOff) this.#silence();
  }

  #behind(first: Packet): void {
    const { upstream, isInvite } = this.evidence;
    for (const packet of upstream) {
      if (packet.index <= first.index || packet.sip.wire === first.sip.wire) continue;
      if (isInvite && isSuccess(first) && isSuccess(packet)) continue;
      this.#fault(packet, `${packet.sip} upstream after ${first.sip}`);
    }
  }

  #mayBeFinal(first: Packet): void {
    const { status, id } = first.sip;
    const { acts, isInvite } = this.evidence;
    if (!isInvite && status === 408 && !id.startsWith('app'))
      this.#fault(first, `${first.sip} to another method than INVITE (RFC 4320 §4.2)`);
    if (status !== 503 || !acts.some((act) => act.index < first.index && this.evidence.proxied(act))) return;
    const own = acts.find((act) => act.id === id && act.what === 'own final');
    if (own?.inBest !== true) this.#fault(first, `${first.sip} went upstream unchanged (§16.7 step 6)`);
  }

  /** RFC 4320 §4.2: no final response is right only where the best was 408. */
  #silence(): void {
    const { entries } = this.sequence;
    const last = entries.at(-1);
    if (last === undefined || !entries.some(({ kind }) => kind === 'in')) return;
    const { sure, perhaps } = this.reference.field(entries.length, Number.POSITIVE_INFINITY);
    const best = sure.filter(({ status, ofCancelled }) => status !== 408 && ofCancelled === false);
    const better = best.filter(({ status }) => status < 400 || status >= 600 || (status < 500 && status !== 487));
    if (better.length > 0)
      this.#fault(last, `no final response, though ${present(better[0]).status} ${present(better[0]).id} was received`);
    if (sure.length + perhaps.length > 0 && ![...sure, ...perhaps].some(({ status }) => status === 408))
      this.#fault(last, 'no final response, and no branch ended with 408');
  }

  #provisionals(): void {
    const final = this.evidence.final?.index ?? Number.POSITIVE_INFINITY;
    for (const packet of this.evidence.upstream) {
      if (packet.sip.status >= 200) continue;
      if (packet.index > final) this.#fault(packet, `${packet.sip} after the final response`);
      this.#provisional(packet);
    }
  }

  #provisional(packet: Packet): void {
    const { status, id } = packet.sip;
    if (status === 100 && id !== '') this.#fault(packet, `100 ${id} of a branch went upstream (§16.7 step 5)`);
    if (status > 100 && !this.evidence.isInvite)
      this.#fault(packet, `${packet.sip} to another method than INVITE (RFC 4320 §4.1)`);
    if (id === '' || id.startsWith('app')) return;
    const came = this.evidence.attempts.some(({ responses }) =>
      responses.some(({ index, sip }) => sip.id === id && index < packet.index),
    );
    if (!came) this.#fault(packet, `${packet.sip} went upstream before it came`);
  }

  /** C-10, C-10a, C-10b: each 2xx to an INVITE goes upstream, unless a non-2xx final has gone before. */
  #successes(): void {
    const { attempts, upstream } = this.evidence;
    const went = countsOf(upstream.filter(({ sip }) => sip.status >= 200));
    const came = countsOf(attempts.flatMap(({ responses }) => responses.filter(isSuccess)));
    for (const attempt of attempts) {
      for (const packet of attempt.responses.filter(isSuccess)) {
        if (!went.has(packet.sip.id) && this.#isOwedUpstream(attempt, packet))
          this.#fault(packet, `${packet.sip} did not go upstream (C-10, C-10a)`);
      }
    }
    for (const [id, count] of went) {
      const times = came.get(id);
      if (times !== undefined && count > times)
        this.#fault({ time: 0 }, `2xx ${id} came ${times} times and went upstream ${count} times`);
    }
  }

  #isOwedUpstream(attempt: Attempt, packet: Packet): boolean {
    const { final } = this.evidence;
    if (this.cutOff || !this.evidence.isAlive(attempt, packet)) return false;
    const first = attempt.responses.find(({ sip }) => sip.status >= 200);
    if (first !== undefined && first.sip.status >= 300) return false;
    if (final === undefined) return true;
    if (final.sip.status >= 300 && final.index < packet.index) return false;
    // Handlers that are slow with every copy hold up what comes behind them until the transaction upstream has ended.
    return packet.time <= final.time + LIFETIME / 2 && this.sequence.script.application.slow === 0;
  }

  // The search -------------------------------------------------------------------------------------

  /**
   * C-10, C-13, C-29: what ends the search starts no branch any more, and cancels those that have a provisional
   * response, at once.
   */
  #stops(): void {
    const { final, cancelled, acts, attempts, isInvite } = this.evidence;
    const { noCancel } = this.sequence.script.application;
    if (final !== undefined) this.#stopped(final, `the final response ${final.sip}`, false);
    if (cancelled !== undefined && isInvite && this.#isBeforeFinal(cancelled)) {
      if (acts.some(({ index }) => index < cancelled.index)) this.#stopped(cancelled, "the caller's CANCEL", true);
    }
    for (const attempt of attempts) this.#stopsBy(attempt, noCancel);
    for (const act of acts) {
      if (!this.evidence.ownFinal(act) || act.inBest || (act.status >= 300 && act.status < 600)) continue;
      this.#stopped(act, `its own ${act.status}`, isInvite && (act.status >= 600 || !noCancel));
    }
  }

  #isBeforeFinal(packet: Packet): boolean {
    const { final } = this.evidence;
    return final === undefined || packet.index < final.index;
  }

  /** A 2xx or a 6xx of a branch. */
  #stopsBy(attempt: Attempt, noCancel: boolean): void {
    const { attempts, isInvite } = this.evidence;
    const first = attempt.responses.find(({ sip }) => sip.status >= 200);
    if (first === undefined || !this.#isBeforeFinal(first) || !this.evidence.isAlive(attempt, first)) return;
    if (isSuccess(first) && isInvite) this.#stopped(first, `${first.sip}`, !noCancel);
    if (first.sip.status < 600 || (isInvite && attempts.some((one) => hasSucceeded(one, first)))) return;
    const end = this.evidence.endOf(attempt.target, first.index + 1, first.time);
    if (end?.candidates.length === 1 && present(end.candidates[0]).packet === first)
      this.#stopped(first, `${first.sip}`, isInvite);
  }

  #stopped(stop: Packet | Act, what: string, cancels: boolean): void {
    for (const attempt of this.evidence.attempts) {
      const { out, responses } = attempt;
      if (out.index > stop.index) {
        this.#fault(out, `${out.sip} starts after ${what}`);
        continue;
      }
      if (!cancels || attempt.cut !== undefined) continue;
      const heard = responses.filter((packet) => packet.index < stop.index && this.evidence.isAlive(attempt, packet));
      if (heard.length === 0 || heard.some(({ sip }) => sip.status >= 200)) continue;
      if (stop.kind !== 'app' && this.evidence.attemptOf(stop) === attempt) continue;
      const cancel = attempt.cancels[0];
      if (cancel === undefined || cancel.time > stop.time + INSTANT)
        this.#fault(stop, `${out.sip} was not cancelled by ${what}`);
    }
  }

  // The choice -------------------------------------------------------------------------------------

  #choices(): void {
    for (const act of this.evidence.acts) {
      if (act.handler !== 'best' || act.what !== 'begins' || act.detail === IN_DIALOG) continue;
      for (const fault of this.reference.judge(act)) this.#fault(act, `best-response handler: ${fault}`);
    }
    const { final } = this.evidence;
    if (final === undefined) return;
    const { status, id } = final.sip;
    if (status < 300) return;
    for (const fault of this.reference.judge({ status, id, index: final.index, time: final.time }))
      this.#fault(final, `upstream: ${fault}`);
    if ((status === 401 || status === 407) && !id.startsWith('app')) this.#challenges(final);
  }

  /** §16.7 step 7: the challenges of all 401s and 407s. */
  #challenges(final: Packet): void {
    const { sure, perhaps } = this.reference.field(final.index, final.time);
    for (const name of ['www-authenticate', 'proxy-authenticate']) {
      const values = final.sip.all(name);
      const of = (one: { status: number; packet: Packet | undefined }): string[] =>
        one.status === 401 || one.status === 407 ? (one.packet?.sip.all(name) ?? []) : [];
      const needed = sure.flatMap(of);
      const allowed = new Set([...needed, ...perhaps.flatMap(of)]);
      for (const value of needed)
        if (!values.includes(value)) this.#fault(final, `${final.sip} lacks ${name}: ${value} (§16.7 step 7)`);
      for (const value of values)
        if (!allowed.has(value)) this.#fault(final, `${final.sip} has ${name}: ${value}, which nobody sent`);
    }
  }

  /** C-18: proxyTo is refused after completion or a 6xx, and at no other time; after completion it is refused. */
  #refusals(): void {
    const { acts, final, attempts } = this.evidence;
    const begins = acts.some(({ what, handler }) => what === 'begins' && handler === 'initial');
    for (const act of acts) {
      if (act.what !== 'proxyTo' || !begins) continue;
      const done = final !== undefined && final.index < act.index;
      if (!this.evidence.wasRefused(act)) {
        if (done) this.#fault(act, 'proxyTo was taken after the final response (C-18)');
        continue;
      }
      const ended = attempts.some(({ responses }) =>
        responses.some(
          ({ index, sip }) => index < act.index && (sip.status >= 600 || (sip.status >= 200 && sip.status < 300)),
        ),
      );
      const own = acts.some(({ what, index, status }) => what === 'own final' && index < act.index && status > 0);
      if (!done && !ended && !own && !this.cutOff && this.evidence.isInvite)
        this.#fault(act, 'proxyTo was refused while the search went on (C-18)');
    }
  }

  /** C-14: a final response of a branch goes to its handler once. */
  #branchResponses(): void {
    const seen = new Set<string>();
    for (const act of this.evidence.acts) {
      if (act.what !== 'begins' || act.handler !== 'branch' || act.id === '') continue;
      if (seen.has(act.id)) this.#fault(act, `the branch handler was called twice with ${act.status} ${act.id} (C-14)`);
      seen.add(act.id);
    }
  }
}

function isSuccess({ sip }: Packet): boolean {
  return sip.status >= 200 && sip.status < 300;
}

function hasSucceeded({ responses }: Attempt, before: Packet): boolean {
  return responses.some((packet) => packet.index < before.index && isSuccess(packet));
}

/** How often each response is there, by what tells it from others. */
function countsOf(packets: readonly Packet[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { sip } of packets) counts.set(sip.id, (counts.get(sip.id) ?? 0) + 1);
  return counts;
}

/** It has the Via, the Request-URI and the fields of its request, and goes where that went (§9.1). */
function isCancelOf(cancel: Packet, { sip, peer, transport }: Packet): boolean {
  const number = sip.cseq.split(' ')[0];
  return (
    cancel.sip.uri === sip.uri &&
    ['via', 'call-id', 'from', 'to'].every((name) => cancel.sip.header(name) === sip.header(name)) &&
    cancel.sip.all('via').length === 1 &&
    cancel.sip.cseq === `${number} CANCEL` &&
    cancel.peer === peer &&
    cancel.transport === transport
  );
}
