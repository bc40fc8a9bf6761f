// Branches, tags and other identifiers are long enough, and differ (§8.1.1.7, §19.3).
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { RandomIdentifiers } from '../../container/host/random-identifiers.js';

test('C03 §8.1.1.7 branches hold 64 bits and more in one case, and a hundred thousand of them differ', () => {
  const identifiers = new RandomIdentifiers();
  const seen = new Set<string>();
  for (let i = 0; i < 100_000; i++) seen.add(identifiers.branch());
  expect(seen.size).toBe(100_000);
  for (const branch of seen) {
    if (!/^[a-z2-7]{16}$/.test(branch)) throw new Error(branch);
  }
  // Every place uses the whole alphabet: five bits a letter.
  for (let place = 0; place < 16; place++) {
    const counts = new Map<string, number>();
    for (const branch of seen) counts.set(present(branch[place]), (counts.get(present(branch[place])) ?? 0) + 1);
    expect(counts.size).toBe(32);
    for (const count of counts.values()) expect(Math.abs(count - 3125)).toBeLessThan(400);
  }
});

test('§19.3 a tag holds 32 bits and more, an id 128 and more', () => {
  const identifiers = new RandomIdentifiers();
  expect(identifiers.tag()).toMatch(/^[a-z2-7]{10}$/);
  expect(identifiers.id()).toMatch(/^[a-z2-7]{26}$/);
  expect(identifiers.tag()).not.toBe(identifiers.tag());
});

test('a fraction is from 0 up to and without 1', () => {
  const identifiers = new RandomIdentifiers();
  let sum = 0;
  for (let i = 0; i < 10_000; i++) {
    const fraction = identifiers.fraction();
    if (!(fraction >= 0 && fraction < 1)) throw new Error(String(fraction));
    sum += fraction;
  }
  expect(sum / 10_000).toBeCloseTo(0.5, 1);
});
