// Thresholds and the search for the highest rate (test/bench/thresholds.js, bisect.js).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { highestRate } from './bisect.js';
import { missedBy } from './thresholds.js';

describe('thresholds', () => {
  const thresholds = {
    supervised: { ratio: { atMost: 2.3 }, rounds: { atLeast: 5 } },
    memory: { peak: { atMost: 450 } },
  };

  test('what is at its bound holds', () => {
    expect(missedBy({ supervised: { ratio: 2.3, rounds: 5 } }, thresholds)).toEqual([]);
  });

  test('each that is missed has a line', () => {
    expect(missedBy({ supervised: { ratio: 2.3012, rounds: 4 }, memory: { peak: 512.4 } }, thresholds)).toEqual([
      'supervised: ratio is 2.301, and may be 2.3 at most',
      'supervised: rounds is 4, and must be 5 at least',
      'memory: peak is 512, and may be 450 at most',
    ]);
  });

  test('a figure that was not measured is missed; a case that was not measured is not', () => {
    expect(missedBy({ supervised: { ratio: Number.NaN } }, thresholds)).toEqual([
      'supervised: ratio was not measured',
      'supervised: rounds was not measured',
    ]);
    expect(missedBy({ other: { ratio: 9 } }, thresholds)).toEqual([]);
  });

  test('thresholds.json has bounds and nothing else', () => {
    const file = JSON.parse(readFileSync(new URL('./thresholds.json', import.meta.url), 'utf8'));
    const bounds = Object.values(file).flatMap((bounded) => Object.values(bounded as object)) as object[];
    expect(bounds.length).toBeGreaterThan(20);
    for (const bound of bounds) {
      expect(Object.entries(bound)).toEqual([[expect.stringMatching(/^(atMost|atLeast)$/), expect.any(Number)]]);
    }
  });
});

describe('the highest rate', () => {
  const upTo = (limit: number) => {
    const tried: number[] = [];
    const attempt = async (rate: number) => {
      tried.push(rate);
      return { carried: rate <= limit, result: `at ${rate}` };
    };
    return { attempt, tried };
  };

  test.each([[2000], [2999], [4711], [9000]])('%d is found within 4 %', async (limit) => {
    const { attempt, tried } = upTo(limit);
    const found = await highestRate(attempt, { from: 2000, upTo: 12_000 });
    expect(found.rate).toBeLessThanOrEqual(limit);
    expect(found.rate).toBeGreaterThanOrEqual(limit / 1.04 - 1);
    expect(found).toMatchObject({ result: `at ${found.rate}`, bounded: false });
    expect(tried.length).toBeLessThanOrEqual(9);
    expect(new Set(tried).size).toBe(tried.length);
  });

  test('a first rate that is too high is halved until one is carried', async () => {
    const { attempt, tried } = upTo(600);
    const found = await highestRate(attempt, { from: 2000, upTo: 12_000 });
    expect(tried.slice(0, 3)).toEqual([2000, 1000, 500]);
    expect(found.rate).toBeGreaterThanOrEqual(577);
    expect(found.rate).toBeLessThanOrEqual(600);
  });

  test('where nothing is carried it gives up', async () => {
    const { attempt, tried } = upTo(0);
    expect(await highestRate(attempt, { from: 2000, upTo: 12_000 })).toEqual({
      rate: 0,
      result: undefined,
      bounded: false,
    });
    expect(tried.length).toBeLessThan(8);
  });

  test('where everything is carried it says so', async () => {
    const { attempt, tried } = upTo(Number.POSITIVE_INFINITY);
    expect(await highestRate(attempt, { from: 2000, upTo: 5000 })).toMatchObject({ rate: 5000, bounded: true });
    expect(tried).toEqual([2000, 3000, 4500, 5000]);
  });

  test('an attempt that throws ends the search', async () => {
    const failing = () => Promise.reject(new Error('no SIPp'));
    await expect(highestRate(failing, { from: 2000, upTo: 5000 })).rejects.toThrow('no SIPp');
  });
});
