// Which side has an unanswered offer, whatever messages carry it (RFC 3264, RFC 6337 §2 table 1).
import { expect, test } from 'vitest';
import { OfferAnswer } from '../../container/agent/offer-answer.js';
import { descriptionOf, isSame } from '../../container/agent/session-description.js';
import { Request, Response } from '../../container/message/index.js';

const SDP = (version: number) => `v=0\r\no=a 1 ${version} IN IP4 10.0.0.1\r\ns=-\r\n`;

function request(method: string, sequence: number, body?: string): Request {
  const message = new Request(method, 'sip:b@x');
  message.append('CSeq', `${sequence} ${method}`);
  if (body !== undefined) message.setBody(body, 'application/sdp');
  return message;
}

function response(status: number, method: string, sequence: number, body?: string, reliable = false): Response {
  const message = new Response(status, 'x', [], '');
  message.append('CSeq', `${sequence} ${method}`);
  if (reliable) {
    message.append('Require', '100rel');
    message.append('RSeq', '1');
  }
  if (body !== undefined) message.setBody(body, 'application/sdp');
  return message;
}

test('RFC 6337 §2 pattern 1: offer in INVITE, answer in its 2xx; an unreliable 1xx is a preview', () => {
  const account = new OfferAnswer();
  expect(account.sent(request('INVITE', 1, SDP(1)))).toBe('offer');
  expect(account.received(response(183, 'INVITE', 1, SDP(2)))).toBe('preview');
  expect(account.state).toBe('offer sent');
  expect(account.received(response(200, 'INVITE', 1, SDP(2)))).toBe('answer');
  expect([account.state, account.local?.body, account.remote?.body]).toEqual(['stable', SDP(1), SDP(2)]);
});

test('pattern 2: offer in the 2xx, answer in the ACK; an ACK without one makes the offer void', () => {
  const account = new OfferAnswer();
  expect(account.received(request('INVITE', 1))).toBeUndefined();
  expect(account.sent(response(200, 'INVITE', 1, SDP(1)))).toBe('offer');
  expect(account.state).toBe('offer sent');
  expect(account.received(request('ACK', 1, SDP(2)))).toBe('answer');
  expect(account.state).toBe('stable');
  account.received(request('INVITE', 2));
  account.sent(response(200, 'INVITE', 2, SDP(3)));
  account.received(request('ACK', 2));
  expect([account.state, account.local?.body]).toEqual(['stable', SDP(1)]);
});

test('pattern 3: answer in a reliable 1xx; the copy of it in the 2xx is neither', () => {
  const account = new OfferAnswer();
  account.received(request('INVITE', 1, SDP(1)));
  expect(account.sent(response(183, 'INVITE', 1, SDP(2), true))).toBe('answer');
  expect(account.sent(response(200, 'INVITE', 1, SDP(2)))).toBeUndefined();
  expect(account.state).toBe('stable');
});

test('patterns 4 and 5: offer in a reliable 1xx, answer in PRACK; a further PRACK may offer, its 2xx answers', () => {
  const account = new OfferAnswer();
  account.sent(request('INVITE', 1));
  expect(account.received(response(183, 'INVITE', 1, SDP(1), true))).toBe('offer');
  expect(account.state).toBe('offer received');
  expect(account.sent(request('PRACK', 2, SDP(2)))).toBe('answer');
  expect(account.sent(request('PRACK', 3, SDP(3)))).toBe('offer');
  expect(account.received(response(200, 'PRACK', 3, SDP(4)))).toBe('answer');
  expect([account.local?.body, account.remote?.body]).toEqual([SDP(3), SDP(4)]);
});

test('pattern 6: UPDATE and its 2xx; what is refused leaves what was agreed', () => {
  const account = new OfferAnswer();
  account.sent(request('INVITE', 1, SDP(1)));
  account.received(response(200, 'INVITE', 1, SDP(2)));
  expect(account.received(request('UPDATE', 1, SDP(3)))).toBe('offer');
  expect(account.state).toBe('offer received');
  account.sent(response(488, 'UPDATE', 1));
  expect([account.state, account.remote?.body]).toEqual(['stable', SDP(2)]);
  account.received(request('UPDATE', 2, SDP(3)));
  account.sent(response(200, 'UPDATE', 2, SDP(4)));
  expect([account.local?.body, account.remote?.body]).toEqual([SDP(4), SDP(3)]);
});

test('an INVITE that fails takes the offer of its 1xx with it', () => {
  const account = new OfferAnswer();
  account.sent(request('INVITE', 1));
  account.received(response(183, 'INVITE', 1, SDP(1), true));
  account.received(response(486, 'INVITE', 1));
  expect(account.state).toBe('none');
});

test('an offer in a reliable 1xx that nobody has answered is void with the 2xx', () => {
  const account = new OfferAnswer();
  account.sent(request('INVITE', 1));
  account.received(response(183, 'INVITE', 1, SDP(1), true));
  account.sent(request('PRACK', 2));
  expect(account.state).toBe('offer received');
  account.received(response(200, 'INVITE', 1));
  expect(account.state).toBe('none');
});

test('RFC 5621 a description is found in a multipart body, whose parts are bounded', () => {
  const multipart = (parts: string[]) => {
    const message = new Request('INVITE', 'sip:b@x');
    message.setBody(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`, 'multipart/mixed; boundary="b"');
    return descriptionOf(message);
  };
  const text = 'Content-Type: text/plain\r\n\r\nhello';
  const sdp = `Content-Disposition: session\r\ncontent-type: application/sdp\r\n\r\n${SDP(1)}`;
  expect(multipart([text, sdp])).toEqual({ body: SDP(1), type: 'application/sdp' });
  expect(multipart([text])).toBeUndefined();
  expect(multipart([...Array.from({ length: 20 }, () => text), sdp])).toBeUndefined();
});

test('W-04 RFC 4028 §7.4 a description is the same when all of it is, whatever the o= line says', () => {
  const one = { body: SDP(1), type: 'application/sdp' };
  expect(isSame(one, { ...one, body: `${SDP(1)}a=x\r\n` })).toBe(false);
  expect(isSame(one, { ...one, body: SDP(1).replaceAll('\r\n', '\n') })).toBe(true);
  expect(isSame(one, { ...one, body: SDP(2) })).toBe(false);
  expect(isSame({ ...one, body: 'x' }, { ...one, body: 'y' })).toBe(false);
});

test('an INVITE that is noted for each of its dialogs is one offer', () => {
  const account = new OfferAnswer();
  account.sent(request('INVITE', 1, SDP(1)));
  account.received(response(183, 'INVITE', 1, SDP(2), true));
  expect(account.sent(request('INVITE', 1, SDP(1)))).toBeUndefined();
  expect(account.state).toBe('stable');
});
