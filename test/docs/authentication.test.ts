// sdk/AUTHENTICATION.md shows the applications of test/digest, which tsc and those tests check. UPDATE_PICTURES=1
// rewrites them.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

const root = new URL('../../', import.meta.url);
const PAGE = new URL('sdk/AUTHENTICATION.md', root);
const source = (file: string): string => readFileSync(new URL(file, root), 'utf8');

/** <!-- code: FILE CLASS --> and the fenced block behind it. */
const SHOWN = /^<!-- code: (\S+) (\w+) -->\n```ts\n(?:[^`].*\n|\n)*?```$/gm;

/** The class with its decorator. */
function codeOf(file: string, name: string): string {
  const text = source(file);
  const at = text.indexOf(`export class ${name} {`);
  const start = text.lastIndexOf('@Siplet(', at);
  const end = text.indexOf('\n}\n', at);
  if (at < 0 || start < 0 || end < 0) throw new Error(`${file} has no siplet ${name}`);
  return text.slice(start, end + 2);
}

const fresh = (page: string): string =>
  page.replace(
    SHOWN,
    (all, file: string, name: string) => `${all.slice(0, all.indexOf('\n'))}\n\`\`\`ts\n${codeOf(file, name)}\n\`\`\``,
  );

test('the code in sdk/AUTHENTICATION.md is that of test/digest', () => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.UPDATE_PICTURES) writeFileSync(PAGE, fresh(page));
  else expect(page).toBe(fresh(page));
  expect(page.match(SHOWN)).toHaveLength(3);
  expect(page.replace(SHOWN, '')).not.toContain('```');
});

test('sdk/AUTHENTICATION.md names every option', () => {
  const page = readFileSync(PAGE, 'utf8');
  const [, body = ''] =
    /^export interface AuthenticationOptions \{\n([\s\S]*?)^\}/m.exec(source('sdk/authentication.ts')) ?? [];
  const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => present(match[1]));
  expect(options).toHaveLength(7);
  expect(options.filter((name) => !page.includes(`\n| \`${name}\` |`))).toEqual([]);
});
