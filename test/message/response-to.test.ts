// Which header fields a response takes from its request (§8.2.6).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Field, REASONS, Response, reasonOf, responseTo } from '../../container/message/index.js';
import { invite, malformedOf, request, requestOf, responseOf } from './samples.js';

test('UAS-06 §8.2.6.2 all Vias in order, From, To, Call-ID and CSeq are the request’s, and Content-Length is 0', () => {
  const message = requestOf(
    invite({
      Lower: ['v: SIP/2.0/UDP b;branch=2, SIP/2.0/UDP c;branch=3'],
      Extra: ['Record-Route: <sip:p;lr>', 'Timestamp: 54', 'X: y'],
    }),
  );
  const answer = responseTo(message, 404);
  expect(answer.toWire()).toBe(
    [
      'SIP/2.0 404 Not Found',
      'Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK776asdhds;rport',
      'To: Bob <sip:bob@biloxi.example.com>',
      'From: "Alice A." <sip:alice@atlanta.example.com>;tag=1928301774',
      'Call-ID: a84b4c76e66710@pc33.atlanta.example.com',
      'CSeq: 314159 INVITE',
      'v: SIP/2.0/UDP b;branch=2, SIP/2.0/UDP c;branch=3',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
  expect(answer.fields[0]).toBe(message.fields[0]);
});

test('UAS-05 §8.2.6.2 a To without tag gets one; one that has a tag keeps it', () => {
  for (const To of [
    'To: <sip:b@c>',
    't: sip:b@c',
    'To: "x;tag=1" <sip:b@c;tag=2>;y=z',
    'To:\r\n "a\\\0b"\r\n <sip:b@c>',
  ]) {
    const answer = responseTo(requestOf(invite({ To })), 200, undefined, 'ours');
    expect(answer.to.tag).toBe('ours');
    expect(responseOf(answer.toWire()).to.tag).toBe('ours');
  }
  expect(responseTo(requestOf(invite({ To: 'To: <sip:b@c>;tag=theirs' })), 200, undefined, 'ours').to.tag).toBe(
    'theirs',
  );
  expect(responseTo(requestOf(invite()), 100).to.tag).toBeUndefined();
});

test('IST-15 §8.2.6.1 the Timestamp comes back in a 100 and in no other response', () => {
  const message = requestOf(invite({ Extra: 'Timestamp: 54' }));
  expect(responseTo(message, 100).value('timestamp')).toBe('54');
  expect(responseTo(message, 180).has('timestamp')).toBe(false);
});

test('§12.1.1 Record-Route is copied when asked, in order, for 101 to 299 alone', () => {
  const message = requestOf(invite({ Extra: ['Record-Route: <sip:a;lr>, <sip:b;lr>', 'Record-Route: <sip:c;lr>'] }));
  const hosts = (status: number, asked: boolean) =>
    responseTo(message, status, undefined, 't', asked)
      .routes('record-route')
      .map((route) => route.target.host);
  expect(hosts(200, true)).toEqual(['a', 'b', 'c']);
  expect(hosts(180, true)).toEqual(['a', 'b', 'c']);
  for (const [status, asked] of [
    [200, false],
    [100, true],
    [302, true],
  ] as const)
    expect(hosts(status, asked)).toEqual([]);
});

test('PRV-01 PRV-22 §16.3 step 1 a malformed request is answered with what it has, each once', () => {
  const fault = malformedOf(invite({ Extra: ['To: <sip:other@example.com>', 'CSeq: 2 BYE', 'i: other'] }));
  const answer = responseTo(present(fault.request), fault.status, fault.reason, 'ours');
  expect(responseOf(answer.toWire())).toMatchObject({ status: 400, callId: 'a84b4c76e66710@pc33.atlanta.example.com' });
  expect(['to', 'cseq', 'call-id', 'from'].map((key) => answer.fieldsOf(key).length)).toEqual([1, 1, 1, 1]);
});

test('PRV-01 §18.3 a request with lone CRs and LFs is refused, and the answer holds none', () => {
  for (const line of [
    'From: <sip:a@b>;tag=1\rX: y',
    'From: <sip:a@b>;tag=1\nX: y',
    'From: <sip:a@b>\r\n\r;tag=1',
    'From: <sip:a@b>\n ;tag=1',
    'Subject: a\nb: c',
  ]) {
    const fault = malformedOf(
      invite({ From: [line.startsWith('From') ? line : 'From: <sip:a@b>', line.startsWith('From') ? 'X: y' : line] }),
    );
    expect(fault).toMatchObject({ status: 400, section: '§7.3.1' });
    const wire = responseTo(present(fault.request), 400, undefined, 'ours').toWire();
    expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(wire).not.toMatch(/^X:/m);
  }
  const lf = malformedOf(request('OPTIONS').replaceAll('\r\n', '\n'));
  expect(lf.status).toBe(400);
  expect(responseOf(responseTo(present(lf.request), lf.status, undefined, 'x').toWire()).status).toBe(400);
});

test('§21 reason phrases: registered, by class, or the caller’s; never with CR or LF (A17)', () => {
  const message = requestOf(invite());
  expect(REASONS.get(486)).toBe('Busy Here');
  expect([reasonOf(199), reasonOf(499), reasonOf(299), reasonOf(999)]).toEqual([
    'Early Dialog Terminated',
    'Client Error',
    'Success',
    '',
  ]);
  expect(responseTo(message, 486, 'Gone Fishing').startLine()).toBe('SIP/2.0 486 Gone Fishing');
  expect(() => responseTo(message, 486, 'a\r\nX: y')).toThrow(TypeError);
  expect(responseTo(message, 200)).toBeInstanceOf(Response);
  expect(Field.of('Content-Length', '0').value).toBe('0');
});
