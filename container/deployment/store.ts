// Deployed archives on disk, so that they survive a restart, and where archives are unpacked: `deploy.store`.
//
//   archives/NAME.tgz            in service      unpacked/archive-PROCESS-NUMBER/   one version of one
//   archives/NAME.tgz.previous   the one before
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { shortened } from './compile.js';

export class ArchiveStore {
  readonly #directory: string;
  readonly #archives: string;
  readonly #unpacked: string;
  #count = 0;

  /** Nothing is written before there is an archive. */
  constructor(directory: string) {
    this.#directory = resolve(directory);
    this.#archives = resolve(directory, 'archives');
    this.#unpacked = resolve(directory, 'unpacked');
  }

  /**
   * Paths of the archives that were in service, in alphabetical order. What processes that are gone had unpacked is
   * removed. Throws a DeploymentError when the directory cannot be used, as everything here does.
   */
  open(): string[] {
    return this.#asked(() => {
      for (const name of listed(this.#unpacked)) {
        const process = /-(\d+)-\d+$/.exec(name)?.[1];
        if (process === undefined || !isAlive(Number(process)))
          rmSync(join(this.#unpacked, name), { recursive: true, force: true });
      }
      return listed(this.#archives)
        .filter((name) => name.endsWith('.tgz'))
        .sort()
        .map((name) => join(this.#archives, name));
    });
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
    return this.#asked(() => {
      mkdirSync(this.#unpacked, { recursive: true });
      const room = join(this.#unpacked, `archive-${process.pid}-${++this.#count}`);
      rmSync(room, { recursive: true, force: true });
      mkdirSync(room);
      return room;
    });
  }

  /** It is in service; the one that was is the previous one. When that cannot be written, nothing changes. */
  put(name: string, archive: Uint8Array): void {
    this.#asked(() => {
      const path = this.pathOf(name);
      mkdirSync(this.#archives, { recursive: true });
      try {
        // Whole or not at all, whenever the process ends or the disk is full.
        writeFileSync(`${path}.new`, archive);
        if (existsSync(path)) renameSync(path, `${path}.previous`);
        renameSync(`${path}.new`, path);
      } catch (error) {
        rmSync(`${path}.new`, { force: true });
        throw error;
      }
    });
  }

  /** The archive before the one that is in service. */
  previous(name: string): Uint8Array | undefined {
    // An operator may send anything.
    if (/[\\/]/.test(name)) return undefined;
    const path = `${this.pathOf(name)}.previous`;
    return this.#asked(() => (existsSync(path) ? readFileSync(path) : undefined));
  }

  /** Not in service any more: it may be put back. */
  remove(name: string): void {
    const path = this.pathOf(name);
    this.#asked(() => {
      if (existsSync(path)) renameSync(path, `${path}.previous`);
    });
  }

  /** The fault of a full disk or of a missing directory names the key of the configuration. */
  #asked<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      throw this.fault(error);
    }
  }

  fault(error: unknown): DeploymentError {
    const { message } = error as Error;
    return new DeploymentError(`deploy.store, ${shortened(this.#directory)}: ${message}`, { cause: error });
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
