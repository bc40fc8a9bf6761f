// Loop detection (§16.3 step 4 as corrected by RFC 5393 §4.2): the second part of our branches is a keyed hash of what the routing depends on.
import type { Request } from '../message/index.js';

/** Between the unique and the loop part of a branch parameter. */
const SEPARATOR = '-';

/**
 * Hashes what RFC 5393 §4.2.1 names (Request-URI, Route, To and From tag, Call-ID, CSeq number, Proxy-Require, Proxy-Authorization), never Via and
 * never the method, so that CANCEL and ACK have the part of their INVITE. Keyed, so that nobody can make another's request look like a loop.
 */
export class LoopDetection {
  readonly #key1: number;
  readonly #key2: number;

  constructor(secret: readonly [number, number]) {
    this.#key1 = secret[0] | 0;
    this.#key2 = secret[1] | 0;
  }

  /** The second part of the branch for a request as it was received, after route preprocessing. */
  partOf(request: Request): string {
    let a = this.#key1;
    let b = this.#key2;
    const mix = (text: string | undefined): void => {
      if (text === undefined) return;
      for (let i = 0; i < text.length; i++) {
        a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
        b = Math.imul((b << 5) ^ (b >>> 27) ^ a, 0x2c1b3c6d);
      }
      a = Math.imul(a ^ (a >>> 15) ^ 0xff, 0x297a2d39);
    };
    mix(request.uri);
    mix(request.from.tag);
    mix(request.to.tag);
    mix(request.callId);
    mix(String(request.cseq.number));
    for (const field of request.fields) {
      if (field.key === 'route' || field.key === 'proxy-require' || field.key === 'proxy-authorization') mix(field.value);
    }
    a ^= b >>> 13;
    a = Math.imul(a ^ (a >>> 16), 0x45d9f3b);
    b = Math.imul(b ^ (b >>> 15) ^ a, 0x119de1f3);
    return SEPARATOR + (a >>> 0).toString(36) + (b >>> 0).toString(36);
  }

  /** Whether one of the lower Via values is ours with the same second part. `isOwn` tells whose a sent-by is. Odd lower Vias do no harm. */
  loops(request: Request, part: string): boolean {
    const vias = request.fieldsOf('via');
    for (const field of vias) {
      const { value } = field;
      const at = value.indexOf(part);
      if (at < 0) continue;
      const next = value.charCodeAt(at + part.length);
      // The part ends the branch: what follows is a delimiter or the end.
      if (Number.isNaN(next) || next === 0x3b || next === 0x2c || next === 0x20 || next === 0x09) return true;
    }
    return false;
  }
}
