// A deployable on disk, ready to be compiled: a directory, a file, or an unpacked archive.
import { basename, resolve, sep } from 'node:path';
import { DeploymentError } from '@siplet/sdk';
import { readArchive, unpack } from './archive.js';
import { shortened } from './compile.js';
import { type Deployable, deployableAt } from './deployable.js';
import { removeRoom } from './history.js';
import { describeFault } from './load.js';
import type { ArchiveStore } from './store.js';

export interface Source {
  readonly deployable: Deployable;
  /** Where its archive was unpacked. */
  readonly room?: string;
  /** Kept when it is in service, so that it survives a restart. */
  readonly archive?: Uint8Array;
}

/** What stands at `path`. Throws a DeploymentError. */
export async function sourceAt(path: string, store: ArchiveStore, limit: number): Promise<Source> {
  if (!path.endsWith('.tgz')) return { deployable: deployableAt(path) };
  try {
    return await unpacked(await readArchive(path, limit), () => resolve(path), store, limit);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new DeploymentError(`${shortened(path)}: there is no such file or directory`);
    throw error;
  }
}

/** An archive that somebody sent. It stands where it will be kept. */
export async function sourceOf(archive: Uint8Array, store: ArchiveStore, limit: number): Promise<Source> {
  return { ...(await unpacked(archive, (name) => store.pathOf(name), store, limit)), archive };
}

async function unpacked(
  archive: Uint8Array,
  pathOf: (name: string) => string,
  store: ArchiveStore,
  limit: number,
): Promise<Source> {
  const room = store.makeRoom();
  try {
    await unpack(archive, room, limit);
    const found = deployableAt(room);
    if (!found.entry.startsWith(room + sep)) throw new DeploymentError('its entry is outside of the package');
    return { deployable: { ...found, path: pathOf(found.name) }, room };
  } catch (error) {
    removeRoom(room);
    // Nothing but the disk: what is wrong with an archive is said as such.
    if (!(error instanceof DeploymentError)) throw store.fault(error);
    throw new DeploymentError(toldOf(error.message, room, pathOf('the archive')), { cause: error });
  }
}

/** The fault of a source as its author may read it: paths in an archive are told as such. */
export function faultOf(error: unknown, source?: Source): DeploymentError {
  const fault = error instanceof DeploymentError ? error : new DeploymentError(describeFault(error), { cause: error });
  if (source?.room === undefined) return fault;
  return new DeploymentError(toldOf(fault.message, source.room, source.deployable.path), { cause: fault });
}

function toldOf(message: string, room: string, path: string): string {
  const shown = `${basename(path)}/`;
  return message
    .replaceAll(`${room}/`, shown)
    .replaceAll(`${shortened(room)}/`, shown)
    .replaceAll(`${room}:`, `${basename(path)}:`);
}
