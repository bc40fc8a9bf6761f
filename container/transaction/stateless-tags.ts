// To tags for responses without a transaction: a function of the request, so that retransmissions get the same
// response, and the ACK is recognized by it (§8.2.7).
import type { Request } from '../message/index.js';

/** FNV-1a with 32 bits. The salt makes the tags ours: a peer can neither predict them nor provoke collisions. */
function hash(text: string, state: number): number {
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x0100_0193);
  return state >>> 0;
}

/** The length of every tag made here. */
const LENGTH = 14;

/** The To tag for a stateless response to `request`. */
export function statelessTag(request: Request, salt: string): string {
  const what = [
    salt,
    request.callId,
    request.from.tag ?? '',
    request.cseq.number,
    request.uri,
    request.via?.branch ?? '',
  ].join('\n');
  const first = hash(what, 0x811c_9dc5);
  const second = hash(what, first ^ 0x5bd1_e995);
  return first.toString(36).padStart(LENGTH / 2, '0') + second.toString(36).padStart(LENGTH / 2, '0');
}

/** Whether the ACK is the one to a stateless response with that salt. */
export function acknowledgesStateless(ack: Request, salt: string): boolean {
  const { tag } = ack.to;
  return tag?.length === LENGTH && tag === statelessTag(ack, salt);
}
