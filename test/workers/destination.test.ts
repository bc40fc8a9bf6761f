// Which engine a message belongs to, told from its text alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomIdentifiers } from '../../container/host/random-identifiers.js';
import { engineNamedIn, engineOfCall, hashOf } from '../../container/workers/destination.js';
import { HeadScan } from '../../container/workers/head-scan.js';
import { engineOf, engineOfTag, MAX_ENGINES, MarkedIdentifiers } from '../../container/workers/marks.js';

const SALT = 'salt-of-this-run';
const COUNT = 4;
const moved = new Map<string, number>();
const ground = { count: COUNT, salt: SALT, movedTo: (callId: string) => moved.get(callId) };
const engine = (number: number, salt = SALT) => new MarkedIdentifiers(new RandomIdentifiers(), number, salt);

function found(wire: string): number {
  const scan = new HeadScan();
  scan.read(wire);
  return engineNamedIn(scan, ground);
}

const request = (lines: readonly string[], start = 'BYE sip:bob@192.0.2.1 SIP/2.0') =>
  `${[start, ...lines, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
const response = (...lines: string[]) => request(lines, 'SIP/2.0 200 OK');

describe.each([0, 1, 2, 3])('engine %i', (number) => {
  const own = engine(number);
  const branch = own.branch();
  const tag = own.tag();

  describe('a response: our branch in the topmost Via', () => {
    test.each([
      ['plain', response(`Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}`)],
      ['compact', response(`v: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}`)],
      ['in capitals', response(`VIA: SIP/2.0/UDP 192.0.2.1:5060;BRANCH=Z9HG4BK${branch.toUpperCase()}`)],
      ['with blanks', response(`Via  :  SIP / 2.0 / UDP  192.0.2.1 : 5060 ; rport=1 ; branch = z9hG4bK${branch} ; x`)],
      ['folded', response(`Via: SIP/2.0/UDP 192.0.2.1:5060\r\n ;rport=1\r\n\t;branch=z9hG4bK${branch}`)],
      ['IPv6', response(`Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK${branch};rport`)],
      [
        'the first of two fields',
        response(`Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`, 'Via: SIP/2.0/UDP b;branch=z9hG4bKz'),
      ],
      [
        'the first of two values',
        response(`Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}, SIP/2.0/UDP b;branch=z9hG4bKz`),
      ],
      [
        'behind other fields',
        response('To: <sip:a@b>;tag=x', 'From: <sip:c@d>;tag=y', `Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`),
      ],
      ['lines that end in LF alone', response(`Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`).replaceAll('\r', '')],
      [
        'a version in letters of both cases',
        response(`Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`).replace('SIP', 'Sip'),
      ],
      ['behind empty lines', `\r\n\r\n${response(`Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`)}`],
    ])('%s', (_title, wire) => expect(found(wire)).toBe(number));

    test('its To tag, its Route and its Record-Route say nothing', () => {
      const other = engine((number + 1) % COUNT);
      const wire = response(
        `Record-Route: <sip:192.0.2.1;lr;sid=${other.branch()}.x>`,
        `To: <sip:bob@b>;tag=${other.tag()}`,
        `Via: SIP/2.0/UDP a;branch=z9hG4bK${branch}`,
      );
      expect(found(wire)).toBe(number);
    });
  });

  describe('a request in a dialog that we stay on the path of: our Route', () => {
    const sid = `${branch}.0123456789abcd`;
    test.each([
      ['plain', request([`Route: <sip:192.0.2.1:5060;lr;sid=${sid}>`])],
      ['with parameters of the application', request([`Route: <sip:192.0.2.1;lr;sid=${sid};room=7>`])],
      ['in capitals', request([`ROUTE: <SIP:192.0.2.1;LR;SID=${sid.toUpperCase()}>`])],
      ['a display name', request([`Route: "a <b>, \\"c\\"" <sip:192.0.2.1;lr;sid=${sid}>`])],
      [
        'the first of several',
        request([`Route: <sip:192.0.2.1;lr;sid=${sid}>, <sip:x;lr;sid=zz.1>`, 'Route: <sip:y;lr>']),
      ],
      ['IPv6 and TCP', request([`Route: <sip:[2001:db8::1]:5060;transport=tcp;lr;sid=${sid}>`])],
      ['folded', request([`Route:\r\n <sip:192.0.2.1;lr\r\n ;sid=${sid}>`])],
      ['the Request-URI, of a strict router', request(['Route: <sip:c@d>'], `BYE sip:192.0.2.1;lr;sid=${sid} SIP/2.0`)],
      [
        'the way back of what the router sent out',
        request([`Route: <sip:192.0.2.1;lr;return=${branch}>`], 'INVITE sip:b SIP/2.0'),
      ],
    ])('%s', (_title, wire) => expect(found(wire)).toBe(number));

    test.each([
      ['the Contact of a dialog that ends here', 'BYE sip:bob@192.0.2.1;sid=b1;return=b;siplet-session=b', tag, number],
      ["somebody's name for what is not ours", 'INVITE sip:bob@192.0.2.1;sid=b1;return=b', '', -1],
    ])('without a Route these parameters of the Request-URI are not ours: %s', (_title, start, toTag, expected) => {
      const to = toTag === '' ? '<sip:bob@b>' : `<sip:bob@b>;tag=${toTag}`;
      expect(found(request([`To: ${to}`], `${start} SIP/2.0`))).toBe(expected);
    });

    test('it comes before the To tag, which may be that of a dialog behind us', () => {
      const other = engine((number + 1) % COUNT);
      const wire = request([`To: <sip:bob@b>;tag=${other.tag()}`, `Route: <sip:192.0.2.1;lr;sid=${sid}>`]);
      expect(found(wire)).toBe(number);
    });
  });

  describe('a request in a dialog that ends here: our To tag', () => {
    test.each([
      ['plain', request([`To: <sip:bob@192.0.2.1>;tag=${tag}`])],
      ['compact', request([`t: sip:bob@192.0.2.1;tag=${tag}`])],
      ['a display name', request([`To: "Bob <;tag=x>" <sip:bob@192.0.2.1;tag=y>;x=1;tag=${tag}`])],
      ['with blanks', request([`To : Bob <sip:bob@192.0.2.1> ; TAG = ${tag}`])],
      ['ACK too', request([`To: <sip:bob@b>;tag=${tag}`], 'ACK sip:bob@b SIP/2.0')],
      ['a NOTIFY that makes the dialog', request([`To: <sip:bob@b>;tag=${tag}`], 'NOTIFY sip:bob@b SIP/2.0')],
      ['a Route of somebody else', request(['Route: <sip:192.0.2.99;lr>', `To: <sip:bob@b>;tag=${tag}`])],
    ])('%s', (_title, wire) => expect(found(wire)).toBe(number));

    test.each([
      ['of an earlier run', engine(number, 'another salt').tag()],
      ["a peer's", '1928301774'],
      ['with one character more', `${tag}x`],
      ['short', tag.slice(0, 4)],
    ])('none of ours: %s', (_title, other) => {
      expect(engineOfTag(other, SALT)).toBe(-1);
      expect(found(request([`To: <sip:bob@b>;tag=${other}`]))).toBe(-1);
    });
  });

  describe('an initial request that names what is here', () => {
    const INVITE = 'INVITE sip:bob@192.0.2.1 SIP/2.0';
    test.each([
      ['a session, in the Request-URI', request([], `INVITE sip:192.0.2.1;siplet-session=${own.id()}.x SIP/2.0`)],
      ['a session, in the Route', request([`Route: <sip:192.0.2.1;lr;siplet-session=${own.id()}.x>`], INVITE)],
      ['Replaces with our tag', request([`Replaces: call@x;to-tag=${tag};from-tag=b`], INVITE)],
      ['Replaces with our tag, the other way', request([`Replaces: call@x ; from-tag = ${tag};to-tag=b`], INVITE)],
      ['Join', request([`Join: call@x;from-tag=b;to-tag=${tag}`], INVITE)],
    ])('%s', (_title, wire) => expect(found(wire)).toBe(number));

    test('Replaces of a proxied dialog: where its Call-ID is', () => {
      moved.set('proxied@x', number);
      expect(found(request(['Replaces: proxied@x;to-tag=a;from-tag=b'], INVITE))).toBe(number);
      moved.clear();
      expect(found(request(['Replaces: proxied@x;to-tag=a;from-tag=b'], INVITE))).toBe(hashOf('proxied@x') % COUNT);
    });
  });

  test('identifiers carry it, each in its first character, in lower case', () => {
    for (const text of [own.branch(), own.tag(), own.id()]) {
      expect(engineOf(text.charCodeAt(0))).toBe(number);
      expect(text).toMatch(/^[a-z2-7]+$/);
    }
    expect(engineOfTag(own.tag(), SALT)).toBe(number);
  });
});

describe('what names no engine goes by its Call-ID', () => {
  test.each([
    ['nothing at all', ''],
    ['a keepalive', '\r\n\r\n'],
    ['a response without Via', response('To: <sip:a@b>')],
    ['a response with a branch of RFC 2543', response('Via: SIP/2.0/UDP a;branch=1')],
    ['a response without a branch', response('Via: SIP/2.0/UDP a')],
    ['a response to what a stateless siplet forwarded', response('Via: SIP/2.0/UDP a;branch=z9hG4bKs-0123456789')],
    ['a branch of an engine that there is not', response('Via: SIP/2.0/UDP a;branch=z9hG4bK7abcdef')],
    ['an initial request', request(['To: <sip:a@b>', 'Call-ID: x'], 'INVITE sip:a@b SIP/2.0')],
    [
      'Replaces in a request that is not INVITE',
      request(['Replaces: x;to-tag=a;from-tag=b'], 'MESSAGE sip:a@b SIP/2.0'),
    ],
    ['Replaces that cannot be read', request(['Replaces: x'], 'INVITE sip:a@b SIP/2.0')],
    ['a Route without brackets', request(['Route: sip:a;lr;sid=abc.x'])],
    ['a display name that does not end', request(['To: "Bob <sip:a@b>;tag=x'])],
    ['a bracket that does not close', request(['Route: <sip:a;sid=abc.x', 'To: <sip:b;tag=x'])],
  ])('%s', (_title, wire) => expect(found(wire)).toBe(-1));

  test.each([
    ['Call-ID: 1@x'],
    ['call-id:1@x'],
    ['CALL-ID :   1@x  '],
    ['i: 1@x'],
    ['I:\r\n 1@x'],
    ['Subject: Call-ID: 2\r\nCall-ID: 1@x\r\nCall-ID: 3'],
  ])('the Call-ID of %j', (line) => {
    const scan = new HeadScan();
    scan.read(request([line]));
    expect(scan.callId).toBe('1@x');
  });

  test('lines of the body that look like header fields say nothing', () => {
    const scan = new HeadScan();
    scan.read(`${request(['Call-ID: 1'])}Call-ID: 2\r\nTo: <sip:a@b>;tag=x\r\nv: y\r\n`);
    expect([scan.callId, scan.to, scan.via]).toEqual(['1', '', '']);
  });

  test('without one it is engine 0; a call that was moved is where it was moved to', () => {
    expect(engineOfCall('', ground)).toBe(0);
    expect(engineOfCall('x', ground)).toBe(hashOf('x') % COUNT);
    moved.set('x', (hashOf('x') + 1) % COUNT);
    expect(engineOfCall('x', ground)).toBe((hashOf('x') + 1) % COUNT);
    moved.clear();
  });

  test('Call-IDs that differ little are spread evenly', () => {
    for (const of of [(i: number) => `${i}-4242@127.0.0.1`, (i: number) => `call${String(i).padStart(6, '0')}`]) {
      const counts = Array.from({ length: COUNT }, () => 0);
      for (let i = 0; i < 8000; i++) {
        const engine = engineOfCall(of(i), ground);
        counts[engine] = (counts[engine] ?? 0) + 1;
      }
      for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(300);
    }
  });
});

test('whatever comes, it gives an engine that there is, or none, and never throws', () => {
  const word = fc.constantFrom(
    'Via',
    'v',
    'To',
    'Route',
    'Call-ID',
    ':',
    ';',
    '=',
    '<',
    '>',
    '"',
    '\\',
    ',',
    '\r\n',
    ' ',
    '\t',
    'tag',
    'branch',
    'sid',
    'sip:',
    '@',
    '?',
    'SIP/2.0',
    'INVITE',
    'z9hG4bK',
    '\u0000',
    'é',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word, { maxLength: 60 }).map((all) => all.join('')),
      ),
      (wire) => {
        const engineFound = found(wire);
        expect(engineFound).toBeGreaterThanOrEqual(-1);
        expect(engineFound).toBeLessThan(COUNT);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a head of a megabyte without an end takes no longer than one look', () => {
  const began = performance.now();
  for (const piece of [';', '<', 'a', ' ', '\n ', 'Via:;\n', '"\\', ';branch=', ';tag'])
    found(`INVITE sip:a SIP/2.0\r\nTo: ${piece.repeat(200_000)}`);
  expect(performance.now() - began).toBeLessThan(1500);
});

test('as many engines as there are characters for them', () => {
  expect(MAX_ENGINES).toBe(32);
  for (let number = 0; number < MAX_ENGINES; number++) expect(engineOfTag(engine(number).tag(), SALT)).toBe(number);
});
