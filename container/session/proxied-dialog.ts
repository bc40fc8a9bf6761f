// What a container that stays on the path knows of a dialog's two ends: enough to send each of them a BYE in the other's name (JSR 289 SipSession).
import { contactUriOf } from '../agent/dialog.js';
import { Request, type Response, Uri } from '../message/index.js';
import { cookieOf } from '../proxy/route-cookie.js';
import type { SipSession } from './sip-session.js';

export type End = 'caller' | 'callee';

export class ProxiedDialog {
  /** Targets and routes of both ends in one text: it lives as long as the call, and should keep no message alive. */
  readonly #ends: string;
  #callerSequence: number;
  #calleeSequence = 0;

  /** From the request as it came and the 2xx as it came back; `id` is that of our Record-Route. */
  constructor(request: Request, response: Response, id: string) {
    this.#callerSequence = request.cseq.number;
    const caller = [contactUriOf(request) ?? request.from.uri, ...request.values('record-route')];
    const callee = [contactUriOf(response) ?? request.uri, ...beyondOurs(response, id).reverse()];
    this.#ends = Buffer.from(`${caller.join('\n')}\n\n${callee.join('\n')}`, 'latin1').toString('latin1');
  }

  /** A request in it has passed. */
  passed(request: Request, from: End): void {
    const { number } = request.cseq;
    if (from === 'caller') this.#callerSequence = Math.max(number, this.#callerSequence);
    else this.#calleeSequence = Math.max(number, this.#calleeSequence);
  }

  /** §12.2.1.1, as the other end would send it. */
  bye(to: End, session: SipSession): Request {
    const { set } = session;
    const [caller, callee] = this.#ends.split('\n\n') as [string, string];
    const [target, ...routes] = (to === 'caller' ? caller : callee).split('\n');
    const callees = `${set.to};tag=${session.calleeTag}`;
    const bye = new Request('BYE', target!);
    for (const route of routes) bye.append('Route', route);
    bye.append('From', to === 'caller' ? callees : set.from);
    bye.append('To', to === 'caller' ? set.from : callees);
    bye.append('Call-ID', set.callId);
    bye.append('CSeq', `${to === 'caller' ? ++this.#calleeSequence : ++this.#callerSequence} BYE`);
    bye.append('Max-Forwards', '70');
    return bye;
  }
}

/** The Record-Route values that elements between us and the callee have put above ours. */
function beyondOurs(response: Response, id: string): string[] {
  const beyond: string[] = [];
  for (const party of response.routes('record-route')) {
    const uri = Uri.parse(party.uri);
    if (uri !== undefined && cookieOf(uri)?.startsWith(`${id}.`)) break;
    beyond.push(party.text);
  }
  return beyond;
}
