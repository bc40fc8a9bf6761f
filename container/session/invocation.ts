// One call of one handler: in whose turn it runs, how it is called, what a failure costs (C-41).
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Clock } from '../base/clock.js';
import type { Request } from '../message/index.js';
import type { HandlerCaller, Turn } from './mailbox.js';

/**
 * The handler in whose turn the current asynchronous work began. There is one for the process, because each that was ever used makes every promise
 * dearer.
 */
const SCOPE = new AsyncLocalStorage<Turn>();

export class Invocation implements HandlerCaller {
  /** How handlers are called: metrics put themselves around it. */
  call: (handler: Handler, argument: unknown, application: DeployedApplication) => unknown = callHandler;
  /** Told of every handler that failed, by its label. */
  onFailure: ((label: string, application: DeployedApplication) => void) | undefined;
  /** Handlers that have failed. */
  failures = 0;
  /** Relays an error that is the answer to somebody's call; false: it is not one. */
  relays: (error: unknown) => boolean = () => false;

  constructor(
    readonly clock: Clock,
    /** Milliseconds. */
    readonly handlerTimeout: number,
    readonly log: Logger,
  ) {}

  invoke(turn: Turn, argument: unknown): unknown {
    return SCOPE.run(turn, this.call, turn.handler, argument, turn.application);
  }

  /** The turn of the handler that runs; undefined outside all handlers. */
  get turn(): Turn | undefined {
    return SCOPE.getStore();
  }

  /** Takes an error that no handler caught: a rejection that nobody awaits, a timer that throws. It ends nobody's calls (C-41). */
  unhandled(error: unknown): void {
    if (this.relays(error)) return;
    const turn = SCOPE.getStore();
    this.failures++;
    if (turn === undefined) {
      this.log.error({ err: error }, 'an unhandled error');
      return;
    }
    const { application, handler } = turn;
    this.onFailure?.(handler.label, application);
    application.log.error({ err: error, handler: handler.label }, `${handler.label} left an unhandled error`);
  }

  /** Counts and logs the failure of a handler; at level debug it is logged alone. */
  failed(
    label: string,
    application: DeployedApplication,
    error: unknown,
    request?: Request,
    level: 'error' | 'debug' = 'error',
  ): void {
    const isRelayed = this.relays(error);
    if (level === 'error' && !isRelayed) {
      this.failures++;
      this.onFailure?.(label, application);
    }
    application.log[isRelayed ? 'debug' : level](
      { err: error, handler: label, method: request?.method, callId: request?.callId },
      `${label} failed`,
    );
  }

  /** A fault of the container itself. */
  fault(error: unknown): void {
    this.log.error({ err: error }, 'a fault of the container');
  }
}

function callHandler(handler: Handler, argument: unknown): unknown {
  return handler.invoke(argument);
}
