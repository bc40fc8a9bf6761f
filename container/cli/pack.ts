// A deployable as a .tgz, made by npm itself, so that files are left out as in any package.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import type { Deployable } from '../deployment/deployable.js';

/** Throws a DeploymentError. */
export async function pack(deployable: Deployable): Promise<Uint8Array> {
  const { path, directory, name, version, entry } = deployable;
  const room = mkdtempSync(join(tmpdir(), 'siplet-pack-'));
  try {
    let source = path;
    if (path !== directory) {
      // One file: a package with nothing else in it.
      source = join(room, 'source');
      mkdirSync(source);
      copyFileSync(entry, join(source, basename(entry)));
      writeFileSync(
        join(source, 'package.json'),
        JSON.stringify({ name, version, siplet: { entry: basename(entry) } }),
      );
    }
    const target = join(room, 'target');
    mkdirSync(target);
    await npmPack(source, target);
    const [archive] = readdirSync(target);
    if (archive === undefined) throw new DeploymentError(`${path}: npm pack made no archive`);
    return readFileSync(join(target, archive));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

function npmPack(source: string, target: string): Promise<void> {
  const words = ['pack', source, '--pack-destination', target, '--ignore-scripts', '--loglevel', 'error'];
  return new Promise((resolve, reject) => {
    // Not run in the directory itself: its npm settings are for its author.
    execFile('npm', [...words, '--no-update-notifier'], { cwd: target }, (error, _out, err) => {
      if (error === null) return resolve();
      const why =
        (error as NodeJS.ErrnoException).code === 'ENOENT'
          ? 'npm is needed to pack it, and is not there'
          : err.replace(/^npm (error|ERR!) ?/gm, '').trim() || error.message;
      reject(new DeploymentError(`${source}: ${why}`));
    });
  });
}
