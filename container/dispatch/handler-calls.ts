// The calls of handlers that every request and response brings, as jobs of the mailbox: objects, since three functions
// for each would cost more than the call.
import { CallFailedError, IllegalStateError, TooManyHopsError } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { Request, Response } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { Settled } from '../proxy/supervisor.js';
import { SipRequest } from '../servlet/sip-request.js';
import type { SipResponse } from '../servlet/sip-response.js';
import type { Job } from '../session/mailbox.js';
import type { SipSession } from '../session/sip-session.js';
import type { Flow } from '../transport/flow.js';

/** Is told that a handler has failed. */
export interface Reporter {
  report(handler: Handler, error: unknown): void;
}

/** Whether an error is a fault of the handler that threw it; `wasCancelled`: its caller had given up. */
export function isAtFault(error: unknown, wasCancelled: boolean): boolean {
  // It is not, if the handler went on after the CANCEL, or proxied a request with no hops left (C-40).
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

  /** No handler is called for a message in a session that has been invalidated. */
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

/** The INVITE that a CANCEL is meant for. */
interface CancelledRequest extends Reporter {
  readonly session: SipSession;
  readonly isInitial: boolean;
  readonly routeParameters: string | undefined;
  readonly transaction: { readonly flow: Flow };
}

/** Does what the CANCEL demands, and tells the application of it (C-29). */
export function callForCancel(invite: CancelledRequest, cancel: Request, act: () => void): void {
  const { session, isInitial, routeParameters, transaction } = invite;
  const { application, mailbox } = session.applicationSession;
  const handler = application.table.cancel();
  // The session stays until the handler has its turn, even if there is nothing to wait for and the 487 is sent at once.
  session.transactionBegins();
  act();
  if (handler !== undefined) {
    const servlet = new SipRequest(cancel, session, isInitial, routeParameters, transaction.flow, undefined);
    mailbox.post(new RequestCall(invite, session, handler, servlet, false, () => {}));
  }
  session.transactionAnswered();
  session.transactionEnds();
}

/** A handler of a response: one that goes upstream when the handler has settled, or that of one branch among others. */
export class ResponseCall implements Job {
  readonly isWaitedFor = true;

  constructor(
    readonly reporter: Reporter,
    readonly called: Handler | undefined,
    /** Undefined where no handler is called. */
    readonly servlet: SipResponse | undefined,
    readonly branch: Branch,
    readonly response: Response,
    readonly afterwards: Settled,
    /** Called when its turn has come; undefined: the call is wanted. */
    readonly isWanted: (() => boolean) | undefined,
  ) {}

  /** A response in a session that was invalidated bypasses the application (JSR 289 §6.2.4). */
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
