// A message that breaks the rules: the status to answer with, and the section that it violates (§16.3 step 1, §18.3).
import type { Request } from './request.js';

/** The result for octets that are not accepted as a message. */
export class Malformed {
  /**
   * The status to answer with: 400, 413, 501, 505 or 513. 0 for a response or an ACK, which are never answered
   * (§17.1.1.3).
   */
  declare readonly status: number;
  /** Reason phrase with a few words of detail; none of them comes from the peer. */
  declare readonly reason: string;
  /** The section with the violated rule: '§20.42'. */
  declare readonly section: string;
  declare readonly isResponse: boolean;
  /**
   * The parts that could be read, if they include the Via, From, To, Call-ID and CSeq that a response needs (§8.2.6).
   */
  declare readonly request: Request | undefined;

  constructor(status: number, reason: string, section: string, isResponse: boolean, request?: Request) {
    this.status = status;
    this.reason = reason;
    this.section = section;
    this.isResponse = isResponse;
    this.request = request;
  }
}
