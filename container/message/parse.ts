// From octets to a Request, a Response or a Malformed (§7, §16.3 step 1, §18.3).
import { Head } from './head.js';
import { LIMITS } from './limits.js';
import { Malformed } from './malformed.js';
import { cseqOf, unpacking, viaOf } from './message.js';
import { METHODS, methodAt } from './methods.js';
import { breakAt, integerIn, loadTo, openWire, wireOctets } from './octets.js';
import { plainSipEnd, tokenEnd } from './plain.js';
import { reasonOf } from './reasons.js';
import { Request } from './request.js';
import { Response } from './response.js';
import { integerAt } from './text.js';
import { scanTarget, Uri } from './uri.js';

// Copies of what is imported: only a constant of its own module is one to the compiler, and so costs nothing where octets are read.
const octets = wireOctets;
const limits = LIMITS;
/** One message is read at a time. */
const onlyHead = new Head();

/** One message and no more, or the head of one whose body the framer adds (§18.3). */
export type Framing = 'datagram' | 'stream';

/**
 * Reads one message and checks all that a proxy relies on (§16.3 step 1); everything else stays opaque. Never throws, and takes time linear in the octets.
 *
 * 'datagram': the body is what Content-Length says, or the rest; less than declared is a fault. 'stream': the text is a head with its empty line,
 * Content-Length is mandatory (§20.14), and the body is left to the framer.
 */
export function parse(wire: string, framing: Framing): Request | Response | Malformed {
  // §7.5: CRLFs before the start line are ignored.
  let start = 0;
  while (wire.charCodeAt(start) === 13 && wire.charCodeAt(start + 1) === 10) start += 2;
  // They count for nothing in the length of a head.
  if (start > 0) return parse(wire.slice(start), framing);
  openWire(wire);
  let lf = breakAt(wire, 0);
  let proper = true;
  if (lf < 0 || octets[lf] !== 13 || octets[++lf] !== 10) {
    lf = wire.indexOf('\n');
    proper = false;
  }
  if (lf < 0) return garbage('no start line');
  if (lf > limits.head) return garbage('start line too long');
  loadTo(wire, lf + 1);
  const end = proper ? lf - 1 : lf;
  return isSip(0) ? readResponse(wire, end, lf + 1, proper, framing) : readRequest(wire, end, lf + 1, proper, framing);
}

/** Not even the start of a SIP message: nothing is answered. */
function garbage(detail: string): Malformed {
  return new Malformed(0, `Bad Request - ${detail}`, '§7', false);
}

/** Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF (§7.2). A fault is nobody's to answer (§18.3). */
function readResponse(
  wire: string,
  end: number,
  next: number,
  proper: boolean,
  framing: Framing,
): Response | Malformed {
  const head = onlyHead.begin(true);
  if (!proper) head.fail(400, 'start line', '§7.2');
  const version = wordEnd(0, end);
  let status = -1;
  if (version === end) head.fail(400, 'start line', '§7.2');
  else {
    if (!isVersion2(0, version)) head.fail(505, 'version', '§7.2');
    status = integerIn(octets, version + 1, Math.min(version + 4, end), 699);
    // The SP behind the code is missing where the phrase is, more often than not.
    const whole = version + 4 >= end || octets[version + 4] === 32;
    if (status < 100 || !whole) head.fail(400, 'status code', '§7.2');
  }
  if (head.status === 0) {
    const bodyStart = head.read(wire, next);
    checkPresence(head);
    const bodyEnd = readBody(head, wire, bodyStart, framing);
    if (head.status === 0) {
      const response = new Response(status, version + 5 < end ? wire.slice(version + 5, end) : '', head.fields);
      response.wasRead(wire, isAsSent(0) && version + 4 < end ? next : 0, bodyStart, bodyEnd);
      return response;
    }
  }
  return new Malformed(0, `Bad Response - ${head.detail}`, head.section, true);
}

/** Request-Line = Method SP Request-URI SP SIP-Version CRLF (§7.1). */
function readRequest(wire: string, end: number, next: number, proper: boolean, framing: Framing): Request | Malformed {
  const head = onlyHead.begin(false);
  if (!proper) head.fail(400, 'start line', '§7.1');
  const methodEnd = tokenEnd(octets, 0, end);
  if (methodEnd === 0 || methodEnd === end || octets[methodEnd] !== 32) return garbage('start line');
  let target: Uri | undefined;
  // What nearly all are is read at once: no blank is part of a plain URI.
  let uriEnd = plainSipEnd(octets, methodEnd + 1, end);
  if (uriEnd > 0 && octets[uriEnd] === 32 && isVersion2(uriEnd + 1, end))
    target = Uri.found(octets, wire, methodEnd + 1, uriEnd);
  else uriEnd = wordEnd(methodEnd + 1, end);
  if (target !== undefined) {
    // Nothing more to check.
  } else if (uriEnd === end || !isSip(uriEnd + 1)) {
    // Blanks where none may be. The version is the last word, if there is one; RFC 4475 §3.1.2.8 to §3.1.2.10.
    uriEnd = versionStart(wire, methodEnd, end) - 1;
    if (uriEnd <= methodEnd) return garbage('start line');
    head.fail(400, 'start line', '§7.1');
  } else {
    if (!isVersion2(uriEnd + 1, end)) head.fail(isVersion(wire, uriEnd + 1, end) ? 505 : 400, 'version', '§7.1');
    target = scanTarget(octets, wire, methodEnd + 1, uriEnd);
    // Headers in a Request-URI are forbidden, and would be injected ones: §19.1.1, RFC 4475 §3.1.2.11.
    if (target === undefined || target.hasHeaders) head.fail(400, 'Request-URI', '§19.1.1');
  }
  const method = methodAt(octets, wire, 0, methodEnd);
  const bodyStart = head.read(wire, next);
  checkPresence(head);
  checkMethod(head, method);
  const bodyEnd = readBody(head, wire, bodyStart, framing);
  if (head.status === 0)
    return received(method, target!, head, wire, isAsSent(uriEnd + 1) ? next : 0, bodyStart, bodyEnd);
  const request = new Request(
    method,
    wire.slice(methodEnd + 1, uriEnd),
    head.fields,
    bodyEnd > bodyStart ? wire.slice(bodyStart, bodyEnd) : '',
  );
  const answerable =
    head.via && viaOf(head.via) && head.from && head.to && head.callId && head.cseq && request.method !== 'ACK';
  const status = request.method === 'ACK' ? 0 : head.status;
  return new Malformed(
    status,
    `${reasonOf(head.status)} - ${head.detail}`,
    head.section,
    false,
    answerable ? request : undefined,
  );
}

/** Apart from what reads it, so that the compiler has room to put the making of it in here. */
function received(
  method: string,
  target: Uri,
  head: Head,
  wire: string,
  lineEnd: number,
  bodyStart: number,
  bodyEnd: number,
): Request {
  const request = new Request(method, '', head.fields);
  request.target = target;
  request.wasRead(wire, lineEnd, bodyStart, bodyEnd);
  return request;
}

/** §8.1.1: what every message carries; §20 Table 2. */
function checkPresence(head: Head): void {
  if (head.via === undefined) head.fail(400, 'no Via', '§20.42');
  if (head.from === undefined) head.fail(400, 'no From', '§20.20');
  if (head.to === undefined) head.fail(400, 'no To', '§20.39');
  if (head.callId === undefined) head.fail(400, 'no Call-ID', '§20.8');
  if (head.cseq === undefined) head.fail(400, 'no CSeq', '§20.16');
}

unpacking.read = (text, start, isRequest, fields) => {
  const head = onlyHead.begin(!isRequest);
  openWire(text);
  const bodyStart = head.read(text, start);
  fields.push(...head.fields);
  return bodyStart < 0 ? text.length : bodyStart;
};

/** §8.1.1.5: the method of CSeq is that of the request. For a method that nobody knows 501 is the better word (RFC 4475 §3.1.2.18). */
function checkMethod(head: Head, method: string): void {
  if (head.cseq === undefined || head.status !== 0 || cseqOf(head.cseq).method === method) return;
  head.fail(METHODS.includes(method) ? 400 : 501, 'CSeq method differs', '§8.1.1.5');
}

/** §18.3 and §20.14: where the body ends, by Content-Length; where it starts when there is none. `start` is -1 when there was no empty line. */
function readBody(head: Head, wire: string, start: number, framing: Framing): number {
  if (start < 0) return start;
  if (head.contentLength === undefined) {
    if (framing === 'datagram') return wire.length;
    head.fail(400, 'no Content-Length', '§20.14');
    return start;
  }
  const { length } = head;
  if (length < 0) head.fail(400, 'Content-Length', '§20.14');
  else if (length > limits.body) head.fail(framing === 'stream' ? 413 : 400, 'body too large', '§21.4.11');
  else if (framing === 'datagram') {
    if (start + length > wire.length) head.fail(400, 'body shorter than Content-Length', '§18.3');
    else return start + length;
  }
  return start;
}

/** The next SP of the start line, or its end. */
function wordEnd(start: number, end: number): number {
  let i = start;
  while (i < end && octets[i] !== 32) i++;
  return i;
}

/** 'SIP/' in any case (§7.1). */
function isSip(at: number): boolean {
  return (
    (octets[at]! | 32) === 115 &&
    (octets[at + 1]! | 32) === 105 &&
    (octets[at + 2]! | 32) === 112 &&
    octets[at + 3] === 47
  );
}

/** Whether the name of a version is in upper case, as it is sent (§7.1). */
function isAsSent(at: number): boolean {
  return octets[at] === 83 && octets[at + 1] === 73 && octets[at + 2] === 80;
}

function isVersion2(start: number, end: number): boolean {
  return (
    end - start === 7 &&
    isSip(start) &&
    octets[start + 4] === 50 &&
    octets[start + 5] === 46 &&
    octets[start + 6] === 48
  );
}

/** "SIP" "/" 1*DIGIT "." 1*DIGIT */
function isVersion(wire: string, start: number, end: number): boolean {
  const dot = wire.indexOf('.', start);
  return (
    dot >= 0 &&
    integerAt(wire, start + 4, dot, Number.MAX_SAFE_INTEGER) >= 0 &&
    integerAt(wire, dot + 1, end, Number.MAX_SAFE_INTEGER) >= 0
  );
}

/** Where the last word of a request line with too many blanks begins, if it is a SIP version; else -1. */
function versionStart(wire: string, from: number, end: number): number {
  let last = end;
  while (last > from && wire.charCodeAt(last - 1) === 32) last--;
  const start = wire.lastIndexOf(' ', last - 1) + 1;
  return start > from && isSip(start) ? start : -1;
}
