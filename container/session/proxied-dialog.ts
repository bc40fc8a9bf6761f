// The two ends of a dialog on whose path the container stays: enough to send each of them a BYE in the other's name
// (JSR 289 SipSession).
import { splitList } from '@siplet/sdk/grammar';
import { flat, Party, Request, type Response, Uri } from '../message/index.js';
import { cookieOf } from '../proxy/route-cookie.js';

type End = 'caller' | 'callee';

/** The identification of the dialog on the wire. */
interface Identity {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly name: string | undefined;
}

export class ProxiedDialog {
  /**
   * Contact and Record-Route of the request and of its 2xx, raw, in one text: it lives as long as the call, and keeps
   * no message alive.
   */
  readonly #ends: string;
  #callerSequence: number;
  #calleeSequence = 0;

  /** From the request and the 2xx, both as received. */
  constructor(request: Request, response: Response) {
    this.#callerSequence = request.cseq.number;
    const caller = `${contactOf(request, request.from.uri)}\n${routesOf(request)}`;
    this.#ends = flat(`${caller}\n${contactOf(response, request.uri)}\n${routesOf(response)}`);
  }

  /** A request in it has passed. */
  passed(request: Request, from: End): void {
    const { number } = request.cseq;
    if (from === 'caller') this.#callerSequence = Math.max(number, this.#callerSequence);
    else this.#calleeSequence = Math.max(number, this.#calleeSequence);
  }

  /** §12.2.1.1, as the other end would send it. */
  bye(to: End, set: Identity, calleeTag: string | undefined): Request {
    const [callerContact = '', callerRoutes = '', calleeContact = '', calleeRoutes = ''] = this.#ends.split('\n');
    const bye = new Request('BYE', targetIn(to === 'caller' ? callerContact : calleeContact));
    const routes = to === 'caller' ? listOf(callerRoutes) : beyondOurs(listOf(calleeRoutes), set.name).reverse();
    for (const route of routes) bye.append('Route', route);
    const callees = `${set.to};tag=${calleeTag}`;
    bye.append('From', to === 'caller' ? callees : set.from);
    bye.append('To', to === 'caller' ? set.from : callees);
    bye.append('Call-ID', set.callId);
    bye.append('CSeq', `${to === 'caller' ? ++this.#calleeSequence : ++this.#callerSequence} BYE`);
    bye.append('Max-Forwards', '70');
    return bye;
  }
}

function contactOf(message: Request | Response, otherwise: string): string {
  return message.value('contact') ?? `<${otherwise}>`;
}

function routesOf(message: Request | Response): string {
  let routes = '';
  for (const field of message.fields)
    if (field.key === 'record-route') routes = routes === '' ? field.value : `${routes},${field.value}`;
  return routes;
}

function listOf(text: string): string[] {
  return text === '' ? [] : splitList(text);
}

/** URI of the first Contact. */
function targetIn(contacts: string): string {
  return Party.parse(listOf(contacts)[0] ?? '')?.uri ?? '';
}

/** The Record-Route values that elements between us and the callee have added above ours. */
function beyondOurs(routes: readonly string[], name: string | undefined): string[] {
  const beyond: string[] = [];
  for (const route of routes) {
    const uri = Uri.parse(Party.parse(route)?.uri ?? '');
    if (uri !== undefined && cookieOf(uri)?.startsWith(`${name}.`)) break;
    beyond.push(route);
  }
  return beyond;
}
