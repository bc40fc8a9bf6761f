// What a message must have to be taken for one (§7, §16.3 step 1, §18.3), beside the archive of RFC 4475.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { LIMITS, Malformed, parse } from '../../container/message/index.js';
import { invite, malformedOf, request, requestOf, response, responseOf } from './samples.js';

describe('start line', () => {
  test('§7.1 method, Request-URI and SIP-Version in any case, written back in upper case', () => {
    const options = requestOf(request('OPTIONS', { start: 'OPTIONS sip:Bob@EXAMPLE.com sip/2.0' }));
    expect([options.method, options.uri, options.startLine()]).toEqual([
      'OPTIONS',
      'sip:Bob@EXAMPLE.com',
      'OPTIONS sip:Bob@EXAMPLE.com SIP/2.0',
    ]);
  });
  test('§7.2 status, reason phrase with UTF-8, empty or absent with its space', () => {
    expect(responseOf(response(200, { start: 'SIP/2.0 200 \xd0\x9e\xd0\x9a' })).reason).toBe('\xd0\x9e\xd0\x9a');
    expect(responseOf(response(200, { start: 'SIP/2.0 200 ' })).reason).toBe('');
    expect(responseOf(response(200, { start: 'SIP/2.0 200' })).startLine()).toBe('SIP/2.0 200 ');
  });
  test.each([
    'SIP/2.0 99 x',
    'SIP/2.0 700 x',
    'SIP/2.0 0200 x',
    'SIP/2.0 2 x',
    'SIP/2.0 -20 x',
    'SIP/2.0 20x x',
    'SIP/3.0 200 OK',
    'SIP/2.0',
  ])('§7.2 A24 the status line %j is dropped', (start) =>
    expect(malformedOf(response(200, { start }))).toMatchObject({ status: 0, isResponse: true, request: undefined }),
  );
  test.each(['SIP/7.0', 'SIP/2.1', 'SIP/10.0'])('PRV-21 §7.1 version %s is answered 505', (version) => {
    expect(malformedOf(request('OPTIONS', { start: `OPTIONS sip:a@example.com ${version}` })).status).toBe(505);
  });
  test.each(['SIP/2', 'SIP/2.0.0', 'SIP/x.y', 'SIP/2.0 x'])('§7.1 version %j is answered 400', (version) => {
    expect(malformedOf(request('OPTIONS', { start: `OPTIONS sip:a@example.com ${version}` })).status).toBe(400);
  });
  test.each([
    '',
    '\r\n\r\n',
    '\0\0\0\0',
    'GET / HTTP/1.1\r\n\r\n',
    '\x16\x03\x01',
    'hello',
    'INVITE\r\n\r\n',
    ' INVITE sip:a@b SIP/2.0\r\n\r\n',
  ])('TRP-15 §7 %j is not SIP and has no answer', (octets) => {
    for (const framing of ['datagram', 'stream'] as const)
      expect(malformedOf(octets, framing)).toMatchObject({ status: 0, request: undefined });
  });
  test('TRP-13 §7.5 CRLFs before the start line are ignored', () => {
    expect(requestOf(`\r\n\r\n\r\n${invite()}`).method).toBe('INVITE');
  });
  test.each([
    'sip:',
    'sip:@example.com',
    'sip:a@',
    'sip:a b@example.com',
    '<sip:a@example.com>',
    'sip:a@example.com:99999',
    'sip:a@-x',
    'example.com',
    'sip:a@example.com?Route=x',
  ])('PRV-01 §19.1.1 the Request-URI %j is answered 400', (uri) => {
    const fault = malformedOf(request('OPTIONS', { start: `OPTIONS ${uri} SIP/2.0` }));
    expect(fault.status).toBe(400);
    expect(fault.request?.callId).toBe('a84b4c76e66710@pc33.atlanta.example.com');
  });
  test('PRV-03 §8.2.1 an unknown method is well formed; it is a token and has its case', () => {
    expect(requestOf(request('FooBar')).method).toBe('FooBar');
  });
});

describe('what every message carries', () => {
  test.each(['Via', 'To', 'From', 'Call-ID', 'CSeq'])(
    'PRV-19 §8.1.1 without %s: 400 that cannot be answered',
    (name) => {
      expect(malformedOf(invite({ [name]: undefined }))).toMatchObject({ status: 400, request: undefined });
      expect(malformedOf(response(200, { [name]: undefined }))).toMatchObject({ status: 0, isResponse: true });
    },
  );
  test.each([
    ['To', 'To: <sip:other@example.com>'],
    ['From', 'f: <sip:other@example.com>;tag=2'],
    ['Call-ID', 'i: other'],
    ['CSeq', 'CSeq: 314159 INVITE'],
    ['Max-Forwards', 'Max-Forwards: 70'],
    ['Content-Length', 'l: 100'],
  ])('PRV-22 §7.3.1 two fields of %s are refused with 400', (name, second) => {
    const whole = invite();
    const first = present(whole.split('\r\n').find((line) => line.startsWith(`${name}:`)));
    const fault = malformedOf(whole.replace(first, `${first}\r\n${second}`));
    expect(fault).toMatchObject({ status: 400, section: '§7.3.1', reason: `Bad Request - more than one ${name}` });
    expect(fault.request).toBeDefined();
  });
  test.each([
    'From: <sip:a@example.com>;tag=1, <sip:b@example.com>;tag=2',
    'From: sip:a@example.com;tag=1,sip:b@example.com',
    'From: <sip:a@example.com>;tag=1;tag=2',
    'From: <sip:a@example.com>;tag',
    'From: <sip:a@example.com>;tag=',
    'From: <sip:a@example.com',
    'From: "A <sip:a@example.com>',
    'From: <>',
    'From: /',
    'From:',
    'From: a, b <sip:a@example.com>',
    'From: <sip:a@example.com>;;tag=1',
    'From: < sip:a@example.com >',
    'From: sip:a@example.com?x=y',
  ])('PRV-01 PRV-22 §20.20 A09 %j is refused with 400', (From) => {
    const fault = malformedOf(invite({ From }));
    expect(fault).toMatchObject({ status: 400, section: '§20.20' });
    expect(fault.request).toBeDefined();
  });
  test.each([
    'Call-ID: a b',
    'Call-ID: a@b@c',
    'Call-ID: @',
    'Call-ID:',
    'Call-ID: a,b',
    'Call-ID: a;b',
    'Call-ID: \xe4',
  ])('PRV-01 §20.8 %j is refused with 400', (line) =>
    expect(malformedOf(invite({ 'Call-ID': line })).section).toBe('§20.8'),
  );
  test.each([
    '2147483648',
    '4294967296',
    '-1',
    '+5',
    '0x10',
    '1e3',
    '\xd9\xa5',
    '5,5',
    '',
    '1.0',
    '99999999999999999999999',
  ])('A11 §20.16 the CSeq number %j is refused with 400', (number) =>
    expect(malformedOf(invite({ CSeq: `CSeq: ${number} INVITE` })).section).toBe('§20.16'),
  );
  test.each(['CSeq: 1', 'CSeq: INVITE', 'CSeq: 1INVITE', 'CSeq: 1 INV ITE', 'CSeq: 1 INVITE, 2 INVITE'])(
    'PRV-01 §20.16 %j is refused with 400',
    (CSeq) => expect(malformedOf(invite({ CSeq })).section).toBe('§20.16'),
  );
  test('§20.16 leading zeros, 2**31-1 and more than one blank are read', () => {
    expect(requestOf(invite({ CSeq: 'CSeq: 0009 \t INVITE' })).cseq).toMatchObject({ number: 9, method: 'INVITE' });
    expect(requestOf(invite({ CSeq: 'CSeq: 2147483647 INVITE' })).cseq.number).toBe(2147483647);
  });
  test('PRV-20 §8.1.1.5 another method in CSeq: 400, and 501 where the request method is unknown', () => {
    expect(malformedOf(invite({ CSeq: 'CSeq: 1 BYE' }))).toMatchObject({ status: 400, section: '§8.1.1.5' });
    expect(malformedOf(invite({ CSeq: 'CSeq: 1 invite' })).status).toBe(400);
    expect(malformedOf(request('NEWMETHOD', { CSeq: 'CSeq: 1 INVITE' })).status).toBe(501);
    expect(responseOf(response(200, { CSeq: 'CSeq: 1 BYE' })).cseq.method).toBe('BYE');
  });
  test.each(['256', '300', '-1', '', '7 0', '7,0', '1e1', '0x1'])(
    'PRV-10 §20.22 Max-Forwards %j is refused with 400',
    (value) => {
      expect(malformedOf(invite({ 'Max-Forwards': `Max-Forwards: ${value}` })).section).toBe('§20.22');
    },
  );
  test('PRV-06 §20.22 Max-Forwards may be absent, zero, 255 and begin with zeros', () => {
    expect(requestOf(invite({ 'Max-Forwards': undefined })).maxForwards).toBeUndefined();
    expect(requestOf(invite({ 'Max-Forwards': 'Max-Forwards: 0' })).maxForwards).toBe(0);
    expect(requestOf(invite({ 'Max-Forwards': 'max-forwards  : 00255 ' })).maxForwards).toBe(255);
  });
  test('§17.1.1.3 a malformed ACK is answered nothing', () => {
    expect(malformedOf(request('ACK', { From: 'From: /' }))).toMatchObject({
      status: 0,
      request: undefined,
      isResponse: false,
    });
  });
});

describe('fields that a proxy need not read', () => {
  test.each([
    'Date: never',
    'Contact: sip:a@example.com?x=y',
    'Warning: none at all',
    'X-Anything: ;;,,;;,;',
    'Record-Route: what',
    'Subject:',
    'Authorization: =',
    'Expires: 10000000000000',
  ])('PRV-02 PRV-04 §16.3 step 1 %j goes on as received', (line) => {
    const wire = invite({ Extra: line });
    expect(requestOf(wire).toWire()).toBe(wire);
  });
  test('PRV-13 RFC 5393 §4.2.2 lower Vias of others may be odd', () => {
    const wire = invite({
      Lower: ['Via: what is this', 'Via: SIP/2.0/UDP h;x;y="a,b";branch=1, SIP/2.0/TCP [::1]:5070;branch=z9hG4bK2'],
    });
    const message = requestOf(wire);
    expect(message.toWire()).toBe(wire);
    expect(message.vias().map((via) => via.branch)).toEqual(['z9hG4bK776asdhds', '1', 'z9hG4bK2']);
  });
});

describe('Route', () => {
  test.each([
    'Route: sip:p.example.com;lr',
    'Route: <sip:p.example.com;lr',
    'Route: <>',
    'Route:',
    'Route: <sip:a@b@c;lr>',
    'Route: <sip:a.example.com;lr> <sip:b.example.com;lr>',
  ])('PRV-01 §20.34 %j is refused with 400', (Route) => expect(malformedOf(invite({ Route })).section).toBe('§20.34'));
  test('§20.34 Route of a response is nobody’s business', () => {
    expect(responseOf(response(200, { Route: 'Route: what' })).status).toBe(200);
  });
});

describe('body and framing', () => {
  test('TRP-07 §18.3 a datagram longer than Content-Length is cut', () => {
    expect(requestOf(`${request('OPTIONS', {}, 'abc')}tail`).body).toBe('abc');
  });
  test('TRP-08 TRP-09 §18.3 a datagram shorter than Content-Length: 400 to a request, a response is dropped', () => {
    const short = { 'Content-Length': 'Content-Length: 4' };
    expect(malformedOf(request('OPTIONS', short, 'abc'))).toMatchObject({ status: 400, section: '§18.3' });
    expect(malformedOf(response(200, short, 'abc'))).toMatchObject({ status: 0, isResponse: true });
  });
  test('§18.3 without Content-Length the body is the rest of the datagram', () => {
    expect(requestOf(request('OPTIONS', { 'Content-Length': undefined }, 'abc')).body).toBe('abc');
  });
  test('TRP-12 §20.14 on a stream Content-Length is mandatory; the body is the framer’s', () => {
    expect(malformedOf(request('OPTIONS', { 'Content-Length': undefined }), 'stream')).toMatchObject({
      status: 400,
      section: '§20.14',
    });
    const message = parse(request('OPTIONS', { 'Content-Length': 'Content-Length: 12' }), 'stream');
    expect(message).toMatchObject({ contentLength: 12, body: '' });
  });
  test.each([
    '-1',
    '+5',
    '0x10',
    '1e3',
    '\xd9\xa5',
    '5,5',
    '5 5',
    '4294967296',
    '4294967328',
    '18446744073709551617',
    'five',
    '',
  ])('A11 A19 B02 §20.14 Content-Length %j is refused with 400', (value) => {
    for (const framing of ['datagram', 'stream'] as const) {
      expect(malformedOf(request('OPTIONS', { 'Content-Length': `Content-Length: ${value}` }), framing).status).toBe(
        400,
      );
    }
  });
  test('A19 two Content-Lengths are refused, equal ones too, compact, folded or not', () => {
    for (const second of ['Content-Length: 0', 'l: 0', 'L  :\r\n 0', 'content-length: 5']) {
      for (const framing of ['datagram', 'stream'] as const)
        expect(malformedOf(request('OPTIONS', { Second: second }), framing).status).toBe(400);
    }
  });
  test('B01 §21.4.11 a stream peer that declares too large a body is told 413', () => {
    for (const length of [LIMITS.body + 1, 2147483648, 4294967295]) {
      expect(malformedOf(request('OPTIONS', { 'Content-Length': `Content-Length: ${length}` }), 'stream').status).toBe(
        413,
      );
    }
  });
  test('§7 no empty line after the fields: 400', () => {
    const whole = request('OPTIONS');
    expect(malformedOf(whole.slice(0, -2))).toMatchObject({ status: 400, section: '§7' });
    expect(malformedOf(whole.slice(0, -2)).request).toBeDefined();
  });
});

describe('limits', () => {
  const many = (line: string, count: number) => Array.from({ length: count }, () => line);
  test('B08 §21.5.7 the 500th field is read, one more is too much: 513', () => {
    const wire = (extra: number) => request('OPTIONS', { Extra: many('X: y', extra) });
    expect(requestOf(wire(LIMITS.fields - 8)).fields.length).toBe(LIMITS.fields);
    expect(malformedOf(wire(LIMITS.fields - 7)).status).toBe(513);
  });
  test('B08 100 Via values, on as many lines or on one, and no more', () => {
    const via = 'SIP/2.0/UDP h.example.com;branch=1';
    expect(requestOf(request('OPTIONS', { Lower: many(`Via: ${via}`, 99) })).vias().length).toBe(100);
    expect(malformedOf(request('OPTIONS', { Lower: many(`Via: ${via}`, 100) })).status).toBe(513);
    expect(malformedOf(request('OPTIONS', { Lower: `v: ${many(via, 100).join(', ')}` })).status).toBe(513);
  });
  test('B08 100 Route values and no more', () => {
    const route = '<sip:p.example.com;lr>';
    expect(
      requestOf(request('OPTIONS', { Route: `Route: ${many(route, 100).join(',')}` })).routes('route').length,
    ).toBe(100);
    expect(malformedOf(request('OPTIONS', { Route: many(`Route: ${route}`, 101) })).status).toBe(513);
  });
  test('B08 a head beyond 64 KiB is refused with 513', () => {
    expect(malformedOf(request('OPTIONS', { X: `X: ${'y'.repeat(LIMITS.head)}` })).status).toBe(513);
    expect(malformedOf(request('OPTIONS', { X: `X: y${'\r\n y'.repeat(LIMITS.head / 4)}` })).status).toBe(513);
    expect(malformedOf(`OPTIONS sip:${'a'.repeat(LIMITS.head)}@b SIP/2.0\r\n\r\n`).status).toBe(0);
  });
});

test('A08 each header field taken out, alone and in pairs, of eight methods: never a throw', () => {
  for (const method of ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PUBLISH', 'FOO']) {
    const names = ['Via', 'Max-Forwards', 'To', 'From', 'Call-ID', 'CSeq', 'Contact', 'Content-Length'];
    for (const one of names) {
      for (const two of names) {
        const message = parse(request(method, { [one]: undefined, [two]: undefined }), 'datagram');
        const needed = ['Via', 'To', 'From', 'Call-ID', 'CSeq'];
        expect(message instanceof Malformed).toBe(needed.includes(one) || needed.includes(two));
      }
    }
  }
});
