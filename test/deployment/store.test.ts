// A disk that is full, or `deploy.store` that cannot be written: a clear error, and what served goes on serving (D-1).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { folder, siplet } from './folder.js';
import { packed } from './pack.js';
import { registry } from './registry.js';

const version = (number: string, mark: string) =>
  packed({ 'package.json': JSON.stringify({ name: 'app', version: number }), 'index.ts': siplet('A', mark) });

function stage(store: string) {
  const { deployments, lines } = registry({ store });
  const says = () => deployments.get('app')?.table.initial('INVITE')?.invoke({});
  return { deployments, lines, says };
}

test('D-1 a file in the place of deploy.store: an archive is refused, with the key and the cause; the directory is deployed all the same', async () => {
  const root = folder({ 'app.ts': siplet('A', 'one'), store: 'a file' });
  const { deployments, lines, says } = stage(join(root, 'store'));
  await deployments.restore();
  await deployments.deployAll(root);
  expect(says()).toBe('one');
  const refused = /^deploy\.store, .*\/store: ENOTDIR: not a directory, mkdir '.*\/store\/unpacked'$/;
  await expect(deployments.deployArchive(version('2.0.0', 'two'), 'app')).rejects.toThrow(refused);
  expect(says()).toBe('one');
  expect(present(lines.at(-1)).msg).toMatch(/^app is not deployed; 0\.0\.0 stays in service: deploy\.store, .*ENOTDIR/);
  // The same archive put into the directory is not unpacked either.
  writeFileSync(join(root, 'app.tgz'), version('2.0.0', 'two'));
  await expect(deployments.deploy(join(root, 'app.tgz'))).rejects.toThrow(refused);
  expect(says()).toBe('one');
});

test('D-1 the disk is full when the archive is to be kept: the old version serves, also after a restart, and nothing half-written is left', async () => {
  const store = folder({});
  const { deployments, lines, says } = stage(store);
  await deployments.deployArchive(version('1.0.0', 'one'), 'app');
  const kept = join(store, 'archives');
  const before = readFileSync(join(kept, 'app.tgz'));
  // Every write there ends with ENOSPC.
  symlinkSync('/dev/full', join(kept, 'app.tgz.new'));
  await expect(deployments.deployArchive(version('2.0.0', 'two'), 'app')).rejects.toThrow(
    /^deploy\.store, .*: ENOSPC: no space left on device, write$/,
  );
  expect(present(lines.at(-1)).msg).toMatch(
    /^app 2\.0\.0 is not deployed; 1\.0\.0 stays in service: deploy\.store, .*: ENOSPC: no space left/,
  );
  expect(says()).toBe('one');
  expect(readdirSync(kept)).toEqual(['app.tgz']);
  expect(readFileSync(join(kept, 'app.tgz')).equals(before)).toBe(true);
  // There is room again.
  await deployments.deployArchive(version('3.0.0', 'three'), 'app');
  expect(says()).toBe('three');
  expect(readdirSync(kept).sort()).toEqual(['app.tgz', 'app.tgz.previous']);
});

test('D-4 undeployed where nothing can be written: it is out of service, and the log says that a restart brings it back', async () => {
  const store = folder({});
  const { deployments, lines, says } = stage(store);
  await deployments.deployArchive(version('1.0.0', 'one'), 'app');
  // A directory cannot be replaced by a file.
  mkdirSync(join(store, 'archives', 'app.tgz.previous', 'x'), { recursive: true });
  expect(deployments.undeploy('app')).toBe(true);
  expect(says()).toBeUndefined();
  expect(present(lines.find(({ level }) => level === 50)).msg).toMatch(
    /^app will be deployed again after a restart: deploy\.store, .*: E[A-Z]+: /,
  );
  expect(existsSync(join(store, 'archives', 'app.tgz'))).toBe(true);
});

test('deploy.store cannot be read at the start: the log says so, and the rest is deployed', async () => {
  const store = folder({ archives: 'a file' });
  const root = folder({ 'app.ts': siplet('A', 'one') });
  const { deployments, lines, says } = stage(store);
  await deployments.restore();
  await deployments.deployAll(root);
  expect(lines[0]).toMatchObject({ level: 50 });
  expect(present(lines[0]).msg).toMatch(/^archives that were sent are not deployed: deploy\.store, .*: ENOTDIR: /);
  expect(says()).toBe('one');
  rmSync(join(store, 'archives'));
});
