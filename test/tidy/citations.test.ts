// Rules are cited by number where RULES.md can be looked up, and stated where users read.
import { describe, expect, test } from 'vitest';
import { asShown, citationsBut, docComments, documents, RULES, statedRules } from './citations.js';
import { type Source, sourcesIn } from './sources.js';

const texts = documents();
const sources = ['sdk', 'container', 'apps', 'test'].flatMap(sourcesIn);
const rules = statedRules(texts.find(({ path }) => path === RULES) as Source);

describe('rules', () => {
  test('RULES.md states each rule once', () => {
    expect(rules.length).toBeGreaterThan(35);
    expect(rules).toEqual([...new Set(rules)]);
  });

  test('every rule that sources, tests and documents cite is in RULES.md', () => {
    const planted = 'test/tidy/citations.test.ts';
    expect(citationsBut(rules, [...texts, ...sources.filter(({ path }) => path !== planted)])).toEqual([]);
  });

  test('user documents and the doc comments of the SDK state rules and cite no number', () => {
    const manuals = texts.filter(({ path }) => /^(README\.md|sdk\/[^/]+\.md|apps\/.*README\.md)$/.test(path));
    const comments = sources.filter(({ path }) => path.startsWith('sdk/')).map(docComments);
    expect(citationsBut([], [...manuals.map(asShown), ...comments])).toEqual([]);
  });
});

describe('each rule notices what breaks it', () => {
  test('a citation of a rule that does not exist, and only that', () => {
    const text = 'C-1, C-41a (C-999),\nC-28 and D-6; not D-02, CRC-32, C-1-x';
    expect(citationsBut(['C-1', 'C-41a'], [{ path: 'a.md', text }])).toEqual(['a.md:2 C-28', 'a.md:2 D-6']);
  });

  test('a number in a document, but not in a marker', () => {
    const text = '<!-- ladder: "C-33\nwithout" -->\nC-33\n';
    expect(citationsBut([], [asShown({ path: 'a.md', text })])).toEqual(['a.md:3 C-33']);
  });

  test('a number in a doc comment, but not in a comment', () => {
    const text = '// C-1\n/** C-2 */\n/**\n * C-3\n */\nf(); // C-4\n';
    expect(citationsBut([], [docComments({ path: 'a.ts', text })])).toEqual(['a.ts:2 C-2', 'a.ts:4 C-3']);
  });
});
