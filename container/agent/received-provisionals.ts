// The order of the reliable provisional responses of one dialog, on the caller's side (RFC 3262 §4).
import type { Response } from '../message/index.js';

/** RSeq is less than 2^32 (RFC 3262 §10). */
const MAX_RSEQ = 2 ** 32 - 1;

export class ReceivedProvisionals {
  #invite = 0;
  #last = 0;

  /**
   * False for a copy, for one that has overtaken another, and for a malformed one: it is not acknowledged, so it will
   * be sent again.
   */
  takes(response: Response): boolean {
    const sequence = response.integer('rseq', MAX_RSEQ);
    if (sequence === undefined || sequence === 0) return false;
    const { number } = response.cseq;
    if (number === this.#invite && sequence !== this.#last + 1) return false;
    this.#invite = number;
    this.#last = sequence;
    return true;
  }
}
