// apps/b2b-trunk, its parts: numbers, routes, circuits, causes, and what its section of siplet.yaml may be.
import { PrefixMap } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { Circuits, carriersFor, dialledAt, inOrder } from '../../apps/b2b-trunk/carriers.js';
import { failureOf, isCarriersFault, q850In } from '../../apps/b2b-trunk/causes.js';
import { type Carrier, type Offer, schema } from '../../apps/b2b-trunk/settings.js';
import { present } from '../../container/base/present.js';

describe('b2b-trunk, routes', () => {
  const offer = (name: string, cost = 0, weight = 1): Offer => ({ carrier: { name } as Carrier, cost, weight });
  const namesOf = (offers: readonly Offer[]) => offers.map(({ carrier }) => carrier.name);
  const first = () => 0;

  test('the longest prefix first, then the shorter ones; each carrier once', () => {
    const both = offer('both');
    const routes = new PrefixMap([
      ['+', [offer('world'), both]],
      ['+49', [offer('germany')]],
      ['+4930', [offer('berlin'), both]],
    ]);
    const to = (number: string) => carriersFor(number, routes, first).map(({ name }) => name);
    expect(to('+4930123')).toEqual(['berlin', 'both', 'germany', 'world']);
    expect(to('+4989')).toEqual(['germany', 'world', 'both']);
    expect(to('+493')).toEqual(['germany', 'world', 'both']);
    expect(to('112')).toEqual([]);
  });

  test('the cheapest first, whatever the chance', () => {
    const offers = [offer('dear', 3, 100), offer('cheap', 1), offer('middle', 2)];
    for (const chance of [0, 0.5, 0.999])
      expect(namesOf(inOrder(offers, () => chance))).toEqual(['cheap', 'middle', 'dear']);
  });

  test('of the same cost by weight: 3 to 1 is three quarters', () => {
    const offers = [offer('heavy', 1, 3), offer('light', 1, 1)];
    const firsts = Array.from({ length: 1000 }, (_, at) => present(inOrder(offers, () => at / 1000)[0]).carrier.name);
    expect(firsts.filter((carrier) => carrier === 'heavy')).toHaveLength(750);
    expect(namesOf(inOrder(offers, () => 0.8))).toEqual(['light', 'heavy']);
  });

  test('weight 0 comes after all others, and alone it is taken', () => {
    const offers = [offer('spare', 1, 0), offer('one', 1, 1), offer('two', 1, 1)];
    for (const chance of [0, 0.3, 0.6, 0.999])
      expect(present(inOrder(offers, () => chance).at(-1)).carrier.name, `chance ${chance}`).toBe('spare');
    expect(inOrder([offer('a', 0, 0), offer('b', 0, 0)], first)).toHaveLength(2);
  });

  test('a carrier’s first fitting rewriting is made, and no other', () => {
    const rewrite = [
      { strip: '+49', prepend: '0' },
      { strip: '+', prepend: '00' },
    ];
    const dialled = (number: string) => dialledAt({ rewrite }, number);
    expect(['+4930123', '+15550100', '110'].map(dialled)).toEqual(['030123', '0015550100', '110']);
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
    expect(circuits.take(north, true)).toBeDefined();
  });
});

describe('b2b-trunk, causes', () => {
  const { failover } = schema.parse({});
  const isFailedOver = (status: number, told?: number) => isCarriersFault(status, told, failover);

  test('the next carrier is tried when this one failed, not when the callee said no', () => {
    expect([408, 500, 502, 503, 504].filter((status) => !isFailedOver(status))).toEqual([]);
    const callees = [302, 404, 480, 484, 486, 487, 501, 505, 513, 580, 600, 603];
    expect(callees.filter((status) => isFailedOver(status))).toEqual([]);
  });

  test('RFC 3326 a Q.850 cause can say that it was the carrier', () => {
    expect(isFailedOver(480, 34)).toBe(true);
    expect(isFailedOver(480, 18)).toBe(false);
    expect([1, 16, 17, 22, 28].filter((told) => isFailedOver(503, told))).toEqual([]);
    expect(isFailedOver(503, 27)).toBe(true);
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
  test('nothing configured: no routes', () => {
    const { routes, records, statuses } = schema.parse({});
    expect(routes.size).toBe(0);
    expect(records).toEqual({ file: 'calls.jsonl', size: 100_000_000, buffer: 100_000 });
    expect([...statuses]).toEqual([[503, 500]]);
  });

  test('a carrier has the common headers policy and its own', () => {
    const { routes } = schema.parse({
      headers: { remove: 'Subject', set: { Organization: 'us' } },
      carriers: {
        north: { uri: 'sip:10.0.0.4', headers: { remove: ['Diversion'], set: { 'X-Account': '7' } } },
      },
      routes: { '+': { north: {} } },
    });
    const { carrier, cost, weight } = present(present(routes.get('+'))[0]);
    expect([cost, weight]).toEqual([0, 1]);
    expect(carrier).toMatchObject({
      name: 'north',
      limit: Number.POSITIVE_INFINITY,
      timeout: '30s',
      trusted: false,
      headers: { remove: ['Subject', 'Diversion'], set: { Organization: 'us', 'X-Account': '7' } },
    });
  });

  test('statuses to fail over are numbers and ranges', () => {
    const { failover } = schema.parse({ failover: { statuses: [408, '500-599'], causes: 34 } });
    expect(failover).toEqual({
      statuses: [
        [408, 408],
        [500, 599],
      ],
      causes: [34],
    });
  });

  test.each([
    [{ colour: 'red' }, [], 'Unrecognized key: "colour"'],
    [{ carriers: { north: {} } }, ['carriers', 'north', 'uri'], 'expected string'],
    [{ carriers: { north: { uri: 'http://h' } } }, ['carriers', 'north', 'uri'], 'must be a SIP URI'],
    [{ carriers: { north: { uri: 'sip:h', limit: -1 } } }, ['carriers', 'north', 'limit'], '>=0'],
    [
      { carriers: { north: { uri: 'sip:h', timeout: 30 } } },
      ['carriers', 'north', 'timeout'],
      "must be a time such as '30s'",
    ],
    [
      { carriers: { north: { uri: 'sip:h', callerId: 49 } } },
      ['carriers', 'north', 'callerId'],
      "must be digits in quotes, such as '0049'",
    ],
    [
      { carriers: { north: { uri: 'sip:h', headers: { remove: 'Via' } } } },
      ['carriers', 'north', 'headers', 'remove', 0],
      'is a header that the container writes',
    ],
    [{ headers: { set: { 'Call-ID': 'x' } } }, ['headers', 'set', 'Call-ID'], 'is a header that the container writes'],
    [{ headers: { set: { 'X-A': 'a\r\nb' } } }, ['headers', 'set', 'X-A'], 'must be a text of one line'],
    [{ routes: { '+49': { north: {} } } }, ['routes', '+49', 'north'], 'there is no such carrier'],
    [{ routes: { '+49': { constructor: {} } } }, ['routes', '+49', 'constructor'], 'there is no such carrier'],
    [
      { failover: { statuses: ['486-403'] } },
      ['failover', 'statuses', 0],
      'must be a range from the lower to the higher status',
    ],
    [
      { failover: { statuses: [200] } },
      ['failover', 'statuses', 0],
      "must be a status from 300 to 699, or a range such as '500-599'",
    ],
    [{ statuses: { 503: 200 } }, ['statuses', '503'], '>=300'],
    [{ numbers: { country: 49 } }, ['numbers'], 'must be a dial plan in quotes'],
    [
      { carriers: { north: { uri: 'sip:h', rewrite: { from: '+' } } } },
      ['carriers', 'north', 'rewrite', 0],
      'Unrecognized key: "from"',
    ],
  ])('refused: %j', (section, path, message) => {
    expect(schema.safeParse(section).error?.issues).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });

  test('all faults are told at once', () => {
    const { error } = schema.safeParse({ a: 1, carriers: { north: { limit: 'x' } } });
    expect(error?.issues.map(({ path }) => path.join('.')).sort()).toEqual([
      '',
      'carriers.north.limit',
      'carriers.north.uri',
    ]);
  });
});
