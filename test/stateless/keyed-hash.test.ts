// HalfSipHash-2-4 with 64 bits (keyed-hash.ts): the designers' vectors, the boundaries between texts, avalanche, and no
// collision where one would be a fault.
import { describe, expect, test } from 'vitest';
import { type HashKey, KeyedHash } from '../../container/base/keyed-hash.js';
import { present } from '../../container/base/present.js';

/** The output as the reference implementation prints it: eight octets, the low word's first. */
function octetsOf(hash: string): string {
  const word = (text: string) => {
    const octets = present(Number.parseInt(text, 36).toString(16).padStart(8, '0').match(/../g));
    return octets.reverse().join('');
  };
  return word(hash.slice(0, 7)) + word(hash.slice(7));
}

/** Published with SipHash: key 00 01 … 07, input 00 01 … of each length from 0 on. */
const VECTORS = `
218d1f59b9b83cc8 be552412f8387315 064f39ef7c50eb57 ce0f1a45f7060679 d5e78a175be52ea1 cb9d7c3f2f3db580 ce3e91358aa2bc25
ff202728b07bc684 edfee820bce4858c 5b51cccc13888307 95b0469f06a6f2ee ae26333994ddcd48 7bc71f9faef5c799 5a2352d75a0c3744
3bb1a870eae8e658 217d0bcb4e81c902 7336aad25f7bf3b5 37adc0641c4c4f6a c9b2db2b9a3e42f9 f910e48020ab363c 1bf52b0a6feea7db
00741dc269e8b3ef e20103fa1ba776ef 4c2210e54b681d73 70741045ae3fa6f1 0c86403739714038 0d899ed8112923f0 226bf5fab81ee1b8
2d925ffb1e0016b5 361958d52cee10f1 291aaf864898179d 863c7f155c34117c 28709d46d811626c 248477681d28f89c 8324e4d7528f9830
f9efd4e13aea6bd8 86d67a40ec4276dc 3f6292eccca97e35`;

const KEY: HashKey = [0x03020100, 0x07060504];
const of = (...texts: (string | undefined)[]): string => {
  const hash = new KeyedHash(KEY).begin();
  for (const text of texts) hash.add(text);
  return hash.end();
};

describe('the function', () => {
  test('is HalfSipHash-2-4: the published vectors', () => {
    let input = '';
    const expected = VECTORS.trim().split(/\s+/);
    for (const vector of expected) {
      expect(octetsOf(of(input)), `${input.length} octets`).toBe(vector);
      input += String.fromCharCode(input.length);
    }
    expect(input.length).toBe(38);
  });

  test('is written in 14 lower case letters and digits', () => {
    for (let i = 0; i < 10_000; i++) expect(of(String(i))).toMatch(/^[0-9a-z]{14}$/);
  });

  test('depends on the key, both halves of it', () => {
    const keys: HashKey[] = [
      [1, 2],
      [1, 3],
      [2, 2],
      [-1, 2],
      [0x7fffffff, 2],
    ];
    expect(new Set(keys.map((key) => new KeyedHash(key).begin().add('x').end())).size).toBe(keys.length);
  });

  test('begin forgets: one object does for all', () => {
    const hash = new KeyedHash(KEY);
    const first = hash.begin().add('a').end();
    hash.begin().add('something else').add(undefined);
    expect(hash.begin().add('a').end()).toBe(first);
  });
});

test('where one text ends and the next begins counts, and an absent one is not an empty one', () => {
  const different = [
    ['abcd', 'efgh'],
    ['abcdefgh'],
    ['abcde', 'fgh'],
    ['', 'abcdefgh'],
    ['abcdefgh', ''],
    ['abcdefgh', undefined],
    [undefined, 'abcdefgh'],
    [undefined],
    [undefined, undefined],
    [''],
    ['', ''],
    [],
    ['\u0000'],
    ['\u0000\u0000\u0000\u0000'],
    ['\u00ff\u00ff\u00ff\u00ff'],
    ['\u00ff'],
    ['a'.repeat(255)],
    ['a'.repeat(256)],
    ['a'.repeat(257)],
    ['a'.repeat(512)],
  ];
  expect(new Set(different.map((texts) => of(...texts))).size).toBe(different.length);
});

test('no collision over 1,000,000 inputs that differ in a digit, not even in 53 bits', () => {
  const hash = new KeyedHash([0x51b1e7, 0x5eed]);
  const seen = new Float64Array(1_000_000);
  for (let i = 0; i < seen.length; i++) {
    const [high, low] = words(hash.begin().add(`z9hG4bK-${i}`).end());
    seen[i] = (high >>> 0) * 2 ** 21 + (low >>> 11);
  }
  seen.sort();
  let collisions = 0;
  for (let i = 1; i < seen.length; i++) if (seen[i] === seen[i - 1]) collisions++;
  expect(collisions).toBe(0);
});

/** 64 bits as two words. */
function words(hash: string): [number, number] {
  return [Number.parseInt(hash.slice(0, 7), 36) | 0, Number.parseInt(hash.slice(7), 36) | 0];
}

function ones(word: number): number {
  let count = 0;
  for (let bits = word >>> 0; bits !== 0; bits &= bits - 1) count++;
  return count;
}

test('avalanche: one bit of the input turns half of the output, each bit of it as often as not', () => {
  const turned = new Array<number>(64).fill(0);
  let pairs = 0;
  let least = 64;
  let total = 0;
  for (let n = 0; n < 200; n++) {
    const text = `z9hG4bKnashds8-${n}`;
    const [high, low] = words(of(text));
    for (let bit = 0; bit < 8 * text.length; bit += 3) {
      const at = bit >> 3;
      const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit & 7)));
      const [high2, low2] = words(of(text.slice(0, at) + other + text.slice(at + 1)));
      const difference = [high ^ high2, low ^ low2] as const;
      const count = ones(difference[0]) + ones(difference[1]);
      least = Math.min(least, count);
      total += count;
      pairs++;
      for (let i = 0; i < 64; i++) if ((present(difference[i >> 5]) >>> (i & 31)) & 1) turned[i] = (turned[i] ?? 0) + 1;
    }
  }
  expect(total / pairs).toBeGreaterThan(31.7);
  expect(total / pairs).toBeLessThan(32.3);
  expect(least).toBeGreaterThan(8);
  for (const count of turned) expect(Math.abs(count / pairs - 0.5)).toBeLessThan(0.03);
});

test('the share of a fraction of the range is that fraction', () => {
  const hash = new KeyedHash(KEY);
  const buckets = new Array<number>(64).fill(0);
  const count = 64_000;
  for (let i = 0; i < count; i++) {
    const first = Number.parseInt(hash.begin().add(`branch ${i}`).end().slice(0, 7), 36);
    const bucket = Math.floor((first / 2 ** 32) * 64);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  // χ² with 63 degrees of freedom: beyond 110 is less likely than one in five thousand, and the inputs are fixed.
  const expected = count / 64;
  expect(buckets.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0)).toBeLessThan(110);
});
