// What an author may write, and what is compiled and loaded as Node would have it: RULES.md section 1.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder, siplet, write } from './folder.js';
import { registry } from './registry.js';

const pkg = (more: object = {}) => JSON.stringify({ name: 'app', version: '1.0.0', type: 'module', ...more });
/** A siplet that answers with what this expression gives. */
const saying = (expression: string, before = '') => `
import { Invite, Siplet } from '@siplet/sdk';
${before}
@Siplet() export class A { @Invite() ring(): unknown { return ${expression}; } }`;
const module = (name: string, main: string, text: string, more: object = {}) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main, ...more }),
  [`node_modules/${name}/${main}`]: text,
});

interface Fine {
  readonly title: string;
  readonly files: Record<string, string>;
  readonly says: unknown | ((root: string) => unknown);
}

const ESM = { type: 'module' };
const OF_LIB = (root: string) => [
  pathToFileURL(join(root, 'lib/b.ts')).href,
  join(root, 'lib'),
  join(root, 'lib/b.ts'),
];

const FINE: readonly Fine[] = [
  {
    title: 'top-level await in an ES module',
    files: { 'package.json': pkg(), 'index.ts': saying('value', 'const value = await Promise.resolve(7);') },
    says: 7,
  },
  {
    title: 'top-level await in a package that says nothing of its type',
    files: {
      'package.json': pkg({ type: undefined }),
      'index.ts': saying('value', 'const value = await Promise.resolve(7);'),
    },
    says: 7,
  },
  {
    title: 'top-level await in what the application imports, which waits for a timer',
    files: {
      'package.json': pkg(),
      'index.ts': saying('[value, more]', "import { value } from './lib/b.js';\nexport const more = value + 1;"),
      'lib/b.ts': 'export const value: number = await new Promise((done) => setTimeout(done, 5, 7));',
    },
    says: [7, 8],
  },
  {
    title: 'top-level await in a dependency, beside one in CommonJS',
    files: {
      'package.json': pkg(),
      'index.ts': saying(
        '[wait, os.EOL, excited("a")]',
        "import { wait } from 'waiter';\nimport excited from 'excited';\nimport os from 'node:os';",
      ),
      ...module('waiter', 'main.js', 'export const wait = await Promise.resolve("waited");', ESM),
      ...module('excited', 'main.js', "const os = require('node:os'); module.exports = (text) => text + '!' + os.EOL;"),
    },
    says: ['waited', '\n', 'a!\n'],
  },
  {
    title: 'for await, await using the SDK by import(), node: modules by import(), and an import() of its own module',
    files: {
      'package.json': pkg(),
      'index.ts': `
        const { Invite, Siplet } = await import('@siplet/sdk');
        const { sep } = await import('node:path');
        const { later } = await import('./later.js');
        const all: number[] = [];
        for await (const each of [1, 2]) all.push(each);
        class A { ring() { return [all, sep, later]; } }
        Invite()(A.prototype, 'ring', Object.getOwnPropertyDescriptor(A.prototype, 'ring')!);
        Siplet()(A);
        export default A;`,
      'later.ts': 'await 0;\nexport const later = "later";',
    },
    says: [[1, 2], '/', 'later'],
  },
  {
    title: 'import() in a module without top-level await',
    files: {
      'package.json': pkg(),
      'index.ts': saying('await_()', "const await_ = () => import('./later.js').then(({ later }) => later);"),
      'later.ts': 'export const later = "later";',
    },
    says: 'later',
  },
  {
    title: 'a name `require` of its own beside top-level await',
    files: {
      'package.json': pkg(),
      'index.ts': saying(
        'require("./words.json").word',
        "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nawait 0;",
      ),
      'words.json': '{ "word": "read" }',
    },
    says: 'read',
  },
  {
    title: 'import.meta.url, dirname and filename of a module in a folder of its own',
    files: {
      'package.json': pkg(),
      'index.ts': saying('here', "import { here } from './lib/b.js';"),
      'lib/b.ts': 'export const here = [import.meta.url, import.meta.dirname, import.meta.filename];',
    },
    says: OF_LIB,
  },
  {
    title: 'import.meta.url, dirname and filename beside top-level await',
    files: {
      'package.json': pkg(),
      'index.ts': saying('here', "import { here } from './lib/b.js';\nawait 0;"),
      'lib/b.ts': 'export const here = [import.meta.url, import.meta.dirname, import.meta.filename];',
    },
    says: OF_LIB,
  },
  {
    title: '__dirname and __filename of a CommonJS module in a folder of its own, and of a dependency',
    files: {
      'package.json': pkg({ type: 'commonjs' }),
      'index.ts': saying(
        '[...here, dependency]',
        "import { here } from './lib/b';\nimport dependency = require('dependency');",
      ),
      'lib/b.ts': 'export const here = [__dirname, __filename];',
      ...module(
        'dependency',
        'main.js',
        "module.exports = require('node:fs').readFileSync(__dirname + '/word.txt', 'utf8');",
      ),
      'node_modules/dependency/word.txt': 'word',
    },
    says: (root: string) => [join(root, 'lib'), join(root, 'lib/b.ts'), 'word'],
  },
  {
    title: '__dirname that an ES module declares itself',
    files: {
      'package.json': pkg(),
      'index.ts': saying(
        '__dirname',
        "import { dirname } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nconst __dirname = dirname(fileURLToPath(import.meta.url));",
      ),
    },
    says: (root: string) => root,
  },
  {
    title: 'JSON, with and without an attribute',
    files: {
      'package.json': pkg(),
      'index.ts': saying(
        '[a.word, b.word]',
        "import a from './a.json';\nimport b from './b.json' with { type: 'json' };",
      ),
      'a.json': '{ "word": "a" }',
      'b.json': '{ "word": "b" }',
    },
    says: ['a', 'b'],
  },
  {
    title: 'path aliases of tsconfig.json',
    files: {
      'package.json': pkg(),
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }',
      'src/index.ts': saying('value', "import { value } from '@lib/b';"),
      'src/lib/b.ts': 'export const value = 7;',
    },
    says: 7,
  },
  {
    title: 'path aliases below a baseUrl',
    files: {
      'package.json': pkg(),
      'tsconfig.json': '{ "compilerOptions": { "baseUrl": "src", "paths": { "lib/*": ["lib/*"] } } }',
      'src/index.ts': saying('value', "import { value } from 'lib/b';"),
      'src/lib/b.ts': 'export const value = 7;',
    },
    says: 7,
  },
  {
    title: 'imports of the package by `#name`',
    files: {
      'package.json': pkg({ imports: { '#lib/*': './lib/*.ts' } }),
      'index.ts': saying('value', "import { value } from '#lib/b';"),
      'lib/b.ts': 'export const value = 7;',
    },
    says: 7,
  },
  {
    title: 'modules by the names .js, .ts and none, .mts and .cts',
    files: {
      'package.json': pkg(),
      'index.ts': saying(
        '[a, b, c, d, e]',
        "import { a } from './a.js';\nimport { b } from './b.ts';\nimport { c } from './c';\nimport { d } from './d.mjs';\nimport { e } from './e.cjs';",
      ),
      ...Object.fromEntries(
        ['a.ts', 'b.ts', 'c.ts', 'd.mts'].map((file) => [file, `export const ${file[0]} = '${file}';`]),
      ),
      'e.cts': "export const e = 'e.cts';",
    },
    says: ['a.ts', 'b.ts', 'c.ts', 'd.mts', 'e.cts'],
  },
  {
    title: 'enums, namespaces, parameter properties, satisfies, accessors and private names',
    files: {
      'package.json': pkg(),
      'index.ts': `
        import { Invite, Siplet } from '@siplet/sdk';
        import { injectable } from 'inversify';
        enum Colour { Red = 'red' }
        namespace Words { export const word = 'word'; }
        @injectable() class Book { #title = 'title'; get title() { return this.#title; } }
        @Siplet() export class A {
          constructor(private readonly book: Book) {}
          @Invite() ring() { return [Colour.Red, Words.word, this.book.title, { a: 1 } satisfies object]; }
        }`,
    },
    says: ['red', 'word', 'title', { a: 1 }],
  },
];

describe('RULES.md section 1, what an author may write', () => {
  test.each(FINE)('$title', async ({ files, says }) => {
    const root = folder(files);
    const application = await registry().deployments.deploy(root);
    const expected = typeof says === 'function' ? says(root) : says;
    expect(await present(application.table.initial('INVITE')).invoke({})).toEqual(expected);
  });

  test.each(['a.ts', 'a.mts', 'a.js', 'a.mjs'])('D-03 top-level await in one file, %s', async (file) => {
    const text = `import { Invite, Siplet } from '@siplet/sdk';\nconst mark = await Promise.resolve('A');\n${siplet('A').split('\n').slice(1).join('\n')}`;
    const path = join(folder({ [file]: file.includes('ts') ? text : text.replace(': string', '') }), file);
    const application = await registry().deployments.deploy(path);
    expect(present(application.table.initial('INVITE')).invoke({})).toBe('A');
  });
});

/** An addon that is on every machine which can run these tests: it is loaded, and not called. */
const require_ = createRequire(createRequire(import.meta.url).resolve('rolldown'));
const BINDING = ['linux-x64-gnu', 'linux-x64-musl', 'linux-arm64-gnu', 'darwin-arm64', 'darwin-x64', 'win32-x64-msvc']
  .map((platform) => `@rolldown/binding-${platform}`)
  .flatMap((name) => {
    try {
      return [require_.resolve(name)];
    } catch {
      return [];
    }
  })[0];

describe('RULES.md section 1, dependencies with native parts', () => {
  const addon = present(BINDING);
  const put = (root: string, path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(addon, join(root, path));
  };
  const index = saying('typeof native.BindingBundler', "import * as native from 'native';\nawait 0;");

  test.each<[string, string, Record<string, string>]>([
    [
      'an addon that the package requires itself, and nothing else that shows it',
      'node_modules/native/build/Release/addon.node',
      module('native', 'lib/main.js', "module.exports = require('../build/Release/addon.node');"),
    ],
    [
      'an optional package for this platform',
      'node_modules/@native/linux-x64/native.node',
      {
        ...module(
          'native',
          'main.js',
          "try { module.exports = require('@native/linux-x64'); } catch { module.exports = require('@native/win32-x64'); }",
          {
            optionalDependencies: { '@native/linux-x64': '1.0.0', '@native/win32-x64': '1.0.0' },
          },
        ),
        'node_modules/@native/linux-x64/package.json':
          '{"name":"@native/linux-x64","version":"1.0.0","main":"native.node"}',
      },
    ],
    [
      'an addon in a dependency of a dependency, which only that one finds',
      'node_modules/outer/node_modules/inner/addon.node',
      {
        ...module('native', 'main.js', "module.exports = require('outer');"),
        ...module('outer', 'main.js', "module.exports = require('inner');"),
        'node_modules/outer/node_modules/inner/package.json': '{"name":"inner","version":"1.0.0","main":"addon.node"}',
      },
    ],
  ])('%s', async (_title, path, files) => {
    const root = folder({ 'package.json': pkg(), 'index.ts': index, ...files });
    put(root, path);
    const application = await registry().deployments.deploy(root);
    expect(present(application.table.initial('INVITE')).invoke({})).toBe('function');
  });
});

describe('D-03 top-level await that fails leaves the old version in service', () => {
  const waiting = 'export const never = await new Promise(() => {});\n';
  async function broken(text: string): Promise<{ message: string; mark: unknown; line: string }> {
    const root = folder({ 'package.json': pkg(), 'index.ts': siplet('A', 'one') });
    const { deployments, lines } = registry({ startTimeout: 50 });
    const one = await deployments.deploy(root);
    write(root, { 'index.ts': `${siplet('A', 'two')}import './lib/wait.js';\n`, 'lib/wait.ts': text });
    const error = await deployments.deploy(root).then(
      () => new Error('it was deployed'),
      (fault: unknown) => fault as Error,
    );
    expect(deployments.get('app')).toBe(one);
    const mark = present(one.table.initial('INVITE')).invoke({});
    return { message: error.message, mark, line: present(lines.at(-1)).msg };
  }

  test('one that never settles: the place of the await, within a time limit', async () => {
    const { message, mark, line } = await broken(`// first\n${waiting}`);
    expect(message).toMatch(
      /^its module was not loaded after 0\.05 s: a top-level await has not settled \(.*lib\/wait\.ts:2:22\); await it in a @PostConstruct method, or give it a time limit$/,
    );
    expect(line).toMatch(/^app 1\.0\.0 is not deployed; 1\.0\.0 stays in service: its module was not loaded/);
    expect(mark).toBe('one');
  });

  test('one that rejects: the reason, at the author’s line', async () => {
    const { message, mark } = await broken(
      `async function connect() {\n  throw new Error('no database');\n}\nawait connect();\nexport {};\n`,
    );
    expect(message).toMatch(/^its module failed while it was loaded: Error: no database\n/);
    expect(message).toMatch(/lib\/wait\.ts:2:9/);
    expect(message).toMatch(/lib\/wait\.ts:4:/);
    expect(mark).toBe('one');
  });
});

test('D-03 D-1 a fault of a handler in a module with top-level await is told at the author’s line', async () => {
  const root = folder({
    'package.json': pkg(),
    'index.ts': `import { Invite, Siplet } from '@siplet/sdk';\nimport { fail } from './lib/fail.js';\nawait 0;\n\n@Siplet()\nexport class A {\n  @Invite()\n  ring(): void {\n    fail();\n  }\n}\n`,
    'lib/fail.ts': `type Nothing = never;\nawait 0;\nexport function fail(): Nothing {\n  throw new Error('boom');\n}\n`,
  });
  const application = await registry().deployments.deploy(root);
  const stack = () => {
    try {
      return present(application.table.initial('INVITE')).invoke({});
    } catch (error) {
      return (error as Error).stack;
    }
  };
  expect(stack()).toMatch(/fail\.ts:4:9/);
  expect(stack()).toMatch(/index\.ts:9:5/);
});
