// Loop detection (§16.3 step 4 as corrected by RFC 5393 §4.2): the second part of our branches is a keyed hash of what the routing depends on.
import { type HashKey, KeyedHash } from '../keyed-hash.js';
import type { Request } from '../message/index.js';

/** Between the unique and the loop part of a branch parameter. */
const SEPARATOR = '-';

/**
 * Hashes what RFC 5393 §4.2.1 names (Request-URI, Route, To and From tag, Call-ID, CSeq number, Proxy-Require, Proxy-Authorization), never Via and
 * never the method, so that CANCEL and ACK have the part of their INVITE. Keyed, so that nobody can make another's request look like a loop.
 */
export class LoopDetection {
  readonly #hash: KeyedHash;

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
  }

  /** The second part of the branch for a request as it was received, after route preprocessing. */
  partOf(request: Request): string {
    const hash = this.#hash.begin();
    hash
      .add(request.uri)
      .add(request.from.tag)
      .add(request.to.tag)
      .add(request.callId)
      .add(String(request.cseq.number));
    for (const field of request.fields) {
      if (field.key === 'route' || field.key === 'proxy-require' || field.key === 'proxy-authorization')
        hash.add(field.value);
    }
    return SEPARATOR + hash.end();
  }

  /** Whether a Via value carries a branch of ours with the same second part. Odd lower Vias of others do no harm. */
  loops(request: Request, part: string): boolean {
    for (const field of request.fields) {
      if (field.key === 'via' && endsBranch(field.value, part)) return true;
    }
    return false;
  }
}

/** Whether the part stands in the value, with nothing of the branch behind it. */
function endsBranch(value: string, part: string): boolean {
  const at = value.indexOf(part);
  if (at < 0) return false;
  const next = value.charAt(at + part.length);
  return next === '' || next === ';' || next === ',' || next === ' ' || next === '\t';
}
