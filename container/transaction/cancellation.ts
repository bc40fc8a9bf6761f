// The CANCEL of an INVITE that we sent (§9.1).
import { Field, type Request, type Response } from '../message/index.js';
import { derivedFrom } from './acknowledgement.js';
import type { ClientUser } from './user.js';

/**
 * §9.1: copies Request-URI, Call-ID, To, From, CSeq number, Routes and the top Via of the INVITE as sent. For `reason`
 * see RFC 3326.
 */
export function cancelOf(invite: Request, reason?: string): Request {
  const cancel = derivedFrom(invite, 'CANCEL');
  if (reason !== undefined) cancel.fields.push(Field.of('Reason', reason));
  return cancel;
}

/** Ignores the responses to a CANCEL: the INVITE ends by its own response, or 64*T1 after the CANCEL (§9.1). */
export const NOBODY: ClientUser = {
  response(_response: Response) {},
  failed() {},
};
