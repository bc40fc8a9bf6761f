// Addresses and values with parameters: §20.10, §20.20, §25.1.
import { Address, OtherUri, Parameterable, SipParseError, SipUri, TelUri } from '@siplet/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('§20.10 Address', () => {
  test('parts are read as people read them', () => {
    const address = Address.parse('"Bob \\"B\\" Jones" <sip:bob@example.com;lr>;TAG=a6c85cf;text="x;y";flag');
    expect(address.displayName).toBe('Bob "B" Jones');
    expect(address.uri.toString()).toBe('sip:bob@example.com;lr');
    expect([...address.parameters]).toEqual([
      ['tag', 'a6c85cf'],
      ['text', 'x;y'],
      ['flag', true],
    ]);
    expect(address.parameters.get('Tag')).toBe('a6c85cf');
  });
  test.each([
    ['sip:bob@h;tag=1', '<sip:bob@h>;tag=1'],
    ['Bob  <sip:bob@h>', 'Bob <sip:bob@h>'],
    ['"Bob" <sip:bob@h>', 'Bob <sip:bob@h>'],
    ['"Bob J." <sip:bob@h>;a="b"', 'Bob J. <sip:bob@h>;a="b"'],
    ['"Bob, J" <sip:bob@h>', '"Bob, J" <sip:bob@h>'],
    ['"" <tel:+1>', '"" <tel:+1>'],
    ['Bob   J <http://h/>', '"Bob   J" <http://h/>'],
    ['<sip:h>;+sip.instance="<urn:uuid:1>";Q=0.7', '<sip:h>;+sip.instance="<urn:uuid:1>";Q=0.7'],
  ])('%s is written %s', (text, expected) => expect(Address.parse(text).toString()).toBe(expected));
  test('the URI’s class is by its scheme', () => {
    expect(Address.parse('sip:a@h').uri).toBeInstanceOf(SipUri);
    expect(Address.parse('<tel:+1>').uri).toBeInstanceOf(TelUri);
    expect(Address.parse('isbn:2983792873').uri).toBeInstanceOf(OtherUri);
  });
  test('it is made from parts, a URI, or a string', () => {
    expect(new Address('Bob <sip:b@h>').displayName).toBe('Bob');
    expect(new Address(new SipUri({ host: 'h' })).toString()).toBe('<sip:h>');
    expect(new Address({ displayName: 'Жук', uri: 'sip:h', parameters: { tag: '1' } }).toString()).toBe(
      '"Жук" <sip:h>;tag=1',
    );
    const address = new Address('sip:h');
    expect(Address.of(address)).toBe(address);
    expect(Address.of('sip:h')).toEqual(address);
  });
  test('a copy shares nothing, and is written as the original', () => {
    const address = Address.parse('<sip:h>;X="1"');
    const copy = address.clone();
    expect(copy.toString()).toBe('<sip:h>;X="1"');
    (copy.uri as SipUri).user = 'a';
    copy.parameters.set('x', '2');
    expect([address.toString(), copy.toString()]).toEqual(['<sip:h>;X="1"', '<sip:a@h>;X=2']);
  });
  test.each([
    ['"Watson, Thomas" < sip:t.watson@example.org >', 'a scheme cannot contain " "'],
    ['Bell, Alexander <sip:a@h>', 'display name or its parameters'],
    ['"Mr. J. User <sip:j.user@example.com>', 'display name'],
    ['<sip:a@h', 'the "<" has no ">"'],
    ['sip:a@h?x=y', 'must be in < and >'],
    ['<sip:a@>', 'the host is missing at character 7'],
    ['<sip:a@h>;;', 'its display name or its parameters'],
    ['*', 'it has no scheme'],
    ['', 'it is empty'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => Address.parse(text)).toThrow(SipParseError);
    expect(() => Address.parse(text)).toThrow(message);
  });
});

describe('§20.20 equality', () => {
  test.each([
    ['"A" <sip:a@h>;tag=1', 'sip:a@H;tag=1'],
    ['<sip:a@h>;tag=1;x=2', '<sip:a@h>;tag=1'],
    ['<sip:a@h>;x=B', '<sip:a@h>;X=b'],
  ])('%s = %s', (a, b) => expect(Address.parse(a).equals(Address.parse(b))).toBe(true));
  test.each([
    ['<sip:a@h>;tag=1', '<sip:a@h>'],
    ['<sip:a@h>;tag=1', '<sip:a@h>;tag=2'],
    ['<sip:a@h>;x="B c"', '<sip:a@h>;x="b c"'],
    ['<sip:a@h>', '<sip:b@h>'],
  ])('%s ≠ %s', (a, b) => expect(Address.parse(a).equals(b)).toBe(false));
});

describe('an application cannot inject', () => {
  test('any display name and parameter value stays in its place', () => {
    const text = fc.string({ unit: 'grapheme' }).map((one) => one.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(text, text, (displayName, x) => {
        const again = Address.parse(new Address({ displayName, uri: 'sip:h', parameters: { x } }).toString());
        expect([again.displayName, again.parameters.get('x'), again.parameters.size]).toEqual([displayName, x, 1]);
      }),
    );
  });
  test('what cannot be written throws', () => {
    const address = (parts: object) => new Address({ uri: 'sip:h', ...parts }).toString();
    expect(() => address({ displayName: 'a\r\nX: y' })).toThrow('Address.displayName: a line break');
    expect(() => address({ displayName: '\udc00' })).toThrow('surrogate');
    expect(() => address({ parameters: { x: 'a\nb' } })).toThrow('Address x: a line break');
    expect(() => address({ parameters: { 'a;b': 'c' } })).toThrow('not a parameter name');
  });
});

describe('Parameterable', () => {
  test('the value and its parameters', () => {
    const reason = Parameterable.parse('SIP ;cause=200 ;text="Call completed; elsewhere"');
    expect([reason.value, ...reason.parameters]).toEqual([
      'SIP',
      ['cause', '200'],
      ['text', 'Call completed; elsewhere'],
    ]);
    expect(reason.toString()).toBe('SIP;cause=200;text="Call completed; elsewhere"');
    expect(Parameterable.parse('<http://h/;x>;a').value).toBe('<http://h/;x>');
    expect(new Parameterable('presence', { id: '7' }).toString()).toBe('presence;id=7');
  });
  test('equality and refusal', () => {
    expect(Parameterable.parse('a;B=1;c').equals(Parameterable.parse('a;c;b=1').clone())).toBe(true);
    expect(Parameterable.parse('a;b').equals(Parameterable.parse('a'))).toBe(false);
    expect(() => Parameterable.parse('a;;b')).toThrow('its parameters are not well formed at character 1');
    expect(() => new Parameterable('a\r\nb').toString()).toThrow('line break');
  });
});
