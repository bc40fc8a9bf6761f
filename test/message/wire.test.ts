// Octets in are octets out (§16.6: a proxy does not touch what it need not), and what is merged when they go out.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Malformed, parse, Request, Uri } from '../../container/message/index.js';
import { invite, request, requestOf, response, responseOf } from './samples.js';

/** What an application may do with the headers of a message. */
const EDITS = {
  push: (message: Request, name: string, value: string) => message.push(name, value),
  append: (message: Request, name: string, value: string) => message.append(name, value),
  set: (message: Request, name: string, value: string) => message.set(name, value),
  insert: (message: Request, name: string, value: string, index: number) => message.insert(name, value, index),
  delete: (message: Request, name: string) => message.delete(name),
  shift: (message: Request, name: string) => message.shift(name.toLowerCase()),
} as const;

const archive = new URL('../torture/rfc4475/', import.meta.url);

describe('§16.6 what is not changed goes on as received', () => {
  test.each(readdirSync(archive).filter((name) => name.endsWith('.dat')))(
    'RFC 4475 %s: octets in are octets out, when it is accepted',
    (name) => {
      const wire = readFileSync(new URL(name, archive), 'latin1');
      const message = parse(wire, 'datagram');
      if (message instanceof Malformed) return;
      const declared = message.contentLength;
      const end = declared === undefined ? wire.length : wire.indexOf('\r\n\r\n') + 4 + declared;
      expect(message.toWire()).toBe(wire.slice(0, end));
    },
  );

  const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const inline = octet.filter((c) => c !== '\r' && c !== '\n');
  const fold = fc.constantFrom('\r\n ', '\r\n\t ', ' \r\n  ');
  const value = fc
    .array(fc.oneof({ weight: 20, arbitrary: inline }, { weight: 1, arbitrary: fold }), { maxLength: 60 })
    .map((parts) => parts.join(''));
  const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-.!%*_+`'~"), minLength: 2, maxLength: 20 });
  const unknown = fc
    .tuple(token, fc.constantFrom(':', ': ', ' : ', '\t:', ':\r\n '), value)
    .map(([name, colon, text]) => `X-${name}${colon}${text}`);
  const body = fc.array(octet, { maxLength: 80 }).map((octets) => octets.join(''));
  const known = fc.record({
    Via: fc.constantFrom(
      'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
      'v:SIP / 2.0/TCP h:1 ;branch=x,\r\n SIP/2.0/UDP i',
      'VIA  : SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK2;rport',
    ),
    From: fc.constantFrom(
      'From: <sip:a@b>;tag=1',
      'f:sip:a@b',
      'fRoM :\r\n "\xd0\x9f \\" x"\t<tel:+1>;x="y;z" ; tag = q',
    ),
    To: fc.constantFrom('To: Bob <sip:b@c>', 't: <urn:service:sos>', 'TO:<sips:%41@[::1]:9?a=b>;tag=x'),
    'Call-ID': fc.constantFrom('Call-ID: x@y', 'i:a', 'CALL-id : (<>)@{}'),
  });

  test('§7 property: parse(x).toWire() is x, and a clone says the same', () => {
    fc.assert(
      fc.property(
        known,
        fc.array(unknown, { maxLength: 8 }),
        body,
        fc.constantFrom('INVITE', 'FOO'),
        (lines, extra, octets, method) => {
          const wire = request(method, { ...lines, Extra: extra }, octets);
          const message = requestOf(wire);
          expect(message.toWire()).toBe(wire);
          expect(message.clone().toWire()).toBe(wire);
          expect(message.body).toBe(octets);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('A20 property: a forwarded request carries every field but Via and Max-Forwards, and the body, as they came', () => {
    const sum = (octets: string) => createHash('sha256').update(octets, 'latin1').digest('hex');
    fc.assert(
      fc.property(fc.array(unknown, { maxLength: 8 }), body, (extra, octets) => {
        const wire = request('INVITE', { Extra: extra }, octets);
        const copy = requestOf(wire).clone();
        copy.push('Via', 'SIP/2.0/UDP proxy;branch=z9hG4bKp');
        copy.set('Max-Forwards', '69');
        copy.uri = 'sip:elsewhere.example.com';
        const start = wire.indexOf('\r\n') + 2;
        const expected = `INVITE sip:elsewhere.example.com SIP/2.0\r\nVia: SIP/2.0/UDP proxy;branch=z9hG4bKp\r\n${wire.slice(start).replace('Max-Forwards: 70', 'Max-Forwards: 69')}`;
        expect(copy.toWire()).toBe(expected);
        const again = requestOf(copy.toWire());
        expect(sum(again.body)).toBe(sum(octets));
        expect(again.fields.slice(2).map((field) => sum(field.toWire()))).toEqual(
          copy.fields.slice(2).map((field) => sum(field.toWire())),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('§7 property: whatever was edited, what is written is read back with the same values', () => {
    const name = fc.constantFrom('Via', 'X-One', 'x-two', 'Subject', 's', 'Contact');
    const text = fc.string({ unit: inline.filter((c) => c !== '\0'), maxLength: 20 });
    const hows = Object.keys(EDITS) as (keyof typeof EDITS)[];
    const edit = fc.tuple(fc.constantFrom(...hows), name, text, fc.nat(3));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        const message = requestOf(invite());
        for (const [how, header, what, index] of edits) if (header !== 'Via') EDITS[how](message, header, what, index);
        const again = requestOf(message.toWire());
        expect(again.toWire()).toBe(message.toWire());
        expect(again.fields.map((field) => [field.key, field.value])).toEqual(
          message.fields.map((field) => [field.key, field.value]),
        );
      }),
      { numRuns: 300 },
    );
  });
});

test('§7.5 stray CRLFs before and octets behind a message do not appear in what is sent on', () => {
  const wire = request('OPTIONS', {}, 'abc');
  expect(requestOf(`\r\n\r\n${wire}tail`).toWire()).toBe(wire);
});

test('§7.2 a response goes on as received', () => {
  const wire = response(183, { Extra: ['X:  \xff ', 'rSEQ:\r\n 1'] }, 'b\0dy');
  expect(responseOf(wire).toWire()).toBe(wire);
});

describe('§7 what is remembered of the text that came, and what is not', () => {
  const VIA = 'SIP/2.0/UDP proxy;branch=z9hG4bKp';
  const wire = request('OPTIONS', { Extra: 'X-A:  1 ' }, 'b\0dy');
  const pushed = wire.replace('\r\n', `\r\nVia: ${VIA}\r\n`);
  const line = (text: string, start: string) => text.replace(/^.*/, start);
  const changed = (text: string, change: (message: Request) => void): string => {
    const message = requestOf(text);
    change(message);
    return message.toWire();
  };

  test('§16.6 step 8 with a Via on top: all else as received, without CRLFs before and octets behind', () => {
    for (const text of [wire, `\r\n\r\n${wire}`, `${wire}tail`, `\r\n${wire}\r\n\r\n`]) {
      expect(changed(text, (message) => message.push('Via', VIA))).toBe(pushed);
    }
  });
  test('§7.1 §7.2 another start line, whichever part of it is set', () => {
    expect(changed(wire, (message) => (message.uri = 'sip:x'))).toBe(line(wire, 'OPTIONS sip:x SIP/2.0'));
    expect(changed(wire, (message) => (message.target = present(Uri.parse('tel:+1'))))).toBe(
      line(wire, 'OPTIONS tel:+1 SIP/2.0'),
    );
    expect(changed(wire, (message) => (message.method = 'INFO'))).toBe(
      line(wire, 'INFO sip:bob@biloxi.example.com SIP/2.0'),
    );
    const ringing = responseOf(response(180, { start: 'SIP/2.0 180 Ringing' }));
    ringing.status = 183;
    expect(ringing.toWire()).toBe(response(183, { start: 'SIP/2.0 183 Ringing' }));
    ringing.reason = '';
    expect(ringing.toWire()).toBe(response(183, { start: 'SIP/2.0 183 ' }));
  });
  test('§7.1 §7.2 a version in lower case is sent in upper case, a missing SP is sent', () => {
    expect(requestOf(wire.replace('SIP/2.0\r', 'sip/2.0\r')).toWire()).toBe(wire);
    for (const start of ['sip/2.0 200 ', 'SIP/2.0 200', 'siP/2.0 200']) {
      expect(responseOf(response(200, { start })).toWire()).toBe(response(200, { start: 'SIP/2.0 200 ' }));
    }
  });
  test('§7.4 another body, an empty one, and the one that came, given again', () => {
    const head = wire.slice(0, -4);
    for (const body of ['', 'other', 'b\0dy']) {
      expect(changed(wire, (message) => (message.body = body))).toBe(head + body);
    }
    expect(
      changed(wire, (message) => {
        message.append('X-B', '2');
        message.body = 'other';
      }),
    ).toBe(head.replace('1 \r\n', '1 \r\nX-B: 2\r\n').concat('other'));
  });
  test('§18.3 the head of a stream, to which its body is given', () => {
    const message = parse(wire.slice(0, -4), 'stream') as Request;
    message.push('Via', VIA);
    expect(message.toWire()).toBe(pushed.slice(0, -4));
    message.body = 'b\0dy';
    expect(message.toWire()).toBe(pushed);
  });
  test('§7.3 fields taken off, moved, or all gone', () => {
    expect(changed(wire, (message) => message.delete('X-A'))).toBe(wire.replace('X-A:  1 \r\n', ''));
    const lines = wire.split('\r\n');
    const reversed = [lines[0], ...lines.slice(1, -2).reverse(), '', 'b\0dy'].join('\r\n');
    expect(changed(wire, (message) => message.fields.reverse())).toBe(reversed);
    expect(changed(wire, (message) => (message.fields = []))).toBe(
      'OPTIONS sip:bob@biloxi.example.com SIP/2.0\r\n\r\nb\0dy',
    );
  });
  test('§16.6 step 1 a clone of what was changed, and a change of what was cloned', () => {
    const message = requestOf(wire);
    const first = message.clone();
    message.uri = 'sip:x';
    message.body = 'other';
    const second = message.clone();
    second.push('Via', VIA);
    expect(first.toWire()).toBe(wire);
    expect(first.body).toBe('b\0dy');
    expect(message.toWire()).toBe(line(wire, 'OPTIONS sip:x SIP/2.0').replace('b\0dy', 'other'));
    expect(second.toWire()).toBe(line(pushed, 'OPTIONS sip:x SIP/2.0').replace('b\0dy', 'other'));
  });
  test('§7 one that is packed and then changed', () => {
    const message = requestOf(`${wire}tail`);
    message.push('Via', VIA);
    message.pack();
    expect(message.clone().toWire()).toBe(pushed);
    message.pack();
    message.body = 'other';
    message.uri = 'sip:x';
    expect(message.toWire()).toBe(line(pushed, 'OPTIONS sip:x SIP/2.0').replace('b\0dy', 'other'));
  });
  test('§7.1 the parts of what was read stay what they are while other messages are read', () => {
    const message = requestOf(wire.replace('sip:bob@biloxi', 'SIPS:Bob@Biloxi'));
    requestOf(invite());
    expect([message.uri, message.target.user, message.target.host]).toEqual([
      'SIPS:Bob@Biloxi.example.com',
      'Bob',
      'biloxi.example.com',
    ]);
    expect([
      present(message.via).branch,
      present(message.via).host,
      present(message.via).text,
      message.from.tag,
    ]).toEqual([
      'z9hG4bK776asdhds',
      'pc33.atlanta.example.com',
      'SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK776asdhds;rport',
      '1928301774',
    ]);
  });
});

test('§7.3.1 fields of two messages and of ours mix in one', () => {
  const one = requestOf(request('OPTIONS', { Extra: ['Aa: 1', 'Bb: 2'] }));
  const two = requestOf(request('OPTIONS', { Extra: ['Aa: 3', 'Bb: 4'] }));
  const mixed = new Request('OPTIONS', 'sip:x', [
    present(one.first('bb')),
    present(one.first('aa')),
    present(one.first('bb')),
    present(two.first('aa')),
    present(two.first('bb')),
    present(one.first('aa')),
    present(one.first('bb')),
  ]);
  mixed.push('Cc', '5');
  expect(mixed.toWire()).toBe(
    'OPTIONS sip:x SIP/2.0\r\nCc: 5\r\nBb: 2\r\nAa: 1\r\nBb: 2\r\nAa: 3\r\nBb: 4\r\nAa: 1\r\nBb: 2\r\n\r\n',
  );
});
