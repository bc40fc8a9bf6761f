// What the four kinds of transactions have in common: a state, timers, and the steps of the machine (§17).
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Message } from '../message/index.js';
import type { Flow, FlowUser } from '../transport/flow.js';
import type { Machine, Move, Place } from './machine.js';
import type { Timer, Timers } from './timers.js';

/** What a transaction needs of its layer. */
export interface Ground<Subject> {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The transaction has ended and must not be found any more. */
  remove(transaction: Subject): void;
}

/**
 * A step changes the state first, then runs the effects; the call to the user is the last of them, so the user may do
 * anything there. Effects that call down (send, start a timer) never call up before they return.
 */
export abstract class Transaction<Subject, Below extends Ground<Subject>> implements Timed, FlowUser {
  readonly flow: Flow;
  protected readonly ground: Below;
  protected place: Place<Subject>;
  /** The current interval between retransmissions, for timers A, E and G. */
  protected interval = 0;
  protected error: Error | undefined = undefined;
  private repeat: Deadline | undefined = undefined;
  private limit: Deadline | undefined = undefined;
  private wait: Deadline | undefined = undefined;

  constructor(ground: Below, flow: Flow, start: Place<Subject>) {
    this.ground = ground;
    this.flow = flow;
    this.place = start;
  }

  protected abstract readonly machine: Machine<string, Subject>;
  /** The last event. */
  protected abstract tellTerminated(): void;
  /** Releases what a lingering or ended transaction does not need. */
  protected abstract release(): void;

  /** Makes one step of the machine. Returns false when the event was absorbed. */
  protected step(event: number, message?: Message): boolean {
    const move = this.place.moves[event];
    if (move === undefined) return false;
    this.take(move, message);
    return true;
  }

  protected take(move: Move<Subject>, message: Message | undefined): void {
    const next = move.next;
    if (next !== this.place) this.enter(next);
    const { effects } = move;
    for (const effect of effects) effect(this as unknown as Subject, message);
    if (!next.last) return;
    this.tellTerminated();
    this.release();
  }

  /** Ends the transaction without another event. */
  abandon(): void {
    if (this.place.last) return;
    this.enter(this.machine.terminated);
    this.release();
  }

  protected enter(next: Place<Subject>): void {
    const left = this.place.timers;
    const heard = next.timers;
    this.place = next;
    if (left.repeat !== heard.repeat && this.repeat !== undefined) {
      this.repeat.stop();
      this.repeat = undefined;
    }
    if (left.limit !== heard.limit && this.limit !== undefined) {
      this.limit.stop();
      this.limit = undefined;
    }
    if (left.wait !== heard.wait) this.stopWaiting();
    if (!next.last) return;
    this.ground.remove(this as unknown as Subject);
    // A datagram flow keeps no list of senders, and late notifications are absorbed.
    if (this.flow.reliable) this.flow.forget(this);
  }

  /** Starts a timer of Table 4 that fires once; one that is `never` due is not started. */
  start(timer: Timer): void {
    const delay = this.delayOf(timer);
    if (delay === Number.POSITIVE_INFINITY) return;
    const deadline = this.ground.clock.start(delay, this, timer.name);
    if (timer.kind === 'wait') this.wait = deadline;
    else this.limit = deadline;
  }

  /** Starts a retransmission timer with the given interval, or with its first one. */
  startRepeat(timer: Timer, interval = this.delayOf(timer)): void {
    if (interval === Number.POSITIVE_INFINITY) return;
    this.interval = interval;
    this.repeat = this.ground.clock.start(interval, this, timer.name);
  }

  /** Doubles the interval, up to T2 where `bounded`. */
  double(timer: Timer, bounded: boolean): void {
    const interval = 2 * this.interval;
    this.startRepeat(timer, bounded && interval > this.ground.timers.t2 ? this.ground.timers.t2 : interval);
  }

  repeatAfterT2(timer: Timer): void {
    this.startRepeat(timer, this.ground.timers.t2);
  }

  stopWaiting(): void {
    if (this.wait === undefined) return;
    this.wait.stop();
    this.wait = undefined;
  }

  /** Milliseconds; infinity for a timer that is never due. */
  protected delayOf(timer: Timer): number {
    return this.ground.timers.of(this.flow)[timer.number] ?? Number.POSITIVE_INFINITY;
  }

  expire(timer: string): void {
    this.hear(timer);
  }

  /** §17.1.4, §17.2.4. */
  transportFailed(error: Error, _isUnsent?: boolean): void {
    this.error = error;
    this.hear('transportError');
  }

  private hear(name: string): void {
    const event = this.machine.events[name];
    if (event !== undefined) this.step(event);
  }

  /**
   * Like `transportFailed`, for an error known at once. The user is told with the clock's next turn, because a step
   * must not call the user from within.
   */
  protected fail(error: Error): void {
    this.error = error;
    this.ground.clock.start(0, this, 'transportError');
  }
}
