// Calls that failed: their callers are told when no handler has caught the failure (RULES.md section 3).
import { CallFailedError } from '@siplet/sdk';
import type { Answering } from '../agent/answering.js';
import { SipResponse } from '../servlet/sip-response.js';
import { relayedResponse } from './relayed-response.js';

const callers = new WeakMap<CallFailedError, Answering>();

export function callFailed(answering: Answering, error: CallFailedError): void {
  callers.set(error, answering);
}

/**
 * Relays an error that no handler caught to the caller whose call it ended. False: it is not such an error.
 */
export function relayUncaught(error: unknown): boolean {
  if (!(error instanceof CallFailedError)) return false;
  const answering = callers.get(error);
  if (answering === undefined) return false;
  relayFailure(answering, error);
  return true;
}

/** The caller gets the callee's answer unchanged. */
export function relayFailure(answering: Answering, { status, response }: CallFailedError): void {
  if (answering.answered || answering.isBridging) return;
  if (response instanceof SipResponse) answering.relay(relayedResponse(answering, response.message));
  else answering.answerAs(status >= 300 && status <= 699 ? status : 500);
}

/** The Reason with which the other leg ends when a call has failed (RFC 3326). */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof CallFailedError)) return undefined;
  const reason = error.response?.reason.replace(/["\\]/g, '');
  return `SIP;cause=${error.status}${reason ? `;text="${reason}"` : ''}`;
}
