// The response to a request: which of its header fields go back (§8.2.6).
import { Field } from './field.js';
import { Role } from './header-names.js';
import { partyOf } from './message.js';
import { reasonOf } from './reasons.js';
import type { Request } from './request.js';
import { Response } from './response.js';
import { isLineSafe } from './text.js';

const NO_BODY = Field.of('Content-Length', '0');

/**
 * §8.2.6: every Via in order, From, To, Call-ID and CSeq as in the request, `toTag` on a To that has none, the Timestamp in a 100, and Content-Length 0.
 * With `recordRoute` the Record-Routes too, as a user agent that establishes a dialog owes (§12.1.1). The fields are the request's own, shared.
 */
export function responseTo(
  request: Request,
  status: number,
  reason?: string,
  toTag?: string,
  recordRoute = false,
): Response {
  if (reason !== undefined && !isLineSafe(reason))
    throw new TypeError('the reason phrase holds CR, LF, NUL or what is no octet');
  const fields: Field[] = [];
  let seen = 0;
  const all = request.fields;
  for (let i = 0; i < all.length; i++) {
    const field = all[i]!;
    switch (field.role) {
      case Role.via:
        fields.push(field);
        break;
      case Role.from:
      case Role.to:
      case Role.callId:
      case Role.cseq: {
        // Of what comes twice, which is a fault of the request, the first is taken.
        const bit = 1 << field.role;
        if ((seen & bit) === 0) fields.push(field.role === Role.to ? tagged(field, toTag) : field);
        seen |= bit;
        break;
      }
      case Role.timestamp:
        if (status === 100) fields.push(field);
        break;
      case Role.recordRoute:
        if (recordRoute && status > 100 && status < 300) fields.push(field);
        break;
    }
  }
  fields.push(NO_BODY);
  return new Response(status, reason ?? reasonOf(status), fields, '');
}

function tagged(to: Field, tag: string | undefined): Field {
  if (tag === undefined || partyOf(to).tag !== undefined) return to;
  return Field.trusted(to.name, `${to.value};tag=${tag}`);
}
