// The answer of the container to a request that only refreshes the session (RFC 4028 §7.4).
import type { Answering } from './answering.js';
import { Leg } from './leg.js';
import { descriptionOf } from './session-description.js';

/** 200 with the last agreed description. False: it is not a mere refresh. */
export function answerRefresh(answering: Answering): boolean {
  const { request, transaction, services, received } = answering;
  const { timer, offers } = Leg.of(answering.session, services);
  if (!timer.isRefresh(request)) return false;
  const { message } = received.servlet.createResponse(200);
  const isAnswer = transaction.isInvite || descriptionOf(request) !== undefined;
  if (isAnswer && offers.local !== undefined) message.setBody(offers.local.body, offers.local.type);
  answering.answerAsAgent(message);
  return true;
}
