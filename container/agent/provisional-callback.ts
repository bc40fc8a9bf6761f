// The `onProvisional` function of a request that the application sends, as a handler.
import type { SendOptions, SipResponse } from '@siplet/sdk';
import type { Handler } from '../application/handler.js';
import type { OwnRequest } from '../servlet/sender.js';

export function callbackOf(take: SendOptions['onProvisional'], request: OwnRequest): Handler | undefined {
  if (take === undefined) return undefined;
  const { session, method } = request;
  const [siplet] = session.applicationSession.application.siplets;
  if (siplet === undefined) return undefined;
  const label = `onProvisional of the ${method} ${session.callId}`;
  return { siplet, method: 'onProvisional', label, invoke: (argument) => take(argument as SipResponse) };
}
