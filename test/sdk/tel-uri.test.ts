// tel URIs as values: RFC 3966, and §19.1.6 on their way to SIP.
import { SipParseError, SipUri, TelUri } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';

describe('RFC 3966 §6 examples', () => {
  test('tel:+1-201-555-0123', () => {
    const uri = TelUri.parse('tel:+1-201-555-0123');
    expect(uri).toMatchObject({ scheme: 'tel', number: '+1-201-555-0123', isGlobal: true, digits: '+12015550123' });
    expect(uri.toString()).toBe('tel:+1-201-555-0123');
  });
  test('tel:7042;phone-context=example.com', () => {
    const uri = TelUri.parse('tel:7042;phone-context=example.com');
    expect([uri.number, uri.isGlobal, uri.parameters.get('Phone-Context')]).toEqual(['7042', false, 'example.com']);
  });
  test('tel:863-1234;phone-context=+1-914-555', () => {
    const uri = TelUri.parse('tel:863-1234;phone-context=+1-914-555');
    expect(uri.toString()).toBe('tel:863-1234;phone-context=+1-914-555');
  });
});

describe('RFC 3966 §4 comparison', () => {
  test.each([
    ['tel:+1-201-555-0123', 'tel:+1(201)5550123'],
    ['TEL:+1', 'tel:+1'],
    ['tel:1;phone-context=Example.COM', 'tel:1;phone-context=example.com'],
    ['tel:1;phone-context=+1-914', 'tel:1;phone-context=+1914'],
    ['tel:AB;phone-context=a.b', 'tel:ab;phone-context=a.b'],
    ['tel:+1;ext=1-2', 'tel:+1;ext=12'],
    ['tel:+358-555-1234567;postd=pp22', 'tel:+358-555-1234567;POSTD=PP22'],
    ['tel:+358-555-1234567;postd=pp22;isub=1411', 'tel:+358-555-1234567;isub=1411;postd=pp22'],
  ])('%s = %s', (a, b) => expect(TelUri.parse(a).equals(TelUri.parse(b))).toBe(true));
  test.each([
    ['tel:+1', 'tel:1;phone-context=a.b'],
    ['tel:+1', 'tel:+2'],
    ['tel:+1', 'tel:+1;x=y'],
    ['tel:+1;x', 'tel:+1;y'],
    ['tel:+1;x=1', 'tel:+1;x=2'],
    ['tel:1;phone-context=a.b', 'tel:1;phone-context=a.c'],
  ])('%s ≠ %s', (a, b) => expect(TelUri.parse(a).equals(b)).toBe(false));
  test('it equals no SIP URI', () => expect(TelUri.parse('tel:+1').equals(SipUri.parse('sip:+1@h'))).toBe(false));
});

describe('TelUri', () => {
  test('RFC 3966 §3 parameters are written in their order and escaped', () => {
    const uri = new TelUri({ number: '1-2', parameters: { b: 'x;y=1', a: true, 'phone-context': 'a.b', ext: '7' } });
    expect(uri.toString()).toBe('tel:1-2;ext=7;phone-context=a.b;a;b=x%3By%3D1');
    expect(TelUri.parse(uri.toString()).parameters.get('b')).toBe('x;y=1');
  });
  test('RFC 3966 §5.1.5 a local number without context cannot be written', () => {
    expect(() => new TelUri({ number: '911' }).toString()).toThrow('needs a phone-context');
    expect(() => new TelUri({ number: '911', parameters: { 'phone-context': 'a b' } }).toString()).toThrow(
      'phone-context',
    );
  });
  test.each(['', '+', '1 2', '+1;x', '+1\r\nX: y', 'x'])('number %j throws', (number) => {
    expect(() => new TelUri({ number })).toThrow('TelUri.number');
    expect(() => Object.assign(new TelUri('tel:+1'), { number }).toString()).toThrow('TelUri');
  });
  test('isGlobal gives a number its plus', () => {
    expect(new TelUri({ number: '1-201', isGlobal: true }).toString()).toBe('tel:+1-201');
  });
  test('a text that is not a tel URI is refused', () => {
    for (const text of ['tel:911', 'sip:a@h', 'tel:+1;;', '']) expect(() => TelUri.parse(text)).toThrow(SipParseError);
    expect(() => TelUri.parse('tel:911')).toThrow('phone-context');
  });
  test('a copy shares nothing', () => {
    const uri = TelUri.parse('tel:+1;a=b');
    uri.clone().parameters.set('a', 'c');
    expect(uri.toString()).toBe('tel:+1;a=b');
  });
});

describe('§19.1.6 relating SIP URIs and tel URLs', () => {
  test.each([
    ['tel:+358-555-1234567;postd=pp22', 'sip:+358-555-1234567;postd=pp22@foo.com;user=phone'],
    ['tel:+358-555-1234567;POSTD=PP22', 'sip:+358-555-1234567;postd=pp22@foo.com;user=phone'],
    [
      'tel:+358-555-1234567;tsp=a.b;phone-context=+5',
      'sip:+358-555-1234567;phone-context=+5;tsp=a.b@foo.com;user=phone',
    ],
  ])('%s becomes %s', (tel, sip) => expect(TelUri.parse(tel).toSipUri('foo.com').toString()).toBe(sip));
});
