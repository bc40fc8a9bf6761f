// Deployables, their names, versions and entries: contract section 1.
import { basename, relative } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { deployableAt, deployablesIn } from '../../container/deployment/deployable.js';
import { folder } from './folder.js';

const manifest = (more: object = {}) => JSON.stringify({ name: '@example/hunt', version: '1.2.3', ...more });

describe('contract section 1, a directory', () => {
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
    ['no JSON', { 'package.json': '{' }, /package\.json: /],
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

describe('contract section 1, one file', () => {
  test.each(['hunt.ts', 'hunt.js', 'hunt.mts', 'hunt.mjs'])('%s is named hunt, version 0.0.0', (file) => {
    const root = folder({ [file]: '' });
    expect(deployableAt(`${root}/${file}`)).toMatchObject({ name: 'hunt', version: '0.0.0', entry: `${root}/${file}` });
  });

  test('anything else is refused', () => {
    const root = folder({ 'a.txt': '', 'a.d.ts': '', 'a.tgz': '' });
    for (const file of ['a.txt', 'a.d.ts'])
      expect(() => deployableAt(`${root}/${file}`)).toThrow(/is neither a directory/);
    expect(() => deployableAt(`${root}/a.tgz`)).toThrow(/is to be unpacked first/);
    expect(() => deployableAt(`${root}/none.ts`)).toThrow(/there is no such file or directory/);
  });
});

test('D-1 what is deployed of a directory, in alphabetical order', () => {
  const root = folder({
    'b.ts': '',
    'a/package.json': manifest(),
    'c.mjs': '',
    'notes/readme.md': '',
    'd.d.ts': '',
    'e.tgz': '',
    '.hidden.ts': '',
    'node_modules/x/package.json': '{}',
    'README.md': '',
  });
  const found = deployablesIn(root);
  expect(found.map((path) => basename(path))).toEqual(['a', 'b.ts', 'c.mjs', 'e.tgz']);
  expect(() => deployablesIn(`${root}/none`)).toThrow(/there is no such directory/);
  expect(() => deployablesIn(`${root}/b.ts`)).toThrow(/is no directory/);
});
