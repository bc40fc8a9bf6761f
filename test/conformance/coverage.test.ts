// Each purpose is in the title of a test, or in not-applicable.ts with its reason.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NOT_APPLICABLE } from './not-applicable.js';
import { PURPOSES } from './purposes.js';

const ROOT = new URL('../', import.meta.url);

/** Identifiers that begin a string literal of a test's source: its title, or the name of a row of its table. */
function titled(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync(ROOT, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue;
    for (const [, identifiers = ''] of readFileSync(new URL(name, ROOT), 'utf8').matchAll(
      /['"`]((?:[A-Z][A-Z\d][A-Z]-\d\d )+)/g,
    )) {
      for (const identifier of identifiers.trim().split(' ')) found.add(identifier);
    }
  }
  return found;
}

test('each purpose is shown by a test, or does not apply for a reason', () => {
  const shown = titled();
  expect(PURPOSES.filter((purpose) => !shown.has(purpose) && NOT_APPLICABLE[purpose] === undefined)).toEqual([]);
});

test('what does not apply is a purpose, has a reason, and is shown nowhere', () => {
  const shown = titled();
  for (const [purpose, reason] of Object.entries(NOT_APPLICABLE)) {
    expect(PURPOSES).toContain(purpose);
    expect(reason.length).toBeGreaterThan(20);
    expect(shown.has(purpose), `${purpose} is shown`).toBe(false);
  }
});
