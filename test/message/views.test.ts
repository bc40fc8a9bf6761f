// Typed views of header fields: Via, addresses, URIs, CSeq, names (§7.3, §19.1, §20).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { CSeq, headerName, isList, keyOf, Party, textOf, Uri, Via, wireOf } from '../../container/message/index.js';
import { invite, request, requestOf } from './samples.js';

describe('Via', () => {
  test('§20.42 every part of a via-parm', () => {
    const via = present(
      Via.parse(
        'SIP/2.0/udp First.Example.COM:4000;ttl=16;maddr=224.2.0.1;received=192.0.2.1;rport=5;branch=z9hG4bKa7c6a8dlze.1',
      ),
    );
    expect(via).toMatchObject({
      protocol: 'SIP/2.0',
      transport: 'UDP',
      host: 'first.example.com',
      port: 4000,
      branch: 'z9hG4bKa7c6a8dlze.1',
      received: '192.0.2.1',
      rport: 5,
      maddr: '224.2.0.1',
      ttl: 16,
    });
    expect(via.sentBy).toBe('first.example.com:4000');
  });
  test('§25.1 LWS around slash, colon, semicolon and equals', () => {
    const via = present(Via.parse('SIP  / 2.0 /\tUDP \t first.example.com : 4000 ; branch = z9hG4bK1 ; Rport'));
    expect(via).toMatchObject({ protocol: 'SIP/2.0', transport: 'UDP', port: 4000, branch: 'z9hG4bK1', rport: true });
  });
  test.each([
    ['UDP', 'h:5060'],
    ['TCP', 'h:5060'],
    ['SCTP', 'h:5060'],
    ['TLS', 'h:5061'],
    ['WS', 'h:80'],
    ['WSS', 'h:443'],
  ])('TRP-25 §18.1.1 the default port of %s', (transport, sentBy) => {
    expect(present(Via.parse(`SIP/2.0/${transport} H;branch=1`)).sentBy).toBe(sentBy);
  });
  test('§20.42 IPv6 in brackets; received and maddr with and without them', () => {
    const via = present(Via.parse('SIP/2.0/UDP [2001:DB8::9:1]:5070;received=2001:db8::9:255;branch=z9hG4bK1'));
    expect([via.host, via.sentBy, via.received]).toEqual(['2001:db8::9:1', '[2001:db8::9:1]:5070', '2001:db8::9:255']);
    expect(Via.parse('SIP/2.0/UDP [::1];received=[::2];maddr=[::3]')).toMatchObject({ received: '::2', maddr: '::3' });
  });
  test('§17.2.3 RFC 2543 without branch; RFC 4475 §3.2.1 a branch of the cookie alone', () => {
    expect(Via.parse('SIP/2.0/UDP h')).toMatchObject({ branch: undefined, rport: undefined, port: undefined });
    expect(present(Via.parse('SIP/2.0/UDP h;branch=z9hG4bK')).branch).toBe('z9hG4bK');
  });
  test.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    'SIP/2.0/ h',
    '/2.0/UDP h',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP h;;branch=1',
    'SIP/2.0/UDP h;branch=',
    'SIP/2.0/UDP h;branch',
    'SIP/2.0/UDP h;branch="1"',
    'SIP/2.0/UDP h;branch=a:b',
    'SIP/2.0/UDP h;branch=1;branch=2',
    'SIP/2.0/UDP h;rport=x',
    'SIP/2.0/UDP h;rport=65536',
    'SIP/2.0/UDP h;ttl=256',
    'SIP/2.0/UDP h;x="y',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:65536',
    'SIP/2.0/UDP -h',
    'SIP/2.0/UDP h..x',
    'SIP/2.0/UDP 1.2.3.256',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP [x]',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP h, SIP/2.0/UDP i',
    'SIP/2.0/\x16UD~PTo :::]',
    'SIP/2.0/UDP h;received=',
    'SIP/2.0/UDP h;received="192.0.2.1"',
    'SIP/2.0/UDP h;received=192.0.2.1;received=192.0.2.2',
    'SIP/2.0/UDP h;branch=1;rport;rport',
    'SIP/2.0/UDP h;rport;branch=1;rport=5060',
    'SIP/2.0/UDP h;rport=5060;rport=5061',
    'SIP/2.0/UDP h;maddr=192.0.2.1;maddr=192.0.2.2',
    'SIP/2.0/UDP h;ttl=1;ttl=2',
    'SIP/2.0/UDP h;maddr=-b',
  ])('PRV-01 A03 §20.42 %j is not a Via', (text) => expect(Via.parse(text)).toBeUndefined());
});

describe('URI', () => {
  test('§19.1.1 flat parts of a plain URI and of one for the full grammar are the same', () => {
    const plain = present(Uri.parse('sips:alice@Atlanta.Example.COM:5061;transport=TCP;lr;maddr=10.0.0.1'));
    const full = present(
      Uri.parse('sips:%61lice:secret@Atlanta.Example.COM:5061;transport=TCP;lr;maddr=10.0.0.1?Subject=x'),
    );
    for (const uri of [plain, full]) {
      expect([uri.scheme, uri.host, uri.port, uri.transport, uri.lr, uri.maddr]).toEqual([
        'sips',
        'atlanta.example.com',
        5061,
        'tcp',
        true,
        '10.0.0.1',
      ]);
    }
    expect([plain.user, full.user, full.parts.password]).toEqual(['alice', '%61lice', 'secret']);
    expect([plain.hasHeaders, full.hasHeaders]).toEqual([false, true]);
    expect(plain.parts).toMatchObject({ scheme: 'sips', user: 'alice', host: 'Atlanta.Example.COM', port: 5061 });
  });
  test('§19.1.1 IPv6 without its brackets; no user; no parameters', () => {
    const uri = present(Uri.parse('sip:[2001:DB8::1]:5070'));
    expect([uri.host, uri.port, uri.user, uri.lr, uri.transport, uri.parameters]).toEqual([
      '2001:db8::1',
      5070,
      undefined,
      false,
      undefined,
      '',
    ]);
  });
  test('RFC 4475 §3.3.2 §3.3.3 another scheme is a URI, whatever follows', () => {
    expect(Uri.parse('nobodyKnowsThisScheme:totallyopaquecontent')).toMatchObject({
      scheme: 'nobodyknowsthisscheme',
      host: '',
    });
    expect(present(Uri.parse('soap.beep://192.0.2.103:3002')).isSip).toBe(false);
    expect(present(Uri.parse('tel:+15551234567;phone-context=x')).parameter('phone-context')).toBe('x');
  });
  test('A13 parameters named like members of Object are just absent or present', () => {
    expect(present(Uri.parse('sip:a@b;x=1')).parameter('__proto__')).toBeUndefined();
    expect(present(Uri.parse('sip:a@b;__proto__=1')).parameter('__proto__')).toBe('1');
    expect(present(Uri.parse('sip:a@b;constructor')).parameter('constructor')).toBe(true);
  });
  test.each([
    '',
    ':',
    'sip:',
    'sip',
    'sip:a@',
    'sip:@h',
    'sip:a@h;',
    'sip:a@h;=x',
    'sip:a@h:x',
    'sip:a@h:',
    'sip: a@h',
    'sip:a@h>',
    'sip:a@1.2.3',
    'sip:a@h;p=%4',
    'sip:\xe4@h',
  ])('§25.1 %j is not a URI', (text) => expect(Uri.parse(text)).toBeUndefined());
});

describe('From, To, Route', () => {
  test.each([
    ['"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s', 'sip:agb@bell-telephone.com', 'a48s', '"A. G. Bell"'],
    ['sip:+12125551212@server.phone2net.com;tag=887s', 'sip:+12125551212@server.phone2net.com', '887s', undefined],
    ['Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8', 'sip:c8oqz84zk7z@privacy.org', 'hyh8', 'Anonymous'],
    ['<sip:a@b>', 'sip:a@b', undefined, undefined],
    ['<sip:a@b;tag=uri>;x;y="z;tag=no";TAG=Yes', 'sip:a@b;tag=uri', 'Yes', undefined],
    ['caller<sip:caller@example.com>;tag=323', 'sip:caller@example.com', '323', 'caller'],
    ['"a\\"<;>" <sip:a@b>;tag=1', 'sip:a@b', '1', '"a\\"<;>"'],
    ['isbn:2983792873', 'isbn:2983792873', undefined, undefined],
    ['"\xd0\x9f" <sip:a@b>;tag=1', 'sip:a@b', '1', '"\xd0\x9f"'],
    ['sip:a@b', 'sip:a@b', undefined, undefined],
  ])('§20.10 §20.20 %j', (text, uri, tag, displayName) => {
    const party = present(Party.parse(text));
    expect([party.text, party.uri, party.tag, party.displayName, party.parts.uri]).toEqual([
      text,
      uri,
      tag,
      displayName,
      uri,
    ]);
  });
  test('§20.10 in a bare addr-spec the parameters are the header’s', () => {
    const party = present(Party.parse('sip:a@b;x=1;tag=2'));
    expect([party.uri, party.parameters, party.parameter('x'), party.bracketed]).toEqual([
      'sip:a@b',
      ';x=1;tag=2',
      '1',
      false,
    ]);
    expect(present(Party.parse('<sip:a@b;x=1>')).target.parameter('x')).toBe('1');
  });
  test('§7.3.1 Routes on several lines and in a list, in order', () => {
    const message = requestOf(invite({ Route: ['Route: <sip:a;lr>, "x, y" <sip:b;lr>;z', 'ROUTE: <sip:c;lr>'] }));
    expect(message.routes('route').map((route) => route.target.host)).toEqual(['a', 'b', 'c']);
    expect(message.routes('route').every((route) => route.target.lr)).toBe(true);
    expect(message.routes('record-route')).toEqual([]);
    expect(message.routes('contact').map((contact) => contact.uri)).toEqual(['sip:alice@pc33.atlanta.example.com']);
  });
  test('§16.3 views are made once', () => {
    const message = requestOf(invite());
    expect(message.via).toBe(message.via);
    expect(message.clone().from).toBe(message.from);
    expect(message.clone().target).toBe(message.target);
    expect(message.target).toBe(message.target);
  });
});

test('§20.16 CSeq is a number, blanks and a method', () => {
  expect(CSeq.parse('4711 INVITE')).toMatchObject({ number: 4711, method: 'INVITE' });
  expect(String(CSeq.parse('0009  \t FOO'))).toBe('9 FOO');
  expect(CSeq.parse('4294967296 INVITE')).toBeUndefined();
});

describe('header names', () => {
  test.each([...'abcdefijklmnorstuvxy'])('§7.3.3 compact form %s is the same header as its long name', (letter) => {
    const header = present(headerName(letter));
    expect(header.compact).toBe(letter);
    expect(keyOf(letter.toUpperCase())).toBe(header.key);
    expect(keyOf(header.name.toUpperCase())).toBe(header.name.toLowerCase());
    const opaque = ['via', 'from', 'to', 'call-id', 'content-length'].includes(header.key);
    const message = requestOf(
      request('OPTIONS', opaque ? {} : { Contact: undefined, Extra: `${letter.toUpperCase()} \t:  x` }),
    );
    expect(message.has(header.key)).toBe(true);
    if (!opaque)
      expect([message.value(header.key), present(message.first(header.key)).name]).toEqual(['x', letter.toUpperCase()]);
  });
  test('§7.3.3 a message in compact forms reads as its long form', () => {
    const message = requestOf(
      'INVITE sip:b@example.com SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1\r\nf:<sip:a@b>;tag=1\r\nt:<sip:b@b>\r\ni:x\r\nCSEQ:1 INVITE\r\nm:<sip:a@h>\r\nc:text/plain\r\nl:2\r\n\r\nhi',
    );
    expect([
      present(message.via).branch,
      message.from.tag,
      message.to.uri,
      message.callId,
      message.contentLength,
      message.body,
    ]).toEqual(['z9hG4bK1', '1', 'sip:b@b', 'x', 2, 'hi']);
  });
  test('§7.3.1 names have no case; ones that only look alike are others', () => {
    const message = requestOf(
      request('OPTIONS', {
        Extra: ['cAlL-iNfO: <http://x>', 'CallMInfo: y', 'Call-Inf: z', 'Call-Infoo: z', 'Via2: z', 'Vi: z'],
      }),
    );
    expect(message.fieldsOf('call-info').length).toBe(1);
    for (const key of ['callminfo', 'call-inf', 'call-infoo', 'via2', 'vi']) expect(message.has(key)).toBe(true);
    expect(message.fieldsOf('via').length).toBe(1);
  });
  test('A13 names of members of Object are names as any other', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const message = requestOf(request('OPTIONS', { Extra: names.map((name) => `${name}: x`) }));
    for (const name of names) {
      expect(message.value(name.toLowerCase())).toBe('x');
      expect(headerName(name)).toBeUndefined();
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
  test('§7.3.1 commas separate values except in headers that are not lists', () => {
    expect(isList('route')).toBe(true);
    expect(isList('x-unknown')).toBe(true);
    expect(isList('www-authenticate')).toBe(false);
    const message = requestOf(
      request('OPTIONS', {
        Extra: [
          'Date: Sat, 13 Nov 2010 23:29:00 GMT',
          'Accept: a/b;x="c,d", e/f',
          'Accept: g/h',
          'Supported:',
          'WWW-Authenticate: Digest realm="a", nonce="b"',
        ],
      }),
    );
    expect(message.values('date')).toEqual(['Sat, 13 Nov 2010 23:29:00 GMT']);
    expect(message.values('accept')).toEqual(['a/b;x="c,d"', 'e/f', 'g/h']);
    expect(message.values('supported')).toEqual([]);
    expect(message.values('www-authenticate')).toEqual(['Digest realm="a", nonce="b"']);
  });
});

describe('folding and blanks', () => {
  test('§7.3.1 a fold with the blanks around it is one space; none at the ends of a value', () => {
    const message = requestOf(
      request('OPTIONS', {
        Extra: ["Subject :\r\n \t I know  you're \t\r\n\t there, \r\n   \r\n  pick up\t ", 'X-A:\r\n ', 'X-B:'],
      }),
    );
    expect(message.value('subject')).toBe("I know  you're there, pick up");
    expect([message.value('x-a'), message.value('x-b')]).toEqual(['', '']);
  });
  test('§7.3.1 folds inside fields that are read', () => {
    const message = requestOf(
      request('OPTIONS', {
        Via: 'Via\t:\r\n SIP/2.0/UDP\r\n h;branch\r\n =\r\n z9hG4bK1',
        From: 'From: "A\r\n B"\r\n <sip:a@b>\r\n ;tag\r\n =1',
        'Call-ID': 'Call-ID:\r\n x@y',
        CSeq: 'CSeq: 1\r\n OPTIONS',
        Route: 'Route: <sip:a;lr>,\r\n <sip:b;lr>',
        'Max-Forwards': 'Max-Forwards:\r\n 5',
      }),
    );
    expect([
      present(message.via).branch,
      message.from.tag,
      message.from.displayName,
      message.callId,
      message.cseq.method,
    ]).toEqual(['z9hG4bK1', '1', '"A B"', 'x@y', 'OPTIONS']);
    expect([message.routes('route').length, message.maxForwards]).toEqual([2, 5]);
  });
});

describe('UTF-8', () => {
  test('§7 text becomes octets and comes back', () => {
    expect(wireOf('plain')).toBe('plain');
    expect(wireOf('Köln 😀')).toBe('K\xc3\xb6ln \xf0\x9f\x98\x80');
    expect(textOf(wireOf('Köln 😀\ufeff'))).toBe('Köln 😀\ufeff');
  });
  test('A20 octets that are not UTF-8 are shown one by one, an overlong form and a lone surrogate too', () => {
    for (const wire of ['\xff\xfe', 'a\xc3', '\xc0\xaf', '\xed\xa0\x80']) expect(textOf(wire)).toBe(wire);
    expect(wireOf('\ud800')).toBe('\xef\xbf\xbd');
  });
});

test.each([
  [';transport=UDP;lr', 'UDP', true],
  [';Transport=udp;LR', 'udp', true],
  [';x=LR;transport=tcp', 'tcp', undefined],
  [';%6cr;transpor%74=tls', 'tls', true],
])(
  '§19.1.4 the name of a parameter has no case and may be escaped, whatever is in values: %s',
  (parameters, transport, lr) => {
    const uri = present(Uri.parse(`sip:bob@biloxi.example.com${parameters}`));
    expect([uri.parameter('transport'), uri.parameter('lr')]).toEqual([transport, lr]);
  },
);
