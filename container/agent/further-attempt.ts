// A request that is tried again outside of a dialog (§8.1.3.5), or another one to the same peer.
import { Request } from '../message/index.js';

/** The header fields for the caller, the callee and the path. */
const KEPT: ReadonlySet<string> = new Set(['route', 'from', 'to', 'call-id', 'cseq', 'max-forwards']);

/** With the next CSeq: a copy when the method is the same, so that a part can be added; else only the fields above. */
export function furtherAttempt(original: Request, method: string): Request {
  const again = method === original.method ? original.clone() : bare(original, method);
  again.set('CSeq', `${original.cseq.number + 1} ${method}`);
  return again;
}

function bare(original: Request, method: string): Request {
  const request = new Request(method, original.uri);
  for (const field of original.fields) if (KEPT.has(field.key)) request.append(field.name, field.value);
  return request;
}
