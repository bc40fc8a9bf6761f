// The CSeq header field value (§20.16).
import { tokenEnd } from './plain.js';
import { CLASS, DIGIT, integerAt, skipBlank } from './text.js';

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

  /** Undefined when the text is no `1*DIGIT LWS Method`. */
  static parse(text: string): CSeq | undefined {
    return scanCSeq(text, 0, text.length);
  }

  toString(): string {
    return `${this.number} ${this.method}`;
  }
}

/** CSeq of an unfolded value in [start, end). */
export function scanCSeq(text: string, start: number, end: number): CSeq | undefined {
  let i = start;
  while (i < end && (CLASS[text.charCodeAt(i) & 255]! & DIGIT) !== 0) i++;
  const number = integerAt(text, start, i, MAXIMUM_CSEQ);
  if (number < 0) return undefined;
  const method = skipBlank(text, i, end);
  if (method === i || method === end || tokenEnd(text, method, end) !== end) return undefined;
  return new CSeq(number, text.slice(method, end));
}
