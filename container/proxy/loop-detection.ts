// Loop detection (§16.3 step 4 as corrected by RFC 5393 §4.2): the second part of our branches is a keyed hash of the
// fields that the routing depends on.
import { splitList } from '@siplet/sdk/grammar';
import { type HashKey, KeyedHash } from '../base/keyed-hash.js';
import { type Request, Via } from '../message/index.js';
import type { Own } from './route-preprocessing.js';

/** Separates the unique part of a branch parameter from the loop part. */
const SEPARATOR = '-';

/**
 * Hashes the fields that RFC 5393 §4.2.1 names (Request-URI, Route, To and From tag, Call-ID, CSeq number,
 * Proxy-Require, Proxy-Authorization), never Via and never the method, so that CANCEL and ACK have the part of their
 * INVITE. The hash is keyed, so that an attacker cannot make someone else's request look like a loop.
 */
export class LoopDetection {
  readonly #hash: KeyedHash;

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
  }

  /**
   * The second part of the branch for the received request, after route preprocessing. `application` is the one that
   * has its turn: the next one of a composition is another element.
   */
  partOf(request: Request, application: string): string {
    const hash = this.#hash.begin().add(application);
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

  /**
   * Whether a Via of ours carries a branch with the same second part (RFC 5393 §4.2.2). Malformed Vias of other
   * elements do no harm.
   */
  loops(request: Request, part: string, own: Own): boolean {
    for (const field of request.fields) {
      if (field.key !== 'via' || !field.value.includes(part)) continue;
      if (splitList(field.value).some((value) => isOurs(value, part, own))) return true;
    }
    return false;
  }
}

/** Another proxy on this host has the same key, but is another element. */
function isOurs(value: string, part: string, own: Own): boolean {
  const via = Via.parse(value);
  return via?.branch?.endsWith(part) === true && own.isOwn(via.host, via.port, via.transport);
}
