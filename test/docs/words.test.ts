// The words of the documents: plain statements with the RFC's section instead of ids of rules, the names of edition 2,
// and none of the turns of phrase that a translation has.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES = readdirSync(join(ROOT, 'sdk'), { recursive: true, encoding: 'utf8' })
  .filter((file) => !/(^|\/)(dist|node_modules)\//.test(file))
  .map((file) => `sdk/${file}`);
const DOCUMENTS = ['README.md', ...FILES.filter((file) => file.endsWith('.md'))];
const SOURCES = FILES.filter((file) => file.endsWith('.ts'));

/** Every line of these files in which the pattern is. */
function linesWith(pattern: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

test('there are documents to look at', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(7);
  expect(SOURCES.length).toBeGreaterThan(30);
});

test('D-11 no rule is cited that readers cannot look up', () => {
  expect(linesWith(/\b[A-Z]{1,3}-\d+[a-z]?\b(?<!SHA-\d+|RFC-\d+|MD-\d+|UTF-\d+|ISO-\d+)/, DOCUMENTS)).toEqual([]);
  expect(linesWith(/\bC-\d+|RULES\.md/, SOURCES)).toEqual([]);
});

describe('edition 2', () => {
  test.each([
    /\b(APP_CONFIG|LOGGER|SIP_FACTORY|TIMERS|SESSIONS|METRICS|AUTHENTICATION)\b(?!\.md| {2}HANDLERS)/,
    /@Response\b|\bCallFailed\b|\brepeatMs\b/,
    /\bapplicationSessions?(ByKey)?\(/,
    /\btype (Timer|Headers|Proxy)\b|: (Timer|Headers|Proxy)\b/,
    /\btimeout: \d+ /,
    /\w!\./,
  ])('has no %s', (pattern) => {
    expect(linesWith(pattern, [...DOCUMENTS, ...SOURCES]).filter((line) => !/[`'"]?timeout: 20`/.test(line))).toEqual(
      [],
    );
  });
});

test.each([
  /(?<![Tt]here )\b(is|are|was|were) (no|none)\b(?! longer)/,
  /\bthat what\b/,
  /\bbut for\b/,
  /\bgiven back\b/,
  /\bany more\b/,
])('no turn of phrase such as %s', (pattern) => {
  expect(linesWith(pattern, [...DOCUMENTS, ...SOURCES])).toEqual([]);
});
