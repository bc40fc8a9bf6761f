// Deployed archives on disk, so that they survive a restart, and where archives are unpacked: `deploy.store`.
//
//   archives/NAME.tgz            in service      unpacked/archive-PROCESS-NUMBER/   one version of one
//   archives/NAME.tgz.previous   the one before
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

export class ArchiveStore {
  readonly #archives: string;
  readonly #unpacked: string;
  #count = 0;

  /** Nothing is written before there is an archive. */
  constructor(directory: string) {
    this.#archives = resolve(directory, 'archives');
    this.#unpacked = resolve(directory, 'unpacked');
  }

  /** Paths of the archives that were in service, in alphabetical order. What processes that are gone had unpacked is removed. */
  open(): string[] {
    for (const name of listed(this.#unpacked)) {
      const process = /-(\d+)-\d+$/.exec(name)?.[1];
      if (process === undefined || !isAlive(Number(process)))
        rmSync(join(this.#unpacked, name), { recursive: true, force: true });
    }
    return listed(this.#archives)
      .filter((name) => name.endsWith('.tgz'))
      .sort()
      .map((name) => join(this.#archives, name));
  }

  /** Where the archive of an application of that name stands, once it is in service. */
  pathOf(name: string): string {
    return join(this.#archives, `${name}.tgz`);
  }

  /** Whether it is one of those that are kept here. */
  has(path: string): boolean {
    return path === this.pathOf(basename(path, '.tgz'));
  }

  /** A directory that does not exist yet. */
  makeRoom(): string {
    mkdirSync(this.#unpacked, { recursive: true });
    const room = join(this.#unpacked, `archive-${process.pid}-${++this.#count}`);
    rmSync(room, { recursive: true, force: true });
    mkdirSync(room);
    return room;
  }

  /** It is in service; the one that was is the previous one. */
  put(name: string, archive: Uint8Array): void {
    const path = this.pathOf(name);
    if (existsSync(path)) renameSync(path, `${path}.previous`);
    mkdirSync(this.#archives, { recursive: true });
    // Whole or not at all, whenever the process ends.
    writeFileSync(`${path}.new`, archive);
    renameSync(`${path}.new`, path);
  }

  /** The archive before the one that is in service. */
  previous(name: string): Uint8Array | undefined {
    // Whoever asks may send anything.
    if (/[\\/]/.test(name)) return undefined;
    const path = `${this.pathOf(name)}.previous`;
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** Not in service any more: it may be put back. */
  remove(name: string): void {
    const path = this.pathOf(name);
    if (existsSync(path)) renameSync(path, `${path}.previous`);
  }
}

function listed(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
