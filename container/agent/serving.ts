// A request in a dialog in which the application is a user agent: its handler, a bridge or the container answers it
// (C-41a).

import type { Handler } from '../application/handler.js';
import { allowedBy } from '../application/handler-table.js';
import { refusalOf } from '../proxy/validation.js';
import type { SipRequest } from '../servlet/sip-request.js';
import type { Awaited } from '../session/awaited.js';
import { answerRefresh } from './answered-refresh.js';
import type { Answering } from './answering.js';
import { Leg } from './leg.js';
import { answerWaiting, isWaiting } from './waiting-dialog.js';

/** A job that only waits for its turn. */
const IN_TURN = { isWaitedFor: true, handler: () => undefined, argument: () => undefined } as const;

/** Gives the request to its handler, when it may be taken. */
export function serve(answering: Answering, handler: Handler | undefined): void {
  const { received, request, transaction } = answering;
  const leg = Leg.of(answering.session, answering.services);
  const refusal = leg.admit(answering);
  if (refusal !== undefined) {
    received.answer(refusalOf(request, refusal, transaction.toTag));
    received.finish();
    return;
  }
  const awaited = leg.takeExpected(request.method);
  if (awaited !== undefined) {
    giveTo(awaited, answering, leg);
    return;
  }
  // A peer that must authenticate first ends nothing before that.
  if (handler?.realm === undefined) answering.endInvitation();
  if (handler === undefined) serveUnhandled(answering, leg);
  else serveBy(handler, answering, leg);
}

function serveBy(handler: Handler, answering: Answering, leg: Leg): void {
  answering.received.serveBy(handler, (error) => {
    answering.received.beSettled();
    if (answering.answered) return;
    if (error === undefined) {
      goOn(answering, leg);
      return;
    }
    answering.answerAs(500);
    if (answering.request.method === 'BYE') leg.user?.requested(answering); // its sender has left (§15.1.1)
  });
}

/** Gives it to the handler that awaits it, which treats it as the handler of the request would. */
function giveTo(awaited: Awaited<SipRequest>, answering: Answering, leg: Leg): void {
  answering.endInvitation();
  awaited.give(answering.servlet);
  awaited.whenAskerSettled(() => {
    answering.received.beSettled();
    if (!answering.answered) goOn(answering, leg);
  });
}

/** Its handler has left it unanswered. */
function goOn(answering: Answering, { user }: Leg): void {
  const { method } = answering.request;
  if (user !== undefined) user.requested(answering);
  else if (method === 'BYE' || method === 'PRACK') answering.answerAs(200);
  else if (!answerRefresh(answering)) answering.received.awaitAnswer();
}

/** No handler takes it: the user of the leg takes it in its turn; without one, the container answers. */
function serveUnhandled(answering: Answering, leg: Leg): void {
  const { user, session } = leg;
  if (user === undefined) answerUnhandled(answering, leg);
  else session.applicationSession.mailbox.post({ ...IN_TURN, settled: user.requested.bind(user, answering) });
}

/** C-41a: BYE and OPTIONS 200, others 405 with Allow; a PRACK that acknowledges something 200 (RFC 3262 §3). */
export function answerUnhandled(answering: Answering, leg: Leg): void {
  if (answering.answered || (isWaiting(leg) && answerWaiting(answering, leg))) return;
  const { received, services } = answering;
  const { method } = answering.request;
  if (method === 'BYE' || method === 'PRACK') {
    answering.answerAs(200);
    return;
  }
  if (answerRefresh(answering)) return;
  const response = received.generate(method === 'OPTIONS' ? 200 : 405);
  response.append('Allow', allowedBy(received.application.table).join(', '));
  if (method === 'OPTIONS')
    for (const [name, value] of services.capabilities) if (name !== 'Allow') response.append(name, value);
  received.answer(response);
  leg.answered(answering, response);
}
