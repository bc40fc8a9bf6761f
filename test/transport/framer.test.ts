// Streams cut into messages (§18.3): wherever they are cut, and whatever a peer sends instead of messages.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Malformed, Request } from '../../container/message/index.js';
import { FRAMER_LIMITS, Framer, type FramerLimits } from '../../container/transport/framer.js';
import { leastCpuTime } from '../world/cpu-time.js';
import { FakeClock, request, response } from './fakes.js';

/** What a framer made of a stream, one line an event. */
class Reader {
  readonly events: string[] = [];
  readonly bodies: string[] = [];
  readonly clock = new FakeClock();
  readonly framer: Framer;

  constructor(limits: Partial<FramerLimits> = {}) {
    this.framer = new Framer(
      {
        message: (message) => {
          if (message instanceof Malformed) {
            const method = message.request === undefined ? '' : ` of ${message.request.method}`;
            this.events.push(`malformed ${message.status}${method}`);
          } else {
            this.bodies.push(message.body);
            const name = message instanceof Request ? message.method : message.status;
            this.events.push(`${name} ${message.body.length}`);
          }
        },
        ping: () => this.events.push('ping'),
        broken: (why) => this.events.push(`broken: ${why}`),
      },
      this.clock,
      { ...FRAMER_LIMITS, ...limits },
    );
  }

  whole(...chunks: string[]): string[] {
    for (const chunk of chunks) this.framer.push(chunk);
    return this.events;
  }

  octets(stream: string): string[] {
    for (const octet of stream) this.framer.push(octet);
    return this.events;
  }
}

const torture = (name: string): string =>
  readFileSync(new URL(`../torture/rfc4475/${name}.dat`, import.meta.url), 'latin1');

const invite = request({ method: 'INVITE', body: 'v=0\r\n\r\n\xff\x00' });
const plain = request();

/**
 * Each stream and what it holds. A stream that leaves the framer at the start of a message is also tried with one
 * behind it.
 */
const CASES: [title: string, stream: string, events: string[], goesOn: boolean][] = [
  ['a request', plain, ['OPTIONS 0'], true],
  ['a request with a body that holds an empty line', invite, ['INVITE 9'], true],
  ['a response', response('SIP/2.0/TCP h;branch=z9hG4bK1'), ['200 0'], true],
  ['TRP-13 §7.5 line ends before a start line', `\r\n${plain}`, ['OPTIONS 0'], true],
  [
    'TRP-14 RFC 5626 §3.5.1 a ping between messages',
    `${plain}\r\n\r\n${plain}`,
    ['OPTIONS 0', 'ping', 'OPTIONS 0'],
    true,
  ],
  ['RFC 5626 §4.4.1 a pong that we get', `\r\n${plain}\r\n`, ['OPTIONS 0'], true],
  ['a body in compact form', request({ length: 'l:  3 \r\n', body: 'abc' }), ['OPTIONS 3'], true],
  [
    'TRP-12 §18.3 no Content-Length',
    request({ length: '' }),
    ['malformed 400 of OPTIONS', 'broken: a malformed message of uncertain length'],
    false,
  ],
  [
    'A19 two lengths that agree',
    request({ length: 'Content-Length: 0\r\nl: 0\r\n' }),
    ['malformed 400 of OPTIONS', 'broken: a malformed message of uncertain length'],
    false,
  ],
  [
    'B02 a length that wraps around 2^32, with a message in the body',
    request({ length: `Content-Length: ${2 ** 32 + plain.length}\r\n`, body: plain }),
    ['malformed 400 of OPTIONS', 'broken: a malformed message of uncertain length'],
    false,
  ],
  [
    'B02 a length that wraps around 2^64',
    request({ length: 'Content-Length: 18446744073709551617\r\n', body: plain }),
    ['malformed 400 of OPTIONS', 'broken: a malformed message of uncertain length'],
    false,
  ],
  [
    'a fault elsewhere than in the framing leaves the connection',
    request({ via: 'SIP/2.0/TCP h;;branch=z9hG4bK1', body: 'abc' }),
    ['malformed 400 of OPTIONS'],
    true,
  ],
  ['C26 a POST', 'POST / HTTP/1.1\r\nHost: x\r\n\r\n', ['broken: not SIP: an HTTP request'], false],
  ['C26 a GET', 'GET / HTTP/1.1\r\n\r\n', ['broken: not SIP: an HTTP request'], false],
  ['C26 OPTIONS of HTTP', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', ['broken: not SIP: an HTTP request'], false],
  ['C26 a method of HTTP that is longest', 'CONNECT a:1 HTTP/1.1\r\n', ['broken: not SIP: an HTTP request'], false],
  ['TLS', '\x16\x03\x01\x02\x00', ['broken: not SIP: a start line begins with a printable character'], false],
];

describe.each(CASES)('%s', (_title, stream, events, goesOn) => {
  test('TRP-10 §18.3 whole, and octet by octet', () => {
    expect(new Reader().whole(stream)).toEqual(events);
    expect(new Reader().octets(stream)).toEqual(events);
  });

  test('TRP-11 §18.3 with the next message behind it', () => {
    const all = goesOn ? [...events, 'INVITE 9'] : events;
    expect(new Reader().whole(stream + invite)).toEqual(all);
    expect(new Reader().octets(stream + invite)).toEqual(all);
  });

  test('B07 cut in two at every octet', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(new Reader().whole(stream.slice(0, cut), stream.slice(cut))).toEqual(events);
    }
  });
});

test('TRP-10 §18.3 any cuts give the same messages, bodies too', () => {
  const part = fc.constantFrom(plain, invite, '\r\n', request({ method: 'INFO', body: '\r\n\r\nOPTIONS ' }));
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), cuts, (parts, sizes) => {
      const stream = parts.join('');
      const one = new Reader();
      one.whole(stream);
      const other = new Reader();
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = present(sizes[i % sizes.length]);
        other.framer.push(stream.slice(at, at + size));
        at += size;
      }
      expect(other.events).toEqual(one.events);
      expect(other.bodies).toEqual(one.bodies);
    }),
  );
});

test('TRP-11 §18.3 ten messages in one segment, in order', () => {
  const all = Array.from({ length: 10 }, (_, i) => request({ method: 'INFO', body: 'x'.repeat(i) }));
  const reader = new Reader();
  expect(reader.whole(all.join(''))).toEqual(all.map((_, i) => `INFO ${i}`));
});

describe('RFC 4475 over a stream', () => {
  test('§3.1.2.2 clerr: waits for the missing octets, then closes', () => {
    const reader = new Reader();
    expect(reader.whole(torture('clerr'))).toEqual([]);
    reader.clock.advance(29_999);
    expect(reader.events).toEqual([]);
    reader.clock.advance(1);
    expect(reader.events).toEqual(['broken: the body was not complete in time']);
  });

  test.each(['ncl', 'mcl01'])('§3.1.2.3, §3.3.9 %s: 400, then closes', (name) => {
    const [first, second, ...rest] = new Reader().whole(torture(name) + plain);
    expect(first).toMatch(/^malformed 400 of (INVITE|OPTIONS)$/);
    expect(second).toMatch(/^broken/);
    expect(rest).toEqual([]);
  });

  test('§3.1.1.8 dblreq: what is behind the first message is the next message', () => {
    const events = new Reader().whole(torture('dblreq'));
    expect(events[0]).toBe('REGISTER 0');
    expect(events.slice(1).join()).toMatch(/INVITE/);
  });

  test('§3.1.2.15 baddn: without an empty line it is a message that is not complete', () => {
    const reader = new Reader();
    expect(reader.whole(torture('baddn'))).toEqual([]);
    reader.clock.advance(10_000);
    expect(reader.events).toEqual(['broken: the head was not complete in time']);
  });

  test('§3.4.1 inv2543: no Content-Length, so 400 and closed', () => {
    const events = new Reader().whole(torture('inv2543'));
    expect(events[0]).toMatch(/^malformed 400/);
    expect(events[1]).toMatch(/^broken/);
  });
});

test('B01 §18.3 a body declared beyond the limit is refused with 413 before one octet of it is kept', () => {
  for (const length of [65_537, 2_147_483_648, 4_294_967_295]) {
    const reader = new Reader({ body: 65_536 });
    const [first, second] = reader.whole(request({ method: 'MESSAGE', length: `Content-Length: ${length}\r\n` }));
    expect(first).toBe('malformed 413 of MESSAGE');
    expect(second).toMatch(/^broken/);
  }
});

test('B08 §21.5.7 a head without end is refused at the limit: 513 when there is enough to answer', () => {
  const start = request().slice(0, -2);
  const reader = new Reader();
  for (let i = 0; i < 100; i++) reader.framer.push(i === 0 ? start : `X-${i}: ${'x'.repeat(1000)}\r\n`);
  expect(reader.events).toEqual(['malformed 513 of OPTIONS', 'broken: a head beyond the limit']);
  const one = new Reader();
  one.framer.push(`${start}X: ${'x'.repeat(70_000)}\r\n\r\n`);
  expect(one.events).toEqual(['malformed 513 of OPTIONS', 'broken: a head beyond the limit']);
  const line = new Reader();
  line.framer.push('x'.repeat(70_000));
  expect(line.events[1]).toBe('broken: a head beyond the limit');
});

test('B04 a head that trickles is cut off 10 s after its first octet, a body 30 s after', () => {
  const head = new Reader();
  for (const octet of plain.slice(0, 4)) {
    head.framer.push(octet);
    head.clock.advance(3000);
  }
  expect(head.events).toEqual(['broken: the head was not complete in time']);
  const body = new Reader();
  body.framer.push(invite.slice(0, 20));
  body.clock.advance(9000);
  body.framer.push(invite.slice(20, -8));
  body.clock.advance(20_999);
  expect(body.events).toEqual([]);
  body.clock.advance(1);
  expect(body.events).toEqual(['broken: the body was not complete in time']);
});

test('B04 a message in time leaves no deadline behind', () => {
  const reader = new Reader();
  reader.octets(invite);
  expect(reader.clock.pending).toBe(0);
  reader.clock.advance(100_000);
  expect(reader.events).toEqual(['INVITE 9']);
});

test('B07 a flood of line ends: few pongs, then closed; pings at a human pace go on for ever', () => {
  const flood = new Reader();
  for (let i = 0; i < 10_000; i++) flood.framer.push('\r\n\r\n'.repeat(250));
  expect(flood.events.filter((event) => event === 'ping').length).toBeLessThanOrEqual(10);
  expect(flood.events.at(-1)).toBe('broken: a flood of line ends');
  const calm = new Reader();
  for (let i = 0; i < 5000; i++) {
    calm.framer.push('\r\n\r\n');
    calm.clock.advance(25_000);
  }
  expect(calm.events).toHaveLength(5000);
});

test('B07 §18.3 linear in the number of octets, one octet at a time', () => {
  const time = (size: number): number => {
    const stream = request({ method: 'MESSAGE', body: 'x'.repeat(size) });
    return leastCpuTime(() => {
      const reader = new Reader();
      reader.octets(stream);
      expect(reader.events).toEqual([`MESSAGE ${size}`]);
    }, 3);
  };
  time(50_000);
  expect(time(800_000) / time(200_000)).toBeLessThan(10);
});

test('a framer that is stopped from within tells nothing more', () => {
  const events: string[] = [];
  const framer = new Framer(
    {
      message: () => {
        events.push('message');
        framer.stop();
      },
      ping: () => events.push('ping'),
      broken: () => events.push('broken'),
    },
    new FakeClock(),
  );
  framer.push(plain + plain);
  framer.push('\x00');
  expect(events).toEqual(['message']);
});

test('A16 a malformed head whose length could be read in two ways closes the connection', () => {
  for (const odd of ['Content-Length : 3\r\nX\x00: 1\r\n', 'Content-Length\x01: 3\r\n', 'Content-\x7fLength: 3\r\n']) {
    const events = new Reader().whole(request({ length: odd, via: 'SIP/2.0/TCP h;;' }) + plain);
    if (!odd.startsWith('Content-Length :')) expect(events.at(-1)).toMatch(/^broken/);
    expect(events.filter((event) => event.startsWith('OPTIONS')).length).toBeLessThanOrEqual(1);
  }
});
