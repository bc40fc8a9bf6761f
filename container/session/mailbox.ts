// One mailbox an application session: its handlers run one after another (C-43), and a handler that a message waits for is given a limited time (C-41).
import type { Clock, Deadline, Timed } from '../clock.js';
import type { DeployedApplication } from '../deployment/application.js';
import type { Handler } from '../dispatch/handler-table.js';

/** One call of one handler. */
export interface Job {
  /** Undefined: only the order matters, there is nobody to call. Asked when its turn has come. */
  handler(): Handler | undefined;
  /** What the handler is called with. */
  argument(): unknown;
  /** It has settled: with what it threw or rejected with, or undefined. */
  settled(error: unknown, handler: Handler | undefined): void;
  /** Whether a message waits for it. Only then is its time limited; and when another job has come behind it. */
  readonly isWaitedFor: boolean;
}

/** How handlers are called: by one caller for the whole container. */
export interface HandlerCaller {
  readonly clock: Clock;
  /** Milliseconds that a handler has (C-41). */
  readonly handlerTimeout: number;
  /** Calls it in the scope of its application. May throw. */
  invoke(handler: Handler, argument: unknown, application: DeployedApplication): unknown;
  /** A fault of the container itself, found when a handler had settled. */
  fault(error: unknown): void;
}

/** What a handler that did not settle in time has failed with. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';
}

/** A handler that has returned a promise. */
class Running implements Timed {
  deadline: Deadline | undefined;
  #left: number;
  #since = 0;
  #pauses = 0;
  #isWaitedFor: boolean;

  constructor(
    readonly mailbox: Mailbox,
    readonly job: Job,
    readonly handler: Handler,
    readonly caller: HandlerCaller,
  ) {
    this.#left = caller.handlerTimeout;
    this.#isWaitedFor = job.isWaitedFor;
    this.#resume();
  }

  /** Another job has come behind it. */
  beWaitedFor(): void {
    if (this.#isWaitedFor) return;
    this.#isWaitedFor = true;
    if (this.#pauses === 0) this.#resume();
  }

  #resume(): void {
    if (!this.#isWaitedFor) return;
    this.#since = this.caller.clock.now();
    this.deadline = this.caller.clock.start(this.#left, this, 'handler');
  }

  /** Time in a pending `send` or `bridge` does not count (C-41). */
  pause(): void {
    if (this.#pauses++ > 0) return;
    this.deadline?.stop();
    if (this.#isWaitedFor) this.#left -= this.caller.clock.now() - this.#since;
  }

  resume(): void {
    if (--this.#pauses === 0) this.#resume();
  }

  expire(): void {
    const seconds = this.caller.handlerTimeout / 1000;
    this.mailbox.finish(this, new HandlerTimeout(`${this.handler.label} has not settled in ${seconds} s`));
  }
}

export class Mailbox {
  readonly #caller: HandlerCaller;
  readonly #application: DeployedApplication;
  /** A handler is running, synchronously or waiting for its promise. */
  #busy = false;
  #running: Running | undefined;
  #waiting: Job[] | undefined;

  constructor(caller: HandlerCaller, application: DeployedApplication) {
    this.#caller = caller;
    this.#application = application;
  }

  /** Runs the job now when no other is running, else when its turn has come. */
  post(job: Job): void {
    if (!this.#busy) return this.#run(job);
    (this.#waiting ??= []).push(job);
    this.#running?.beWaitedFor();
  }

  /** The clock of the running handler stops until the returned function is called. */
  pause(): () => void {
    const running = this.#running;
    if (running === undefined) return () => {};
    running.pause();
    return () => running.resume();
  }

  #run(first: Job): void {
    this.#busy = true;
    for (let job: Job | undefined = first; job !== undefined; job = this.#waiting?.shift()) {
      if (!this.#call(job)) return; // the promise that it returned goes on from here
    }
    this.#busy = false;
  }

  /** True when the job is done. */
  #call(job: Job): boolean {
    const handler = job.handler();
    if (handler === undefined) {
      this.#settle(job, undefined, undefined);
      return true;
    }
    let result: unknown;
    try {
      result = this.#caller.invoke(handler, job.argument(), this.#application);
    } catch (error) {
      this.#settle(job, error ?? new Error(`${handler.label} threw ${String(error)}`), handler);
      return true;
    }
    if (!isThenable(result)) {
      this.#settle(job, undefined, handler);
      return true;
    }
    const running = new Running(this, job, handler, this.#caller);
    this.#running = running;
    if (this.#waiting !== undefined && this.#waiting.length > 0) running.beWaitedFor();
    result.then(
      () => this.finish(running, undefined),
      (error: unknown) => this.finish(running, error ?? new Error(`${handler.label} rejected with ${String(error)}`)),
    );
    return false;
  }

  #settle(job: Job, error: unknown, handler: Handler | undefined): void {
    try {
      job.settled(error, handler);
    } catch (fault) {
      this.#caller.fault(fault);
    }
  }

  /** The promise has settled, or its time is over; the second of the two changes nothing. */
  finish(running: Running, error: unknown): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    running.deadline?.stop();
    this.#settle(running.job, error, running.handler);
    const next = this.#waiting?.shift();
    if (next === undefined) this.#busy = false;
    else this.#run(next);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
