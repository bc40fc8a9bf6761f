// §20.10 and §25.1: addresses, parameters, quoted strings and lists as the scanners read them.
import { readFileSync } from 'node:fs';
import { parameterOf, quote, scanAddress, scanParameters, splitList, unquote } from '@siplet/sdk/grammar';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

/** Unfolded value of the n-th header of that name in an RFC 4475 message. */
function value(message: string, name: string, index = 0): string {
  const text = readFileSync(new URL(`../torture/rfc4475/${message}.dat`, import.meta.url), 'latin1');
  const head = present(text.split('\r\n\r\n')[0]).replace(/\r\n[ \t]+/g, ' ');
  const lines = head.split('\r\n').filter((line) => line.slice(0, line.indexOf(':')).trim().toLowerCase() === name);
  return present(lines[index])
    .slice(present(lines[index]).indexOf(':') + 1)
    .trim();
}

describe('RFC 4475 addresses', () => {
  test('§3.1.1.1 wsinv: spaces around ";" and "=", and quotes with escapes', () => {
    const to = present(scanAddress(value('wsinv', 'to')));
    expect([to.uri, parameterOf(to.parameters, 'tag')]).toEqual(['sip:vivekg@chair-dnrc.example.com', '1918181833n']);
    const from = present(scanAddress(value('wsinv', 'from')));
    expect(from.displayName).toBe('"J Rosenberg \\\\\\""');
    expect(unquote(present(from.displayName))).toBe('J Rosenberg \\"');
    const contact = present(scanAddress(value('wsinv', 'm')));
    expect(scanParameters(contact.parameters)).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', true],
      ['q', '0.33'],
    ]);
    expect(present(scanAddress(value('wsinv', 'route'))).uri).toBe(
      'sip:services.example.com;lr;unknownwith=value;unknown-no-value',
    );
  });
  test('§3.1.1.2 intmeth: quoted controls, tokens as display name, UTF-8 in quotes', () => {
    const to = present(scanAddress(value('intmeth', 'to')));
    expect(unquote(present(to.displayName))).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    const from = present(scanAddress(value('intmeth', 'from')));
    expect(from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(parameterOf(from.parameters, "fromParam''~+*_!.-%")).toMatch(/^"[^"]+"$/);
    expect(parameterOf(from.parameters, 'tag')).toBe("_token~1'+`*%!-.");
  });
  test('§3.1.1.5 esc02: "%" in a display name is not an escape', () => {
    expect(scanAddress(value('esc02', 'to'))).toMatchObject({
      displayName: '"%Z%45"',
      uri: 'sip:resource@example.com',
    });
  });
  test('§3.1.1.6 lwsdisp: no space before "<"', () => {
    expect(scanAddress(value('lwsdisp', 'from'))).toMatchObject({
      displayName: 'caller',
      uri: 'sip:caller@example.com',
    });
  });
  test('§3.3.12, §3.3.13 cparam01 and cparam02: a parameter is the header’s outside of <> and the URI’s inside', () => {
    const one = present(scanAddress(value('cparam01', 'contact')));
    expect([one.uri, one.bracketed, one.parameters]).toEqual([
      'sip:+19725552222@gw1.example.net',
      false,
      ';unknownparam',
    ]);
    const two = present(scanAddress(value('cparam02', 'contact')));
    expect([two.uri, two.bracketed, two.parameters]).toEqual([
      'sip:+19725552222@gw1.example.net;unknownparam',
      true,
      '',
    ]);
  });
  test.each([
    ['§3.1.2.1 badinv01: empty parameters', 'badinv01', 'contact'],
    ['§3.1.2.6 quotbal: unbalanced quotes', 'quotbal', 'to'],
    ['§3.1.2.13 regbadct: headers outside of <>', 'regbadct', 'contact'],
    ['§3.1.2.14 badaspec: spaces in <>', 'badaspec', 'to'],
    ['§3.1.2.15 baddn: a comma without quotes', 'baddn', 'from'],
  ])('%s', (_, message, name) => expect(scanAddress(value(message, name))).toBeUndefined());
});

describe('§20.10 name-addr and addr-spec', () => {
  test.each([
    ['sip:a@b', undefined, 'sip:a@b', ''],
    [' <sip:a@b> ', undefined, 'sip:a@b', ''],
    ['<sip:a@b;x?y=z> ;tag=1', undefined, 'sip:a@b;x?y=z', ';tag=1'],
    ['sip:a@b;tag=1', undefined, 'sip:a@b', ';tag=1'],
    ['"" <sip:a@b>', '""', 'sip:a@b', ''],
    ['"a, <b>; \\" c" <sip:a@b>;x="<;>"', '"a, <b>; \\" c"', 'sip:a@b', ';x="<;>"'],
    ['Жук <tel:+1>', 'Жук', 'tel:+1', ''],
    ['"😀" <sip:a@b>', '"😀"', 'sip:a@b', ''],
    ['<sip:a@b>;received=2001:db8::1;h=[::1]', undefined, 'sip:a@b', ';received=2001:db8::1;h=[::1]'],
  ])('%s', (text, displayName, uri, parameters) =>
    expect(scanAddress(text)).toMatchObject({ displayName, uri, parameters }),
  );
  test.each([
    '',
    ' ',
    '*',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '<sip:a@b>>',
    '<sip:a@b> x',
    '<sip:a@b>,<sip:c@d>',
    'sip:a,b@c',
    'sip:a;b@c',
    'sip:a@b?x=y',
    '"a"sip:a@b',
    '"a" "b" <sip:a@b>',
    '"a" b <sip:a@b>',
    'a "b" <sip:a@b>',
    '"a\\" <sip:a@b>',
    '"a\n" <sip:a@b>',
    '"a\0" <sip:a@b>',
    'a\r\n <sip:a@b>',
    '<sip:a@b>;tag=a\r\nX: y',
    '<sip:a@b>;=x',
    '<sip:a@b>;x="y',
    '<sip:a@b>;x=y z',
    '<sip:a@b>;x=é',
  ])('%j is not an address', (text) => expect(scanAddress(text)).toBeUndefined());
});

describe('§25.1 parameters', () => {
  test('a flag is true, a quoted value keeps its quotes, names have no case', () => {
    const text = ' ;a ; B = "x;\\"y" ;c=d;c=e';
    expect(parameterOf(text, 'A')).toBe(true);
    expect(parameterOf(text, 'b')).toBe('"x;\\"y"');
    expect(parameterOf(text, 'c')).toBe('d');
    expect(parameterOf(text, 'x')).toBeUndefined();
    expect(parameterOf('', 'x')).toBeUndefined();
    expect(scanParameters(text)).toEqual([
      ['a', true],
      ['B', '"x;\\"y"'],
      ['c', 'd'],
      ['c', 'e'],
    ]);
  });
  test('a name of a prototype is a name like others', () => {
    expect(parameterOf(';a', '__proto__')).toBeUndefined();
    expect(parameterOf(';__proto__=x', '__proto__')).toBe('x');
  });
  test.each(['a', ';', ';;', ';a;', ';a;;b', ';a=', ';a b', ';a="b', ';a="b"c', ';=a', ';a=b/c', ';a=<b>'])(
    '%j is malformed',
    (text) => expect(scanParameters(text)).toBeUndefined(),
  );
});

describe('§7.3.1 lists', () => {
  test.each([
    ['a,b', ['a', 'b']],
    [' a , , b ,', ['a', 'b']],
    ['', []],
    ['"a, b" <sip:c,d@e>;x="f,g", <sip:h>', ['"a, b" <sip:c,d@e>;x="f,g"', '<sip:h>']],
    ['"a\\", b", c', ['"a\\", b"', 'c']],
    ['"a, b', ['"a, b']],
    ['<a, b', ['<a, b']],
    ['SIP/2.0/UDP a;branch=1 , SIP/2.0/UDP b', ['SIP/2.0/UDP a;branch=1', 'SIP/2.0/UDP b']],
  ])('%s', (text, elements) => expect(splitList(text)).toEqual(elements));
});

describe('§25.1 quoted-string', () => {
  test('what was quoted comes back, line breaks aside', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => unquote(quote(text)) === text.replace(/[\r\n]/g, ' ')),
    );
  });
  test('what was quoted is a display name', () => {
    const encodable = fc.string({ unit: 'binary' });
    fc.assert(fc.property(encodable, (text) => scanAddress(`${quote(text)} <sip:a@b>`)?.displayName === quote(text)));
  });
});
