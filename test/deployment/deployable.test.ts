// Deployables, their names, versions and entries: RULES.md section 1.
import { basename, relative } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { deployableAt } from '../../container/deployment/deployable.js';
import { deployablesIn, otherPackagesIn } from '../../container/deployment/deployables.js';
import { folder } from './folder.js';

const manifest = (more: object = {}) => JSON.stringify({ name: '@example/hunt', version: '1.2.3', ...more });

describe('RULES.md section 1, a directory', () => {
  test('name without its scope, version, and directory', () => {
    const root = folder({ 'package.json': manifest(), 'index.ts': '' });
    expect(deployableAt(root)).toMatchObject({ name: 'hunt', version: '1.2.3', path: root, directory: root });
  });

  test.each([
    ['siplet.entry', { siplet: { entry: 'app/a.ts' }, main: 'b.js' }, 'app/a.ts'],
    ['main', { main: 'b.js' }, 'b.js'],
    ['main without its extension', { main: './lib/c' }, 'lib/c.mjs'],
    ['main that is a directory', { main: 'lib' }, 'lib/index.js'],
    ['index.ts', {}, 'index.ts'],
  ])('entry: %s', (_title, more, entry) => {
    const root = folder({
      'package.json': manifest(more),
      'app/a.ts': '',
      'b.js': '',
      'lib/c.mjs': '',
      'lib/index.js': '',
      'index.ts': '',
      'src/index.ts': '',
      'index.js': '',
    });
    expect(relative(root, deployableAt(root).entry)).toBe(entry);
  });

  test('entry: src/index.ts, then index.js', () => {
    const both = folder({ 'package.json': manifest(), 'src/index.ts': '', 'index.js': '' });
    expect(relative(both, deployableAt(both).entry)).toBe('src/index.ts');
    const one = folder({ 'package.json': manifest(), 'index.js': '' });
    expect(relative(one, deployableAt(one).entry)).toBe('index.js');
  });

  test.each([
    ['no package.json', {}, /has no package\.json/],
    ['no JSON', { 'package.json': '{' }, /package\.json:1:2: the JSON is wrong: /],
    ['no name', { 'package.json': '{"version":"1.0.0"}' }, /has no name/],
    ['no version', { 'package.json': '{"name":"a"}' }, /has no version/],
    [
      'no entry',
      { 'package.json': manifest() },
      /names no entry .* and there is no index\.ts, src\/index\.ts, index\.js/,
    ],
    [
      'an entry that is not there',
      { 'package.json': manifest({ main: 'x.js' }) },
      /main is 'x\.js', but there is no such file/,
    ],
  ])('refused: %s', (_title, files, message) => {
    const root = folder(files as Record<string, string>);
    expect(() => deployableAt(root)).toThrow(DeploymentError);
    expect(() => deployableAt(root)).toThrow(message);
  });
});

describe('RULES.md section 1, one file', () => {
  test.each(['hunt.ts', 'hunt.js', 'hunt.mts', 'hunt.mjs'])('%s is named hunt, version 0.0.0', (file) => {
    const root = folder({ [file]: '' });
    expect(deployableAt(`${root}/${file}`)).toMatchObject({ name: 'hunt', version: '0.0.0', entry: `${root}/${file}` });
  });

  test('anything else is refused', () => {
    const root = folder({ 'a.txt': '', 'a.d.ts': '', 'a.tgz': '' });
    for (const file of ['a.txt', 'a.d.ts'])
      expect(() => deployableAt(`${root}/${file}`)).toThrow(/is neither a directory/);
    expect(() => deployableAt(`${root}/a.tgz`)).toThrow(/must be unpacked first/);
    expect(() => deployableAt(`${root}/none.ts`)).toThrow(/there is no such file or directory/);
  });
});

const SDK = { '@siplet/sdk': '0.1.0' };

describe('RULES.md section 1, the applications in the directory that siplet run is given', () => {
  test('each file and each application package is one, in alphabetical order', () => {
    const root = folder({
      'b.ts': '',
      'a/package.json': manifest({ siplet: {} }),
      'c.mjs': '',
      'notes/readme.md': '',
      'e.tgz': '',
      'f/package.json': manifest({ dependencies: SDK }),
      '.hidden.ts': '',
      'node_modules/x/package.json': manifest({ dependencies: SDK }),
      'README.md': '',
    });
    const found = deployablesIn(root);
    expect(found.map((path) => basename(path))).toEqual(['a', 'b.ts', 'c.mjs', 'e.tgz', 'f']);
    expect(() => deployablesIn(`${root}/none`)).toThrow(/there is no such directory/);
    expect(() => deployablesIn(`${root}/b.ts`)).toThrow(/b\.ts is not a directory/);
  });

  test('files for tests, configuration and declarations are not applications', () => {
    const root = folder(
      Object.fromEntries(
        ['a.test.ts', 'a.spec.mts', 'vitest.config.ts', 'a.config.js', 'a.d.ts', 'a.d.mts', 'tests.ts'].map((file) => [
          file,
          '',
        ]),
      ),
    );
    expect(deployablesIn(root).map((path) => basename(path))).toEqual(['tests.ts']);
  });

  test.each([
    ['a siplet key', { siplet: { entry: 'index.ts' } }],
    ['an empty siplet key', { siplet: {} }],
    ...['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'].map((key): [string, object] => [
      key,
      { [key]: SDK },
    ]),
  ])('a directory that is itself an application is that one application: %s', (_title, more) => {
    const root = folder({
      'package.json': manifest(more),
      'index.ts': '',
      'other.ts': '',
      'vitest.config.ts': '',
      'inner/package.json': manifest({ siplet: {} }),
    });
    expect(deployablesIn(root)).toEqual([root]);
  });

  test('a directory whose package.json says nothing of Siplet holds applications', () => {
    const root = folder({ 'package.json': manifest({ dependencies: { pino: '10.0.0' } }), 'a.ts': '' });
    expect(deployablesIn(root).map((path) => basename(path))).toEqual(['a.ts']);
  });

  test('a package that is not an application is passed over; one that imports the SDK, or cannot be read, is not', () => {
    const root = folder({
      'helper/package.json': manifest(),
      'helper/index.ts': 'export const help = 1;',
      'undeclared/package.json': manifest(),
      'undeclared/index.ts': "import { Siplet } from '@siplet/sdk';",
      'broken/package.json': '{',
      'no-entry/package.json': manifest(),
    });
    expect(deployablesIn(root).map((path) => basename(path))).toEqual(['broken', 'undeclared']);
    expect(otherPackagesIn(root).map((path) => basename(path))).toEqual(['helper', 'no-entry']);
  });
});
