// Every purpose of response processing, CANCEL and the container's proxying is named by a test, or there is a reason
// why not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOT_APPLICABLE } from './not-applicable.js';

const RANGES = [
  ['PRS', 44],
  ['PCN', 22],
  ['CNT', 48],
] as const;

const ids = RANGES.flatMap(([section, last]) =>
  Array.from({ length: last }, (_, i) => `${section}-${String(i + 1).padStart(2, '0')}`),
);

/** Identifiers in the titles of the tests of the whole repository: in all strings, but not in comments. */
function named(): Set<string> {
  const directory = join(import.meta.dirname, '..');
  const found = new Set<string>();
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts') || name.includes('node_modules')) continue;
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      if (/^\s*(\/\/|\*)/.test(line)) continue;
      const quote = line.search(/['"`]/);
      if (quote < 0) continue;
      for (const [id] of line.slice(quote).matchAll(/\b(PRS|PCN|CNT)-\d\d\b/g)) found.add(id);
    }
  }
  return found;
}

test.each(RANGES)('every %s-01 … -%i is named in the title of a test, or is listed as not applicable', (section) => {
  const tested = named();
  const missing = ids.filter((id) => id.startsWith(section) && !tested.has(id) && NOT_APPLICABLE[id] === undefined);
  expect(missing).toEqual([]);
});

test('what is listed as not applicable is one of them, and has a reason', () => {
  for (const [id, reason] of Object.entries(NOT_APPLICABLE)) {
    expect(ids).toContain(id);
    expect(reason.length).toBeGreaterThan(20);
  }
});
