// Comments, messages and documents are written in plain English.
import { describe, expect, test } from 'vitest';
import { documents } from './citations.js';
import { habitsIn } from './prose.js';
import { sourcesIn } from './sources.js';

/** It has the habits that the search must notice. */
const PLANTED = 'test/tidy/prose.test.ts';

test('no habit of translated wording is left in sources and documents', () => {
  const all = [...documents(), ...['sdk', 'container', 'apps', 'test'].flatMap(sourcesIn)];
  expect(habitsIn(all.filter(({ path }) => path !== PLANTED))).toEqual([]);
});

describe('the search notices', () => {
  const source = (text: string) => habitsIn([{ path: 'a.ts', text }]);

  test('a habit in a comment, in a string and in a template, with its line', () => {
    expect(source("f();\n// It is no call.\nf('it is no call');\n")).toEqual([
      "a.ts:2 'is no' (write: is not a …)",
      "a.ts:3 'is no' (write: is not a …)",
    ]);
    expect(source('f(`it is no call`);\n')).toHaveLength(1);
  });

  test('a habit across two lines of a comment', () => {
    expect(source('/**\n * It is\n * no call.\n */\n')).toEqual(["a.ts:2 'is no' (write: is not a …)"]);
    expect(source('// It is\n// no call.\n')).toHaveLength(1);
  });

  test.each([
    ['// Who sends it is asked.'],
    ['// A response: whose Via is ours.'],
    ['// That what is sent is kept.'],
    ['// Whoever asks is told, and it goes on.'],
    ['// Two legs, both of which stay.'],
    ['// A handler may not throw.'],
    ['// It is sent as it came, but for the Via.'],
  ])('%s', (text) => {
    expect(source(text)).not.toEqual([]);
  });

  test.each([
    ['// There is no call, and there are no legs; it is no longer here.'],
    ['// Who sends it?'],
    ['const is = no; // a call'],
    ["if (/is no call/.test(a)) f('isno');"],
  ])('but not %s', (text) => {
    expect(source(text)).toEqual([]);
  });

  test('a habit in a document, but not in its code', () => {
    const text = 'It is no\ncall.\n```\nis no call\n```\n`is no`\n';
    expect(habitsIn([{ path: 'a.md', text }])).toEqual(["a.md:1 'is no' (write: is not a …)"]);
  });
});
