// npm run tarballs -- DIRECTORY: the two packages as they are published. Prints their paths; the SDK's comes first, as
// the container depends on it.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [directory, ...others] = process.argv.slice(2);
if (directory === undefined || directory.startsWith('-') || others.length > 0) {
  console.error('npm run tarballs -- DIRECTORY');
  process.exit(2);
}
const target = resolve(directory);
mkdirSync(target, { recursive: true });
const room = mkdtempSync(join(tmpdir(), 'siplet-tarballs-'));
try {
  for (const name of ['sdk', 'container']) console.log(join(target, tarball(name)));
} finally {
  rmSync(room, { recursive: true, force: true });
}

/** Packs one package; returns the name of its file. */
function tarball(name) {
  const source = join(ROOT, name);
  // container/README.md explains the architecture to contributors. npm always packs README.md, so its users' page
  // replaces it in a copy.
  const page = join(source, 'bin', 'README.md');
  if (!existsSync(page)) return packed(source, target);
  execFileSync('tar', ['-xzf', join(room, packed(source, room)), '-C', room]);
  copyFileSync(page, join(room, 'package', 'README.md'));
  return packed(join(room, 'package'), target);
}

/** What npm packs of `source`; returns the name of the file. */
function packed(source, destination) {
  const words = ['pack', source, '--pack-destination', destination, '--ignore-scripts', '--loglevel', 'error'];
  return execFileSync('npm', words, { cwd: destination, encoding: 'utf8' }).trim().split('\n').at(-1);
}
