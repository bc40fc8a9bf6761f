// The calls of handlers that every request and response brings, as jobs of the mailbox: objects, since three functions
// for each would cost more than the call.
import { CallFailedError, IllegalStateError, TooManyHopsError } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { Settled } from '../proxy/supervisor.js';
import type { SipResponse } from '../servlet/sip-response.js';
import type { Job } from '../session/mailbox.js';
import type { SipSession } from '../session/sip-session.js';

/** Who is told that a handler has failed. */
export interface Reporter {
  report(handler: Handler, error: unknown): void;
}

/** Whether an error is a fault of the handler that threw it; `wasCancelled`: its caller had given up. */
export function isAtFault(error: unknown, wasCancelled: boolean): boolean {
  // A handler that goes on after the CANCEL is not, nor one that proxies a request with no hops left (C-40).
  if (error instanceof TooManyHopsError || error instanceof CallFailedError) return false;
  return !(wasCancelled && error instanceof IllegalStateError);
}

/** A handler of a request. */
export class RequestCall implements Job {
  constructor(
    readonly reporter: Reporter,
    readonly session: SipSession,
    readonly called: Handler,
    readonly servlet: unknown,
    readonly isWaitedFor: boolean,
    readonly afterwards: (error: unknown, wasCalled: boolean) => void,
  ) {}

  /** Nobody hears of what comes in a session that has been invalidated. */
  handler(): Handler | undefined {
    return this.session.isValid ? this.called : undefined;
  }

  argument(): unknown {
    return this.servlet;
  }

  settled(error: unknown, called: Handler | undefined): void {
    if (error !== undefined) this.reporter.report(this.called, error);
    this.afterwards(error, called !== undefined);
  }
}

/** A handler of a response that goes upstream when it has settled, or of one branch's among others. */
export class ResponseCall implements Job {
  readonly isWaitedFor = true;

  constructor(
    readonly reporter: Reporter,
    readonly called: Handler | undefined,
    /** Undefined where nobody is called. */
    readonly servlet: SipResponse | undefined,
    readonly branch: Branch,
    readonly response: Response,
    readonly afterwards: Settled,
    /** Asked when its turn has come; undefined: it is wanted. */
    readonly isWanted: (() => boolean) | undefined,
  ) {}

  /** What comes in a session that was invalidated passes the application by (JSR 289 §6.2.4). */
  handler(): Handler | undefined {
    const { servlet, isWanted } = this;
    return servlet?.session.isValid && (isWanted === undefined || isWanted()) ? this.called : undefined;
  }

  argument(): unknown {
    return this.servlet;
  }

  settled(error: unknown, called: Handler | undefined): void {
    const { servlet } = this;
    if (error !== undefined && called !== undefined) {
      this.reporter.report(called, error);
      servlet?.restore();
    }
    if (servlet !== undefined && servlet.origin !== 'intermediate') servlet.commit();
    this.afterwards(this.branch, this.response);
  }
}
