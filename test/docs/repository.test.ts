// What others need to carry the project on: the pages at the root, the editor's settings and the promised Node versions
// agree with what they speak of.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const json = (file: string): Record<string, Record<string, string>> => JSON.parse(text(file));

describe.each(['CONTRIBUTING.md', 'SECURITY.md'])('%s', (page) => {
  test('names npm scripts that are there', () => {
    const named = [...text(page).matchAll(/`npm (?:run )?([a-z:]+)[^`]*`/g)].map((match) => present(match[1]));
    const scripts = present(json('package.json').scripts);
    expect(named.filter((name) => !(name in scripts) && name !== 'publish')).toEqual([]);
  });

  test('has links that lead somewhere', () => {
    const links = [...text(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => present(match[1]));
    expect(links.length).toBeGreaterThan(1);
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});

test('.editorconfig says what biome.json says', () => {
  const section = present(text('.editorconfig').split(/^\[/m)[1]);
  const said = Object.fromEntries([...section.matchAll(/^(\w+) = (\S+)$/gm)].map(([, key, value]) => [key, value]));
  const { indentStyle, indentWidth, lineWidth, lineEnding = 'lf' } = present(json('biome.json').formatter);
  expect(said).toEqual({
    charset: 'utf-8',
    end_of_line: lineEnding,
    indent_style: indentStyle,
    indent_size: `${indentWidth}`,
    insert_final_newline: 'true',
    trim_trailing_whitespace: 'true',
    max_line_length: `${lineWidth}`,
  });
});

test('the container promises the Node versions that its most demanding dependency wants', () => {
  const bundler = createRequire(join(ROOT, 'container/package.json')).resolve('rolldown/package.json');
  const wanted = (JSON.parse(readFileSync(bundler, 'utf8')) as { engines: { node: string } }).engines.node;
  expect(present(json('container/package.json').engines).node).toBe(wanted);
});
