// One call of one handler: the turn in which it runs, how it is called, and what a failure causes (C-41).
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { DeployedApplication } from '../application/application.js';
import type { Handler } from '../application/handler.js';
import type { Clock } from '../base/clock.js';
import type { Request } from '../message/index.js';
import type { HandlerCaller, Turn } from './mailbox.js';

/**
 * The handler in whose turn the current asynchronous work began. There is one for the whole process, because each one
 * in use makes every promise more expensive.
 */
const SCOPE = new AsyncLocalStorage<Turn>();

export class Invocation implements HandlerCaller {
  /** How handlers are called: metrics put themselves around it. */
  call: (handler: Handler, argument: unknown, application: DeployedApplication) => unknown = callHandler;
  /** Told of every handler that failed, by its label. */
  onFailure: ((label: string, application: DeployedApplication) => void) | undefined;
  /** Handlers that have failed. */
  failures = 0;
  /** Relays an error that answers a call; false: it is not such an error. */
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

  /**
   * Takes an error that no handler caught: a rejection that is not awaited, a timer that throws. It ends no calls
   * (C-41).
   */
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

  /** Counts and logs the failure of a handler; at level debug it is only logged. */
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
