// Replacements for a peer that has not been reached: a response of the container's own, and a flow without a
// connection.
import { type Request, Response, reasonOf } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import type { AgentServices } from './services.js';

/** The response that the container makes in place of a peer that does not answer. */
export function localResponse(request: Request, status: number): Response {
  const fields = ['from', 'to', 'call-id', 'cseq'].flatMap((key) => request.fieldsOf(key).slice(0, 1));
  return new Response(status, reasonOf(status), fields, '');
}

/** A flow with our address, for a request whose real flow is not yet known. */
export function asIfFrom({ ownSentBy }: AgentServices): Flow {
  return { transport: 'UDP', sentBy: ownSentBy } as Flow;
}
