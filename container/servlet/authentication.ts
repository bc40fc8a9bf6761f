// Authentication as an application asks for it: verifies a request and answers it where the credentials are not right
// (§22).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError } from '@siplet/sdk';
import { responseTo } from '../message/index.js';
import { SipRequest } from './sip-request.js';

/** §22.1: these cannot be sent again, so they cannot be challenged. */
export function isNeverChallenged(method: string): boolean {
  return method === 'ACK' || method === 'CANCEL';
}

/** Implements Authentication of the SDK. */
export async function authenticate(
  request: sdk.SipRequest,
  options: sdk.AuthenticationOptions,
): Promise<string | undefined> {
  if (!(request instanceof SipRequest)) throw new TypeError('authenticate: that is not a request of this container');
  const { message, answerer } = request;
  if (isNeverChallenged(message.method)) return undefined;
  const what = `authenticate: the ${message.method} ${request.callId}`;
  if (answerer === undefined) throw new IllegalStateError(`${what} was not received`);
  if (answerer.isProxied) throw new IllegalStateError(`${what} is proxied already`);
  if (answerer.answered) return undefined;
  const verdict = await answerer.services.digest.verify(message, options, answerer.application.name);
  if (answerer.answered) return undefined; // cancelled meanwhile
  if (verdict.user === undefined) {
    const response = responseTo(message, verdict.status, verdict.reason, answerer.transaction.toTag);
    for (const [name, value] of verdict.headers) response.append(name, value);
    answerer.refuseUnauthenticated(response);
    return undefined;
  }
  // §22.3: credentials for us are of no use further downstream; all others go on unchanged.
  if (options.proxy) message.fields = message.fields.filter((field) => field !== verdict.field);
  request.user = verdict.user;
  answerer.authenticated();
  return verdict.user;
}
