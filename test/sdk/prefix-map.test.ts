// PrefixMap: the value of the longest prefix, and of all of them.
import { PrefixMap } from '@siplet/sdk';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const rates = new PrefixMap([
  ['+', 'world'],
  ['+4930', 'berlin'],
  ['+49', 'germany'],
]);

test('the longest prefix counts, whatever the order', () => {
  expect(['+4930123', '+4989', '+1', '110', ''].map((number) => rates.get(number))).toEqual([
    'berlin',
    'germany',
    'world',
    undefined,
    undefined,
  ]);
});

test('all prefixes, the longest first', () => {
  expect(rates.getAll('+4930123')).toEqual(['berlin', 'germany', 'world']);
  expect(rates.getAll('110')).toEqual([]);
});

test('a text is its own prefix, and the empty one is everybody’s', () => {
  const map = new PrefixMap([
    ['', 0],
    ['bob', 1],
  ]);
  expect([map.size, new PrefixMap([]).size]).toEqual([2, 0]);
  expect([map.get('bob'), map.get('bo'), map.get(''), map.getAll('bobby')]).toEqual([1, 0, 0, [1, 0]]);
});

test('the values are those of the keys with which the text begins', () => {
  const text = fc.string({ unit: fc.constantFrom('1', '2'), maxLength: 6 });
  const isAlike = fc.property(fc.array(text), text, (keys, number) => {
    const expected = [...new Set(keys)].filter((key) => number.startsWith(key)).sort((a, b) => b.length - a.length);
    expect(new PrefixMap(keys.map((key) => [key, key])).getAll(number)).toEqual(expected);
  });
  return fc.assert(isAlike);
});
