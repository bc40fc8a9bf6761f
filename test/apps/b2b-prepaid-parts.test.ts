// apps/b2b-prepaid, its parts: what calls cost, balances that calls share, and what its section of siplet.yaml may be.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Accounts } from '../../apps/b2b-prepaid/accounts.js';
import { Meter } from '../../apps/b2b-prepaid/meter.js';
import { schema } from '../../apps/b2b-prepaid/settings.js';
import { costOf, secondsFor, type Tariff, UNIT } from '../../apps/b2b-prepaid/tariff.js';

const tariff = (more: Partial<Tariff> = {}): Tariff => ({
  connection: 0,
  perMinute: 60_000,
  interval: 1,
  minimum: 0,
  ...more,
});

describe('b2b-prepaid, tariffs', () => {
  test.each([
    ['to the second', tariff(), 0, 0],
    ['to the second', tariff(), 61, 61_000],
    ['a second that has begun', tariff(), 60.2, 61_000],
    ['by the minute', tariff({ interval: 60 }), 61, 120_000],
    ['60/6', tariff({ minimum: 60, interval: 6 }), 3, 60_000],
    ['60/6', tariff({ minimum: 60, interval: 6 }), 61, 66_000],
    ['connection', tariff({ connection: 5000 }), 10, 15_000],
    ['nothing for the time', tariff({ perMinute: 0, connection: 7 }), 1000, 7],
  ])('%s: %o, %d s cost %d', (_, each, seconds, cost) => {
    expect(costOf(seconds, each)).toBe(cost);
  });

  test('an amount buys as many seconds as it pays for, and not one more', () => {
    const any = fc.record({
      connection: fc.integer({ min: 0, max: 2 * UNIT }),
      perMinute: fc.integer({ min: 1, max: 5 * UNIT }),
      interval: fc.integer({ min: 1, max: 120 }),
      minimum: fc.integer({ min: 0, max: 120 }),
    });
    const lastsAsLong = fc.property(any, fc.integer({ min: 0, max: 20 * UNIT }), (each, amount) => {
      const seconds = secondsFor(amount, each);
      if (seconds < 0) return costOf(0, each) > amount;
      return costOf(seconds, each) <= amount && costOf(seconds + 1, each) > amount;
    });
    expect(secondsFor(0, tariff({ perMinute: 0 }))).toBe(Number.POSITIVE_INFINITY);
    return fc.assert(lastsAsLong);
  });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siplet-accounts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KINDS: [string, (balances: Map<string, number>) => Accounts][] = [
  ['in memory', (accounts) => new Accounts({ file: undefined, accounts })],
  ['in a file', (accounts) => new Accounts({ file: join(folder, 'new', 'balances.json'), accounts })],
];

describe.each(KINDS)('b2b-prepaid, accounts %s', (_, make) => {
  test('what is withdrawn is gone, no more than there is, and comes back by deposit', async () => {
    const accounts = make(new Map([['alice', 100]]));
    expect([await accounts.has('alice'), await accounts.has('bob')]).toEqual([true, false]);
    expect(await accounts.withdraw('alice', 70)).toBe(70);
    expect(await accounts.withdraw('alice', 70)).toBe(30);
    expect(await accounts.withdraw('alice', 70)).toBe(0);
    await accounts.deposit('alice', 40);
    expect(await accounts.withdraw('alice', 70)).toBe(40);
    expect(await accounts.withdraw('bob', 1)).toBe(0);
  });

  test('two calls of one account spend no more than it has, and give back what they have not used', async () => {
    const accounts = make(new Map([['alice', 100_000]]));
    const [one, two] = [new Meter(accounts, 'alice', tariff()), new Meter(accounts, 'alice', tariff())];
    await Promise.all([one.extendTo(60), two.extendTo(60)]);
    expect([one.seconds, two.seconds]).toEqual([60, 40]);
    await two.extendTo(60);
    expect(two.seconds).toBe(40);
    await one.close(10);
    await one.close(10);
    await two.extendTo(200);
    expect(two.seconds).toBe(90);
    await two.close(undefined);
    expect(await accounts.withdraw('alice', UNIT)).toBe(90_000);
  });

  test('what buys no further interval stays in the account', async () => {
    const accounts = make(new Map([['alice', 100_000]]));
    const byMinutes = new Meter(accounts, 'alice', tariff({ interval: 60 }));
    await byMinutes.extendTo(600);
    expect(byMinutes.seconds).toBe(60);
    expect(await accounts.withdraw('alice', UNIT)).toBe(40_000);
    const poor = new Meter(make(new Map([['bob', 10]])), 'bob', tariff({ minimum: 60 }));
    await poor.extendTo(60);
    expect(poor.seconds).toBe(-1);
  });

  test('a call that ends while it takes money keeps none of it', async () => {
    const accounts = make(new Map([['alice', 100_000]]));
    const meter = new Meter(accounts, 'alice', tariff());
    const extended = meter.extendTo(60);
    await meter.close(undefined);
    await extended;
    expect(await accounts.withdraw('alice', UNIT)).toBe(100_000);
  });
});

describe('b2b-prepaid, the file of balances', () => {
  const file = () => join(folder, 'balances.json');

  test('two versions of the application share it, and the next start goes on from it', async () => {
    const configured = new Map([['alice', 5 * UNIT]]);
    const [old, fresh] = [
      new Accounts({ file: file(), accounts: configured }),
      new Accounts({ file: file(), accounts: configured }),
    ];
    await old.withdraw('alice', 2 * UNIT);
    await fresh.withdraw('alice', 2.5 * UNIT);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ alice: 0.5 });
    expect(await new Accounts({ file: file(), accounts: configured }).withdraw('alice', 9 * UNIT)).toBe(0.5 * UNIT);
  });

  test('what an operator writes into it counts at once', async () => {
    const accounts = new Accounts({ file: file(), accounts: new Map() });
    writeFileSync(file(), '{ "bob": 1.25 }');
    expect(await accounts.withdraw('bob', 9 * UNIT)).toBe(1.25 * UNIT);
  });

  test('money that could not be put back is put back at the next step', async () => {
    const accounts = new Accounts({ file: file(), accounts: new Map([['alice', 100]]) });
    await accounts.withdraw('alice', 60);
    mkdirSync(`${file()}.new`);
    await expect(accounts.deposit('alice', 50)).rejects.toThrow();
    rmSync(`${file()}.new`, { recursive: true });
    await accounts.deposit('alice', 5);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ alice: 95 / UNIT });
  });

  test.each([
    ['{', 'balances.json is not JSON'],
    ['{"alice":"5"}', 'the balance of "alice" is not a number'],
  ])('refused at deployment: %s', (text, message) => {
    writeFileSync(file(), text);
    expect(() => new Accounts({ file: file(), accounts: new Map() })).toThrow(message);
  });
});

describe('b2b-prepaid, its section of siplet.yaml', () => {
  test('amounts become whole millionths, times become seconds', () => {
    const { rates, reserve, warning } = schema.parse({
      reserve: '2m',
      warning: { before: 0 },
      rates: { '+': { perMinute: 1 }, '+49': { perMinute: 0.5, connection: 0.05, interval: '6s', minimum: '60s' } },
    });
    expect([reserve, warning.before]).toEqual([120, 0]);
    expect(rates.get('+49301')).toEqual({ perMinute: 500_000, connection: 50_000, interval: 6, minimum: 60 });
    expect(rates.get('+15550100')).toEqual({ perMinute: 1_000_000, connection: 0, interval: 1, minimum: 0 });
    expect(rates.get('030')).toBeUndefined();
  });

  test('nothing configured: nobody has an account, and there are no rates', () => {
    const { rates, ...settings } = schema.parse({});
    expect(rates.size).toBe(0);
    expect(settings).toMatchObject({
      accounts: new Map(),
      reserve: 60,
      warning: { before: 30, method: 'INFO', text: 'Your call ends in %d seconds.' },
    });
    expect(settings.file).toBeUndefined();
  });

  test.each([
    [{ accounts: { alice: 'rich' } }, ['accounts', 'alice'], 'expected number'],
    [{ accounts: { alice: -1 } }, ['accounts', 'alice'], '>=0'],
    [{ rates: { '+': {} } }, ['rates', '+', 'perMinute'], 'expected number'],
    [
      { rates: { '+': { perMinute: 1, interval: 0 } } },
      ['rates', '+', 'interval'],
      "must be more than 0, such as '1s'",
    ],
    [
      { rates: { '+': { perMinute: 1, interval: 6 } } },
      ['rates', '+', 'interval'],
      "must be 0 or a time such as '20s'",
    ],
    [{ warning: { method: 'BYE' } }, ['warning', 'method'], 'expected one of "INFO"|"MESSAGE"'],
    [{ reserve: 0 }, ['reserve'], "must be more than 0, such as '60s'"],
    [{ account: {} }, [], 'Unrecognized key: "account"'],
  ])('refused: %j', (section, path, message) => {
    expect(schema.safeParse(section).error?.issues).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });
});
