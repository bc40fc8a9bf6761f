// The shape of the code: imports point one way, files and functions stay short, and time, chance and wire are taken
// from one place each.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  circles,
  FLOORS,
  importsOfContainer,
  longFiles,
  longFunctions,
  unusedExports,
  upwardImports,
  wideComments,
} from './rules.js';
import { ROOT, type Source, sourcesIn } from './sources.js';

const container = sourcesIn('container').filter(({ path }) => !path.startsWith('container/bin/'));
const sdk = sourcesIn('sdk');
const apps = sourcesIn('apps');
const tests = sourcesIn('test');
const shipped = [...sdk, ...container, ...apps];

describe('imports point one way', () => {
  test('no file of the container imports a floor above its own', () => {
    expect(upwardImports(container)).toEqual([]);
  });

  test('no files of the container import each other in a circle, types too', () => {
    expect(circles(container)).toEqual([]);
  });

  test('the SDK knows nothing of the container, and applications know the SDK alone', () => {
    expect(importsOfContainer([...sdk, ...apps])).toEqual([]);
  });
});

describe('everything fits a look', () => {
  test('files have 400 lines or fewer', () => {
    expect(longFiles(shipped)).toEqual([]);
  });

  test('functions have 70 lines or fewer', () => {
    expect(longFunctions(shipped)).toEqual([]);
  });

  test('comments end at column 120', () => {
    expect(wideComments([...shipped, ...tests])).toEqual([]);
  });

  test('what is exported is imported somewhere', () => {
    const entries = new Set(['sdk/index.ts', 'sdk/grammar.ts', 'sdk/declarations.ts']);
    const inner = [...sdk, ...container].filter(({ path }) => !entries.has(path));
    const bins = ['container/cli/siplet.ts', 'container/workers/thread.ts'];
    const users = [...shipped, ...tests].filter(({ path }) => !bins.includes(path) || path.endsWith('.ts'));
    expect(unusedExports(inner, users)).toEqual([]);
  });
});

describe('every room tells what it is', () => {
  test('nothing stands at the root of the container but its floors, README, rules, package and licence', () => {
    const left = ['README.md', 'RULES.md', 'LICENSE', 'package.json', 'tsconfig.json', 'bin', ...FLOORS];
    const found = readdirSync(join(ROOT, 'container')).filter((name) => !['dist', 'node_modules'].includes(name));
    expect(found.filter((name) => !left.includes(name) && !name.endsWith('.tsbuildinfo'))).toEqual([]);
  });

  test.each([...FLOORS.map((floor) => `container/${floor}`), 'sdk', 'test', 'test/world', 'test/bench'])(
    '%s has a README',
    (folder) => {
      expect(existsSync(join(ROOT, folder, 'README.md'))).toBe(true);
    },
  );
});

describe('time, chance and wire are passed in', () => {
  /** The floors that a test runs on virtual ports, except transport/, which has the sockets. */
  const VIRTUAL = new RegExp(
    `^container/(${FLOORS.slice(FLOORS.indexOf('message'), FLOORS.indexOf('engine') + 1).join('|')})/`,
  );
  const REAL = /^container\/(transport|deployment)\//;
  const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['the time', /\bDate\.now\(|\bnew Date\(\)|performance\.now\(/],
    ['native timers', /\bset(Timeout|Interval|Immediate)\(/],
    ['chance', /Math\.random\(|crypto\.random|randomBytes\(/],
    ['sockets and DNS', /from 'node:(dgram|net|tls|dns|http)/],
  ];

  test.each(FORBIDDEN)('the engine takes %s from a port', (_, pattern) => {
    const wrong = container.filter(({ path, text }) => VIRTUAL.test(path) && !REAL.test(path) && pattern.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('each rule notices what breaks it', () => {
  const planted = (path: string, text: string): Source => ({ path, text });

  test('an import of a floor above, by a type too', () => {
    const up = planted('container/message/up.ts', "import type { Flow } from '../transport/flow.js';\n");
    expect(upwardImports([up])).toEqual(['container/message/up.ts → container/transport/flow.ts']);
  });

  test('a file on no floor', () => {
    expect(upwardImports([planted('container/helper.ts', '')])).toEqual(['container/helper.ts stands on no floor']);
  });

  test('a circle of two, of three, and of types alone', () => {
    const a = planted('container/base/a.ts', "import type { B } from './b.js';\nexport type A = B;\n");
    const b = planted('container/base/b.ts', "import { c } from './c.js';\nexport type B = typeof c;\n");
    const c = planted('container/base/c.ts', "export * from './a.js';\nexport const c = 1;\n");
    expect(circles([a, b, c])).toEqual(['container/base/a.ts, container/base/b.ts, container/base/c.ts']);
    expect(circles([a, b])).toEqual([]);
  });

  test('an SDK that imports the container', () => {
    const wrong = planted('sdk/wrong.ts', "import { Branch } from '../container/proxy/branch.js';\n");
    expect(importsOfContainer([wrong])).toEqual(['sdk/wrong.ts → container/proxy/branch.ts']);
  });

  test('a file of 401 lines, a function of 71', () => {
    const file = planted('sdk/long.ts', '\n'.repeat(401));
    const body = 'f();\n'.repeat(69);
    expect(longFiles([file])).toEqual(['sdk/long.ts: 401 lines']);
    expect(longFunctions([planted('sdk/f.ts', `class A {\n  #go() {\n${body}  }\n}\n`)])).toEqual([
      'sdk/f.ts:2 go: 71 lines',
    ]);
  });

  test('a comment of 121 columns, on a line of its own and behind code', () => {
    const wide = planted('sdk/w.ts', `// ${'x'.repeat(118)}\nf(); // ${'x'.repeat(113)}\n// ${'x'.repeat(117)}\n`);
    expect(wideComments([wide])).toEqual(['sdk/w.ts:1: 121 columns', 'sdk/w.ts:2: 121 columns']);
  });

  test('an export that nobody imports', () => {
    const a = planted('sdk/a.ts', 'export const used = 1;\nexport function unused() {}\nexport interface Gone {}\n');
    const b = planted('sdk/b.ts', "import { used } from './a.js';\nused;\n");
    expect(unusedExports([a], [a, b])).toEqual(['sdk/a.ts unused', 'sdk/a.ts Gone']);
  });
});
