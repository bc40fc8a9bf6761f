// Final responses on their way to the code that awaits them, or to the response handlers.
import type { SipResponse } from '@siplet/sdk';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { Awaited } from '../session/awaited.js';
import type { SipSession } from '../session/sip-session.js';
import type { ExchangeUser } from './exchanges.js';
import { type AcknowledgingLeg, endUnlessAcknowledged } from './unacknowledged-success.js';

/** The leg on which the request was sent. */
interface DeliveringLeg {
  legOf(session: SipSession): AcknowledgingLeg;
}

/** The request that was answered. */
interface AnsweredExchange {
  readonly leg: DeliveringLeg;
  readonly user?: ExchangeUser | undefined;
}

/**
 * Delivers the final response to the user of the request, or to the code that awaits it. If none does when the handler
 * that sent the request has settled, the response handlers get it.
 */
export function deliver(
  servlet: ReceivedResponse,
  awaited: Awaited<SipResponse>,
  { leg, user }: AnsweredExchange,
): void {
  if (user !== undefined) {
    user.final(servlet);
    return;
  }
  awaited.give(servlet);
  let isSettled = true; // the code that awaits it runs outside of all handlers, or its handler has settled
  awaited.whenAskerSettled(() => {
    if (!awaited.isTaken) giveToHandlers(servlet, leg);
    else if (servlet.isUnacknowledgedSuccess) endUnlessAcknowledged(servlet, leg.legOf(servlet.session), isSettled);
  });
  isSettled = false;
}

function giveToHandlers(servlet: ReceivedResponse, leg: DeliveringLeg): void {
  const { table } = servlet.session.applicationSession.application;
  const { status, method } = servlet;
  const handler = status < 300 ? table.success(status, method) : table.best(status, method);
  servlet.present(handler, () => {
    if (servlet.isUnacknowledgedSuccess) endUnlessAcknowledged(servlet, leg.legOf(servlet.session), false);
  });
}

/**
 * Another fork has answered the INVITE, too: a handler may keep it; else it is acknowledged, and ended at once
 * (§13.2.2.4).
 */
export function presentFurther(servlet: ReceivedResponse, leg: DeliveringLeg): void {
  const handler = servlet.session.applicationSession.application.table.success(servlet.status, 'INVITE');
  servlet.present(handler, () => {
    if (handler === undefined) leg.legOf(servlet.session).endUnwanted(servlet);
    else if (servlet.isUnacknowledgedSuccess) endUnlessAcknowledged(servlet, leg.legOf(servlet.session), false);
  });
}
