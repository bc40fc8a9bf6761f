// What a journal tells of each request that the container forwarded: how it went out, what came back, how it ended.
// Nothing is asked of the container.

import { present } from '../../container/base/present.js';
import { targetOf } from './callee.js';
import type { Act, Entry, Packet } from './journal.js';
import type { Script } from './script.js';

/** 64*T1: timers B, F, M, and how long an INVITE has after its CANCEL (§9.1). */
export const LIFETIME = 32_000;
/** How long the choice waits for the answer to a CANCEL that the application or a timeout caused. */
const GRACE = 2000;
/** Milliseconds in which two times are one: sums of fractions differ in their last digits. */
export const INSTANT = 0.01;

/** One client transaction with the initial request. */
export interface Attempt {
  readonly branch: string;
  readonly out: Packet;
  readonly target: number;
  readonly copies: Packet[];
  readonly responses: Packet[];
  readonly acks: Packet[];
  readonly cancels: Packet[];
  /** The network has told the container that it does not arrive. */
  failed: Entry | undefined;
  /** Its connection has ended, at any time: nothing is sent on it any more. */
  cut: Entry | undefined;
}

export type Cause = 'caller' | 'application' | 'timeout' | 'elsewhere';

/** Why the container sent this CANCEL: its Reason says so (RFC 3326). */
export function causeOf(cancel: Packet): Cause {
  const reason = cancel.sip.header('reason') ?? '';
  if (reason.includes('cause=798')) return 'caller';
  if (reason.includes('cause=799')) return 'application';
  return reason.includes('cause=408') ? 'timeout' : 'elsewhere';
}

/** A final response that may have been chosen, or that the container made for a branch that gave none. */
export interface Candidate {
  readonly status: number;
  readonly id: string;
  /** The 487 of a cancelled branch; undefined: perhaps. */
  readonly ofCancelled: boolean | undefined;
  readonly packet: Packet | undefined;
}

/** What is known of a branch at some moment: nothing is left to guess where `sure`. */
export interface End {
  readonly state: 'pending' | 'ended' | 'perhaps';
  readonly candidates: readonly Candidate[];
}

function made(status: number): Candidate {
  return { status, id: '', ofCancelled: status === 487, packet: undefined };
}

export class Evidence {
  readonly attempts: Attempt[] = [];
  readonly #byBranch = new Map<string, Attempt>();
  /** Responses to the caller's request. */
  readonly upstream: Packet[] = [];
  readonly acts: Act[] = [];
  /** The caller's CANCEL, the first one. */
  cancelled: Packet | undefined;
  readonly isInvite: boolean;

  constructor(
    readonly script: Script,
    readonly callerBranch: string,
    readonly entries: readonly Entry[],
  ) {
    this.isInvite = script.caller.method === 'INVITE';
    for (const entry of entries) {
      if (entry.kind === 'app') this.acts.push(entry);
      else if (entry.kind === 'failed') this.#failed(entry);
      else if (entry.sip.isRequest) this.#request(entry);
      else this.#response(entry);
    }
  }

  #request(packet: Packet): void {
    const { sip, kind } = packet;
    if (kind === 'in') {
      if (sip.method === 'CANCEL' && this.cancelled === undefined) this.cancelled = packet;
      return;
    }
    const attempt = this.#byBranch.get(sip.branch);
    if (sip.method === this.script.caller.method) {
      if (attempt !== undefined) {
        attempt.copies.push(packet);
        return;
      }
      const target = targetOf(sip.uri);
      const created: Attempt = {
        branch: sip.branch,
        out: packet,
        target,
        copies: [packet],
        responses: [],
        acks: [],
        cancels: [],
        failed: undefined,
        cut: undefined,
      };
      this.#byBranch.set(sip.branch, created);
      this.attempts.push(created);
    } else if (sip.method === 'CANCEL') attempt?.cancels.push(packet);
    else if (sip.method === 'ACK') attempt?.acks.push(packet);
  }

  #response(packet: Packet): void {
    const { sip, kind } = packet;
    if (sip.method !== this.script.caller.method) return;
    if (kind === 'in') this.#byBranch.get(sip.branch)?.responses.push(packet);
    else if (sip.branch === this.callerBranch) this.upstream.push(packet);
  }

  #failed(entry: Entry & { kind: 'failed' }): void {
    for (const attempt of this.attempts) {
      const { out, responses } = attempt;
      if (entry.line > 0 && out.line === entry.line) attempt.cut ??= entry;
      if (attempt.failed !== undefined || responses.some(({ sip }) => sip.status >= 200)) continue;
      if (this.isInvite && responses.length > 0) continue; // in Proceeding it has no effect (§17.1.1)
      if (entry.line > 0 ? out.line === entry.line : out.sip.wire === entry.wire) attempt.failed = entry;
    }
  }

  attemptOf(packet: Packet): Attempt | undefined {
    return this.#byBranch.get(packet.sip.branch);
  }

  /** The first final response upstream. */
  get final(): Packet | undefined {
    return this.upstream.find(({ sip }) => sip.status >= 200);
  }

  /** Branches that the application asked for and was not refused. */
  readonly proxied = (act: Act): boolean => act.what === 'proxyTo' && !this.wasRefused(act);

  /** Its own final responses that were taken. */
  readonly ownFinal = (act: Act): boolean => act.what === 'own final' && !this.wasRefused(act);

  wasRefused(act: Act): boolean {
    const next = this.entries[act.index + 1];
    return next?.kind === 'app' && next.what === 'refused' && next.detail.startsWith(act.what);
  }

  /** Whether the transaction still hears what comes at this moment. */
  isAlive(attempt: Attempt, packet: Packet): boolean {
    const before = attempt.responses.filter(({ index }) => index < packet.index);
    if (attempt.failed !== undefined && attempt.failed.index < packet.index) return false;
    const final = before.find(({ sip }) => sip.status >= 200);
    // What comes behind one that came too late comes too late.
    if (final !== undefined) return this.isAlive(attempt, final) && packet.time < final.time + LIFETIME - INSTANT;
    const cancel = attempt.cancels[0];
    if (cancel !== undefined && cancel.index < packet.index) return packet.time < cancel.time + LIFETIME - INSTANT;
    const heard = before.some(({ time }) => time < attempt.out.time + LIFETIME - INSTANT);
    const waits = !heard || !this.isInvite;
    return !waits || packet.time < attempt.out.time + LIFETIME - INSTANT;
  }

  /**
   * Whether the application, or a timeout, may have given up a branch by now that was sent then, with nothing to see on
   * the wire.
   */
  mayBeGivenUp(sent: Packet, target: number, until: number, now: number): boolean {
    for (const { what, index } of this.acts) {
      if ((what === 'cancel all' || what === 'cancel branch') && index > sent.index && index < until) return true;
    }
    const { parallel, timeout } = this.script.application;
    const first = this.acts.find(this.proxied);
    // Its time began before it was located: that takes three questions at most, and some.
    const begun = sent.time - 4 * this.script.dns;
    const since = parallel && first !== undefined ? first.time : begun;
    if (now - since > (timeout ?? 180) * 1000 - INSTANT) return true;
    return this.acts.some(
      (act) =>
        act.timeout !== undefined &&
        act.uris.some((uri) => targetOf(uri) === target) &&
        now - begun > act.timeout * 1000 - INSTANT,
    );
  }

  /** The state of the branch to a target before entry `until`. */
  endOf(target: number, until: number, now: number): End | undefined {
    const attempts = this.attempts.filter((one) => one.target === target && one.out.index < until);
    const last = attempts.at(-1);
    if (last === undefined) return undefined;
    const heard = last.responses.filter((packet) => packet.index < until && this.isAlive(last, packet));
    const provisional = heard.find(({ sip }) => sip.status < 200);
    const final = heard.find(({ sip }) => sip.status >= 200);
    const cancel = last.cancels.find(({ index }) => index < until);
    const first = present(attempts[0]).out;
    if (final !== undefined) return this.#answered(last, first, provisional, final, cancel);
    return this.#unanswered(last, first, provisional, cancel, until, now);
  }

  #answered(
    { target, cut }: Attempt,
    first: Packet,
    provisional: Packet | undefined,
    final: Packet,
    cancel: Packet | undefined,
  ): End {
    if (cancel !== undefined && cancel.index < final.index) return answeredAfter(cancel, provisional, final);
    const isCut = cut !== undefined && cut.index < final.index;
    const unseen = provisional === undefined || provisional.index > final.index || !this.isInvite || isCut;
    if (unseen && this.mayBeGivenUp(first, target, final.index, final.time)) return guessOf(final);
    // Without a 1xx the cause of a cancellation is not to be seen.
    return ended(received(final, unseen && final.sip.status === 487 ? undefined : false));
  }

  #unanswered(
    last: Attempt,
    first: Packet,
    provisional: Packet | undefined,
    cancel: Packet | undefined,
    until: number,
    now: number,
  ): End {
    const unseen = provisional === undefined || !this.isInvite;
    const givenUp = unseen && this.mayBeGivenUp(first, last.target, until, now);
    if (isBefore(last.failed, until)) return givenUp ? ended(...ANY) : ended(made(503));
    if (unseen && now > last.out.time + LIFETIME - INSTANT) return ended(made(408), made(487));
    if (cancel !== undefined) return unansweredAfter(cancel, provisional, now);
    // A CANCEL that could not be sent is not to be seen.
    if (givenUp || isBefore(last.cut, until)) return { state: 'perhaps', candidates: ANY };
    return { state: 'pending', candidates: [] };
  }
}

const ANY = [made(408), made(487), made(503)];

function ended(...candidates: readonly Candidate[]): End {
  return { state: 'ended', candidates };
}

function received(final: Packet, ofCancelled: boolean | undefined): Candidate {
  return { status: final.sip.status, id: final.sip.id, ofCancelled, packet: final };
}

/** Received, or given up before with nothing to see. */
function guessOf(final: Packet): End {
  return ended(received(final, undefined), made(408), made(487));
}

function isBefore(entry: Entry | undefined, until: number): boolean {
  return entry !== undefined && entry.index < until;
}

/** What the CANCEL of the application, or of a timeout, gives a branch that does not answer it, and after how long. */
function givenUpBy(cancel: Packet): { readonly status: number; readonly after: number } {
  const cause = causeOf(cancel);
  return {
    status: cause === 'timeout' ? 408 : 487,
    after: cause === 'application' || cause === 'timeout' ? GRACE : LIFETIME,
  };
}

/** A CANCEL that waited for the first 1xx: the branch was given up before it went. */
function hasWaited(cancel: Packet, provisional: Packet | undefined, after: number): boolean {
  return after === GRACE && cancel.time === provisional?.time;
}

function answeredAfter(cancel: Packet, provisional: Packet | undefined, final: Packet): End {
  const { status, after } = givenUpBy(cancel);
  if (hasWaited(cancel, provisional, after) || Math.abs(final.time - cancel.time - after) < INSTANT)
    return guessOf(final);
  if (final.time > cancel.time + after) return ended(made(status));
  const is487 = final.sip.status === 487;
  return ended(is487 && status === 408 ? made(408) : received(final, is487));
}

function unansweredAfter(cancel: Packet, provisional: Packet | undefined, now: number): End {
  const { status, after } = givenUpBy(cancel);
  if (hasWaited(cancel, provisional, after)) return { state: 'perhaps', candidates: ANY };
  if (now < cancel.time + after - INSTANT) return { state: 'pending', candidates: [] };
  return ended(made(status));
}
