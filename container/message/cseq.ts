// The CSeq header field value (§20.16).
import { methodAt } from './methods.js';
import { octetsOf, skipBlank } from './octets.js';
import { tokenEnd } from './plain.js';

/** The largest sequence number: it must be less than 2^31, so that later requests can be counted up (§8.1.1.5). */
const MAXIMUM_CSEQ = 0x7fff_ffff;

/** Sequence number and method (§20.16). */
export class CSeq {
  declare readonly number: number;
  declare readonly method: string;

  constructor(number: number, method: string) {
    this.number = number;
    this.method = method;
  }

  /** Undefined unless the text is `1*DIGIT LWS Method`. */
  static parse(text: string): CSeq | undefined {
    return scanCSeq(octetsOf(text), text, 0, text.length);
  }

  toString(): string {
    return `${this.number} ${this.method}`;
  }
}

/** The CSeq of an unfolded value in [start, end) of a text and its octets. */
export function scanCSeq(octets: Uint8Array, text: string, start: number, end: number): CSeq | undefined {
  let number = 0;
  let i = start;
  for (; i < end; i++) {
    const digit = (octets[i] as number) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    if (number > MAXIMUM_CSEQ) return undefined;
  }
  const method = skipBlank(octets, i, end);
  if (i === start || method === i || method === end || tokenEnd(octets, method, end) !== end) return undefined;
  return new CSeq(number, methodAt(octets, text, method, end));
}
