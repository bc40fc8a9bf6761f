// SIP URIs as values: §19.1.2 escapes, §19.1.4 equality.
import { Address, OtherUri, parseUri, SipParseError, SipUri, TelUri, uriOf } from '@siplet/sdk';
import { scanUri } from '@siplet/sdk/grammar';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const equal = (a: string, b: string) => [
  SipUri.parse(a).equals(SipUri.parse(b)),
  SipUri.parse(b).equals(SipUri.parse(a)),
];

describe('§19.1.4 the RFC’s own examples', () => {
  test.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=off'],
  ])('%s = %s', (a, b) => expect(equal(a, b)).toEqual([true, true]));
  test.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
  ])('%s ≠ %s', (a, b) => expect(equal(a, b)).toEqual([false, false]));
});

describe('§19.1.4 the rules one by one', () => {
  test.each([
    ['sip:a@h', 'sips:a@h'],
    ['sip:a@h', 'sip:h'],
    ['sip:a:p@h', 'sip:a@h'],
    ['sip:a:p@h', 'sip:a:P@h'],
    ['sip:a:@h', 'sip:a@h'],
    ['sip:a@h;user=phone', 'sip:a@h'],
    ['sip:a@h;ttl=1', 'sip:a@h'],
    ['sip:a@h;method=INVITE', 'sip:a@h'],
    ['sip:a@h;maddr=1.2.3.4', 'sip:a@h'],
    ['sip:a@h;lr', 'sip:a@h;lr=on'],
    ['sip:a%3Bb@h', 'sip:a;b@h'],
    ['sip:a%253B@h', 'sip:a%3B@h'],
    ['sip:a@h;x=%3A', 'sip:a@h;x=:'],
    ['sip:h?subject=a', 'sip:h?subject=A'],
    ['sip:h?to=sip:a%40h', 'sip:h?to=sip:A%40h'],
    ['sip:h?a=b', 'sip:h?a=b&c=d'],
  ])('%s ≠ %s', (a, b) => expect(equal(a, b)).toEqual([false, false]));
  test.each([
    ['sip:a@h;lr', 'sip:a@h'],
    ['sip:a@h;LR', 'sip:a@h;lr'],
    ['sip:a%3bb@h', 'sip:a%3Bb@h'],
    ['sip:%7eu@h', 'sip:~u@h'],
    ['sip:a@h;%6C%72=%61', 'sip:a@h;lr=A'],
    ['sip:h?to=sip:a%40H', 'sip:h?To=%3Csip:a%40h%3E'],
    ['sip:h?priority=URGENT', 'sip:h?priority=urgent'],
  ])('%s = %s', (a, b) => expect(equal(a, b)).toEqual([true, true]));
  test('a string is compared as the URI that it is, and a value that is not such a URI is not equal', () => {
    expect(SipUri.parse('sip:a@h').equals('sip:a@H')).toBe(true);
    expect(SipUri.parse('sip:a@h').equals('tel:+1')).toBe(false);
    expect(SipUri.parse('sip:a@h').equals(undefined)).toBe(false);
  });
});

describe('§19.1.2 parts are held decoded and written escaped', () => {
  test('all parts', () => {
    const uri = SipUri.parse(
      'sips:j%40s0n:p%3Aw@Example.com:5061;transport=tcp;lr;n%61me=a%20b?Subject=project%20x&body=',
    );
    expect(uri).toMatchObject({ scheme: 'sips', user: 'j@s0n', password: 'p:w', host: 'Example.com', port: 5061 });
    expect([...uri.parameters]).toEqual([
      ['transport', 'tcp'],
      ['lr', true],
      ['name', 'a b'],
    ]);
    expect([...uri.headers]).toEqual([
      ['subject', 'project x'],
      ['body', ''],
    ]);
    expect(uri.parameters.get('TRANSPORT')).toBe('tcp');
  });
  test('UTF-8 is text, other octets stay escaped', () => {
    expect(SipUri.parse('sip:J%C3%B6rg%F0%9F%98%80@h').user).toBe('Jörg😀');
    expect(SipUri.parse('sip:%FF%20@h').user).toBe('%FF ');
    expect(SipUri.parse('sip:%FF%20@h').toString()).toBe('sip:%FF%20@h');
    expect(new SipUri({ user: 'Jörg😀', host: 'h' }).toString()).toBe('sip:J%C3%B6rg%F0%9F%98%80@h');
  });
  test('unchanged parts are written as parsed, changed parts are escaped again', () => {
    const uri = SipUri.parse('sip:a%3bb@H;Foo=%41;lr');
    expect(uri.toString()).toBe('sip:a%3bb@H;Foo=%41;lr');
    uri.user = 'c;d@';
    uri.parameters.set('foo', 'B:%');
    expect(uri.toString()).toBe('sip:c;d%40@H;Foo=B:%25;lr');
    expect(uri.clone().toString()).toBe(uri.toString());
  });
  test('of two parameters with one name the first counts (§19.1.1 allows but one)', () => {
    expect(SipUri.parse('sip:h;x=1;X=2').toString()).toBe('sip:h;x=1');
  });
  test('a NUL is a char like others (RFC 4475 §3.1.1.4)', () => {
    expect(SipUri.parse('sip:null-%00-null@h').user).toBe('null-\0-null');
    expect(SipUri.parse('sip:%00@h').equals('sip:%00%00@h')).toBe(false);
  });
});

describe('an application cannot inject', () => {
  test('whatever it puts into a part stays in that part', () => {
    const uri = new SipUri({
      host: 'h',
      user: 'a\r\nX: y',
      password: '@evil',
      parameters: { x: 'a;lr', 'n=;': 'v' },
      headers: { h: 'a&b=c\r\n' },
    });
    expect(uri.toString()).toBe('sip:a%0D%0AX%3A%20y:%40evil@h;x=a%3Blr;n%3D%3B=v?h=a%26b%3Dc%0D%0A');
  });
  test('any text in any part gives a URI which has just that text there', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, text, text, (user, password, value, header) => {
        const uri = new SipUri({ user, password, host: 'h', parameters: { x: value }, headers: { y: header } });
        const again = SipUri.parse(uri.toString());
        expect([again.user, again.password, again.parameters.get('x'), again.headers.get('y')]).toEqual([
          user,
          password,
          value,
          header,
        ]);
        expect([again.host, again.parameters.size, again.headers.size]).toEqual(['h', 1, 1]);
      }),
    );
  });
  test.each(['a b', 'h;lr', 'h:5060', 'h\r\nX: y', '', 'u@h', 'h?x=y', 'a..b', '1.2.3', '::g'])(
    'host %j throws',
    (host) => {
      expect(() => new SipUri({ host })).toThrow(TypeError);
      expect(() => Object.assign(new SipUri({ host: 'h' }), { host }).toString()).toThrow('SipUri.host');
    },
  );
  test.each([-1, 65536, 1.5, Number.NaN, '5060'])('port %j throws', (port) => {
    expect(() => new SipUri({ host: 'h', port: port as number })).toThrow('SipUri.port');
  });
  test('what cannot be written throws', () => {
    expect(() => new SipUri({ host: 'h', user: '' }).toString()).toThrow('the user is empty');
    expect(() => new SipUri({ host: 'h', password: 'p' }).toString()).toThrow('the URI has a password but no user');
    expect(() => new SipUri({ host: 'h', user: '\ud800' }).toString()).toThrow('surrogate');
    expect(() => new SipUri({ host: 'h', parameters: { '': 'x' } }).toString()).toThrow('no name');
    expect(() => new SipUri({ host: 'h', scheme: 'tel' as 'sip' })).toThrow('SipUri.scheme');
  });
});

describe('SipUri', () => {
  test('an IPv6 address needs no brackets when it is set', () => {
    expect(new SipUri({ host: '2001:db8::1', port: 5060 }).toString()).toBe('sip:[2001:db8::1]:5060');
  });
  test('a copy shares nothing', () => {
    const uri = SipUri.parse('sip:a@h;x=1');
    const copy = uri.clone();
    copy.parameters.set('x', '2');
    copy.host = 'other';
    expect(uri.toString()).toBe('sip:a@h;x=1');
  });
  test('it is made from another with something changed', () => {
    const uri = SipUri.parse('sips:a@h:5061;lr');
    expect(new SipUri({ ...uri, host: 'other', port: undefined }).toString()).toBe('sips:a@other;lr');
  });
  test('test libraries compare all parts', () => {
    expect(SipUri.parse('sip:a@h;x=1')).toEqual(new SipUri({ user: 'a', host: 'h', parameters: { x: '1' } }));
    expect(SipUri.parse('sip:a@h')).not.toEqual(SipUri.parse('sip:a@i'));
    expect(SipUri.parse('sip:a@h;x=1').parameters).toEqual(new Map([['x', '1']]));
  });
  test('it goes into text, JSON and templates', () => {
    const uri = new SipUri('sip:a@h');
    expect([`${uri}`, JSON.stringify({ uri })]).toEqual(['sip:a@h', '{"uri":"sip:a@h"}']);
  });
  test.each([
    ['sip:a b@h', 'a user cannot contain " " at character 5'],
    ['sip:a@', 'the host is missing at character 6'],
    ['sip:a@b c', '" " is not allowed here at character 7'],
    ['sip:h:70000', 'the port is not a number from 0 to 65535 at character 6'],
    ['sip:h;;lr', 'a parameter has no name at character 6'],
    ['sip:h;x=', 'a parameter has an empty value at character 8'],
    ['sip:h?x', 'not name=value at character 6'],
    ['tel:+1', 'its scheme is tel'],
    ['alice', 'it has no scheme'],
    ['', 'it is empty'],
  ])('%j is refused with what and where: %s', (text, message) => {
    expect(() => SipUri.parse(text)).toThrow(SipParseError);
    expect(() => SipUri.parse(text)).toThrow(message);
  });
  test('an error message shows a peer’s text on one line', () => {
    expect(() => SipUri.parse('sip:a\r\nb@h')).toThrow('"sip:a\\r\\nb@h" is not a SIP URI');
    expect(() => SipUri.parse(undefined as unknown as string)).toThrow(SipParseError);
  });
});

describe('any URI', () => {
  test('the scheme says which class', () => {
    expect(parseUri('sips:h')).toBeInstanceOf(SipUri);
    expect(parseUri('tel:+1')).toBeInstanceOf(TelUri);
    expect(parseUri('URN:service:sos')).toBeInstanceOf(OtherUri);
    expect(parseUri('URN:service:sos').toString()).toBe('urn:service:sos');
    expect(parseUri('http://h/a%7eb').equals('http://h/a~b')).toBe(true);
    expect(() => parseUri('x:')).toThrow(SipParseError);
    const uri = new SipUri({ host: 'h' });
    expect(uriOf(uri)).toBe(uri);
    expect(Address.of('<urn:service:sos>').uri.scheme).toBe('urn');
  });
  test('parse and toString keep the meaning of whatever is a URI', () => {
    const part = fc.string({ unit: fc.constantFrom(...'aB1-%;?:@&=+$,/[]<>" .é'), maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom('sip:', 'sips:', 'SIP:a@', 'sip:h;', 'sip:h?', 'x:'), part, (start, rest) => {
        const text = start + rest;
        if (scanUri(text) === undefined) {
          expect(() => parseUri(text)).toThrow(SipParseError);
        } else {
          const uri = parseUri(text);
          expect(parseUri(uri.toString()).toString()).toBe(uri.toString());
          expect(uri.equals(parseUri(text))).toBe(true);
          expect(uri.equals(uri.toString())).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
