// `siplet check` of an archive: what a container would say of it. It leaves nothing behind. RULES.md sections 1 and 8.
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder, siplet } from '../deployment/folder.js';
import { packed, tgz } from '../deployment/pack.js';
import { command } from './command.js';

const manifest = JSON.stringify({ name: '@acme/hunt', version: '1.2.3' });

function archive(content: Uint8Array): string {
  const path = join(folder({}), 'hunt-1.2.3.tgz');
  writeFileSync(path, content);
  return path;
}

const rooms = () => readdirSync(tmpdir()).filter((name) => name.startsWith('siplet-check-'));

test('siplet check PATH.tgz: its handler table, and nothing is left of what was unpacked', async () => {
  const before = rooms();
  const path = archive(packed({ 'package.json': manifest, 'src/index.ts': siplet('Hunt') }));
  expect(await command('check', path)).toEqual({
    status: 0,
    out: 'hunt 1.2.3\n  initial INVITE → Hunt.ring\n',
    err: '',
  });
  expect(rooms().filter((name) => !before.includes(name))).toEqual([]);
});

test.each<[string, Uint8Array, RegExp]>([
  [
    'a syntax error',
    packed({ 'package.json': manifest, 'src/index.ts': 'export const x = ;' }),
    /^siplet: hunt-1\.2\.3\.tgz\/src\/index\.ts:1:18: .*\n[\s\S]*export const x = ;/,
  ],
  [
    'a constructor that throws',
    packed({
      'package.json': manifest,
      'index.ts': siplet('Hunt').replace('@Invite()', "constructor() { throw new Error('no licence'); }\n  @Invite()"),
    }),
    /^siplet: Hunt could not be made: Error: no licence\n.*hunt-1\.2\.3\.tgz\/index\.ts:4:/,
  ],
  [
    'a path that leads out of the package',
    tgz([{ name: 'package/package.json', content: manifest }, { name: 'package/../../evil' }]),
    /^siplet: .*'package\/\.\.\/\.\.\/evil' leads out of the package \('\.\.'\)\n$/,
  ],
  ['something else', Buffer.from('text'), /^siplet: the archive is not compressed by gzip\n$/],
])('siplet check PATH.tgz, %s: status 1, and the place as its author knows it', async (_title, content, message) => {
  const { status, out, err } = await command('check', archive(content));
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).toMatch(message);
});

test('siplet check of an archive that is not there: status 1 and one line', async () => {
  const { status, err } = await command('check', join(folder({}), 'none.tgz'));
  expect(status).toBe(1);
  expect(err).toMatch(/^siplet: .*none\.tgz: there is no such file or directory\n$/);
});

describe('D-02 siplet check and type errors', () => {
  const text = siplet('Hunt').replace('return "Hunt"', 'return 7');
  const error = /^hunt\.ts\(4,30\): error TS2322: Type 'number' is not assignable to type 'string'\.\n[\s\S]*\^\n/;

  test('without --strict they are reported, and the status is 0', async () => {
    const { status, out, err } = await command('check', `${folder({ 'hunt.ts': text })}/hunt.ts`);
    expect({ status, out }).toEqual({ status: 0, out: 'hunt 0.0.0\n  initial INVITE → Hunt.ring\n' });
    expect(err).toMatch(error);
  });

  test('--strict: status 1, whatever the configuration says', async () => {
    const root = folder({ 'hunt.ts': text, 'siplet.yaml': 'deploy: { typeCheck: off }\n' });
    const words = ['check', '--strict', '--config', `${root}/siplet.yaml`, `${root}/hunt.ts`];
    const { status, err } = await command(...words);
    expect(status).toBe(1);
    expect(err).toMatch(error);
    expect(err).toMatch(/\nsiplet: it has type errors\n$/);
    expect((await command(...words.filter((word) => word !== '--strict'))).err).toBe('');
  });

  test('--strict of what has none: status 0', async () => {
    const path = `${folder({ 'hunt.ts': siplet('Hunt') })}/hunt.ts`;
    expect(await command('check', '--strict', path)).toMatchObject({ status: 0, err: '' });
  });

  test('they are told also when loading fails, before what came of them', async () => {
    const wrong = `const settings: { phones?: string[] } = {};\nexport const first = settings.phone.length;\n${siplet('Hunt')}`;
    const { status, err } = await command('check', `${folder({ 'hunt.ts': wrong })}/hunt.ts`);
    expect(status).toBe(1);
    expect(err).toMatch(
      /^hunt\.ts\(2,31\): error TS2551: [\s\S]*\nsiplet: its module failed while it was loaded: TypeError: /,
    );
  });
});
