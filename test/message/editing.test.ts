// Editing: the list semantics of header fields, sharing between clones, and what is refused (§7.3, §16.6).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Field, Request, Response } from '../../container/message/index.js';
import { invite, request, requestOf } from './samples.js';

const lines = (message: { fields: Field[] }) => message.fields.map((field) => field.toWire().trimEnd());
const small = () =>
  new Request('OPTIONS', 'sip:a@b', [
    Field.of('Via', 'one'),
    Field.of('X-A', '1'),
    Field.of('v', 'two'),
    Field.of('X-A', '2'),
    Field.of('To', 't'),
  ]);

describe('push, append, insert, set, delete, shift', () => {
  test('§16.6 step 8 push writes above the first of that key, in compact form too', () => {
    const message = small();
    message.push('Via', 'zero');
    message.push('x-a', '0');
    expect(lines(message)).toEqual(['Via: zero', 'Via: one', 'x-a: 0', 'X-A: 1', 'v: two', 'X-A: 2', 'To: t']);
  });
  test('§16.6 step 4 push writes above all where there was none', () => {
    const message = small();
    message.push('Record-Route', '<sip:p;lr>');
    expect(lines(message)[0]).toBe('Record-Route: <sip:p;lr>');
  });
  test('§7.3 append writes below the last of that key, or at the end', () => {
    const message = small();
    message.append('Via', 'three');
    message.append('New', 'x');
    expect(lines(message)).toEqual(['Via: one', 'X-A: 1', 'v: two', 'Via: three', 'X-A: 2', 'To: t', 'New: x']);
  });
  test('§7.3 insert writes as the index-th, or as the last', () => {
    const message = small();
    message.insert('X-A', 'b', 1);
    message.insert('X-A', 'z', 9);
    message.insert('New', 'n', 0);
    expect(message.values('x-a')).toEqual(['1', 'b', '2', 'z']);
    expect(lines(message).at(-1)).toBe('New: n');
  });
  test('§7.3 set replaces all of that key at the place of the first', () => {
    const message = small();
    message.set('VIA', ['a', 'b', 'c']);
    expect(lines(message)).toEqual(['VIA: a', 'VIA: b', 'VIA: c', 'X-A: 1', 'X-A: 2', 'To: t']);
    message.set('To', 'u');
    message.set('X-A', []);
    message.set('New', 'n');
    expect(lines(message)).toEqual(['VIA: a', 'VIA: b', 'VIA: c', 'To: u', 'New: n']);
  });
  test('§7.3 delete takes all of that key and tells whether there were any', () => {
    const message = small();
    expect([message.delete('via'), message.delete('Via'), message.has('via')]).toEqual([true, false, false]);
  });
  test('PFW-29 §7.3.1 shift takes one value off, whether it has its own line or not', () => {
    const joined = requestOf(
      request('OPTIONS', {
        Via: 'v:  SIP/2.0/UDP a;branch=1 ,\r\n SIP/2.0/UDP b;x="q,r";branch=2',
        Lower: 'Via: SIP/2.0/UDP c;branch=3',
      }),
    );
    expect(present(joined.via).branch).toBe('1');
    expect(joined.shift('via')).toBe('SIP/2.0/UDP a;branch=1');
    expect(present(joined.first('via')).toWire()).toBe('v: SIP/2.0/UDP b;x="q,r";branch=2\r\n');
    expect(present(joined.via).branch).toBe('2');
    expect(joined.shift('via')).toBe('SIP/2.0/UDP b;x="q,r";branch=2');
    expect(joined.shift('via')).toBe('SIP/2.0/UDP c;branch=3');
    expect(joined.shift('via')).toBeUndefined();
    expect(joined.via).toBeUndefined();
  });
  test.each([
    ['SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b;branch=2', 'SIP/2.0/UDP a;branch=1', 'SIP/2.0/UDP b;branch=2'],
    ['SIP/2.0/UDP a ,  SIP/2.0/UDP b, SIP/2.0/UDP c', 'SIP/2.0/UDP a', 'SIP/2.0/UDP b, SIP/2.0/UDP c'],
    ['SIP/2.0/UDP a,', 'SIP/2.0/UDP a', undefined],
    ['SIP/2.0/UDP a,,SIP/2.0/UDP b', 'SIP/2.0/UDP a', 'SIP/2.0/UDP b'],
    [',SIP/2.0/UDP a', 'SIP/2.0/UDP a', undefined],
    ['SIP/2.0/UDP a;x="1,2", SIP/2.0/UDP b', 'SIP/2.0/UDP a;x="1,2"', 'SIP/2.0/UDP b'],
  ])('§7.3.1 shift takes the first of %j', (via, first, rest) => {
    const message = new Request('INVITE', 'sip:bob@biloxi.example.com');
    message.append('Via', via);
    expect([message.shift('via'), message.value('via')]).toEqual([first, rest]);
  });

  test('A21 shift of a list with a NUL in a display name does not throw', () => {
    const message = requestOf(invite({ Route: 'Route: <sip:a;lr>, "x\\\0y" <sip:b;lr>' }));
    expect(message.shift('route')).toBe('<sip:a;lr>');
    expect(present(message.routes('route')[0]).target.host).toBe('b');
  });
});

describe('sharing', () => {
  test('§16.6 step 1 what is edited on a clone is not seen on the original, nor the other way round', () => {
    const original = requestOf(invite());
    const wire = original.toWire();
    const copy = original.clone();
    expect(copy.toWire()).toBe(wire);
    copy.push('Via', 'SIP/2.0/UDP p;branch=z9hG4bKp');
    copy.set('Max-Forwards', '69');
    copy.delete('Contact');
    copy.uri = 'sip:new@example.com';
    copy.setBody('x', 'text/plain');
    copy.shift('to');
    expect(original.toWire()).toBe(wire);
    expect(original.target.host).toBe('biloxi.example.com');
    const second = original.clone();
    original.set('To', '<sip:x@y>');
    original.fields.length = 2;
    expect(second.toWire()).toBe(wire);
  });
  test('§16.7 step 3 a response is cloned too', () => {
    const response = new Response(180, 'Ringing', [Field.of('To', 'a')]);
    const copy = response.clone();
    copy.status = 183;
    copy.reason = 'Progress';
    copy.set('To', 'b');
    expect(response.toWire()).toBe('SIP/2.0 180 Ringing\r\nTo: a\r\n\r\n');
    expect(copy.toWire()).toBe('SIP/2.0 183 Progress\r\nTo: b\r\n\r\n');
  });
  test('§7.3 untouched fields are the very same objects', () => {
    const original = requestOf(invite());
    const copy = original.clone();
    copy.push('Via', 'x');
    expect(copy.fields.slice(1)).toEqual(original.fields);
    expect(copy.fields.every((field, i) => i === 0 || field === original.fields[i - 1])).toBe(true);
  });
});

test('§7.4 setBody writes Content-Type and Content-Length in octets', () => {
  const message = requestOf(invite());
  message.setBody('K\xc3\xb6ln', 'text/plain');
  expect([message.contentLength, message.value('content-type'), message.body]).toEqual([
    5,
    'text/plain',
    'K\xc3\xb6ln',
  ]);
  expect(message.toWire().endsWith('Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nK\xc3\xb6ln')).toBe(true);
  expect(() => message.setBody('\u{1f600}', 'text/plain')).toThrow(TypeError);
});

describe('A17 header injection', () => {
  const message = new Request('OPTIONS', 'sip:a@b');
  test.each(['a\r\nX: y', 'a\nX: y', 'a\rX: y', 'a\0', 'a\u010aX: y', 'a\u010d', '\r\n x'])(
    'A17 §7.3 the value %j is refused',
    (value) => {
      expect(() => Field.of('Subject', value)).toThrow(/^the value of Subject contains/);
      for (const edit of [
        () => message.push('s', value),
        () => message.append('s', value),
        () => message.insert('s', value, 0),
        () => message.set('s', value),
      ]) {
        expect(edit).toThrow(TypeError);
      }
      expect(() => message.set('Subject', ['fine', value])).toThrow(TypeError);
      expect(message.fields).toEqual([]);
      expect(() => {
        new Response(200, 'OK').reason = value;
      }).toThrow(TypeError);
    },
  );
  test.each(['', ' ', 'a b', 'a:', 'a\r\nb', 'ä', 'a\0', '(x)', 'a\u0100'])(
    'A17 §7.3.1 the name %j is refused',
    (name) => {
      expect(() => Field.of(name, 'x')).toThrow(TypeError);
    },
  );
  test.each(['', 'sip:a b@c', 'sip:a@b\r\nX: y', 'sip:a@b SIP/2.0\r\n', 'sip:\xe4@b', 'sip:a@b\u010a'])(
    'A17 §7.1 the Request-URI %j is refused',
    (uri) => {
      expect(() => {
        message.uri = uri;
      }).toThrow(TypeError);
      expect(message.uri).toBe('sip:a@b');
    },
  );
  test('§7.3.1 blanks around a value are dropped, octets of UTF-8 are not', () => {
    expect(Field.of('Subject', ' \t \xc3\xa0 ').value).toBe('\xc3\xa0');
    expect(Field.of('Subject', 'caf\xc3\xa0').value).toBe('caf\xc3\xa0');
  });
});
