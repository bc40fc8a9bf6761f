// apps/b2b-trunk, its parts: numbers, routes, circuits, causes, and what its section of siplet.yaml may be.
import { parseUri } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { Circuits } from '../../apps/b2b-trunk/carriers.js';
import { failureOf, isCarriersFault, q850In } from '../../apps/b2b-trunk/causes.js';
import { type DialPlan, dialled, normalised, rewritten } from '../../apps/b2b-trunk/numbers.js';
import { inOrder, Routes } from '../../apps/b2b-trunk/routes.js';
import { Settings } from '../../apps/b2b-trunk/settings.js';
import { present } from '../../container/base/present.js';

describe('b2b-trunk, numbers', () => {
  test.each([
    ['sip:+4930123@h', '+4930123'],
    ['sip:+49-30-123@h;user=phone', '+4930123'],
    ['tel:+49(30)123', '+4930123'],
    ['tel:7042;phone-context=+4930', '+49307042'],
    ['sip:7042;phone-context=+4930@h;user=phone', '+49307042'],
    ['tel:7042;phone-context=example.com', '7042'],
    ['sip:0049301@h', '0049301'],
    ['sip:bob@h', undefined],
    ['sip:h', undefined],
    ['sip:+@h', undefined],
    ['sip:4930x@h', undefined],
    [`sip:${'1'.repeat(25)}@h`, undefined],
    ['urn:service:sos', undefined],
  ])('RFC 3966 §5.1 in %s stands %s', (uri, number) => {
    expect(dialled(parseUri(uri))).toBe(number);
  });

  const berlin: DialPlan = { country: '49', area: '30', international: ['00', '011'], national: '0', short: ['110'] };

  test.each([
    ['+15550100', '+15550100'],
    ['0015550100', '+15550100'],
    ['01115550100', '+15550100'],
    ['089123', '+4989123'],
    ['123', '+4930123'],
    ['110', '110'],
  ])('dialled in Berlin, %s is %s', (number, e164) => {
    expect(normalised(number, berlin)).toBe(e164);
  });

  test('what a plan does not know stays as it was dialled', () => {
    const none: DialPlan = { country: '', area: '', international: ['00'], national: '0', short: [] };
    expect(['089123', '123', '0049'].map((each) => normalised(each, none))).toEqual(['089123', '123', '+49']);
    expect(normalised('123', { ...none, country: '49' })).toBe('123');
    expect(normalised('123', { ...none, country: '45', national: '' })).toBe('+45123');
  });

  test('a carrier’s first fitting rewriting is made, and no other', () => {
    const rules = [
      { strip: '+49', prepend: '0' },
      { strip: '+', prepend: '00' },
    ];
    expect(rewritten('+4930123', rules)).toBe('030123');
    expect(rewritten('+15550100', rules)).toBe('0015550100');
    expect(rewritten('110', rules)).toBe('110');
  });
});

describe('b2b-trunk, routes', () => {
  const offer = (carrier: string, cost = 0, weight = 1) => ({ carrier, cost, weight });
  const first = () => 0;

  test('the longest prefix first, then the shorter ones; each carrier once', () => {
    const routes = new Routes(
      new Map([
        ['+', [offer('world'), offer('both')]],
        ['+49', [offer('germany')]],
        ['+4930', [offer('berlin'), offer('both')]],
      ]),
    );
    expect(routes.to('+4930123', first)).toEqual(['berlin', 'both', 'germany', 'world']);
    expect(routes.to('+4989', first)).toEqual(['germany', 'world', 'both']);
    expect(routes.to('+493', first)).toEqual(['germany', 'world', 'both']);
    expect(routes.to('112', first)).toEqual([]);
    expect(routes.to('', first)).toEqual([]);
  });

  test('the cheapest first, whatever the chance', () => {
    const offers = [offer('dear', 3, 100), offer('cheap', 1), offer('middle', 2)];
    for (const chance of [0, 0.5, 0.999])
      expect(inOrder(offers, () => chance).map(({ carrier }) => carrier)).toEqual(['cheap', 'middle', 'dear']);
  });

  test('of the same cost by weight: 3 to 1 is three quarters', () => {
    const offers = [offer('heavy', 1, 3), offer('light', 1, 1)];
    const firsts = Array.from({ length: 1000 }, (_, at) => present(inOrder(offers, () => at / 1000)[0]).carrier);
    expect(firsts.filter((carrier) => carrier === 'heavy')).toHaveLength(750);
    expect(inOrder(offers, () => 0.8).map(({ carrier }) => carrier)).toEqual(['light', 'heavy']);
  });

  test('weight 0 comes after all others, and alone it is taken', () => {
    const offers = [offer('spare', 1, 0), offer('one', 1, 1), offer('two', 1, 1)];
    for (const chance of [0, 0.3, 0.6, 0.999])
      expect(present(inOrder(offers, () => chance).at(-1)).carrier, `chance ${chance}`).toBe('spare');
    expect(inOrder([offer('a', 0, 0), offer('b', 0, 0)], first)).toHaveLength(2);
  });
});

describe('b2b-trunk, circuits', () => {
  test('no more than the limit; given back once, however often it is said', () => {
    const circuits = new Circuits();
    const north = { name: 'north', limit: 2 };
    const one = circuits.take(north);
    expect(circuits.take(north)).toBeDefined();
    expect(circuits.take(north)).toBeUndefined();
    expect(circuits.take({ name: 'south', limit: 1 })).toBeDefined();
    present(one).release();
    present(one).release();
    expect(circuits.taken('north')).toBe(1);
    expect(circuits.take(north)).toBeDefined();
    expect(circuits.take(north)).toBeUndefined();
  });
});

describe('b2b-trunk, causes', () => {
  const { failover } = new Settings({});
  const isFailedOver = (status: number, told?: number) => isCarriersFault(failureOf(status), told, failover);

  test('the next carrier is tried when this one failed, not when the callee said no', () => {
    expect([408, 500, 502, 503, 504, 599].map((status) => isFailedOver(status))).toEqual(Array(6).fill(true));
    expect([302, 404, 480, 484, 486, 487, 600, 603].map((status) => isFailedOver(status))).toEqual(
      Array(8).fill(false),
    );
  });

  test('RFC 3326 a Q.850 cause can say that it was the carrier', () => {
    expect(isFailedOver(480, 34)).toBe(true);
    expect(isFailedOver(480, 18)).toBe(false);
    expect(q850In(['SIP;cause=480', 'q.850 ; text="no circuit";cause = 34'])).toBe(34);
    expect(q850In(['Q.850', 'Q.850;cause=x', 'SIP;cause=34'])).toBeUndefined();
  });

  test('RFC 3398 §8.2.6.1 a status has a Q.850 cause where nobody said one', () => {
    expect([404, 408, 480, 486, 503, 603, 302].map((status) => failureOf(status).cause)).toEqual([
      1,
      102,
      18,
      17,
      41,
      21,
      undefined,
    ]);
  });
});

describe('b2b-trunk, its section of siplet.yaml', () => {
  test('nothing configured: no carriers, no routes', () => {
    const settings = new Settings(undefined);
    expect(settings.carriers.size).toBe(0);
    expect(settings.routes.to('+4930123', () => 0)).toEqual([]);
    expect(settings.records).toEqual({ file: 'calls.jsonl', size: 100_000_000, buffer: 100_000 });
  });

  test('a carrier has the common headers policy and its own', () => {
    const { carriers } = new Settings({
      headers: { remove: 'Subject', set: { Organization: 'us' } },
      carriers: {
        north: { uri: 'sip:10.0.0.4', headers: { remove: ['Diversion'], set: { 'X-Account': '7' } } },
      },
    });
    expect(carriers.get('north')).toMatchObject({ limit: Number.POSITIVE_INFINITY, timeout: 30, trusted: false });
    expect(present(carriers.get('north')).headers.remove).toEqual(['Subject', 'Diversion']);
    expect([...present(carriers.get('north')).headers.set]).toEqual([
      ['Organization', 'us'],
      ['X-Account', '7'],
    ]);
  });

  test.each([
    ['text', 'apps.b2b-trunk: must be a map of keys and values'],
    [{ colour: 'red' }, 'apps.b2b-trunk.colour: there is no such key'],
    [{ carriers: { north: {} } }, 'apps.b2b-trunk.carriers.north: uri is missing'],
    [
      { carriers: { north: { uri: 'http://h' } } },
      'apps.b2b-trunk.carriers.north.uri: must be a SIP URI, not "http://h"',
    ],
    [
      { carriers: { north: { uri: 'sip:h', limit: -1 } } },
      'carriers.north.limit: must be a whole number, 0 or more, not -1',
    ],
    [{ carriers: { north: { uri: 'sip:h', timeout: 0 } } }, 'carriers.north.timeout: must be a number above 0, not 0'],
    [{ carriers: { north: { uri: 'sip:h', callerId: 49 } } }, "callerId: must be digits in quotes: '0049', not 49"],
    [{ carriers: { north: { uri: 'sip:h', headers: { remove: 'Via' } } } }, 'remove: is written by the container'],
    [{ headers: { set: { 'Call-ID': 'x' } } }, 'apps.b2b-trunk.headers: Call-ID is written by the container'],
    [{ headers: { set: { 'X-A': 'a\r\nb' } } }, 'set.X-A: must be a text of one line'],
    [{ routes: { '+49': { north: {} } } }, 'apps.b2b-trunk.routes.+49.north: there is no such carrier'],
    [{ failover: { statuses: ['486-403'] } }, "must be a status from 300 to 699, or '500-599'"],
    [{ statuses: { 503: 200 } }, 'apps.b2b-trunk.statuses: must be a map of statuses'],
    [{ numbers: { country: 49 } }, 'apps.b2b-trunk.numbers.country: must be digits in quotes'],
    [{ carriers: { north: { uri: 'sip:h', rewrite: { from: '+' } } } }, 'rewrite: must be { strip, prepend }'],
  ])('refused: %j', (section, message) => {
    expect(() => new Settings(section)).toThrow(message);
  });

  test('all faults are told at once', () => {
    expect(() => new Settings({ a: 1, carriers: { north: { limit: 'x' } } })).toThrow(
      'apps.b2b-trunk.carriers.north: uri is missing; apps.b2b-trunk.carriers.north.limit: must be a whole number, 0 or more, not "x"; apps.b2b-trunk.a: there is no such key',
    );
  });
});
