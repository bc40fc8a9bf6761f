// What stands in for a peer that has not been reached: a response of the container's own, and a flow that leads nowhere
// yet.
import { type Request, Response, reasonOf } from '../message/index.js';
import type { Flow } from '../transport/flow.js';
import type { AgentServices } from './services.js';

/** What the container answers itself with in the place of a peer that does not. */
export function localResponse(request: Request, status: number): Response {
  const fields = ['from', 'to', 'call-id', 'cseq'].flatMap((key) => request.fieldsOf(key).slice(0, 1));
  return new Response(status, reasonOf(status), fields, '');
}

/** A flow that bears our address, while it is not known yet by which a request leaves. */
export function asIfFrom({ ownSentBy }: AgentServices): Flow {
  return { transport: 'UDP', sentBy: ownSentBy } as Flow;
}
