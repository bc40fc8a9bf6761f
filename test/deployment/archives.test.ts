// Archives: untrusted input, deployed, kept, put back. RULES.md sections 1 and 7.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DeployedApplication } from '../../container/application/application.js';
import { present } from '../../container/base/present.js';
import { unpack } from '../../container/deployment/archive.js';
import { MAX_ENTRIES } from '../../container/deployment/tar.js';
import { folder, siplet } from './folder.js';
import { type Entry, packed, pax, tar, tgz } from './pack.js';
import { registry } from './registry.js';

const MANIFEST = { name: 'package/package.json', content: '{"name":"a","version":"1.0.0"}' };
const LIMIT = 1_000_000;

const version = (number: string, mark: string, name = 'app') =>
  packed({ 'package.json': JSON.stringify({ name, version: number }), 'index.ts': siplet('A', mark) });
const says = (application: DeployedApplication | undefined) =>
  present(present(application).table.initial('INVITE')).invoke({});

describe('an archive is untrusted input', () => {
  async function refusal(archive: Uint8Array, limit = LIMIT): Promise<string> {
    const root = folder({});
    const directory = join(root, 'in', 'here');
    mkdirSync(directory, { recursive: true });
    const error = await unpack(archive, directory, limit).then(
      () => new Error('it was unpacked'),
      (fault: Error) => fault,
    );
    // Nothing beside the directory, whatever it was.
    expect(readdirSync(root)).toEqual(['in']);
    expect(readdirSync(join(root, 'in'))).toEqual(['here']);
    return error.message;
  }
  const named = (name: string, more: Partial<Entry> = {}) => tgz([MANIFEST, { name, content: 'x', ...more }]);

  test.each([
    ["'..'", named('package/../../evil'), /'package\/\.\.\/\.\.\/evil' leads out of the package/],
    ["'..' at the end", named('package/a/..', { kind: '5' }), /leads out of the package/],
    ['an absolute path', named('/etc/evil'), /'\/etc\/evil' has an absolute path/],
    ['a drive', named('C:/evil'), /has an absolute path/],
    ['a backslash', named('package\\..\\evil'), /has a backslash or a control character/],
    ['a control character', named('package/a\nb'), /'package\/a\?b' has a backslash or a control character/],
    ['a file without a directory', named('evil'), /is not in a directory/],
    ['a symbolic link', named('package/a', { kind: '2', link: '/etc/passwd', content: '' }), /is a symbolic link/],
    ['a hard link', named('package/a', { kind: '1', link: 'package/package.json', content: '' }), /is a hard link/],
    ['a device', named('package/a', { kind: '3', content: '' }), /is a device/],
    ['a pipe', named('package/a', { kind: '6', content: '' }), /is a named pipe/],
    ['a kind of GNU tar', named('././@LongLink', { kind: 'L' }), /of a kind \('L'\) that npm pack does not make/],
    ['one name twice', named('package/package.json'), /has the entry 'package\/package\.json' twice/],
    ['one name twice, written otherwise', named('package//./package.json'), /twice/],
    ['a file in a file', named('package/package.json/x'), /is inside 'package\.json', which is a file/],
    [
      "'..' in a pax header",
      tgz([MANIFEST, { name: 'p', kind: 'x', content: pax('path', 'package/../../evil') }, { name: 'package/good' }]),
      /leads out of the package/,
    ],
    ['an invalid pax header', tgz([{ name: 'p', kind: 'x', content: '99 path=x\n' }]), /not well-formed/],
    ['an invalid pax size', tgz([{ name: 'p', kind: 'x', content: pax('size', '-1') }, MANIFEST]), /not well-formed/],
    ['no package.json', tgz([{ name: 'package/index.ts' }]), /has no package\.json/],
    ['no gzip', tar([MANIFEST]), /is not compressed by gzip/],
    ['nothing', new Uint8Array(0), /is not compressed by gzip/],
    ['gzip that ends in the middle', named('package/a').subarray(0, 60), /ends in the middle/],
    ['tar that ends in the middle', gzipSync(tar([MANIFEST], false)), /ends in the middle/],
    ['a file that is longer than the archive', named('package/a', { size: 9_999_999 }), /ends in the middle/],
    ['gzip of something else', gzipSync('x'.repeat(2000)), /is not a tar archive, or is damaged/],
  ])('%s', async (_title, archive, message) => {
    expect(await refusal(archive)).toMatch(message);
  });

  test('more octets than allowed: inflating stops there', async () => {
    // 1 GiB of zeros would be 1 MiB of gzip; here 64 MiB, with 1 MB allowed.
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(bomb)).toMatch(/has more than 1\.0 MiB unpacked \(deploy\.archiveSize\)/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
  });

  test('more entries than allowed', async () => {
    const many = Array.from({ length: MAX_ENTRIES + 1 }, (_, index) => ({ name: `package/${index}`, kind: '5' }));
    expect(await refusal(tgz(many), 20_000_000)).toContain(`more than ${MAX_ENTRIES} entries`);
  });

  test('every octet of an archive changed: it is unpacked inside, or refused', async () => {
    const archive = tar([MANIFEST, { name: 'package/lib/a.ts', content: 'export {};' }]);
    for (let at = 0; at < archive.length; at += 7) {
      const changed = Buffer.from(archive);
      changed[at] = present(changed[at]) ^ 0x2e;
      await refusal(gzipSync(changed, { level: 1 }));
    }
  });

  test('long names, directories, and what npm pack itself makes', async () => {
    const long = `package/${'d/'.repeat(70)}file.ts`;
    const into = folder({});
    await unpack(
      tgz([
        { name: 'g', kind: 'g', content: pax('comment', 'abc') },
        { name: 'package/', kind: '5' },
        MANIFEST,
        { name: 'p', kind: 'x', content: pax('path', long) },
        { name: 'package/short', content: 'long' },
      ]),
      into,
      LIMIT,
    );
    expect(readFileSync(join(into, 'd/'.repeat(70), 'file.ts'), 'utf8')).toBe('long');

    const source = folder({
      'package.json': '{"name":"@example/real","version":"1.2.3"}',
      'index.ts': siplet('Real'),
      [`${'nested/'.repeat(20)}größe.ts`]: 'export const size = 1;',
    });
    const file = present(
      execFileSync('npm', ['pack', '--silent'], { cwd: source, encoding: 'utf8' }).trim().split('\n').at(-1),
    );
    const { deployments } = registry();
    const application = await deployments.deploy(join(source, file));
    expect(application).toMatchObject({ name: 'real', version: '1.2.3' });
    expect(says(application)).toBe('Real');
  });
});

describe('RULES.md sections 1 and 7, archives are deployed', () => {
  test('D-1 a .tgz in the directory; one that is refused leaves the old version in service', async () => {
    const root = folder({ 'b.ts': siplet('B') });
    const file = join(root, 'app-1.0.0.tgz');
    writeFileSync(file, version('1.0.0', 'one'));
    const { deployments, lines } = registry();
    await deployments.deployAll(root);
    expect(deployments.active.map(({ name, version }) => `${name} ${version}`)).toEqual(['app 1.0.0', 'b 0.0.0']);
    writeFileSync(file, tgz([MANIFEST, { name: 'package/../../evil' }]));
    await expect(deployments.deploy(file)).rejects.toThrow(/leads out of the package/);
    expect(present(lines.at(-1)).msg).toMatch(
      /app-1\.0\.0\.tgz is not deployed; 1\.0\.0 stays in service: .*'package\/\.\.\/\.\.\/evil'/,
    );
    expect(says(deployments.get('app'))).toBe('one');
    // A sparse file of 1 GB costs nothing, and is not read.
    truncateSync(file, 1_000_000_000);
    await expect(deployments.deploy(file)).rejects.toThrow(/the archive has 954 MiB: more than 64 MiB/);
    expect(says(deployments.get('app'))).toBe('one');
    expect(deployments.records()[0]).toMatchObject({
      name: 'app',
      state: 'active',
      error: expect.stringContaining('954'),
    });
  });

  test('D-1 a fault in an archive is told with the archive’s name and the line', async () => {
    const { deployments } = registry();
    const archive = packed({
      'package.json': '{"name":"app","version":"1.0.0"}',
      'src/index.ts': 'export const x = ;',
    });
    await expect(deployments.deployArchive(archive)).rejects.toThrow(/^app\.tgz\/src\/index\.ts:1:18: /);
    // The name is still nobody's.
    expect(says(await deployments.deploy(join(folder({ 'app.ts': siplet('A') }), 'app.ts')))).toBe('A');
  });

  test('an archive that was sent survives a restart; one that failed does not', async () => {
    const store = folder({});
    const first = registry({ store });
    await first.deployments.deployArchive(version('1.0.0', 'one'), 'app');
    await first.deployments.deployArchive(version('2.0.0', 'two'));
    const broken = packed({ 'package.json': '{"name":"app","version":"3.0.0"}', 'index.ts': 'export const x = ;' });
    await expect(first.deployments.deployArchive(broken)).rejects.toThrow(/app\.tgz\/index\.ts/);
    expect(says(first.deployments.get('app'))).toBe('two');
    expect(first.deployments.records()).toMatchObject([
      { version: '2.0.0', state: 'active', error: expect.stringContaining('app.tgz/index.ts:1:18') },
      { version: '1.0.0', state: 'draining' },
    ]);
    await expect(first.deployments.deployArchive(Buffer.from('x'), 'app')).rejects.toThrow('not compressed by gzip');
    await expect(first.deployments.deployArchive(Buffer.from('x'))).rejects.toThrow('not compressed by gzip');
    await expect(first.deployments.rollback('../app')).rejects.toThrow('no previous version');
    expect(first.deployments.records()).toHaveLength(2);
    await first.deployments.close();
    expect(readdirSync(join(store, 'unpacked'))).toEqual([]);

    const second = registry({ store });
    await second.deployments.restore();
    expect(second.deployments.active.map(({ name, version }) => `${name} ${version}`)).toEqual(['app 2.0.0']);
    expect(says(second.deployments.get('app'))).toBe('two');
    // The version before it is known, too.
    expect(says(await second.deployments.rollback('app'))).toBe('one');
    await second.deployments.close();

    const third = registry({ store });
    await third.deployments.restore();
    expect(says(third.deployments.get('app'))).toBe('one');
    expect(third.deployments.undeploy('app')).toBe(true);
    await third.deployments.close();
    const fourth = registry({ store });
    await fourth.deployments.restore();
    expect(fourth.deployments.active).toEqual([]);
    expect(says(await fourth.deployments.rollback('app'))).toBe('one');
  });

  test('another name than was asked for', async () => {
    const { deployments } = registry();
    await expect(deployments.deployArchive(version('1.0.0', 'x'), 'other')).rejects.toThrow(
      "the archive is named 'app' in its package.json, and not 'other'",
    );
    expect(deployments.records()).toMatchObject([{ name: 'other', state: 'failed' }]);
  });

  test('D-5 sent in place of what is in the directory: that is refused from then on, until the rollback', async () => {
    const root = folder({ 'app.ts': siplet('InDirectory') });
    const store = folder({});
    const { deployments } = registry({ store });
    await deployments.deployAll(root);
    // One that fails changes nothing.
    const broken = packed({ 'package.json': '{"name":"app","version":"3.0.0"}', 'index.ts': 'export const x = ;' });
    await expect(deployments.deployArchive(broken)).rejects.toThrow(/index\.ts:1:18/);
    expect(says(await deployments.deploy(join(root, 'app.ts')))).toBe('InDirectory');
    expect(says(await deployments.deployArchive(version('2.0.0', 'sent'), 'app'))).toBe('sent');
    await expect(deployments.deploy(join(root, 'app.ts'))).rejects.toThrow(
      /the name 'app' belongs to .*archives\/app\.tgz already/,
    );
    await deployments.removed(join(root, 'other.ts'));
    expect(says(deployments.get('app'))).toBe('sent');
    // After a restart the same version is in service.
    const restarted = registry({ store });
    await restarted.deployments.restore();
    await restarted.deployments.deployAll(root);
    expect(says(restarted.deployments.get('app'))).toBe('sent');

    expect(says(await deployments.rollback('app'))).toBe('InDirectory');
    expect(readdirSync(join(store, 'archives'))).toEqual(['app.tgz.previous']);
    expect(says(await deployments.deploy(join(root, 'app.ts')))).toBe('InDirectory');
  });

  test('rollback from one that was sent to another, and back', async () => {
    const store = folder({});
    const { deployments } = registry({ store });
    const stored = async () => {
      const other = registry({ store });
      await other.deployments.restore();
      return says(other.deployments.get('app'));
    };
    await deployments.deployArchive(version('1.0.0', 'one'));
    await deployments.deployArchive(version('2.0.0', 'two'));
    for (const expected of ['one', 'two', 'one']) {
      expect(says(await deployments.rollback('app'))).toBe(expected);
      expect(await stored()).toBe(expected);
    }
  });

  test.each([['../evil'], ['a/b'], ['.hidden'], ['-x'], ['a b'], ['@s/..']])('%s is not a name', async (name) => {
    const { deployments } = registry();
    await expect(deployments.deployArchive(version('1.0.0', 'x', name))).rejects.toThrow(/is not a name of a package/);
  });

  test('an entry outside of the package is refused', async () => {
    const archive = packed({
      'package.json': '{"name":"a","version":"1.0.0","main":"../../../../../../../etc/passwd"}',
    });
    await expect(registry().deployments.deployArchive(archive)).rejects.toThrow(/its entry is outside of the package/);
  });

  test('what was unpacked is there while it is needed, and not longer', async () => {
    const store = folder({});
    const { deployments } = registry({ store });
    deployments.sessions = { of: () => 0 };
    const rooms = () => (existsSync(join(store, 'unpacked')) ? readdirSync(join(store, 'unpacked')).length : 0);
    for (let number = 1; number <= 4; number++) {
      await deployments.deployArchive(version(`${number}.0.0`, `${number}`));
      await expect.poll(rooms).toBe(Math.min(2, number)); // in service, and the one before
    }
  });
});
