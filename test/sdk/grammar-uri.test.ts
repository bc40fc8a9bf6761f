// §25.1 SIP-URI, absoluteURI and RFC 3966 §3 as the scanners read them.
import { isHost, isToken, scanUri, unescape as unescaped, uriParameterOf } from '@siplet/sdk/grammar';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

const parts = (text: string) => {
  const uri = scanUri(text);
  return uri && Object.fromEntries(Object.entries(uri).filter(([, value]) => value !== undefined && value !== ''));
};

describe('§19.1.3 example SIP and SIPS URIs', () => {
  test.each([
    ['sip:alice@atlanta.com', { scheme: 'sip', user: 'alice', host: 'atlanta.com' }],
    [
      'sip:alice:secretword@atlanta.com;transport=tcp',
      { scheme: 'sip', user: 'alice', password: 'secretword', host: 'atlanta.com', parameters: ';transport=tcp' },
    ],
    [
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      { scheme: 'sips', user: 'alice', host: 'atlanta.com', headers: 'subject=project%20x&priority=urgent' },
    ],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      { scheme: 'sip', user: '+1-212-555-1212', password: '1234', host: 'gateway.com', parameters: ';user=phone' },
    ],
    ['sips:1212@gateway.com', { scheme: 'sips', user: '1212', host: 'gateway.com' }],
    ['sip:alice@192.0.2.4', { scheme: 'sip', user: 'alice', host: '192.0.2.4' }],
    [
      'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
      { scheme: 'sip', host: 'atlanta.com', parameters: ';method=REGISTER', headers: 'to=alice%40atlanta.com' },
    ],
    ['sip:alice;day=tuesday@atlanta.com', { scheme: 'sip', user: 'alice;day=tuesday', host: 'atlanta.com' }],
  ])('%s', (text, expected) => expect(parts(text)).toEqual(expected));
});

describe('§25.1 SIP-URI', () => {
  test.each([
    'SIP:a@h',
    'sIpS:h',
    'sip:a:@h',
    'sip:h:0',
    'sip:h:65535',
    'sip:h:00005060',
    'sip:a@[::1]:5060;maddr=[::1]',
    'sip:a@[2001:db8::192.0.2.1]',
    'sip:h.',
    'sip:h;lr;x=a%3Bb',
    'sip:h?a=&b=c',
    'sip:%00@h',
    'sip:my_host.example.com',
    'sip:3com',
  ])('%s is one', (text) => expect(parts(text)).toBeDefined());

  test.each([
    '',
    'sip',
    'sip:',
    'sips:',
    'sip:@h',
    'sip::p@h',
    'sip:a@',
    'sip:a@b@h',
    'sip:a b@h',
    'sip:a%4@h',
    'sip:a%zz@h',
    'sip:a@h%41',
    'sip:a[@h',
    'sip:a"@h',
    'sip:a@h ',
    ' sip:a@h',
    'sip:a@h\r\nX: y',
    'sip:h:',
    'sip:h:65536',
    'sip:h:99999999999999999999',
    'sip:h:+5060',
    'sip:h:5o6o',
    'sip:h;',
    'sip:h;;x',
    'sip:h;x=',
    'sip:h;=x',
    'sip:h;x=a=b',
    'sip:h;x="q"',
    'sip:h?',
    'sip:h?x',
    'sip:h?=x',
    'sip:h?a=b&',
    'sip:h?a=b;c',
    'sip:h?a=<b>',
    'sip:[::1',
    'sip:::1',
    'sip:é@h',
    'sip:a@hé',
    '<sip:a@h>',
  ])('%j is not a URI', (text) => expect(scanUri(text)).toBeUndefined());
});

describe('§25.1 host', () => {
  test.each([
    'a',
    'a.b',
    'a-b.c-d',
    'xn--bcher-kva.ch',
    '1.a',
    '3com',
    'a_b',
    '_sip._udp.example.com',
    'a.',
    '0.0.0.0',
  ])('%s', (host) => expect(isHost(host)).toBe(true));
  test.each([
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[1::]',
    '[1:2:3:4:5:6:7:8]',
    '[::ffff:192.0.2.1]',
    '[1:2:3:4:5:6:192.0.2.1]',
  ])('%s is an address', (host) => expect(isHost(host)).toBe(true));
  test.each([
    '',
    '.',
    'a..b',
    '.a',
    '-a',
    'a-',
    'a-.b',
    'a.-b',
    'a.1',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.4.',
    'a b',
    'a\0',
  ])('%j is not a host', (host) => expect(isHost(host)).toBe(false));
  test.each([
    '[]',
    '[:]',
    '[1]',
    '[:1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:]',
    '[1::2::3]',
    '[:::]',
    '[12345::]',
    '[1:2:3:4:5:6:7:8:9]',
    '[1:2:3:4:5:6:7::8]',
  ])('%s is not a host', (host) => expect(isHost(host)).toBe(false));
  test.each(['[::1.2.3]', '[1:2:3:4:5:6:7:1.2.3.4]', '[::1%eth0]', '[g::]', '[::1]]', '::1'])(
    '%s is not a host',
    (host) => expect(isHost(host)).toBe(false),
  );
});

describe('RFC 4475 URIs', () => {
  test('§3.1.1.2 intmeth: all characters that user and password may have', () => {
    const user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    const password = "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)";
    expect(parts(`sip:${user}:${password}@example.com`)).toEqual({
      scheme: 'sip',
      user,
      password,
      host: 'example.com',
    });
    expect(scanUri(`sip:${user}@example.com`)?.user).toBe(user);
  });
  test('§3.1.1.3 esc01: escapes stand for their octet once, and never make a scheme', () => {
    const uri = present(scanUri('sip:sips%3Auser%40example.com@example.net'));
    expect([uri.scheme, unescaped(present(uri.user)), uri.host]).toEqual([
      'sip',
      'sips:user@example.com',
      'example.net',
    ]);
    const contact = present(scanUri('sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31'));
    expect(unescaped(present(contact.user))).toBe('caller');
    expect(uriParameterOf(contact.parameters, 'lr')).toBe(true);
    expect(uriParameterOf(contact.parameters, 'NAME')).toBe('value%41');
  });
  test('§3.1.1.4 escnull: NUL in a user is a char like others', () => {
    expect(unescaped(present(present(scanUri('sip:null-%00-null@example.com')).user))).toBe('null-\0-null');
    expect(present(scanUri('sip:%00%00@host5.example.com')).user).toBe('%00%00');
  });
  test('§3.1.1.9 semiuri: a semicolon before the @ belongs to the user', () => {
    const uri = present(scanUri('sip:user;par=u%40example.net@example.com'));
    expect([unescaped(present(uri.user)), uri.host, uri.parameters]).toEqual([
      'user;par=u@example.net',
      'example.com',
      '',
    ]);
  });
  test('§3.1.2.11 escruri and §3.3.14 regescrt: escaped headers stay escaped', () => {
    expect(present(scanUri('sip:user@example.com?Route=%3Csip:sip.example.com%3E')).headers).toBe(
      'Route=%3Csip:sip.example.com%3E',
    );
  });
  test('§3.1.2.7 ltgtruri and §3.1.2.8 lwsruri: neither <> nor spaces are a URI', () => {
    expect(scanUri('<sip:user@example.com>')).toBeUndefined();
    expect(scanUri('sip:user@example.com; lr')).toBeUndefined();
  });
  test.each([
    ['§3.3.2 unkscm', 'nobodyKnowsThisScheme:totallyopaquecontent', 'nobodyknowsthisscheme', 'totallyopaquecontent'],
    ['§3.3.3 novelsc', 'soap.beep://192.0.2.103:3002', 'soap.beep', '//192.0.2.103:3002'],
    ['§3.3.4 unksm2', 'isbn:2983792873', 'isbn', '2983792873'],
    ['§3.3.4 unksm2', 'http://www.example.com', 'http', '//www.example.com'],
    ['§3.3.4 unksm2', 'name:John_Smith', 'name', 'John_Smith'],
  ])('%s: %s is a URI of another scheme', (_, text, scheme, rest) => expect(parts(text)).toEqual({ scheme, rest }));
  test.each(['1a:b', ':b', 'a b:c', 'http:', 'http:a b', 'http:a"b', 'mailto:%4', 'x:é'])('%j is not a URI', (text) =>
    expect(scanUri(text)).toBeUndefined(),
  );
});

describe('RFC 3966 §3 tel URIs', () => {
  test.each([
    ['tel:+1-201-555-0123', ''],
    ['tel:7042;phone-context=example.com', ';phone-context=example.com'],
    ['tel:863-1234;phone-context=+1-914-555', ';phone-context=+1-914-555'],
    ['TEL:+358-555-1234567;postd=pp22;isub=1411', ';postd=pp22;isub=1411'],
    ['tel:*21#;phone-context=example.com', ';phone-context=example.com'],
    ['tel:+1(201)555.0123;ext=12-3', ';ext=12-3'],
    ['tel:+1;x=a%3Bb;m-y', ';x=a%3Bb;m-y'],
  ])('%s', (text, parameters) =>
    expect(scanUri(text)).toMatchObject({ scheme: 'tel', host: '', rest: text.slice(4), parameters }),
  );
  test.each([
    'tel:',
    'tel:+',
    'tel:+-',
    'tel:911',
    'tel:+1a',
    'tel:+*1',
    'tel:+1 2',
    'tel:7042;phone-context',
    'tel:7042;phone-context=',
    'tel:7042;phone-context=+',
    'tel:7042;phone-context=a..b',
    'tel:7042;phone-context=a.b;phone-context=c.d',
    'tel:+1;ext=a',
    'tel:+1;ext=1;isub=2',
    'tel:+1;;a',
    'tel:+1;a=',
    'tel:+1;a_b=c',
    'tel:+1;a="b"',
    'tel:+1\r\nX: y',
  ])('%j is not a URI', (text) => expect(scanUri(text)).toBeUndefined());
});

test('§25.1 token', () => {
  expect(isToken("!interesting-Method0123456789_*+`.%indeed'~")).toBe(true);
  for (const text of ['', 'a b', 'a:b', 'a/b', 'é', 'a\n', '"a"', 'a@b']) expect(isToken(text)).toBe(false);
});

test('§19.1.2 unescape takes one level off and leaves what is not an escape', () => {
  expect(unescaped('%41%2541%zz%4')).toBe('A%41%zz%4');
  expect(unescaped('%C3%A9')).toBe('Ã©');
  expect(unescaped('%%41')).toBe('%A');
});
