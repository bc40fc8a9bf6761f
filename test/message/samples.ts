// Messages that the tests of container/message share.
import { expect } from 'vitest';
import { Malformed, parse, Request, Response } from '../../container/message/index.js';

const SDP = 'v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0\r\n';

/** An INVITE in which every named line can be replaced, taken out (undefined) or doubled (an array). */
export function invite(changes: Record<string, string | string[] | undefined> = {}, body = SDP): string {
  return request('INVITE', { 'Content-Type': 'Content-Type: application/sdp', ...changes }, body);
}

/** A request of that method, made in the same way. `start` replaces the start line. */
export function request(
  method: string,
  changes: Record<string, string | string[] | undefined> = {},
  body = '',
): string {
  const lines: Record<string, string | string[] | undefined> = {
    start: `${method} sip:bob@biloxi.example.com SIP/2.0`,
    Via: 'Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK776asdhds;rport',
    'Max-Forwards': 'Max-Forwards: 70',
    To: 'To: Bob <sip:bob@biloxi.example.com>',
    From: 'From: "Alice A." <sip:alice@atlanta.example.com>;tag=1928301774',
    'Call-ID': 'Call-ID: a84b4c76e66710@pc33.atlanta.example.com',
    CSeq: `CSeq: 314159 ${method}`,
    Contact: 'Contact: <sip:alice@pc33.atlanta.example.com>',
    'Content-Length': `Content-Length: ${body.length}`,
    ...changes,
  };
  const written = Object.values(lines).flatMap((line) => line ?? []);
  return `${written.join('\r\n')}\r\n\r\n${body}`;
}

/** A response, made in the same way. */
export function response(
  status: number,
  changes: Record<string, string | string[] | undefined> = {},
  body = '',
): string {
  return request('INVITE', { start: `SIP/2.0 ${status} Whatever`, 'Max-Forwards': undefined, ...changes }, body);
}

export function requestOf(wire: string): Request {
  const message = parse(wire, 'datagram');
  if (!(message instanceof Request)) expect.fail(`no request: ${JSON.stringify(message)}`);
  return message as Request;
}

export function responseOf(wire: string): Response {
  const message = parse(wire, 'datagram');
  if (!(message instanceof Response)) expect.fail(`no response: ${JSON.stringify(message)}`);
  return message as Response;
}

export function malformedOf(wire: string, framing: 'datagram' | 'stream' = 'datagram'): Malformed {
  const message = parse(wire, framing);
  if (!(message instanceof Malformed)) expect.fail('it was accepted');
  return message as Malformed;
}
