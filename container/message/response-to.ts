// Builds the response to a request: which header fields are copied (§8.2.6).
import { Field } from './field.js';
import { Role } from './header-names.js';
import { reasonOf } from './reasons.js';
import type { Request } from './request.js';
import { Response } from './response.js';
import { isLineSafe } from './text.js';
import { partyOf } from './views.js';

const NO_BODY = Field.of('Content-Length', '0');

/**
 * §8.2.6: copies every Via in order, From, To, Call-ID and CSeq; adds `toTag` to a To without a tag; copies Timestamp
 * to a 100; sets Content-Length 0. With `recordRoute` it also copies the Record-Routes, as a user agent that
 * establishes a dialog must (§12.1.1). The fields are shared with the request.
 */
export function responseTo(
  request: Request,
  status: number,
  reason?: string,
  toTag?: string,
  recordRoute = false,
): Response {
  if (reason !== undefined && !isLineSafe(reason))
    throw new TypeError('the reason phrase contains CR, LF, NUL or a character that is not an octet');
  const withRoutes = recordRoute && status > 100 && status < 300;
  return new Response(status, reason ?? reasonOf(status), answeredFields(request, status, toTag, withRoutes), '');
}

function answeredFields(request: Request, status: number, toTag: string | undefined, withRoutes: boolean): Field[] {
  const fields: Field[] = [];
  let seen = 0;
  const all = request.fields;
  for (let i = 0; i < all.length; i++) {
    const field = all[i];
    if (field === undefined) break;
    const { role } = field;
    if (isSingle(role)) {
      // A repeated header is a fault of the request: the first one counts.
      const bit = 1 << role;
      if ((seen & bit) === 0) fields.push(role === Role.to ? tagged(field, toTag) : field);
      seen |= bit;
    } else if (isCopied(role, status, withRoutes)) fields.push(field);
  }
  fields.push(NO_BODY);
  return fields;
}

function isSingle(role: number): boolean {
  return role === Role.from || role === Role.to || role === Role.callId || role === Role.cseq;
}

function isCopied(role: number, status: number, withRoutes: boolean): boolean {
  if (role === Role.timestamp) return status === 100;
  return role === Role.via || (role === Role.recordRoute && withRoutes);
}

function tagged(to: Field, tag: string | undefined): Field {
  if (tag === undefined || partyOf(to).tag !== undefined) return to;
  return Field.trusted(to.name, `${to.value};tag=${tag}`);
}
