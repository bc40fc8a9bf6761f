// The provisional responses to one INVITE that its caller must acknowledge by PRACK (RFC 3262 §3): one at a time,
// retransmitted until then.
import { IllegalStateError } from '@siplet/sdk';
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Request, Response } from '../message/index.js';
import type { Refusal } from '../proxy/validation.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { AgentSettings } from './services.js';
import { descriptionOf } from './session-description.js';

/** How long the PRACK may take, in T1. */
const LIMIT_IN_T1 = 64;

/** How many may wait for the PRACK of the one before (security: an application that rings in a loop). */
const MAX_WAITING = 32;

/** The maximum of RSeq, and of CSeq in a RAck (RFC 3262 §10). */
const MAX_NUMBER = 2 ** 32 - 1;

/** RFC 3262 §7.2: RSeq, CSeq, method. */
const RACK = /^(\d{1,10})\s+(\d{1,10})\s+(\S+)$/;

/** The steps that the INVITE's user takes with them. */
export interface ReliableUser {
  readonly transaction: ServerTransaction;
  /** It goes out for the first time: a provisional one, or the 2xx that was held back. */
  sendNow(response: Response): void;
  /** No PRACK has come within 64*T1. */
  unacknowledged(response: Response): void;
}

export class ReliableProvisionals implements Timed {
  readonly #waiting: Response[] = [];
  /** Sent, and not acknowledged. */
  #current: Response | undefined;
  /** Acknowledged, but its PRACK has no answer yet. */
  #isAnswering = false;
  #held: Response | undefined;
  #isOver = false;
  #interval = 0;
  #again: Deadline | undefined;
  #limit: Deadline | undefined;

  constructor(
    readonly clock: Clock,
    readonly settings: AgentSettings,
    readonly user: ReliableUser,
    /** RSeq of the next one; the first is less than 2^31. */
    private sequence: number,
  ) {}

  /** Sends it, or when those before have been acknowledged. Throws IllegalStateError when too many wait. */
  send(response: Response): void {
    if (this.#waiting.length >= MAX_WAITING)
      throw new IllegalStateError(`${MAX_WAITING} reliable provisional responses wait for a PRACK already`);
    if (!names100rel(response, 'require')) response.append('Require', '100rel');
    response.set('RSeq', String(this.sequence++));
    this.#waiting.push(response);
    this.#goOn();
  }

  /** The PRACK of the last one has been answered: the next may go. */
  prackAnswered(): void {
    this.#isAnswering = false;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isOver || this.#isAnswering || this.#current !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      const held = this.#held;
      this.#held = undefined;
      if (held !== undefined) this.user.sendNow(held);
      return;
    }
    this.#current = next;
    this.#interval = this.settings.t1;
    this.#again = this.clock.start(this.#interval, this, 'again');
    this.#limit = this.clock.start(LIMIT_IN_T1 * this.settings.t1, this, 'limit');
    this.user.sendNow(next);
  }

  expire(which: string): void {
    const response = this.#current;
    if (response === undefined) return;
    if (which === 'limit') {
      this.stop();
      this.user.unacknowledged(response);
      return;
    }
    this.user.transaction.respond(response);
    // It doubles without a bound (RFC 3262 §3).
    this.#interval *= 2;
    this.#again = this.clock.start(this.#interval, this, 'again');
  }

  /** Why a PRACK acknowledges nothing; undefined: it acknowledges the one under way, which is then no longer sent. */
  acknowledge(prack: Request): Refusal | undefined {
    const named = RACK.exec(prack.value('rack') ?? '');
    if (named === null) return { status: 400, reason: 'Bad RAck' };
    const current = this.#current;
    const matches =
      current !== undefined &&
      Number(named[1]) === current.integer('rseq', MAX_NUMBER) &&
      Number(named[2]) === current.cseq.number &&
      named[3] === 'INVITE';
    if (!matches) return { status: 481 };
    this.#current = undefined;
    this.#isAnswering = true;
    this.#stopTimers();
    return undefined;
  }

  /**
   * Whether a final response has to wait: a 2xx waits until the peer has acknowledged each description, and is sent
   * then. Any other may go now: no reliable response follows it, and a late PRACK is still accepted.
   */
  holds(final: Response): boolean {
    const { status } = final;
    const open = this.#current === undefined ? this.#waiting : [this.#current, ...this.#waiting];
    if (status < 300 && open.some((response) => descriptionOf(response) !== undefined)) {
      this.#held = final;
      return true;
    }
    this.stop();
    return false;
  }

  /** The 2xx that was held back will not be sent: another final response is. False when there was none. */
  dropHeld(): boolean {
    const was = this.#held !== undefined;
    this.#held = undefined;
    return was;
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    this.#stopTimers();
  }

  #stopTimers(): void {
    this.#again?.stop();
    this.#limit?.stop();
  }
}

/** Whether the caller supports 100rel, or even requires it (RFC 3262 §3). */
export function reliabilityOf(invite: Request): 'required' | 'supported' | 'unknown' {
  if (names100rel(invite, 'require')) return 'required';
  return names100rel(invite, 'supported') ? 'supported' : 'unknown';
}

function names100rel(message: Request | Response, key: string): boolean {
  return message.values(key).some((tag) => tag.toLowerCase() === '100rel');
}
