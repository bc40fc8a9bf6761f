// One mailbox an application session: its handlers run one after another (C-43), and a handler that a message waits for
// is given a limited time (C-41).

import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Clock, Deadline, Timed } from '../base/clock.js';

/** One call of one handler. */
export interface Job {
  /** Undefined: only the order matters, no handler is called. Read when its turn has come. */
  handler(): Handler | undefined;
  /** The argument of the handler. */
  argument(): unknown;
  /** It has settled: `error` is its error, or undefined. */
  settled(error: unknown, handler: Handler | undefined): void;
  /** Whether a message waits for it. Its time is limited only then, or when another job waits behind it. */
  readonly isWaitedFor: boolean;
}

/** How handlers are called: by one caller for the whole container. */
export interface HandlerCaller {
  readonly clock: Clock;
  /** Milliseconds that a handler has (C-41). */
  readonly handlerTimeout: number;
  /** Calls it in the scope of its turn, which `current` then returns. May throw. */
  invoke(turn: Turn, argument: unknown): unknown;
  /** A fault of the container itself, found when a handler had settled. */
  fault(error: unknown): void;
}

/** The error of a handler that did not settle in time. */
class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}

/** A turn that waits to go on. */
interface Resumption {
  readonly turn: Turn;
  readonly go: () => void;
}

/**
 * One call of one handler, until what it returned has settled. While it awaits something from the container (a
 * response, a bridge, the next request), the other handlers of its session have the turn. It goes on when none of them
 * has it.
 */
export class Turn implements Timed {
  /** Not settled yet. */
  isAlive = true;
  #deadline: Deadline | undefined;
  #left: number;
  #since = 0;
  #isWaitedFor: boolean;
  /** The number of results that it awaits from the container now. */
  #awaits = 0;
  /** Callbacks for when it has settled. */
  #afterwards: (() => void)[] | undefined;

  constructor(
    readonly mailbox: Mailbox,
    readonly job: Job,
    readonly handler: Handler,
  ) {
    this.#left = mailbox.caller.handlerTimeout;
    this.#isWaitedFor = job.isWaitedFor;
  }

  get application(): DeployedApplication {
    return this.mailbox.application;
  }

  /** Its handler has returned a promise: from now on its time runs. */
  begin(): void {
    if (this.#awaits === 0) this.#startTime();
  }

  get isSuspended(): boolean {
    return this.#awaits > 0;
  }

  /** Another job waits behind it. */
  beWaitedFor(): void {
    if (this.#isWaitedFor) return;
    this.#isWaitedFor = true;
    if (this.#awaits === 0) this.#startTime();
  }

  #startTime(): void {
    if (!this.#isWaitedFor || this.#deadline !== undefined) return;
    const { clock } = this.mailbox.caller;
    this.#since = clock.now();
    this.#deadline = clock.start(this.#left, this, 'handler');
  }

  #stopTime(): void {
    if (this.#deadline === undefined) return;
    this.#deadline.stop();
    this.#deadline = undefined;
    this.#left -= this.mailbox.caller.clock.now() - this.#since;
  }

  /**
   * It awaits something from the container: that time does not count (C-41), and other handlers of its session may run
   * meanwhile.
   */
  suspend(): void {
    if (!this.isAlive || this.#awaits++ > 0) return;
    this.#stopTime();
    this.mailbox.lend(this);
  }

  /**
   * A result that it awaited is there: `go` is called when its turn has come again, or at once while it awaits others.
   */
  resume(go: () => void): void {
    if (!this.isAlive || --this.#awaits > 0) go();
    else this.mailbox.giveBack({ turn: this, go });
  }

  /** It has its turn again. */
  goOn(): void {
    this.#startTime();
  }

  /** Calls it back when the handler has settled; at once when it has. */
  whenSettled(then: () => void): void {
    if (!this.isAlive) {
      then();
      return;
    }
    this.#afterwards ??= [];
    this.#afterwards.push(then);
  }

  expire(): void {
    this.#deadline = undefined;
    const seconds = this.mailbox.caller.handlerTimeout / 1000;
    this.mailbox.finish(this, new HandlerTimeout(`${this.handler.label} has not settled in ${seconds} s`));
  }

  /** True when it was alive. */
  end(): boolean {
    if (!this.isAlive) return false;
    this.isAlive = false;
    this.#deadline?.stop();
    return true;
  }

  tellSettled(): void {
    const afterwards = this.#afterwards;
    if (afterwards === undefined) return;
    this.#afterwards = undefined;
    for (const then of afterwards) then();
  }
}

export class Mailbox {
  /** A handler is running: synchronously, or its promise has not settled and it awaits nothing from the container. */
  #busy = false;
  #holder: Turn | undefined;
  #waiting: (Job | Resumption)[] | undefined;
  /** Callbacks for when no handler runs. */
  #afterwards: (() => void)[] | undefined;

  constructor(
    readonly caller: HandlerCaller,
    readonly application: DeployedApplication,
  ) {}

  /** Runs the job now when no other is running, else when its turn has come. */
  post(job: Job): void {
    if (!this.#busy) {
      this.#run(job);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(job);
    this.#holder?.beWaitedFor();
  }

  /** No handler runs, and nothing waits. */
  get isIdle(): boolean {
    return !this.#busy;
  }

  /**
   * Calls it back when no handler runs and nothing waits; now, if that is so. Unlike a job, it does not limit the time
   * of a handler.
   */
  whenIdle(then: () => void): void {
    if (!this.#busy) {
      then();
      return;
    }
    this.#afterwards ??= [];
    this.#afterwards.push(then);
  }

  #rest(): void {
    this.#busy = false;
    const afterwards = this.#afterwards;
    if (afterwards === undefined) return;
    this.#afterwards = undefined;
    // One of them may have called a handler that goes on: the next then waits again.
    for (const then of afterwards) this.whenIdle(then);
  }

  #run(first: Job | Resumption): void {
    this.#busy = true;
    for (let next: Job | Resumption | undefined = first; next !== undefined; next = this.#waiting?.shift()) {
      if ('turn' in next) {
        if (next.turn.isAlive) {
          this.#goOn(next);
          return;
        }
        next.go();
      } else if (!this.#call(next)) {
        return; // the promise that it returned goes on from here
      }
    }
    this.#rest();
  }

  /** True when another may run: the job is done, or awaits something from the container. */
  #call(job: Job): boolean {
    const handler = job.handler();
    if (handler === undefined) {
      this.#settle(job, undefined, undefined);
      return true;
    }
    const turn = new Turn(this, job, handler);
    let result: unknown;
    try {
      result = this.caller.invoke(turn, job.argument());
    } catch (error) {
      turn.end();
      this.#settle(job, error ?? new Error(`${handler.label} threw ${String(error)}`), handler);
      turn.tellSettled();
      return true;
    }
    if (!isThenable(result)) {
      turn.end();
      this.#settle(job, undefined, handler);
      turn.tellSettled();
      return true;
    }
    result.then(
      () => this.finish(turn, undefined),
      (error: unknown) => this.finish(turn, error ?? new Error(`${handler.label} rejected with ${String(error)}`)),
    );
    turn.begin();
    if (turn.isSuspended) return true;
    this.#holder = turn;
    if (this.#waiting !== undefined && this.#waiting.length > 0) turn.beWaitedFor();
    return false;
  }

  #settle(job: Job, error: unknown, handler: Handler | undefined): void {
    try {
      job.settled(error, handler);
    } catch (fault) {
      this.caller.fault(fault);
    }
  }

  /** The holder awaits something from the container: the next may run. */
  lend(turn: Turn): void {
    if (this.#holder === turn) this.#next();
  }

  giveBack(resumption: Resumption): void {
    if (!this.#busy) {
      this.#busy = true;
      this.#goOn(resumption);
    } else {
      this.#waiting ??= [];
      this.#waiting.push(resumption);
      this.#holder?.beWaitedFor();
    }
  }

  #goOn({ turn, go }: Resumption): void {
    this.#holder = turn;
    turn.goOn();
    if (this.#waiting !== undefined && this.#waiting.length > 0) turn.beWaitedFor();
    go();
  }

  /** The promise has settled, or its time is over; the second of the two changes nothing. */
  finish(turn: Turn, error: unknown): void {
    if (!turn.end()) return;
    this.#settle(turn.job, error, turn.handler);
    turn.tellSettled();
    if (this.#holder === turn) this.#next();
  }

  #next(): void {
    this.#holder = undefined;
    const next = this.#waiting?.shift();
    if (next === undefined) this.#rest();
    else this.#run(next);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
