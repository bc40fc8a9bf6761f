// Final responses on their way to the code that awaits them, or to the response handlers.
import type { SipResponse } from '@siplet/sdk';
import type { ReceivedResponse } from '../servlet/received-response.js';
import type { Awaited } from '../session/awaited.js';
import type { SipSession } from '../session/sip-session.js';
import type { ExchangeUser } from './exchanges.js';

/** The leg on which the request was sent. */
interface DeliveringLeg {
  legOf(session: SipSession): { endUnwanted(success: ReceivedResponse): void };
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
  const { isTaken } = awaited;
  awaited.give(servlet);
  if (isTaken) return;
  awaited.whenAskerSettled(() => {
    if (!awaited.isTaken) giveToHandlers(servlet, leg);
  });
}

function giveToHandlers(servlet: ReceivedResponse, leg: DeliveringLeg): void {
  const { table } = servlet.session.applicationSession.application;
  const { status, method } = servlet;
  const handler = status < 300 ? table.success(status, method) : table.best(status, method);
  servlet.present(handler, () => {
    // A call that is not wanted is ended (§13.2.2.4).
    if (handler === undefined && servlet.isUnacknowledgedSuccess) leg.legOf(servlet.session).endUnwanted(servlet);
  });
}

/**
 * Another fork has answered the INVITE, too: a handler that takes the 2xx may keep it; else it is acknowledged, and
 * ended at once (§13.2.2.4).
 */
export function presentFurther(servlet: ReceivedResponse, leg: DeliveringLeg): void {
  const handler = servlet.session.applicationSession.application.table.success(servlet.status, 'INVITE');
  servlet.present(handler, () => {
    if (handler !== undefined && servlet.isAcknowledged) return;
    leg.legOf(servlet.session).endUnwanted(servlet);
  });
}
