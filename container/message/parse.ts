// Parses octets into a Request, a Response or a Malformed (§7, §16.3 step 1, §18.3).
import { Head } from './head.js';
import { LIMITS } from './limits.js';
import { Malformed } from './malformed.js';
import { unpacking } from './message.js';
import { METHODS, methodAt } from './methods.js';
import { breakAt, integerIn, loadTo, openWire, wireOctets } from './octets.js';
import { isNamed, nameOf, plainSipEnd, tokenEnd } from './plain.js';
import { reasonOf } from './reasons.js';
import { Request } from './request.js';
import { Response } from './response.js';
import { integerAt } from './text.js';
import { scanTarget, Uri } from './uri.js';
import { cseqOf, viaOf } from './views.js';

// Local copies: V8 inlines constants of this module, but not imported ones.
const octets = wireOctets;
const limits = LIMITS;
const SIP = nameOf('sip');
/** Shared: one message is read at a time. */
const onlyHead = new Head();

/** A whole message, or a head whose body the framer adds (§18.3). */
type Framing = 'datagram' | 'stream';

/**
 * Reads one message and checks everything that a proxy relies on (§16.3 step 1). The rest remains opaque. Never throws,
 * and takes time linear in the number of octets.
 *
 * 'datagram': the body is as long as Content-Length says, or the rest of the text; a shorter one is a fault. 'stream':
 * the text is a head with its empty line, Content-Length is mandatory (§20.14), and the framer adds the body.
 */
export function parse(wire: string, framing: Framing): Request | Response | Malformed {
  // §7.5: CRLFs before the start line are ignored.
  let start = 0;
  while (wire.charCodeAt(start) === 13 && wire.charCodeAt(start + 1) === 10) start += 2;
  // The CRLFs do not count towards the length of the head.
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

/** The octets do not even start like a SIP message, so they are not answered. */
function garbage(detail: string): Malformed {
  return new Malformed(0, `Bad Request - ${detail}`, '§7', false);
}

/**
 * Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF (§7.2). A malformed response is not answered (§18.3).
 */
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
  const status = readStatus(head, version, end);
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

/** Reads the status code after the version. */
function readStatus(head: Head, version: number, end: number): number {
  if (version === end) {
    head.fail(400, 'start line', '§7.2');
    return -1;
  }
  if (!isVersion2(0, version)) head.fail(505, 'version', '§7.2');
  const status = integerIn(octets, version + 1, Math.min(version + 4, end), 699);
  // Many peers omit the SP after the code when there is no reason phrase.
  const isWhole = version + 4 >= end || octets[version + 4] === 32;
  if (status < 100 || !isWhole) head.fail(400, 'status code', '§7.2');
  return status;
}

/** Request-Line = Method SP Request-URI SP SIP-Version CRLF (§7.1). */
function readRequest(wire: string, end: number, next: number, proper: boolean, framing: Framing): Request | Malformed {
  const head = onlyHead.begin(false);
  if (!proper) head.fail(400, 'start line', '§7.1');
  const methodEnd = tokenEnd(octets, 0, end);
  if (methodEnd === 0 || methodEnd === end || octets[methodEnd] !== 32) return garbage('start line');
  let target: Uri | undefined;
  // Nearly every Request-URI is plain and read at once; a plain URI contains no blanks.
  let uriEnd = plainSipEnd(octets, methodEnd + 1, end);
  if (uriEnd > 0 && octets[uriEnd] === 32 && isVersion2(uriEnd + 1, end)) {
    target = Uri.found(octets, wire, methodEnd + 1, uriEnd);
  } else {
    uriEnd = checkLine(head, wire, methodEnd, end);
    if (uriEnd < 0) return garbage('start line');
    target = checkTarget(head, wire, methodEnd + 1, uriEnd);
  }
  const method = methodAt(octets, wire, 0, methodEnd);
  const bodyStart = head.read(wire, next);
  checkPresence(head);
  checkMethod(head, method);
  const bodyEnd = readBody(head, wire, bodyStart, framing);
  if (head.status === 0 && target !== undefined)
    return received(method, target, head, wire, isAsSent(uriEnd + 1) ? next : 0, bodyStart, bodyEnd);
  const body = bodyEnd > bodyStart ? wire.slice(bodyStart, bodyEnd) : '';
  return faulty(head, new Request(method, wire.slice(methodEnd + 1, uriEnd), head.fields, body));
}

/** Returns the end of the Request-URI in a line of unusual shape; -1 when it is not a request line. */
function checkLine(head: Head, wire: string, methodEnd: number, end: number): number {
  const uriEnd = wordEnd(methodEnd + 1, end);
  if (uriEnd < end && isSip(uriEnd + 1)) {
    if (!isVersion2(uriEnd + 1, end)) head.fail(isVersion(wire, uriEnd + 1, end) ? 505 : 400, 'version', '§7.1');
    return uriEnd;
  }
  // There are blanks where none are allowed: the version is the last word, if there is one (RFC 4475 §3.1.2.8 to
  // §3.1.2.10).
  const lastBlank = versionStart(wire, methodEnd, end) - 1;
  if (lastBlank <= methodEnd) return -1;
  head.fail(400, 'start line', '§7.1');
  return lastBlank;
}

/** A Request-URI must not have headers, which could inject header fields (§19.1.1, RFC 4475 §3.1.2.11). */
function checkTarget(head: Head, wire: string, start: number, end: number): Uri | undefined {
  const target = scanTarget(octets, wire, start, end);
  if (target === undefined || target.hasHeaders) head.fail(400, 'Request-URI', '§19.1.1');
  return target;
}

/** The result for a faulty request, with the parts that could be read if they suffice for a response (§8.2.6). */
function faulty(head: Head, request: Request): Malformed {
  const isAck = request.method === 'ACK';
  const { via, from, to, callId, cseq } = head;
  const isAnswerable = !isAck && via && viaOf(via) && from && to && callId && cseq;
  const reason = `${reasonOf(head.status)} - ${head.detail}`;
  return new Malformed(isAck ? 0 : head.status, reason, head.section, false, isAnswerable ? request : undefined);
}

/** Separate from its caller, so that V8 has room to inline the constructors here. */
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

/** §8.1.1, §20 Table 2: every message must have these fields. */
function checkPresence(head: Head): void {
  if (head.isComplete) return;
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

/**
 * §8.1.1.5: CSeq must have the method of the request. For an unknown method, 501 is more informative (RFC 4475
 * §3.1.2.18).
 */
function checkMethod(head: Head, method: string): void {
  if (head.cseq === undefined || head.status !== 0 || cseqOf(head.cseq).method === method) return;
  head.fail(METHODS.includes(method) ? 400 : 501, 'CSeq method differs', '§8.1.1.5');
}

/** Returns the end of the body by Content-Length (§18.3, §20.14), or `start` after a fault, which may be -1. */
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
  return octets[at + 3] === 47 && (isAsSent(at) || isNamed(octets, at, SIP));
}

/** Whether the name of the version is in upper case, as we send it (§7.1). */
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

/** The start of the last word of a request line with too many blanks, if it is a SIP version; otherwise -1. */
function versionStart(wire: string, from: number, end: number): number {
  let last = end;
  while (last > from && wire.charCodeAt(last - 1) === 32) last--;
  const start = wire.lastIndexOf(' ', last - 1) + 1;
  return start > from && isSip(start) ? start : -1;
}
