// Requests in a proxied dialog that the application answers itself, in place of their recipient (C-34, §13.3.1.4).
import type { Response } from '../message/index.js';
import { call } from '../session/notices.js';
import type { SipSession } from '../session/sip-session.js';
import type { RequestReceived } from './exchanges.js';
import { SentSuccesses } from './sent-successes.js';
import type { AgentServices } from './services.js';

/** A 2xx of the application has been sent: it is sent again until its ACK arrives, which goes no further. */
export function answeredInPlace(
  received: RequestReceived,
  response: Response,
  session: SipSession,
  services: AgentServices,
): void {
  const { request } = received;
  const sender = session.senderOf(request);
  if (sender === undefined || response.status < 200 || response.status >= 300) return;
  sender.refresh(request);
  if (request.method !== 'INVITE') return;
  sender.answeredInvite = request.cseq.number;
  const successes = new SentSuccesses(services, () => unacknowledged(received, response, session));
  sender.successes?.stop();
  sender.successes = successes;
  successes.add(received, response);
}

/** §13.3.1.4: the dialog is confirmed, but the session should be terminated. */
function unacknowledged(received: RequestReceived, response: Response, session: SipSession): void {
  const { applicationSession } = session;
  const handler = applicationSession.application.table.life('noAckReceived');
  if (handler !== undefined) call(applicationSession, handler, received.presentOwn(response));
  if (session.isValid && session.state === 'confirmed') void session.terminate();
}
