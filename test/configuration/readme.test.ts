// The README says what the code says. SIPLET_WRITE=1 rewrites its table.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationTable } from '../../container/configuration/markdown.js';

const file = new URL('../../README.md', import.meta.url);
const PLACE = /(<!-- configuration:[^>]*-->\n)[\s\S]*?(<!-- \/configuration -->)/;

test('RULES.md section 8 every key of the configuration is documented in the README', () => {
  const readme = readFileSync(file, 'utf8');
  expect(readme).toMatch(PLACE);
  const fresh = readme.replace(PLACE, (_all, before, after) => `${before}\n${configurationTable()}\n\n${after}`);
  if (process.env.SIPLET_WRITE) writeFileSync(file, fresh);
  else expect(readme).toBe(fresh);
});
