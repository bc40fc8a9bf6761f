// The documents show what the tests run: ladders are their snapshots, code is their applications, which tsc and the
// flows check. UPDATE_PICTURES=1 rewrites them.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';

const root = new URL('../../', import.meta.url);
const PAGE = new URL('sdk/PROXYING.md', root);

/**
 * <!-- ladder: FILE "TITLE" -->, <!-- code: FILE CLASS --> or <!-- code: FILE -->, and the fenced block behind it. The
 * titles appear there without the ids of rules, which the documents do not use.
 */
const SHOWN = /^<!-- (ladder|code): (\S+)(?: "([^"\n]+)"| (\w+))? -->\n```.*\n(?:[^`].*\n|\n)*?```$/gm;

const source = (file: string): string => readFileSync(new URL(file, root), 'utf8');

function fresh(page: string): string {
  return page.replace(SHOWN, (all, kind: string, file: string, title?: string, name?: string) => {
    const marker = all.slice(0, all.indexOf('\n'));
    if (kind === 'ladder') return `${marker}\n\`\`\`text\n${ladderOf(file, title ?? '')}\n\`\`\``;
    return `${marker}\n\`\`\`ts\n${codeOf(file, name)}\n\`\`\``;
  });
}

/** The ids of rules at the beginning of a title. */
const RULES = /^(?:[A-Z]+-\d+[a-z]? )+/;

/** The inline snapshot of the test with this title. */
function ladderOf(file: string, title: string): string {
  const text = source(file);
  const starts = [...text.matchAll(/^ *test\('(.*)', /gm)].filter(([, own = '']) => own.replace(RULES, '') === title);
  if (starts.length !== 1) throw new Error(`${file} has ${starts.length} tests with the title ${title}`);
  const [, ...rest] = text.slice(present(starts[0]).index).split(/^ *test\('/m);
  const snapshot = /toMatchInlineSnapshot\(`\n([^`]*)\n *`\)/.exec(rest[0] ?? '');
  if (snapshot === null) throw new Error(`${file}: the test ${title} draws no ladder`);
  const lines = present(snapshot[1]).split('\n');
  const indentation = present(lines[0]).search(/\S/);
  const ladder = lines.map((line) => line.slice(indentation)).join('\n');
  return ladder.slice(1, -1).replaceAll('\\\\', '\\');
}

/** A class with its decorator, or the whole file, without what it tells the linter. */
function codeOf(file: string, name: string | undefined): string {
  const text = source(file).replace(/^\/\/ biome-ignore.*\n/gm, '');
  if (name === undefined) return text.trimEnd();
  const end = text.indexOf('\n}\n', text.indexOf(`export class ${name} {`));
  const start = text.lastIndexOf('@Siplet(', text.indexOf(`export class ${name} {`));
  if (start < 0 || end < 0) throw new Error(`${file} has no siplet ${name}`);
  return text.slice(start, end + 2);
}

/** Names of the members of an interface of the SDK. */
function membersOf(file: string, type: string): string[] {
  const [, body = ''] = new RegExp(`^export interface ${type}\\b[^{]*\\{\\n([^]*?)^\\}`, 'm').exec(source(file)) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly |get )?(\w+)[?(:]/gm)].map((match) => present(match[1]));
}

test.each(['README.md', 'sdk/README.md', 'sdk/PROXYING.md', 'sdk/ROUTING.md', 'sdk/B2BUA.md'])(
  'the ladders and the code in %s are those of the tests',
  (file) => {
    const url = new URL(file, root);
    const page = readFileSync(url, 'utf8');
    if (process.env.UPDATE_PICTURES) writeFileSync(url, fresh(page));
    else expect(page).toBe(fresh(page));
    expect(page).toMatch(SHOWN);
  },
);

test('no ladder and no code in sdk/PROXYING.md is typed by hand', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page.replace(SHOWN, '')).not.toContain('```');
  expect(present(page.match(SHOWN)).length).toBeGreaterThan(50);
});

test.each([
  ['SipApplicationRouter', 1],
  ['RouterInfo', 5],
])('sdk/ROUTING.md names every member of %s that the model has', (type, least) => {
  const page = readFileSync(new URL('sdk/ROUTING.md', root), 'utf8');
  const members = membersOf('sdk/routing.ts', type);
  expect(members.length).toBeGreaterThan(least);
  expect(members.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test.each(['ProxyOptions', 'SipProxy', 'ProxyBranch'])('sdk/PROXYING.md names every member of %s', (type) => {
  const page = readFileSync(PAGE, 'utf8');
  const members = membersOf('sdk/proxy.ts', type);
  expect(members.length).toBeGreaterThan(5);
  expect(members.filter((name) => !new RegExp(`\`(?:\\w+\\.)?${name}\\b`).test(page))).toEqual([]);
});

test('every link of sdk/PROXYING.md inside the page leads to a heading', () => {
  const page = readFileSync(PAGE, 'utf8');
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(present(match[1])));
  const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map((match) => present(match[1]));
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});

/**
 * As hosts of Markdown make it: lower case, hyphens for spaces, nothing but letters, digits, hyphens and underscores.
 */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
