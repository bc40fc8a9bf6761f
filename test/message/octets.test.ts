// Messages are read through a table of octets, which is filled in steps: no step shows (§7).
import { expect, test } from 'vitest';
import { Party, parse, Request, Uri, Via } from '../../container/message/index.js';
import { invite, malformedOf, requestOf } from './samples.js';

/** An INVITE with a line of so many x before its last fields. */
const padded = (count: number, end = '\r\n') =>
  invite({ Contact: `Subject: ${'x'.repeat(count)}${end}Contact: <sip:alice@pc33.atlanta.example.com>` });

test('§7.3.1 a line may end at any octet of the first 4 KiB: what comes in goes out', () => {
  for (let count = 1; count < 3800; count += count > 500 && count < 900 ? 1 : 7) {
    const wire = padded(count);
    const request = requestOf(wire);
    expect(request.toWire()).toBe(wire);
    expect([request.value('subject')?.length, request.contentLength]).toEqual([count, request.body.length]);
  }
});

test.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR CR LF', '\r\r\n'],
])('§7.3.1 a lone %s is found at any octet of the first 2 KiB', (_, end) => {
  for (let count = 1; count < 1800; count += count > 500 && count < 900 ? 1 : 7) {
    const { status, reason } = malformedOf(padded(count, end));
    expect([count, status, reason]).toEqual([count, 400, 'Bad Request - a lone CR or LF']);
  }
});

test('§7.3.1 a fold is read at any octet of the first 2 KiB', () => {
  for (let count = 1; count < 1800; count += count > 500 && count < 900 ? 1 : 7) {
    expect(requestOf(padded(count, '\r\n and\r\n')).value('subject')).toBe(`${'x'.repeat(count)} and`);
  }
});

test('§7.5 CRLFs before a message count for nothing', () => {
  const wire = invite();
  for (const count of [1, 600, 40_000]) expect(requestOf('\r\n'.repeat(count) + wire).toWire()).toBe(wire);
});

test('§7 nothing of the message before shows in the next one', () => {
  const long = padded(3000);
  for (let cut = 1; cut < 600; cut++) {
    requestOf(long);
    const wire = long.slice(0, cut);
    const alone = parse(wire, 'datagram');
    expect(alone instanceof Request).toBe(false);
    requestOf(invite());
    expect(parse(wire, 'datagram')).toEqual(alone);
  }
});

test('§25.1 a character that is not an octet is not taken for the octet that it would be cut to', () => {
  expect(Uri.parse('sip:bob@ex\u0141mple.com')).toBeUndefined();
  expect(Uri.parse('sip:b\u0141b@example.com')).toBeUndefined();
  expect(Party.parse('<sip:bob@example.com>;tag=\u0141')).toBeUndefined();
  expect(Via.parse('SIP/2.0/UDP example.com;branch=z9hG4bK\u0141')).toBeUndefined();
});

test('§25.1 a piece that is longer than any head is read as well', () => {
  const user = 'a'.repeat(100_000);
  expect(Uri.parse(`sip:${user}@example.com`)?.user).toBe(user);
  expect(Via.parse(`SIP/2.0/UDP example.com;branch=${user}`)?.branch).toBe(user);
});

test.each(['Via', 'CONTENT-LENGTH', 'max-forwards', 'cSEQ', 'tO', 'Call-Id'])(
  '§7.3.1 %s in that case is that header',
  (name) => {
    const usual = /^(Via|Content-Length|Max-Forwards|CSeq|To|Call-ID):/gim;
    const wire = invite().replace(usual, (line) =>
      line.toLowerCase() === `${name.toLowerCase()}:` ? `${name}:` : line,
    );
    const request = requestOf(wire);
    expect(request.fields.some((field) => field.name === name && field.role !== 0)).toBe(true);
    expect(request.toWire()).toBe(wire);
  },
);

test.each(['Vja', 'Call\xadID', 'Call\x0dID', 'Max_Forwards', 'T\x4f\x00', 'Content-Lengt'])(
  '§7.3.1 %j is none of the usual names',
  (name) => {
    const message = parse(invite({ Contact: `${name}: 1` }), 'datagram');
    if (message instanceof Request) expect(message.fields.at(-3)).toMatchObject({ key: name.toLowerCase(), role: 0 });
    else expect(message).toMatchObject({ status: 400 });
  },
);
