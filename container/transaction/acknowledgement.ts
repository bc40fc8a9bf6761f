// The ACK to a 300-699, which the INVITE client transaction sends itself (§17.1.1.3), and what it shares with the
// CANCEL: fields of the INVITE as sent.
import { Field, Request, type Response } from '../message/index.js';

const MAX_FORWARDS = Field.of('Max-Forwards', '70');
const NO_BODY = Field.of('Content-Length', '0');

/** Copies Request-URI, Call-ID, From, CSeq number, Routes and the top Via of the INVITE, and the To of the response. */
export function ackOf(invite: Request, response: Response): Request {
  return derivedFrom(invite, 'ACK', response.first('to'));
}

/**
 * A request to the same hop as `invite`, with only the fields that identify it (§9.1, §17.1.1.3). The fields are
 * shared.
 */
export function derivedFrom(invite: Request, method: string, to = invite.first('to')): Request {
  const fields: Field[] = [];
  let topVia = true;
  let maxForwards = MAX_FORWARDS;
  for (const field of invite.fields) {
    switch (field.key) {
      case 'via':
        if (topVia) fields.push(field);
        topVia = false;
        break;
      case 'route':
      case 'from':
      case 'call-id':
        fields.push(field);
        break;
      case 'max-forwards':
        maxForwards = field;
        break;
    }
  }
  if (to !== undefined) fields.push(to);
  fields.push(Field.of('CSeq', `${invite.cseq.number} ${method}`), maxForwards, NO_BODY);
  return new Request(method, invite.uri, fields);
}
