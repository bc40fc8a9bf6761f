// The CSeq header field value (§20.16).
import { methodAt } from './methods.js';
import { integerIn, octetsOf, skipBlank } from './octets.js';
import { tokenEnd } from './plain.js';
import { CLASS, DIGIT } from './text.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const classes = CLASS;
const digit = DIGIT;

/** The largest sequence number that a peer may send: 32 bits (§8.1.1.5). */
export const MAXIMUM_CSEQ = 0xffff_ffff;

/** Sequence number and method (§20.16). */
export class CSeq {
  declare readonly number: number;
  declare readonly method: string;

  constructor(number: number, method: string) {
    this.number = number;
    this.method = method;
  }

  /** Undefined when the text is no `1*digit LWS Method`. */
  static parse(text: string): CSeq | undefined {
    return scanCSeq(octetsOf(text), text, 0, text.length);
  }

  toString(): string {
    return `${this.number} ${this.method}`;
  }
}

/** CSeq of an unfolded value in [start, end) of a text and its octets. */
export function scanCSeq(octets: Uint8Array, text: string, start: number, end: number): CSeq | undefined {
  let i = start;
  while (i < end && (classes[octets[i]!]! & digit) !== 0) i++;
  const number = integerIn(octets, start, i, MAXIMUM_CSEQ);
  if (number < 0) return undefined;
  const method = skipBlank(octets, i, end);
  if (method === i || method === end || tokenEnd(octets, method, end) !== end) return undefined;
  return new CSeq(number, methodAt(octets, text, method, end));
}
