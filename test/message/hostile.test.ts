// Octets that mean harm: nothing throws, nothing takes more than linear time, nothing is mistaken for what it is not.
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { headerName, Malformed, parse, Request, responseTo } from '../../container/message/index.js';
import { isWithin, leastCpuTime } from '../world/cpu-time.js';
import { invite, malformedOf, request, response } from './samples.js';

/** All that the layers above do with a message at once. */
function read(wire: string, framing: 'datagram' | 'stream' = 'datagram'): void {
  const message = parse(wire, framing);
  if (message instanceof Malformed && message.request === undefined) return;
  const whole = message instanceof Malformed ? present(message.request) : message;
  void [
    whole.via?.sentBy,
    whole.from.uri,
    whole.from.tag,
    whole.from.displayName,
    whole.to.target.host,
    whole.cseq.number,
    whole.callId,
  ];
  void [
    whole.contentLength,
    whole.maxForwards,
    whole.vias(),
    whole.routes('route'),
    whole.routes('contact'),
    whole.routes('record-route'),
  ];
  for (const field of whole.fields) void [field.name, field.value, whole.values(field.key)];
  whole.clone().toWire();
  if (whole instanceof Request) {
    void [whole.target.transport, whole.target.lr, whole.target.parts];
    responseTo(whole, 400, undefined, 'tag').toWire();
  }
}

const TYPICAL: [name: string, wire: string][] = [
  ['INVITE', invite()],
  [
    'folded INVITE',
    invite({
      Via: 'v:\r\n SIP / 2.0\r\n /UDP h;branch\r\n =1,\r\n SIP/2.0/TCP [::1]',
      From: 'f:\r\n "x\\"\r\n y" <sip:a@b>\r\n ;tag=1',
    }),
  ],
  ['ACK', request('ACK', { Route: 'Route: <sip:a;lr>, "b" <sip:b;lr>;x="y"' })],
  ['CANCEL', request('CANCEL', { Reason: 'Reason: SIP;cause=200;text="Call completed elsewhere"' })],
  ['BYE', request('BYE', { To: 'To: sip:b@c;tag=1' })],
  [
    'REGISTER',
    request('REGISTER', {
      Contact: 'm: "x" <sip:a@b;ob>;expires=60;+sip.instance="<urn:uuid:1>", *',
      Path: 'Path: <sip:p;lr>',
    }),
  ],
  ['OPTIONS to tel', request('OPTIONS', { start: 'OPTIONS tel:+1-555;phone-context=x SIP/2.0' })],
  ['MESSAGE', request('MESSAGE', {}, 'a\0\r\n\r\nb')],
  ['180', response(180, { 'Record-Route': 'Record-Route: <sip:p;lr>' })],
  ['200', response(200, {}, 'v=0\r\n')],
  ['401', response(401, { 'WWW-Authenticate': 'WWW-Authenticate: Digest realm="a, b", nonce="c", qop="auth"' })],
];

describe('A03 truncation', () => {
  test.each(TYPICAL)('A03 %s cut after every k octets, in both framings: never a throw', (_, wire) => {
    for (let k = 0; k <= wire.length; k++) {
      read(wire.slice(0, k));
      read(wire.slice(0, k), 'stream');
      read(`${wire.slice(0, k)}\r\n\r\n`);
    }
  });
  test.each(TYPICAL)('A01 %s with each octet replaced by NUL, CR, LF, quote, 0xff: never a throw', (_, wire) => {
    for (let k = 0; k < wire.length; k++)
      for (const octet of '\0\r\n"\xff<;, ') read(wire.slice(0, k) + octet + wire.slice(k + 1));
  });
  test('A03 every header emptied', () => {
    for (const [, wire] of TYPICAL)
      for (const line of wire.slice(0, wire.indexOf('\r\n\r\n')).split('\r\n'))
        read(wire.replace(line, line.replace(/:.*/s, ':')));
  });
});

describe('A14 A15 time', () => {
  const HEADERS = [
    'Via',
    'From',
    'To',
    'Call-ID',
    'CSeq',
    'Max-Forwards',
    'Content-Length',
    'Route',
    'Record-Route',
    'Contact',
    'Subject',
    'Date',
    'X-Unknown',
    'Authorization',
  ];
  const ATOMS = [
    '"',
    '\\',
    '(',
    ';',
    ',',
    ' ',
    '\t',
    '<',
    '>',
    '%',
    ':',
    '@',
    'a=a;',
    '[',
    '\r\n ',
    '\r\n\t\r\n ',
    'a,',
    '"\\',
    '<sip:a>,',
    ';lr',
    '?a=b&',
    '0',
    '.',
    'a.',
    '\0',
    '\xff',
  ];
  const wire = (header: string, atom: string, size: number, prefix: string) =>
    request('OPTIONS', { [header]: `${header}: ${prefix}${atom.repeat(Math.floor(size / atom.length))}` });
  /** Milliseconds, on a slow host too: what is not linear takes seconds. */
  const isQuick = (text: string) => isWithin(100, () => read(text));
  const isLinear = (ofSize: (size: number) => string) => {
    const whole = ofSize(60_000);
    // Below this the clock says nothing about growth: what is not linear takes seconds.
    if (isWithin(20, () => read(whole), 1)) return true;
    const half = ofSize(30_000);
    const least = (text: string, times: number) => leastCpuTime(() => read(text), times);
    return [3, 30].some((times) => least(whole, times) < 2.5 * least(half, times));
  };
  test.each(HEADERS)('A14 A15 60 KiB of hostile octets in %s: less than 2.5 times what half of it takes', (header) => {
    for (const atom of ATOMS) {
      for (const prefix of ['', '<sip:a@b>;x', 'SIP/2.0/UDP h;branch=', '"']) {
        const linear = isLinear((size) => wire(header, atom, size, prefix));
        expect([atom, prefix, linear]).toEqual([atom, prefix, true]);
      }
    }
  });
  test('A14 60 KiB in the Request-URI and the method', () => {
    for (const atom of ATOMS.filter((a) => !a.includes('\r'))) {
      for (const start of [
        `OPTIONS sip:${atom.repeat(60_000 / atom.length)} SIP/2.0`,
        `${atom.repeat(60_000 / atom.length)} sip:a SIP/2.0`,
      ]) {
        expect(isQuick(request('OPTIONS', { start }))).toBe(true);
      }
    }
  });
  test('A15 10,000 continuation lines, 60 KB of blanks, comments nested 20,000 deep', () => {
    for (const line of [
      `Subject: a${'\r\n b'.repeat(10_000)}`,
      `Subject:${' '.repeat(60_000)}`,
      `Date: ${'('.repeat(20_000)}`,
      `Subject: ${'\r\n '.repeat(20_000)}`,
    ]) {
      expect(isQuick(request('OPTIONS', { Extra: line }))).toBe(true);
    }
  });
  test('A07 a tag, branch, Call-ID and method of 1 to 60 KiB; 5 to 5,000 repeated headers', () => {
    for (const size of [1024, 16_384, 60_000]) {
      const long = 'x'.repeat(size);
      for (const text of [
        request('OPTIONS', { From: `From: <sip:a@b>;tag=${long}` }),
        request('OPTIONS', { Via: `Via: SIP/2.0/UDP h;branch=${long}` }),
        request('OPTIONS', { 'Call-ID': `Call-ID: ${long}` }),
        request(long.slice(0, 30_000)),
      ]) {
        expect(isQuick(text)).toBe(true);
      }
    }
    for (const name of ['Accept', 'Via', 'Route', 'Contact', 'Content-Length', 'From']) {
      for (const count of [5, 50, 500, 5000])
        expect(isQuick(request('OPTIONS', { Extra: Array.from({ length: count }, () => `${name}: <sip:a>`) }))).toBe(
          true,
        );
    }
  });
});

describe('A16 header names', () => {
  const names = ['P-Asserted-Identity', 'Contact', 'X-Bypass-me'];
  test.each(names)('A16 §7.3.1 %s with odd octets in or behind its name is refused with 400', (name) => {
    for (let code = 0; code < 256; code++) {
      const octet = String.fromCharCode(code);
      if (/[A-Za-z0-9\-.!%*_+`'~ \t:]/.test(octet)) continue;
      for (const line of [
        `${name}${octet}: x`,
        `${octet}${name}: x`,
        `${name.slice(0, 3)}${octet}${name.slice(3)}: x`,
      ]) {
        expect(malformedOf(request('OPTIONS', { Extra: line })).status).toBe(400);
      }
    }
    for (const line of [`${name}`, `${name}\r\n : x`, `${name} y: x`, ': x', ' : x']) {
      const before = line.startsWith(' ') ? { start: `OPTIONS sip:a SIP/2.0\r\n${line}` } : { Extra: line };
      expect(malformedOf(request('OPTIONS', before)).status).toBe(400);
    }
  });
  test('A16 every accepted spelling has the same key, and deleting the header takes them all', () => {
    const spellings = ['Contact: a', 'CONTACT : b', 'contact\t: c', 'm: d', 'M \t :\r\n e', 'cOnTaCt:f, g'];
    const message = parse(request('OPTIONS', { Contact: undefined, Extra: spellings }), 'datagram') as Request;
    expect(message.values('contact')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    message.delete('Contact');
    expect(message.toWire()).not.toMatch(/^(contact|m)\s*:/im);
    expect(headerName('CONTACT')?.key).toBe('contact');
  });
});

test('A03 CVE replay: the Via of GHSA-wxfg-3gwh-rhvx is refused, and the process lives', () => {
  expect(malformedOf(invite({ Via: 'Via: SIP/2.0/\x16UD~PTo :::]' }))).toMatchObject({
    status: 400,
    request: undefined,
  });
  expect(malformedOf(invite({ Via: 'Via: SIP/2.0/\x16UD~PTo :::]\n' })).status).toBe(400);
  read('0 0 SIP\r\nV:/\r\n\r\n');
});

test('PRV-01 §18.2.2 a Via whose parameters are at fault still says where the 400 goes', () => {
  const fault = malformedOf(invite({ Via: 'Via: SIP/2.0/UDP 192.0.2.15:5070;branch=z9hG4bK1;;,;,,' }));
  expect(present(fault.request).via).toMatchObject({ host: '192.0.2.15', port: 5070, branch: 'z9hG4bK1' });
});

test('A13 a message full of __proto__ leaves Object unchanged', () => {
  read(
    request('OPTIONS', {
      start: 'OPTIONS sip:__proto__@example.com;__proto__=x;constructor SIP/2.0',
      From: 'From: <sip:__proto__@constructor>;__proto__=polluted;tag=__proto__',
      Extra: ['__proto__: polluted', 'constructor: polluted', 'toString: x'],
    }),
  );
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('A25 a Request-URI of 60 KB is read or refused at once', () => {
  for (const size of [8_000, 60_000])
    read(request('OPTIONS', { start: `OPTIONS sip:${'a'.repeat(size)}@example.com SIP/2.0` }));
});
